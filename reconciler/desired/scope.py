"""What names stand for inside an instance of a module. Everything is evaluated when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.desired.expressions.evaluate import Bound, Budget, Disk, evaluate
from reconciler.desired.module import Declaration
from reconciler.desired.module_tree import ModuleNode
from reconciler.desired.repetition import Repetition, repetition
from reconciler.desired.source import relative
from reconciler.desired.variables import convert_variable
from reconciler.drift.address import Address, ModulePath, ModuleStep
from reconciler.drift.values import UNKNOWN, Value
from reconciler.errors import Position, ReconcilerError, TemplateError

INSTANCES: Final = 200_000
"""Addresses of instances that one reading tells."""


class Lazy(Mapping[str, Value]):
    """An object whose attributes are evaluated one by one. A name that it does not have is UNKNOWN."""

    def __init__(self, names: Collection[str], read: Callable[[str], Value]) -> None:
        self._names = names
        self._read = read

    def __getitem__(self, name: str) -> Value:
        """Evaluate it. What declares an unknown name may stand in a file that could not be read."""
        return self._read(name) if name in self._names else UNKNOWN

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Their number."""
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        """Whether it is declared."""
        return name in self._names


@dataclass(slots=True)
class Reading:
    """What all scopes of one reading share. ``variables`` are the values of the root module's variables."""

    root: Path
    workspace: str
    variables: Mapping[str, Value]
    problems: list[ReconcilerError]
    budget: Budget = field(default_factory=Budget)
    disk: Disk | None = None
    instances: int = INSTANCES
    _told: set[Position] = field(default_factory=set)

    def tell(self, message: str, hint: str, position: Position) -> None:
        """Add a problem, once for each place."""
        if position not in self._told:
            self._told.add(position)
            self.problems.append(TemplateError(message, hint=hint, position=position))


_MISSING: Final = object()

_IN_PROGRESS: Final = object()
"""Stands in for a value while it is evaluated: to meet it is a circle."""


@dataclass(slots=True, eq=False)
class ModuleScope:
    """One instance of a module. ``names`` is what ``each`` and ``count`` stand for in its call."""

    reading: Reading
    node: ModuleNode
    path: ModulePath = ()
    parent: ModuleScope | None = None
    names: Mapping[str, Value] = field(default_factory=dict)
    _known: dict[tuple[str, ...], Value] = field(default_factory=dict)

    def lookup(self, name: str) -> Value:  # noqa: PLR0911 - one return for each kind
        """The value of a name at the start of a reference."""
        module = self.node.module
        match name:
            case "var":
                return Lazy({key[0] for key in module.all("variable")}, self._variable)
            case "local":
                return Lazy(module.locals, self._local)
            case "module":
                return Lazy(self.node.children, self._module)
            case "path":
                return {"module": relative(module.folder, self.reading.root), "root": ".", "cwd": UNKNOWN}
            case "terraform":
                return {"workspace": self.reading.workspace, "applying": UNKNOWN}
            case "data":
                return Lazy({key[0] for key in module.all("data")}, lambda type_: self._objects("data", type_))
            case _:
                return self._objects("resource", name)

    def disk(self) -> Disk | None:
        """What reads files here."""
        return self.reading.disk

    def bound(self, names: Mapping[str, Value]) -> Bound:
        """This scope with ``each`` or ``count``."""
        return Bound(self, names)

    def repetition(self, kind: str, name: tuple[str, ...], declaration: Declaration) -> Repetition | None:
        """The instances of a block of this module by key; None where they cannot be told."""
        content = declaration.content
        if not content.attributes.keys() & {"count", "for_each"}:
            return {None: {}}
        shown = f"{'data.' if kind == 'data' else ''}{'.'.join(name)}"
        found = self._once(
            (kind, *name),
            lambda: repetition(content, self.bound({}), self.reading.budget),
            declaration.position,
            shown if kind != "module" else f"module.{shown}",
        )
        return None if found is UNKNOWN else found

    def children(self, name: str) -> tuple[ModuleScope, ...] | None:
        """The instances of a module called here; None where they cannot be told."""
        child = self.node.children[name]
        if child.call is None:
            return None
        keys = self.repetition("module", (name,), child.call)
        if keys is None or len(keys) > self.reading.instances:
            return None

        def make() -> tuple[ModuleScope, ...]:
            return tuple(
                ModuleScope(self.reading, child, (*self.path, ModuleStep(name, key)), self, names)
                for key, names in keys.items()
            )

        made = self._once(("children", name), make, child.call.position, f"module.{name}")
        return None if made is UNKNOWN else made

    def _once(self, key: tuple[str, ...], make: Callable[[], Value], position: Position, shown: str) -> Value:
        known = self._known.get(key, _MISSING)
        if known is _IN_PROGRESS:
            self.reading.tell(f"{shown} refers to itself, directly or through others", "break the circle", position)
            return UNKNOWN
        if known is _MISSING:
            self._known[key] = _IN_PROGRESS
            known = UNKNOWN
            try:
                known = make()
            finally:
                self._known[key] = known
        return known

    def _variable(self, name: str) -> Value:
        declaration = self.node.module.get("variable", name)
        if self.parent is None or self.node.call is None or declaration is None:
            return self.reading.variables.get(name, UNKNOWN)
        call, parent = self.node.call, self.parent

        def make() -> Value:
            argument = call.expression(name)
            scope = parent.bound(self.names)
            given = None if argument is None else evaluate(argument.node, scope, self.reading.budget)
            is_given = name in call.content.attributes
            return convert_variable(declaration, given, is_given=is_given, budget=self.reading.budget)

        return self._once(("var", name), make, declaration.position, f"var.{name}")

    def _local(self, name: str) -> Value:
        local = self.node.module.locals[name]
        return self._once(
            ("local", name),
            lambda: evaluate(local.attribute.expression.node, self, self.reading.budget),
            local.position,
            f"local.{name}",
        )

    def _output(self, name: str) -> Value:
        output = self.node.module.get("output", name)
        expression = output.expression("value") if output else None
        if output is None or expression is None:
            return None
        return self._once(
            ("output", name),
            lambda: evaluate(expression.node, self, self.reading.budget),
            output.position,
            f"output.{name}",
        )

    def outputs(self) -> Lazy:
        """What the module gives to its caller."""
        return Lazy({key[0] for key in self.node.module.all("output")}, self._output)

    def _module(self, name: str) -> Value:
        instances = self.children(name)
        if instances is None:
            return UNKNOWN
        keys = [instance.path[-1].key for instance in instances]
        if keys == [None]:
            return instances[0].outputs()
        call = self.node.children[name].call
        if call is not None and "count" in call.content.attributes:
            return [instance.outputs() for instance in instances]
        return {str(key): instance.outputs() for key, instance in zip(keys, instances, strict=True)}

    def _objects(self, kind: str, type_: str) -> Value:
        """The resources of a type: of each only how many there are is known, which ``length`` and ``for`` may ask."""
        named = {key[1] for key in self.node.module.all(kind) if key[0] == type_}
        return Lazy(named, lambda name: self._object(kind, type_, name)) if named else UNKNOWN

    def _object(self, kind: str, type_: str, name: str) -> Value:
        declaration = self.node.module.get(kind, type_, name)
        keys = self.repetition(kind, (type_, name), declaration) if declaration else None
        if declaration is None or keys is None or None in keys:
            return UNKNOWN
        if "count" in declaration.content.attributes:
            return [UNKNOWN] * len(keys)
        return {str(key): UNKNOWN for key in keys}


def instances_of(root: ModuleScope, node: ModuleNode) -> tuple[ModuleScope, ...] | None:
    """All instances of a module; None where they cannot be told."""
    scopes: tuple[ModuleScope, ...] = (root,)
    for name in node.path:
        below: list[ModuleScope] = []
        for scope in scopes:
            children = scope.children(name)
            if children is None or len(below) + len(children) > root.reading.instances:
                return None
            below += children
        scopes = tuple(below)
    return scopes


def addresses(
    scopes: tuple[ModuleScope, ...] | None, name: tuple[str, str], declaration: Declaration
) -> tuple[Address, ...] | None:
    """The addresses of all instances of a resource in all instances of its module, sorted; None if not to be told."""
    found: list[Address] = []
    for scope in scopes if scopes is not None else ():
        keys = scope.repetition("resource", name, declaration)
        if keys is None or len(found) + len(keys) > scope.reading.instances:
            return None
        found += [Address(*name, key, scope.path) for key in keys]
    for scope in (scopes or ())[:1]:
        scope.reading.instances -= len(found)
    return None if scopes is None else tuple(sorted(found))
