"""Verifies what `reconciler events export` printed: python3 verify_ledger.py EXPORT [ANCHORS]. Needs only Python."""

import hashlib
import json
import sys

previous, number, events, hashes = "0" * 64, 0, [], {0: "0" * 64}
for record in map(json.loads, open(sys.argv[1], encoding="utf-8")):
    if "row" in record:  # an event; the next record of kind "events" covers it
        events.append(hashlib.sha256(record["row"].encode()).digest())
        continue
    number += 1
    names = ("at", "kind", "subject", "body", "previous")
    fields = [field.encode() for field in ("reconciler ledger v1", str(number), *(record[name] for name in names))]
    digest = hashlib.sha256(b"".join(len(field).to_bytes(8, "big") + field for field in fields)).hexdigest()
    if (record["sequence"], record["previous"], record["hash"]) != (number, previous, digest):
        sys.exit(f"broken: record {number}")
    previous = hashes[number] = digest
    if record["kind"] == "events":
        if hashlib.sha256(b"".join(events)).hexdigest() != json.loads(record["body"])["digest"]:
            sys.exit(f"broken: an event that record {number} covers")
        events = []
if events:
    sys.exit(f"broken: {len(events)} events after record {number} are in none")
for anchor in map(json.loads, open(sys.argv[2], encoding="utf-8") if len(sys.argv) > 2 else []):
    if hashes.get(anchor["sequence"]) != anchor["hash"]:
        sys.exit(f"broken: record {anchor['sequence']} is not the one that was anchored")
print(f"whole: {number} records, up to {previous}")
