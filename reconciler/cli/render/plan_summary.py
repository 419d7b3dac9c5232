"""What every view of a plan says that it does, in the same words and the same order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from reconciler.cli.render.difference import Mark, document
from reconciler.cli.render.text import visible
from reconciler.drift.finding import Change
from reconciler.drift.values import Unknown
from reconciler.gate.proposal import Act, Basis, Direction, PlannedChange, Proposal


class Deed(StrEnum):
    """What a plan does to a resource, in the order in which it is read: the worst first."""

    DESTROYED = "destroyed"
    REPLACED = "replaced"
    CHANGED = "changed"
    CREATED = "created"
    FORGOTTEN = "forgotten"
    REFRESHED = "refreshed"
    IMPORTED = "imported"
    MOVED = "moved"
    NOTED = "noted"


MEANING: Final = {
    Deed.DESTROYED: "gone afterwards",
    Deed.REPLACED: "destroyed and made anew",
    Deed.CHANGED: "written in place",
    Deed.CREATED: "made new",
    Deed.FORGOTTEN: "the state lets go of it; the cloud is not written",
    Deed.REFRESHED: "taken into the state; the cloud is not written",
    Deed.IMPORTED: "comes under Terraform's care as it is",
    Deed.MOVED: "its address in the state changes, and nothing else",
    Deed.NOTED: "nothing is written",
}

DIRECTION_MEANING: Final = {
    Direction.REVERT: "bring the cloud back to the template",
    Direction.ADOPT: "accept what the cloud says: only the state is written",
}

_BY_ACTION: Final = {
    "delete": Deed.DESTROYED,
    "update": Deed.CHANGED,
    "create": Deed.CREATED,
    "forget": Deed.FORGOTTEN,
    "refresh": Deed.REFRESHED,
}


def deed(change: PlannedChange) -> Deed:
    """What a plan does to a resource, in one word."""
    if change.replaces:
        return Deed.REPLACED
    named = [word for action, word in _BY_ACTION.items() if action in change.actions]
    if named:
        return named[0]
    if change.importing is not None:
        return Deed.IMPORTED
    return Deed.NOTED if change.moved_from is None else Deed.MOVED


def by_deed(changes: Iterable[PlannedChange]) -> list[tuple[Deed, list[PlannedChange]]]:
    """The changes by what is done, the worst first; of those alike the order stays."""
    groups: dict[Deed, list[PlannedChange]] = {each: [] for each in Deed}
    for change in changes:
        groups[deed(change)].append(change)
    return [(word, alike) for word, alike in groups.items() if alike]


def summary(changes: Iterable[PlannedChange]) -> str:
    """``1 destroyed, 2 changed``."""
    return ", ".join(f"{len(alike)} {word}" for word, alike in by_deed(changes)) or "nothing"


def closing(proposal: Proposal) -> tuple[PlannedChange, ...]:
    """What findings end with: all of the plan that is not beyond them."""
    return tuple(change for change in proposal.changes if change.closes)


def state_text(basis: Basis) -> str:
    """Which state a plan rests on."""
    serial = f"state serial {basis.serial}" if basis.serial is not None else "no state"
    return f"{serial}, lineage {visible(basis.lineage)}" if basis.lineage else serial


def why(change: PlannedChange) -> str | None:
    """What has to be known of a resource before anything else: why it is replaced, or that it will not last."""
    if change.taken_back:
        return "the template wants otherwise: the next apply takes it back"
    return f"replaced because of {visible(change.because)}" if change.because else None


def notes(change: PlannedChange) -> Iterator[tuple[str, str]]:
    """What else is to be said of a resource beside its attributes, each as what it is and a text."""
    if change.runs:
        yield "runs", f"{visible(' and '.join(change.runs))}; what that does, no plan tells"
    if change.importing:
        yield "imported as", visible(change.importing)
    if change.moved_from:
        yield "moved from", visible(change.moved_from)


def act_text(act: Act) -> str:
    """What Terraform said that it did to one resource: ``update aws_sqs_queue.jobs: complete, 3 s``."""
    took = "" if act.seconds is None else f", {act.seconds:g} s"
    return f"{visible(act.action)} {visible(act.address)}: {visible(act.result)}{took}"


def forces(change: PlannedChange, attribute: Change) -> bool:
    """Whether an attribute is one of those that make a replacement necessary."""
    causes = (change.because or "").split(", ") if change.replaces else ()
    return bool(attribute.path) and str(attribute.path[0]) in causes


def attributes(change: PlannedChange) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """What a reviewer judges, and apart what only the apply will tell of something that is made.

    What forces a replacement stands first. What somebody wrote is told, also where what becomes of it is not known yet.
    """
    makes = "create" in change.actions
    told: list[Change] = []
    later: list[Change] = []
    for each in change.changes:
        answered = makes and isinstance(each.observed, Unknown) and document(each.recorded) is None
        (later if answered and not forces(change, each) else told).append(each)
    return tuple(sorted(told, key=lambda each: not forces(change, each))), tuple(later)


def only_side(change: PlannedChange, attribute: Change) -> Mark | None:
    """Which side of an attribute says all, where the other is nothing: of what is made new, or goes away."""
    match deed(change):
        case Deed.CREATED if attribute.recorded is None:
            return Mark.ADDED
        case Deed.DESTROYED | Deed.FORGOTTEN if attribute.observed is None:
            return Mark.REMOVED
        case _:
            return None
