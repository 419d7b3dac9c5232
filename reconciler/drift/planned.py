"""What a Terraform plan, as its JSON, would change of one resource.

The format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, Final

from reconciler.drift.finding import Change
from reconciler.drift.masking import masked_pair
from reconciler.drift.values import UNKNOWN, Digest, Object, Path, Sensitive, Value, is_zero

_REASONS: Final = {
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "it was asked for",
    "replace_by_triggers": "replace_triggered_by",
}


def planned_changes(change: Mapping[str, Any], digest: Digest) -> tuple[Change, ...]:
    """The attributes that would move, innermost first told, secrets masked. What nobody sets on a new one is left out.

    Raises:
        KeyError, TypeError, AttributeError: it is not of the form that we know.
    """
    marks = (change.get("before_sensitive"), change.get("after_sensitive"))
    whole = change.get("before") is not None and change.get("after") is not None
    before, after = masked_pair(change.get("before") or {}, change.get("after") or {}, marks, digest)
    after = _with_unknown(after, change.get("after_unknown"))
    return tuple(
        Change(path, was, becomes, configured=True, sensitive=_is_secret(was, becomes), planned=True)
        for path, was, becomes in _moved((), before, after)
        if whole or not (is_zero(was) and is_zero(becomes))
    )


def overtaken(changes: Iterable[Change], observed: Object, *, accepts: bool) -> Path | None:
    """A place where the cloud holds by now something else than a plan shows of it; None where there is none.

    Single values that are no secrets are compared, also in maps. Below a list they are not: the order in which a
    provider tells a set is none.

    Args:
        changes: what the plan shows.
        observed: what was read after it was made.
        accepts: whether the plan takes over what the cloud holds, which is then what it shows last.
    """
    for change in changes:
        shown, holds = change.observed if accepts else change.recorded, _single(observed, change.path)
        # Of a secret nobody is shown anything, and it may stand for a list.
        is_single = not any(isinstance(each, Mapping | list | Sensitive) for each in (shown, holds))
        if is_single and _composed(shown) != _composed(holds) and not (is_zero(shown) and is_zero(holds)):
            return change.path
    return None


def _composed(value: Value) -> Value:
    """A text as Terraform writes it, whatever the provider said."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _single(value: Value, path: Path) -> Value:
    """What stands there; a list that stands on the way."""
    for step in path:
        if not isinstance(value, Mapping):
            return value
        value = value.get(step)
    return value


def because(entry: Mapping[str, Any]) -> str:
    """Why a resource would be replaced."""
    if entry.get("action_reason") in _REASONS:
        return _REASONS[entry["action_reason"]]
    paths = entry["change"].get("replace_paths") or ()
    return ", ".join(sorted({str(path[0]) for path in paths if path})) or "as the provider demands"


def _moved(path: Path, before: Value, after: Value) -> Iterator[tuple[Path, Value, Value]]:
    """The innermost places where two values differ; a list of another length differs as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _moved((*path, name), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (was, becomes) in enumerate(zip(before, after, strict=True)):
            yield from _moved((*path, index), was, becomes)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield path, before, after


def _with_unknown(value: Value, unknown: Value) -> Value:
    """The planned value with UNKNOWN where Terraform's own mark says so."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping) and isinstance(value, Mapping):
        return {name: _with_unknown(value.get(name), unknown.get(name)) for name in {**value, **unknown}}
    if isinstance(unknown, list) and isinstance(value, list):
        return [_with_unknown(inner, mark) for inner, mark in zip_longest(value, unknown)]
    return value


def _is_secret(*sides: Value) -> bool:
    return any(isinstance(side, Sensitive) for side in sides)
