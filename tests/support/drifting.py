"""Short ways to write the core's values in tests: schemas, instances, readings, a keyed digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from reconciler.drift.address import Address, ProviderAddress
from reconciler.drift.classify import Comparison, Neighbour, Rules, Sides, classify
from reconciler.drift.explain import Estate, Held
from reconciler.drift.finding import Finding
from reconciler.drift.identity import Location
from reconciler.drift.ignore import IgnoreRule
from reconciler.drift.report import KnownFinding, Status
from reconciler.drift.schema import Attribute, Block, CtyType, NestedBlock, Nesting, Schema
from reconciler.drift.snapshot import (
    Absent,
    Baseline,
    Body,
    DeclaredResource,
    Present,
    Reading,
    Reason,
    RecordedInstance,
    Template,
    Unread,
)
from reconciler.drift.values import Object
from reconciler.errors import Position

AWS = ProviderAddress("registry.terraform.io/hashicorp/aws")
TODAY = date(2026, 11, 23)
MOMENT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = Location("111122223333", "eu-central-1")

STRINGS = ["set", "string"]
TAGS = ["map", "string"]


def digest(text: bytes) -> str:
    """Keyed as the real one is: the test cannot find the secret in it."""
    return hashlib.blake2b(text, key=b"test", digest_size=8).hexdigest()


def attribute(flags: str, type_: CtyType = "string", **more: Any) -> Attribute:
    """``"O"`` optional, ``"C"`` computed, ``"OC"`` both, ``"R"`` required."""
    return Attribute(type_, required="R" in flags, optional="O" in flags, computed="C" in flags, **more)


def nested(nesting: Nesting, **content: Attribute | NestedBlock) -> NestedBlock:
    return NestedBlock(nesting, block(**content))


def block(**content: Attribute | NestedBlock) -> Block:
    attributes = {k: v for k, v in content.items() if isinstance(v, Attribute)}
    return Block(attributes, {k: v for k, v in content.items() if isinstance(v, NestedBlock)})


def schema(**content: Attribute | NestedBlock) -> Schema:
    return Schema(0, block(id=attribute("C"), **content))


def instance(address: str, **more: Any) -> RecordedInstance:
    attributes = more.pop("attributes", b"{}")
    raw = attributes if isinstance(attributes, bytes) else json.dumps(attributes).encode()
    return RecordedInstance(Address.parse(address), AWS, 0, raw, **more)


def declared(address: str, *sets: str, blocks: Mapping[str, Body] | None = None, **more: Any) -> DeclaredResource:
    """A block that sets these attributes."""
    full = Address.parse(address)
    return DeclaredResource(
        full.declaration, Position("main.tf", 1), Body(frozenset(sets), blocks or {}), (full,), **more
    )


def template(*resources: DeclaredResource, **more: Any) -> Template:
    return Template("estate", "sha256:0", {}, resources, **more)


def present(address: str, shape: Schema, recorded: Object, observed: Object | None = None, **more: Any) -> Present:
    """Present, and as recorded where nothing else is said. Attributes left out are null, as providers answer them."""
    empty = dict.fromkeys((*shape.block.attributes, *shape.block.blocks))
    recorded = {**empty, **recorded}
    return Present(instance(address, **more), shape, recorded, {**recorded, **(observed or {})})


def absent(address: str, shape: Schema, recorded: Object, **more: Any) -> Absent:
    empty = dict.fromkeys((*shape.block.attributes, *shape.block.blocks))
    return Absent(instance(address, **more), shape, {**empty, **recorded})


def unread(address: str, reason: Reason = Reason.DENIED, **more: Any) -> Unread:
    return Unread(instance(address, **more), reason, "not allowed")


def held(type_: str, recorded: Object | None, observed: Object | None = None, baseline: Object | None = None) -> Held:
    """A resource observed as recorded, where nothing else is said."""
    return Held(f"{type_}.x", type_, recorded, recorded if observed is None else observed, baseline)


def estate(*resources: Held) -> Estate:
    return Estate.of(resources)


def known(finding: Finding, id_: str = "f1", status: Status = Status.OPEN) -> KnownFinding:
    return KnownFinding(id_, finding, status, MOMENT, MOMENT)


class Workspace:
    """Passes over one workspace, each with the memory of the one before: rows become baselines, findings are known."""

    def __init__(self, *resources: DeclaredResource) -> None:
        self.template = template(*resources)
        self.ignore: tuple[IgnoreRule, ...] = ()
        self.baselines: dict[str, Baseline] = {}
        self.findings: tuple[Finding, ...] = ()
        self.today = TODAY
        self.neighbours: tuple[Neighbour, ...] = ()

    def look(self, *readings: Reading) -> Comparison:
        sides = Sides(
            self.template,
            readings,
            dict(self.baselines),
            [known(finding, f"f{n}") for n, finding in enumerate(self.findings)],
            {reading.instance.label: HERE for reading in readings},
            neighbours=self.neighbours,
        )
        comparison = classify("production", sides, digest, Rules(self.today, self.ignore))
        self.baselines |= {row.label: Baseline(row.configuration, row.status.value) for row in comparison.rows}
        for label in comparison.gone:
            del self.baselines[label]
        unknown = {entry.label for entry in comparison.coverage.unknown}
        still = [f for f in self.findings if f.label in unknown and f not in comparison.findings]
        self.findings = (*comparison.findings, *still)
        return comparison


def told(findings: Sequence[Finding]) -> list[tuple[str, str, list[str]]]:
    """Label, kind and paths: what most tests are about."""
    return [(f.label, f.kind.value, [change.text for change in f.changes]) for f in findings]
