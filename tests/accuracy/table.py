"""The table of all changes, and the totals, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accuracy.estates import Estate, Planned, Scan
from reconciler.drift.address import Address
from reconciler.drift.finding import Change, Finding
from reconciler.drift.values import Value
from reconciler.sandbox.by_hand import Expected

_SHORT = 36


@dataclass(frozen=True)
class Measured:
    """What everybody says of one estate: right after the apply, and after all changes."""

    estate: Estate
    clean: tuple[Scan, Scan]
    clean_plan: Planned
    clean_refresh: Planned
    later: Scan
    first: Scan
    plan: Planned
    refresh: Planned


@dataclass(frozen=True)
class Row:
    """One change on one resource."""

    title: str
    type: str
    kind: str
    path: str
    values: str
    severity: str
    later: bool
    first: bool
    plan: bool
    refresh: bool


def rows(measured: Measured) -> list[Row]:
    """A row for each resource that a change must show on."""
    return [
        _row(measured, change.title, expected) for change in measured.estate.changes for expected in change.expected
    ]


def _row(measured: Measured, title: str, expected: Expected) -> Row:
    met = _met(expected, measured.later) or _met(expected, measured.first)
    change = _told(expected, met) if met else None
    return Row(
        title,
        _type(expected.address),
        expected.kind.value,
        change.text if change else "",
        _values(change) if change else "",
        met.severity.value if met else "",
        _met(expected, measured.later) is not None,
        _met(expected, measured.first) is not None,
        expected.address in measured.plan.changes,
        expected.address in measured.refresh.drift,
    )


def invented(measured: Measured, addresses: Iterable[str | None]) -> int:
    """How many of the addresses nobody has touched."""
    expected = {each.address for change in measured.estate.changes for each in change.expected}
    return len({address for address in addresses if address not in expected})


def page(estates: Sequence[Measured]) -> str:
    """The whole page."""
    tables = {measured.estate.title: rows(measured) for measured in estates}
    every = [row for table in tables.values() for row in table]
    text = [
        "# Accuracy, measured: every change by hand, and who sees it",
        "",
        "Written by `make accuracy`; what it means is in [accuracy.md](accuracy.md). Changes are made one by one, and",
        "Terraform is asked once after the last: *plan* is yes where `terraform plan` names the address among its",
        "changes, *refresh* where the `resource_drift` of `terraform plan -refresh-only` names it. Both are given the",
        "benefit of the doubt: an address that they name already right after the apply counts as seen.",
        "",
        *_totals(every, estates),
        "",
        *_clean(estates),
    ]
    for title, table in tables.items():
        head = "| change | type | kind | path | from → to | severity | second scan | first scan | plan | refresh |"
        text += ["", f"## {title}", "", head, "|---|---|---|---|---|---|---|---|---|---|"]
        text += [_line(row) for row in table]
    return "\n".join(text) + "\n"


def sentence(every: Sequence[Row], estates: Sequence[Measured]) -> str:
    """The totals in words."""
    types = len({row.type for row in every})
    titles = len({row.title for row in every})
    false = sum(invented(m, (f.address for f in m.later.findings)) for m in estates)
    refresh = sum(invented(m, m.refresh.drift) for m in estates)
    plan = sum(invented(m, m.plan.changes) for m in estates)
    return (
        f"Of {len(every)} findings due to {titles} changes by hand over {types} types, a scan after a baseline has "
        f"{sum(row.later for row in every)} with {false} false ones, and a first scan "
        f"{sum(row.first for row in every)}; `terraform plan` names {sum(row.plan for row in every)} with {plan} false "
        f"ones, `terraform plan -refresh-only` {sum(row.refresh for row in every)} with {refresh}."
    )


def _totals(every: Sequence[Row], estates: Sequence[Measured]) -> list[str]:
    return [
        sentence(every, estates),
        "",
        _of_the_grave(every),
    ]


def _of_the_grave(every: Sequence[Row]) -> str:
    grave = [row for row in every if row.severity in ("high", "critical")]
    return (
        f"Of the {len(grave)} that are high or critical, a scan after a baseline has {sum(r.later for r in grave)}, a "
        f"first scan {sum(r.first for r in grave)}, `terraform plan` {sum(r.plan for r in grave)}, `-refresh-only` "
        f"{sum(r.refresh for r in grave)}."
    )


def _clean(estates: Sequence[Measured]) -> list[str]:
    lines = [
        "Right after a clean apply, when nothing has changed:",
        "",
        "| estate | objects | checked | first scan | second scan | `plan` names | `-refresh-only` names |",
        "|---|---|---|---|---|---|---|",
    ]
    for m in estates:
        first, second = m.clean
        lines.append(
            f"| {m.estate.title} | {first.recorded} | {first.checked} | {len(first.findings)} | {len(second.findings)} "
            f"| {len(m.clean_plan.changes)} | {len(m.clean_refresh.drift)} |"
        )
    return lines


def _met(expected: Expected, scan: Scan) -> Finding | None:
    return next((finding for finding in scan.findings if expected.met_by(finding)), None)


def _told(expected: Expected, finding: Finding) -> Change | None:
    told = (c for c in finding.changes for path in expected.paths if f"{c.text}.".startswith((f"{path}.", f"{path}[")))
    return next(told, None)


def _values(change: Change) -> str:
    if change.added is not None or any(isinstance(side, list | dict) for side in (change.recorded, change.observed)):
        return ""
    return f"{_short(change.recorded)} → {_short(change.observed)}"


def _short(value: Value) -> str:
    text = "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    text = " ".join(text.split()).replace("|", "\\|").replace("`", "'")
    return f"`{text if len(text) <= _SHORT else text[: _SHORT - 1] + '…'}`" if text else "empty"


def _line(row: Row) -> str:
    seen = (row.later, row.first, row.plan, row.refresh)
    cells = [row.title, row.type, row.kind, f"`{row.path}`" if row.path else "", row.values, row.severity]
    return "| " + " | ".join([*cells, *("yes" if each else "**no**" for each in seen)]) + " |"


def _type(address: str) -> str:
    parsed = Address.parse(address)
    return parsed.type
