"""Single tasks at a large size, each in a process of its own so that its memory is its own.

    python -m bench.tasks TASK [ARGUMENT …]

prints one JSON object of seconds by name; ``peak`` is the process' peak resident memory in bytes.
"""

from __future__ import annotations

import gc
import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

_SHAPE = """resource "aws_sqs_queue" "q{n}" {{
  name                       = "queue-{n}"
  delay_seconds              = {n}

  tags = {{
    Team = "orders"
    Role = "worker ${{var.stage}}"
  }}
}}

"""
_SHAPE_LINES = 10


def state(file: str) -> dict[str, float]:
    """A state file read."""
    from reconciler.recorded.statefile import read_state  # noqa: PLC0415  each task pays for its own imports

    began = time.perf_counter()
    found = read_state(Path(file).read_bytes(), location=file)
    return {"seconds": time.perf_counter() - began, "instances": len(found.instances)}


def state_json(file: str) -> dict[str, float]:
    """The same file through Python's own reader of JSON, which checks nothing of it."""
    began = time.perf_counter()
    found = json.loads(Path(file).read_bytes())
    return {"seconds": time.perf_counter() - began, "instances": len(found["resources"])}


def compare(count: str) -> dict[str, float]:
    """So many queues compared with state, baseline and template; one in a hundred was changed."""
    from support.drifting import attribute, declared, present, schema, template  # noqa: PLC0415

    from reconciler.drift.classify import Rules, Sides, classify  # noqa: PLC0415  likewise
    from reconciler.drift.identity import Location  # noqa: PLC0415
    from reconciler.drift.snapshot import Baseline  # noqa: PLC0415

    shape = schema(
        name=attribute("O"), arn=attribute("C"), url=attribute("C"), policy=attribute("OC"),
        delay_seconds=attribute("O", "number"), visibility_timeout_seconds=attribute("O", "number"),
        fifo_queue=attribute("O", "bool"), tags=attribute("O", ["map", "string"]),
        tags_all=attribute("OC", ["map", "string"]),
    )  # fmt: skip
    labels = [f"aws_sqs_queue.q{n}" for n in range(int(count))]
    readings = [
        present(
            label,
            shape,
            {
                "id": f"https://queue/{n}", "name": f"q{n}", "arn": f"arn:aws:sqs:eu-central-1:111122223333:q{n}",
                "url": f"https://queue/{n}", "policy": "", "delay_seconds": 5, "visibility_timeout_seconds": 60,
                "fifo_queue": False, "tags": {"Team": "orders"}, "tags_all": {"Team": "orders"},
            },
            {"visibility_timeout_seconds": 90} if n % 100 == 0 else {},
        )
        for n, label in enumerate(labels)
    ]  # fmt: skip
    sides = Sides(
        template(*(declared(label, "name", "delay_seconds", "tags") for label in labels)),
        readings,
        {reading.instance.label: Baseline(dict(reading.recorded)) for reading in readings},
        [],
        dict.fromkeys(labels, Location("111122223333", "eu-central-1")),
    )
    began = time.perf_counter()
    comparison = classify("production", sides, lambda raw: hashlib.sha256(raw).hexdigest(), Rules(date(2026, 1, 1)))
    return {"seconds": time.perf_counter() - began, "findings": len(comparison.findings)}


def inventory(count: str, folder: str) -> dict[str, float]:
    """So many rows written by a pass, then the same again unchanged; and the same values by a bare COPY.

    At last as many rows of another workspace, each with an event, and all events verified against the ledger.
    """
    import psycopg  # noqa: PLC0415  likewise
    from psycopg.types.json import Jsonb  # noqa: PLC0415
    from support.inventory_records import event, row, run, workspace_record  # noqa: PLC0415

    from reconciler.drift.record import ResourceRow  # noqa: PLC0415
    from reconciler.inventory.embedded import EmbeddedServer  # noqa: PLC0415
    from reconciler.inventory.inventory import Inventory  # noqa: PLC0415
    from reconciler.inventory.ledger import Ledger  # noqa: PLC0415

    def named(name: str) -> tuple[ResourceRow, ...]:
        rest = {"delay_seconds": 0, "visibility_timeout_seconds": 60, "tags": {"a": "b"}}
        labels = [f"{name}{n}" for n in range(int(count))]
        return tuple(row(f"aws_sqs_queue.{each}", configuration={"name": each, **rest}) for each in labels)

    rows = named("q")
    found = {}
    with EmbeddedServer(Path(folder) / "postgres") as server:
        store = Inventory.open(server.url)
        store.migrate()
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE bare (label text, type text, id text, account text, region text, arn text, name text,"
                " status text, configuration jsonb)"
            )
            began = time.perf_counter()
            with connection.cursor().copy("COPY bare FROM STDIN") as copy:
                for each in rows:
                    copy.write_row(
                        (
                            each.label, each.resource_type, each.resource_id, each.account_id, each.region, each.arn,
                            each.name, each.status.value, Jsonb(each.configuration),
                        )
                    )  # fmt: skip
            found["copy"] = time.perf_counter() - began
            for number, name in enumerate(("first", "unchanged", "unchanged_again")):
                written = _written(connection)
                began = time.perf_counter()
                run(store, f"pass-{number}", number, workspace_record(rows=rows, state_resources=len(rows)))
                found[name] = time.perf_counter() - began
                found[f"{name}_rows"] = _written(connection) - written
            others = named("other")
            events = tuple(event(each.label, details={"resource_id": each.resource_id}) for each in others)
            began = time.perf_counter()
            run(store, "told", 9, workspace_record("told", rows=others, state_resources=len(others), events=events))
            found["told"] = time.perf_counter() - began
            began = time.perf_counter()
            if Ledger(server.url).verify() is not None:
                raise RuntimeError("the ledger is broken")
            found["verified"] = time.perf_counter() - began
        store.close()
    return found


def _written(connection: object) -> int:
    """How many resource rows were ever inserted, updated or deleted."""
    query = (
        "SELECT pg_stat_force_next_flush(), coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)"
        " FROM pg_stat_user_tables WHERE relname = 'aws_resources'"
    )
    connection.execute("SELECT pg_stat_clear_snapshot()")  # type: ignore[attr-defined]
    return int(connection.execute(query).fetchone()[1])  # type: ignore[attr-defined]


def template(folder: str, lines: str, files: str) -> dict[str, float]:
    """A template of so many lines in so many files, read, read again, and read after one line was edited."""
    from reconciler.desired.template import read_template  # noqa: PLC0415  likewise

    root = Path(folder)
    root.mkdir()
    each = int(lines) // int(files) // _SHAPE_LINES
    for number in range(int(files)):
        blocks = "".join(_SHAPE.format(n=number * each + at) for at in range(each))
        (root / f"part{number}.tf").write_text(blocks, "utf-8")
    (root / "main.tf").write_text('variable "stage" {\n  default = "live"\n}\n', "utf-8")
    found: dict[str, float] = {}

    def take(name: str) -> None:
        began = time.perf_counter()
        found["resources"] = len(read_template(root).resources)
        found[name] = time.perf_counter() - began

    take("cold")
    take("again")
    part = root / "part0.tf"
    part.write_text(
        part.read_text("utf-8").replace("delay_seconds              = 3\n", "delay_seconds = 4\n", 1), "utf-8"
    )
    take("edited")
    return found


def make_state(file: str, megabytes: str) -> dict[str, float]:
    """A state file of that size: parameters, as large estates hold them by the thousand."""
    instance = {
        "schema_version": 0,
        "attributes": {
            "arn": "arn:aws:ssm:eu-central-1:111122223333:parameter/x", "data_type": "text", "description": "",
            "id": "/x", "name": "/x", "tags": {"Team": "orders", "Stage": "live"}, "tier": "Standard", "type": "String",
            "value": "v" * 300, "version": 1, "tags_all": {"Team": "orders", "Stage": "live"}, "overwrite": None,
        },
        "sensitive_attributes": [[{"type": "get_attr", "value": "value"}]],
        "private": "bnVsbA==",
        "dependencies": ["aws_kms_key.main", "module.network.aws_vpc.main"],
    }  # fmt: skip
    part = json.dumps(
        {
            "mode": "managed", "type": "aws_ssm_parameter", "name": "NAME",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]', "instances": [instance],
        },
        indent=2,
    )  # fmt: skip
    count = int(megabytes) * 1_000_000 // len(part)
    with Path(file).open("w", encoding="utf-8") as out:
        out.write('{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "bench", "outputs": {},\n')
        out.write('"resources": [\n')
        out.write(",\n".join(part.replace("NAME", f"p{number}", 1) for number in range(count)))
        out.write("\n]}\n")
    return {"resources": count, "made": datetime.now(UTC).timestamp()}


TASKS: dict[str, Callable[..., dict[str, float]]] = {
    task.__name__: task for task in (state, state_json, compare, inventory, template, make_state)
}

if __name__ == "__main__":
    gc.set_threshold(50_000)  # as the command does
    result = TASKS[sys.argv[1]](*sys.argv[2:])
    result["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps(result))
