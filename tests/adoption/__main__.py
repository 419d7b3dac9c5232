"""``make adoption``: apply both estates, adopt all that they hold, ask Terraform's plan, write the table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from support.harbour import apply_harbour

from adoption.measure import Row, measure
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import STATE_BUCKET, apply_environment, client, copy_estate, terraform_for

PAGE = Path(__file__).parents[2] / "docs" / "adoption-table.md"
GOAL = 0.95
_FAR = {"far": "us-east-1"}


def main() -> int:
    """Measure, write, and fail below the goal."""
    parser = argparse.ArgumentParser(prog="make adoption")
    parser.add_argument("--page", type=Path, default=PAGE, help="the file to write")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reconciler-adoption-") as folder:
        scratch = Path(folder)
        measured = {"example": _production(scratch / "example"), "harbour": _harbour(scratch / "harbour")}
    given.page.write_text(page(measured), "utf-8")
    rows = [row for each in measured.values() for row in each if row.importable]
    sys.stdout.write(f"{_shares(rows)}\nwritten to {given.page}\n")
    return 0 if sum(row.is_ours for row in rows) >= GOAL * len(rows) else 1


def _production(scratch: Path) -> list[Row]:
    with Emulator() as emulator:
        estate = copy_estate(scratch / "iac_templates")
        apply_environment(estate, "production", emulator=emulator, terraform=terraform_for(emulator, scratch / "tf"))
        answer = client(emulator, "s3").get_object(Bucket=STATE_BUCKET, Key="storefront/production.tfstate")
        return measure(json.loads(answer["Body"].read()), _FAR, emulator, scratch)


def _harbour(scratch: Path) -> list[Row]:
    with Emulator() as emulator:
        template = apply_harbour(scratch, emulator)
        return measure(json.loads((template / "terraform.tfstate").read_text()), _FAR, emulator, scratch)


def page(measured: dict[str, list[Row]]) -> str:
    """The table as Markdown: shares, and every resource whose adoption is not without a change on both sides."""
    lines = [
        "# Adoption, resource by resource",
        "",
        "`make adoption` writes this page. Every resource that the two estates record is imported into an empty state,",
        "once with HCL that we write and once with what `terraform plan -generate-config-out` writes, with the same",
        "import ids, against the same emulator. *No change* is what `terraform plan` says of it beside the import.",
        "",
        "| estate | resources | types | of which can be imported | ours: no change | Terraform's: no change |",
        "|---|---|---|---|---|---|",
    ]
    total: list[Row] = []
    for name, rows in measured.items():
        lines.append(_line(name, rows))
        total += rows
    lines += [
        _line("both", total),
        "",
        "## Where one of the two falls short",
        "",
        "| resource | ours | Terraform's |",
        "|---|---|---|",
    ]
    for row in total:
        if not (row.is_ours and row.is_theirs):
            lines.append(f"| `{row.address}` | {_cell(row.ours)} | {_cell(row.theirs)} |")
    return "\n".join(lines) + "\n"


def _line(name: str, rows: Sequence[Row]) -> str:
    able = [row for row in rows if row.importable]
    types = len({row.type for row in rows})
    ours, theirs = sum(row.is_ours for row in able), sum(row.is_theirs for row in able)
    return f"| {name} | {len(rows)} | {types} | {len(able)} | {_of(ours, able)} | {_of(theirs, able)} |"


def _of(count: int, rows: Sequence[Row]) -> str:
    return f"{count} ({count / len(rows):.1%})"


def _shares(rows: Sequence[Row]) -> str:
    ours, theirs = sum(row.is_ours for row in rows), sum(row.is_theirs for row in rows)
    return f"of {len(rows)} resources a plan changes nothing: ours {_of(ours, rows)}, Terraform's {_of(theirs, rows)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")[:120]


if __name__ == "__main__":
    sys.exit(main())
