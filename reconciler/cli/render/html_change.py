"""One attribute's change on a page."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.cli.render.difference import Line, Mark, line_difference, secret_note
from reconciler.cli.render.text import value_text, visible
from reconciler.drift.finding import Change
from reconciler.drift.values import Value

# A pair of values that is shorter than this is read faster than the lines that differ.
_SHORT = 60


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change, every text of it fit to be shown: the lines that differ, a note, or the values of its sides.

    ``before`` or ``after`` is None where there is no such side: of what is made new or goes away.
    """

    path: str
    tags: tuple[str, ...] = ()
    before: str | None = None
    after: str | None = None
    lines: tuple[Line, ...] = ()
    note: str | None = None


def change_view(change: Change, *tags: str) -> ChangeView:
    """A change with both of its sides."""
    path = _path(change)
    if change.added is not None or change.removed is not None:
        lines = [Line(Mark.REMOVED, value_text(item)) for item in change.removed or ()]
        lines += [Line(Mark.ADDED, value_text(item)) for item in change.added or ()]
        return ChangeView(path, tags, lines=tuple(lines))
    secret = secret_note(change)
    if secret is not None:
        return ChangeView(path, tags, note=f"(sensitive) {secret}")
    before, after = value_text(change.recorded), value_text(change.observed)
    difference = line_difference(change.recorded, change.observed)
    if difference is not None and len(before) + len(after) > _SHORT:
        return ChangeView(path, tags, lines=tuple(difference))
    return ChangeView(path, tags, before, after)


def one_sided_view(change: Change, side: Mark, *tags: str) -> ChangeView:
    """A change of which only the side that is told says something: of what is made new, or goes away."""
    value: Value = change.observed if side is Mark.ADDED else change.recorded
    shown = value_text(value)
    sides = (None, value) if side is Mark.ADDED else (value, None)
    difference = line_difference(*sides)
    if difference is not None and len(shown) > _SHORT:
        return ChangeView(_path(change), tags, lines=tuple(difference))
    return ChangeView(_path(change), tags, *((None, shown) if side is Mark.ADDED else (shown, None)))


def _path(change: Change) -> str:
    return visible(change.text) or "(the whole resource)"
