"""A configuration for a resource that nobody declares, found with its provider's help.

A first choice is validated and planned; what the provider objects to is dropped, what it would change is said, until
nothing would change. Each round settles something, and their number is bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from reconciler.desired.expressions.functions import call
from reconciler.drift.adoption import (
    Fullness,
    configuration,
    first_choice,
    is_unsaid,
    moved,
    proposed,
    repeated_secrets,
    settable,
    wanted,
)
from reconciler.drift.schema import Block, Schema
from reconciler.drift.values import Object, Value

ROUNDS: Final = 40

_LACKS: Final = re.compile(r"(?i)must be (?:specified|set)|is required|as required|missing required|at least one")
_CONFLICT: Final = re.compile(
    r"(?i)conflicts with|only one of|can be specified|cannot be (?:specified|set)|mutually exclusive"
)
_ONE_OF: Final = re.compile(r"one of `([^`]+)` must be specified")
_URL: Final = re.compile(r"(?i)to have a (?:host|scheme)|to have a url with schema")
_NAMES: Final = re.compile(r"[a-z][a-z0-9_]*")
_WEAK: Final = re.compile(r".*_prefix|.*_wo(_version)?|.*_base64")


class Objection(Protocol):
    """What a provider holds against a configuration."""

    @property
    def text(self) -> str:
        """One line."""

    @property
    def path(self) -> tuple[str, ...]:
        """The argument at fault, below the nested blocks that it stands in."""


class Trial(Protocol):
    """An imported resource, against which configurations are tried."""

    @property
    def schema(self) -> Schema:
        """The type's schema."""

    @property
    def observed(self) -> Object:
        """What it holds."""

    def validate(self, config: Object) -> Sequence[Objection]:
        """What is wrong with a configuration."""

    def plan(self, config: Object, proposed: Object) -> object:
        """What would become of the resource: an object, or why that cannot be told."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What to write of a resource.

    ``ignored`` are the arguments that no text could keep as they are: the import leaves them empty, and the provider
    has a default. Those that ``asked`` names too must be there, and cannot be written: they are secret, or the provider
    does not tell them. ``documents`` hold JSON. ``problem`` says why a plan would still change something, or is None.
    """

    chosen: Object = field(repr=False)
    ignored: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A plan that was refused, as an objection."""

    text: str
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class _Search:
    trial: Trial
    chosen: dict[str, Value]
    hidden: frozenset[str]
    dropped: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    pruned: list[tuple[str, ...]] = field(default_factory=list)
    fullness: dict[str, Fullness] = field(default_factory=dict)

    @property
    def block(self) -> Block:
        return self.trial.schema.block

    def run(self) -> str | None:
        """Try until nothing would change; otherwise say why."""
        problem: str | None = "the provider objects to every choice"
        for _ in range(ROUNDS):
            objections = self.trial.validate(configuration(self.block, self.chosen))
            if objections:
                # Providers tell them in any order.
                objection = min(objections, key=lambda each: each.text)
                problem = objection.text
                if not self._meet(objection):
                    return problem
                continue
            names = self.moves(self.chosen)
            if isinstance(names, str):
                problem = names
                if not self._meet(_Refusal(names)):
                    return problem
                continue
            if not names:
                return None
            problem = f"a plan would change {', '.join(names)}"
            # What the provider computes moves with what it is computed from.
            arguments = [name for name in names if self._is_argument(name)]
            causes = [name for name in arguments if not is_unsaid(name)] or arguments
            if not causes:
                return problem
            for name in causes:
                self._say(name)
        return problem

    def moves(self, chosen: Object) -> list[str] | str:
        """What a plan would change; a text where it cannot be made. What is ignored is planned as it is."""
        config = configuration(self.block, chosen)
        config |= {name: self.trial.observed.get(name) for name in self.ignored}
        planned = self.trial.plan(config, proposed(self.block, self.trial.observed, config))
        if not isinstance(planned, dict):
            return str(getattr(planned, "detail", "it cannot be planned"))
        return [name for name in moved(self.block, self.trial.observed, planned) if name not in self.ignored]

    def _is_argument(self, name: str) -> bool:
        attribute = self.block.attributes.get(name)
        return attribute is None or not attribute.answered

    def _settable(self, name: str) -> bool:
        return settable(self.block, name) and name not in self.hidden

    def _meet(self, objection: Objection) -> bool:
        """Do something about an objection: say what is missing, or drop one of what conflicts."""
        said = {name for name in _NAMES.findall(objection.text) if self._settable(name)}
        name = objection.path[0] if objection.path else None
        if name is not None and self._settable(name):
            said.add(name)
        if _CONFLICT.search(objection.text) and self._prune(objection.path):
            return True
        if not _CONFLICT.search(objection.text) and (self._complete(objection) or self._supply(said, objection)):
            return True
        rivals = [name for name in said & self.chosen.keys() if not self._is_required(name)]
        if not rivals:
            return self._supply_all()
        victim = max(rivals, key=lambda each: (self._weakness(each), each == name, each))
        if victim in self.block.blocks and self.fullness.get(victim, Fullness.LEAN) < Fullness.ALL:
            self._say(victim)
            return True
        del self.chosen[victim]
        self.dropped.add(victim)
        return True

    def _prune(self, path: tuple[str, ...]) -> bool:
        """Take an argument out of nested blocks."""
        if len(path) < 2 or path[0] not in self.block.blocks:
            return False
        found = list(_bodies(self.chosen.get(path[0]), path[1:-1], path[-1]))
        for body in found:
            del body[path[-1]]
        if found:
            self.pruned.append(path)
        return bool(found)

    def _supply_all(self) -> bool:
        """Say everything that the cloud tells, where an objection does not name what it misses."""
        names = (*self.block.attributes, *self.block.blocks)
        more = {
            name: value
            for name in names
            if name not in self.chosen and name not in self.dropped and self._is_current(name)
            if (value := wanted(self.block, name, self.trial.observed, Fullness.LEAN)) not in (None, "", [], {}, 0)
        }
        self.chosen |= more
        return bool(more)

    def _is_current(self, name: str) -> bool:
        attribute, nested = self.block.attributes.get(name), self.block.blocks.get(name)
        if (attribute is not None and attribute.deprecated) or (nested is not None and nested.block.deprecated):
            return False
        return self._settable(name) and not is_unsaid(name)

    def _complete(self, objection: Objection) -> bool:
        """Put the scheme before a URL that the service gives back without it."""
        value = self.chosen.get(objection.path[0]) if objection.path else None
        if not isinstance(value, str) or "://" in value or not _URL.search(objection.text):
            return False
        self.chosen[objection.path[0]] = f"https://{value}"
        return True

    def _supply(self, said: set[str], objection: Objection) -> bool:
        """Say what is missing: what the cloud tells of it, or else a variable that asks for it."""
        for name in sorted(said - self.dropped - self.chosen.keys()):
            value = wanted(self.block, name, self.trial.observed, Fullness.LEAN)
            if value not in (None, "", [], {}):
                self.chosen[name] = value
                return True
        if not _LACKS.search(objection.text):
            return False
        choices = _ONE_OF.search(objection.text)
        names = choices[1].split(",") if choices else [*objection.path[:1]]
        texts = [
            name for name in names if name in self.block.attributes and self.block.attributes[name].type == "string"
        ]
        if set(names) & self.chosen.keys() or not texts:
            return False
        self.ask(next((name for name in texts if self.trial.observed.get(name)), texts[0]))
        return True

    def ask(self, name: str) -> None:
        """Leave an argument to a variable: with any value of it an apply leaves alone what is there."""
        self.asked.add(name)
        self.ignored.add(name)
        self.chosen[name] = self.trial.observed.get(name) or "asked"

    def _weakness(self, name: str) -> int:
        attribute = self.block.attributes.get(name)
        empty = self.chosen[name] in ("", [], {}, 0)
        computed = attribute is None or attribute.computed
        return 4 * bool(_WEAK.fullmatch(name)) + 2 * empty + computed

    def _is_required(self, name: str) -> bool:
        attribute = self.block.attributes.get(name)
        return attribute is not None and attribute.required

    def _say(self, name: str) -> None:
        """Say what a plan would change otherwise; where it is said already say more, and then leave it alone."""
        held = self.trial.observed.get(name)
        if name not in self.chosen:
            value = wanted(self.block, name, self.trial.observed, Fullness.LEAN)
            free = self._settable(name) and name not in self.dropped
            if held is not None and value is not None and free:
                self.chosen[name] = value
                self.fullness[name] = Fullness.LEAN
            else:
                self.ignored.add(name)
            return
        level = self.fullness.get(name, Fullness.LEAN)
        if name in self.block.blocks and level < Fullness.ALL and name in self.chosen:
            self.fullness[name] = Fullness(level + 1)
            self.chosen[name] = wanted(self.block, name, self.trial.observed, self.fullness[name])
            for path in self.pruned:
                for body in list(_bodies(self.chosen[name], path[1:-1], path[-1])) if path[0] == name else ():
                    del body[path[-1]]
            return
        self.ignored.add(name)
        if not self._is_required(name):
            del self.chosen[name]

    def documents(self) -> Iterator[str]:
        """Arguments that hold JSON and may be written as ``jsonencode`` does: the provider sees no change."""
        for name, value in self.chosen.items():
            document = _document(value)
            if name in self.block.attributes and document is not None:
                text = call("jsonencode", [document])
                if text == value or (isinstance(text, str) and self.moves({**self.chosen, name: text}) == []):
                    yield name


def _bodies(value: Value, path: tuple[str, ...], name: str) -> Iterator[dict[str, Value]]:
    """The bodies of nested blocks below a path that say something of a name."""
    if isinstance(value, list):
        for each in value:
            yield from _bodies(each, path, name)
    elif isinstance(value, dict) and path:
        yield from _bodies(value.get(path[0]), path[1:], name)
    elif isinstance(value, dict) and name in value:
        yield value


def _document(text: Value) -> Value:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) and found else None


def draft(trial: Trial) -> Draft:
    """Find what to write of an imported resource, so that a plan leaves it alone.

    Raises:
        ProviderError: the provider does not answer.
    """
    block = trial.schema.block
    search = _Search(trial, first_choice(block, trial.observed), repeated_secrets(block, trial.observed))
    problem = search.run()
    documents = tuple(search.documents()) if problem is None else ()
    chosen = {name: value for name, value in search.chosen.items() if name not in search.asked}
    return Draft(chosen, tuple(sorted(search.ignored)), tuple(sorted(search.asked)), documents, problem)
