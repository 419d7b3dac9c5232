"""A provider that is frank: it repeats no call, and logs what it passes over. Asked where the usual one is not clear.

Two things the usual one keeps to itself. Throttled, or met with errors, it repeats its call for minutes, longer than a
read may take, and is silent meanwhile; fewer repetitions for all reads would make some fail that Terraform gets. And an
attribute for which a call of its own was refused it may leave empty: a warning in its log, and nothing in its answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconciler.drift.snapshot import Present, Reading, Reason, RecordedInstance, Unread
from reconciler.errors import ProviderError
from reconciler.observed.provider.diagnose import classify, diagnose
from reconciler.observed.provider.host import Limits, Recipe
from reconciler.observed.provider.schema_cache import SchemaCache
from reconciler.observed.provider.schema_file import DamagedFileError

_RETRIES: Final = "max_retries"
"""The argument by which providers (AWS's, and those made after it) bound their calls. 1 is one call, and no second."""
_PATIENCE: Final = 10.0
"""Seconds for a read without repetitions."""
_UNANSWERED: Final = frozenset({Reason.DENIED, Reason.THROTTLED, Reason.TIMEOUT})
_BROKEN: Final = re.compile(r"(?i)\bstatus ?code: 5\d\d\b")
_OF_THE_SERVICE: Final = frozenset({Reason.THROTTLED, Reason.TIMEOUT})
"""What one resource was told holds for the others of its type too; they need not be asked."""

Read = Callable[[Sequence[RecordedInstance]], list[Reading]]


def frank(recipe: Recipe, cache: SchemaCache) -> Recipe:
    """The same provider, frank as far as it can be told so."""
    bounded = {_RETRIES: 1} if _has_retries(recipe, cache) else {}
    return replace(recipe, configuration={**recipe.configuration, **bounded}, warning=True)


def _has_retries(recipe: Recipe, cache: SchemaCache) -> bool:
    try:
        known = cache.lookup(recipe.binary)
        return known is not None and _RETRIES in known.provider().block.attributes
    except (ProviderError, DamagedFileError):
        return False


def impatient(limits: Limits) -> Limits:
    """The limits of a frank provider."""
    return replace(
        limits,
        read_timeout=min(limits.read_timeout, _PATIENCE),
        configure_timeout=min(limits.configure_timeout, _PATIENCE),
    )


def silent(readings: Sequence[Reading]) -> list[Unread]:
    """What was not answered in time."""
    return [each for each in readings if isinstance(each, Unread) and _is_silent(each)]


def _is_silent(reading: Reading) -> bool:
    return isinstance(reading, Unread) and reading.reason is Reason.TIMEOUT


def reasons(waiting: Sequence[Unread], ask: Read, again: Read) -> dict[str, Reading]:
    """What is told of resources that were not answered in time, by label; what is still silent is left out.

    Args:
        waiting: those resources.
        ask: reads frankly. Errors and absences are taken from it, and absences are confirmed elsewhere. A
            value is not: with no second call, a provider may leave out what it did not get.
        again: reads as usual.
    """
    first: dict[str, Unread] = {}
    for each in waiting:
        first.setdefault(each.instance.address.type, each)
    told = _by_label(ask([each.instance for each in first.values()]))
    of_type = {kind: told[each.instance.label] for kind, each in first.items()}
    others = [each for each in waiting if each.instance.label not in told]
    for each in others:
        said = of_type[each.instance.address.type]
        if isinstance(said, Unread) and said.reason is Reason.THROTTLED:
            detail = f"{each.detail}; another of this type is throttled: {said.detail}"
            told[each.instance.label] = Unread(each.instance, said.reason, detail)
    left = [each.instance for each in others if not _settles(of_type[each.instance.address.type])]
    told |= _by_label(ask(left) if left else [])
    readable = [reading.instance for reading in told.values() if isinstance(reading, Present)]
    told |= _by_label(again(readable) if readable else [])
    return {label: reading for label, reading in told.items() if not _is_silent(reading)}


def _settles(said: Reading) -> bool:
    return isinstance(said, Unread) and said.reason in _OF_THE_SERVICE


def _by_label(readings: Sequence[Reading]) -> dict[str, Reading]:
    return {reading.instance.label: reading for reading in readings}


def merged(readings: Sequence[Reading], told: Mapping[str, Reading]) -> list[Reading]:
    """The readings, with what was told since in place of the silences."""
    return [told.get(reading.instance.label, reading) for reading in readings]


def warned(instance: RecordedInstance, warnings: Sequence[str], secrets: Iterable[str]) -> Unread | None:
    """The instance as unread, where its read brought a warning that something was not answered.

    That something is *not there* is an answer, and what it left empty is rightly so.
    """
    errors = [text for text in warnings if classify(text) in _UNANSWERED or _BROKEN.search(text)]
    if not errors:
        return None
    said = diagnose([("the provider passed over an error", text) for text in errors], secrets)
    return Unread(instance, said.reason, said.detail)
