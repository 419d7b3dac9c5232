"""A workspace's recorded resources with all their sides, to look up who sets what on whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reconciler.drift.identity import text
from reconciler.drift.values import Object, Value


@dataclass(frozen=True, slots=True)
class Held:
    """A recorded resource. ``observed`` is None where it is absent or unread, ``baseline`` where it is new to us.

    A resource that left the state since the last pass is still held, with nothing but its baseline: what it set
    has gone with it, and that is no drift.
    """

    label: str
    type: str
    recorded: Object | None
    observed: Object | None
    baseline: Object | None = None
    unread: bool = False

    @property
    def gone(self) -> bool:
        """Whether the state no longer records it."""
        return self.recorded is None

    @property
    def sides(self) -> tuple[Object, ...]:
        """Every side that says something."""
        return tuple(side for side in (self.recorded, self.observed, self.baseline) if side is not None)

    def names(self, *attributes: str) -> set[str]:
        """What others may call it: the given attributes' values on every side."""
        return {name for side in self.sides for key in attributes if (name := text(side.get(key)))}

    def current(self, attribute: str) -> Iterator[Value]:
        """An attribute in the state and in the cloud, or in the baseline alone if the resource is gone."""
        sides = (self.baseline,) if self.gone else (self.recorded, self.observed)
        return (side[attribute] for side in sides if side is not None and attribute in side)


@dataclass(frozen=True, slots=True)
class Estate:
    """All held resources by type."""

    by_type: dict[str, list[Held]] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Held]) -> Estate:
        """Index the resources."""
        by_type: dict[str, list[Held]] = {}
        for held in resources:
            by_type.setdefault(held.type, []).append(held)
        return cls(by_type)

    def setters(self, types: Iterable[str], link: str, names: set[str]) -> Iterator[Held]:
        """Resources of the types that name one of ``names`` in their attribute ``link``."""
        for type_ in types:
            for held in self.by_type.get(type_, ()):
                if any(_mentions(value, names) for value in held.current(link)):
                    yield held


def _mentions(value: Value, names: set[str]) -> bool:
    if isinstance(value, list):
        return any(_mentions(element, names) for element in value)
    return isinstance(value, str) and value in names
