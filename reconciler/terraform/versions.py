"""Versions of providers and modules, and the constraints that Terraform writes for them.

Syntax: https://developer.hashicorp.com/terraform/language/expressions/version-constraints
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import total_ordering

_VERSION = re.compile(
    r"(?P<numbers>[0-9]{1,9}(?:\.[0-9]{1,9}){0,2})"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_TERM = re.compile(r"(?P<operator>[=!<>~]{0,2})\s*(?P<version>\S.*)")
_EXACT = frozenset({"", "="})
_ORDERS = {"!=": {-1, 1}, ">": {1}, ">=": {0, 1}, "<": {-1}, "<=": {-1, 0}}
_OPERATORS = frozenset({*_EXACT, *_ORDERS, "~>"})


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A semantic version. ``given`` says how many numbers were written: ``5`` is 1, ``5.1`` is 2."""

    numbers: tuple[int, int, int]
    prerelease: tuple[str, ...] = ()
    build: str = field(default="", compare=False)
    given: int = field(default=3, compare=False)

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read a version.

        Raises:
            ValueError: the text is not a version.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not a version: {text!r}")
        numbers = [int(part) for part in match["numbers"].split(".")]
        major, minor, patch = (*numbers, 0, 0)[:3]
        prerelease = tuple(match["pre"].split(".")) if match["pre"] else ()
        return cls((major, minor, patch), prerelease, match["build"] or "", len(numbers))

    def __str__(self) -> str:
        """All three numbers, then the prerelease and the build."""
        text = ".".join(str(number) for number in self.numbers)
        text += "-" + ".".join(self.prerelease) if self.prerelease else ""
        return text + ("+" + self.build if self.build else "")

    def __eq__(self, other: object) -> bool:
        """Equal in precedence: builds do not count."""
        return isinstance(other, Version) and self._order() == other._order()

    def __hash__(self) -> int:
        """As equality."""
        return hash(self._order())

    def __lt__(self, other: Version) -> bool:
        """Precedence of semantic versioning: a prerelease is before its release, numbers are before words."""
        return self._order() < other._order()

    def _order(self) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
        words = tuple((not word.isdigit(), int(word) if word.isdigit() else 0, word) for word in self.prerelease)
        return (self.numbers, not self.prerelease, words)


@dataclass(frozen=True, slots=True)
class _Term:
    """One condition: an operator and a version."""

    operator: str
    version: Version

    def allows(self, version: Version) -> bool:
        """Whether the version meets the condition. A prerelease meets only the one that names it."""
        mine, order = self.version, (version > self.version) - (version < self.version)
        if self.operator == "~>":
            # The last number that was written may grow, those before it may not.
            fixed = max(mine.given - 1, 1)
            return order >= 0 and version.numbers[:fixed] == mine.numbers[:fixed]
        if self.operator in _EXACT:
            return order == 0 and version.build == mine.build
        return order in _ORDERS[self.operator]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Conditions that all have to be met. Without one, every release is allowed."""

    terms: tuple[_Term, ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> Constraint:
        """Read ``">= 5.0, < 6.0"``; None and an empty text allow every release.

        Raises:
            ValueError: the text is not a constraint.
        """
        if text is None or not text.strip():
            return cls()
        return cls(tuple(_term(part) for part in text.split(",")))

    def allows(self, version: Version) -> bool:
        """Whether Terraform would take the version.

        A prerelease is taken only where a condition names it exactly, as for providers.
        """
        if version.prerelease and not any(t.operator in _EXACT and t.version == version for t in self.terms):
            return False
        return all(term.allows(version) for term in self.terms)

    def newest(self, versions: Iterable[Version]) -> Version | None:
        """The newest allowed version, None where none is."""
        return max((version for version in versions if self.allows(version)), default=None)


def _term(text: str) -> _Term:
    match = _TERM.fullmatch(text.strip())
    if match is None or match["operator"] not in _OPERATORS:
        raise ValueError(f"not a version constraint: {text.strip()!r}")
    return _Term(match["operator"], Version.parse(match["version"]))
