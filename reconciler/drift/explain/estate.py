"""A workspace's recorded resources with all their sides, to look up who sets what on whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from reconciler.drift.identity import text
from reconciler.drift.values import Object, texts


@dataclass(frozen=True, slots=True)
class Held:
    """A recorded resource. ``observed`` is None where it is absent or unread, ``baseline`` where it is new to us.

    ``baseline`` is what it is held against: with an open finding that is older than what was ``last`` observed of it
    (None where the two are one).
    A resource that left the state since the last pass is still held, with nothing but its baseline: what it set
    has gone with it, and that is no drift.
    """

    label: str
    type: str
    recorded: Object | None
    observed: Object | None
    baseline: Object | None = None
    unread: bool = False
    last: Object | None = None

    @property
    def now(self) -> tuple[Object, ...]:
        """What it is by the state and in the cloud."""
        return tuple(side for side in (self.recorded, self.observed) if side is not None)

    @property
    def then(self) -> tuple[Object, ...]:
        """What it was when it was last observed: what others showed of it then."""
        side = self.baseline if self.last is None else self.last
        return () if side is None else (side,)

    @property
    def seen(self) -> Object | None:
        """The baseline, if it is of this very object: what Terraform has replaced since has another id."""
        if self.baseline is None or self.recorded is None or self.baseline.get("id") != self.recorded.get("id"):
            return None
        return self.baseline

    def names(self, *attributes: str) -> set[str]:
        """What others may call it: the given attributes' values on every side."""
        return _named((*self.now, *self.then), attributes)


_NAMES: Final = ("id", "arn", "identifier", "cluster_id", "cluster_identifier")

_Linked: TypeAlias = dict[str, list[tuple[Held, Object]]]


@dataclass(frozen=True, slots=True)
class Estate:
    """All held resources by type, and an index of who names whom, made where it is first asked for.

    ``arrived`` are the names of resources new in the state since the last pass, ``departed`` of those gone from it, or
    from the cloud.
    """

    by_type: dict[str, list[Held]] = field(default_factory=dict)
    arrived: frozenset[str] = frozenset()
    departed: frozenset[str] = frozenset()
    _index: dict[tuple[str, str, bool], _Linked] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, resources: Iterable[Held]) -> Estate:
        """Group the resources."""
        by_type: dict[str, list[Held]] = {}
        arrived: set[str] = set()
        departed: set[str] = set()
        for held in resources:
            by_type.setdefault(held.type, []).append(held)
            if held.seen is None:
                arrived |= _named(held.now, _NAMES)
            if not held.unread and (held.seen is None or held.observed is None):
                departed |= _named(held.then if held.seen is None else held.now, _NAMES)
        return cls(by_type, frozenset(arrived), frozenset(departed))

    def linked(
        self, type_: str, link: str, names: Iterable[str], *, then: bool = False
    ) -> Iterator[tuple[Held, Object]]:
        """Sides of resources of a type that name one of ``names`` in their attribute ``link``.

        The sides of now are the state's and the cloud's, that of ``then`` is the baseline. Each with its resource; one
        that names several of the names comes several times.
        """
        if type_ not in self.by_type:
            return
        index = self._index.get((type_, link, then))
        if index is None:
            index = self._index[type_, link, then] = self._by_link(type_, link, then=then)
        for name in names:
            yield from index.get(name, ())

    def _by_link(self, type_: str, link: str, *, then: bool) -> _Linked:
        index: _Linked = {}
        for held in self.by_type[type_]:
            for side in held.then if then else held.now:
                for name in set(texts(side.get(link))):
                    index.setdefault(name, []).append((held, side))
        return index


def _named(sides: Iterable[Object], attributes: Iterable[str]) -> set[str]:
    return {name for side in sides for key in attributes if (name := text(side.get(key)))}
