"""One folder of configuration as a module: what it declares, by kind and name, override files merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.desired.expressions import nodes
from reconciler.desired.files import Files
from reconciler.desired.override import merged
from reconciler.desired.source import SourceFile
from reconciler.desired.syntax import Attribute, Block, Content, Expression, Parsed
from reconciler.errors import Position, ReconcilerError, TemplateError

Name = tuple[str, ...]
"""A declaration's name among those of its kind: its labels, for a provider its name and alias."""

_UNIQUE = {
    "resource": "resource",
    "data": "data source",
    "variable": "variable",
    "output": "output",
    "module": "module",
    "provider": "provider configuration",
}
_REPEATABLE = ("moved", "import", "removed")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A block and the file that it stands in."""

    block: Block
    file: str

    @property
    def content(self) -> Content:
        """The block's body."""
        return self.block.content

    @property
    def position(self) -> Position:
        """Where the block begins."""
        return self.block.place.within(self.file)

    def expression(self, name: str) -> Expression | None:
        """What is assigned to an argument."""
        return self.block.content.expression(name)

    def flag(self, name: str) -> bool:
        """Whether an argument is a literal true."""
        expression = self.expression(name)
        return expression is not None and literal(expression) in (True, "true")


@dataclass(frozen=True, slots=True)
class Local:
    """One name of a ``locals`` block."""

    attribute: Attribute
    file: str

    @property
    def position(self) -> Position:
        """Where it is set."""
        return self.attribute.place.within(self.file)


@dataclass(slots=True)
class Module:
    """What the files of a folder declare. ``problems`` are contradictions between declarations."""

    folder: Path
    declarations: dict[str, dict[Name, Declaration]] = field(default_factory=dict)
    locals: dict[str, Local] = field(default_factory=dict)
    settings: list[Declaration] = field(default_factory=list)
    refactorings: dict[str, list[Declaration]] = field(default_factory=dict)
    problems: list[ReconcilerError] = field(default_factory=list)

    def all(self, kind: str) -> Mapping[Name, Declaration]:
        """The declarations of a kind (``resource``, ``data``, ``variable``, …) by name."""
        return self.declarations.get(kind, {})

    def get(self, kind: str, *name: str) -> Declaration | None:
        """One declaration."""
        return self.all(kind).get(name)


def literal(expression: Expression) -> object:
    """The value of a literal, None for anything else."""
    node = expression.node
    return node.value if isinstance(node, nodes.Literal) else None


def read_module(folder: Path, files: Files) -> Module:
    """Read the files of a folder.

    Raises:
        OSError: the folder cannot be listed.
    """
    module = Module(folder)
    found = files.folder(folder)
    for file, parsed in found:
        if not file.is_override:
            _add(module, file, parsed)
    for file, parsed in found:
        if file.is_override:
            _override(module, file, parsed)
    return module


def _declared(file: SourceFile, parsed: Parsed) -> Iterator[tuple[Declaration, Name]]:
    for block in parsed.blocks:
        declaration = Declaration(block, file.name)
        name = block.labels
        if block.type == "provider":
            alias = block.content.expression("alias")
            name = (*name, str(literal(alias)) if alias else "")
        yield declaration, name


def _add(module: Module, file: SourceFile, parsed: Parsed) -> None:
    for declaration, name in _declared(file, parsed):
        kind = declaration.block.type
        if kind in _UNIQUE:
            first = module.declarations.setdefault(kind, {}).setdefault(name, declaration)
            if first is not declaration:
                module.problems.append(_duplicate(_UNIQUE[kind], name, first.position, declaration.position))
        elif kind == "locals":
            for local in _locals(declaration):
                known = module.locals.setdefault(local.attribute.name, local)
                if known is not local:
                    module.problems.append(
                        _duplicate("local value", (local.attribute.name,), known.position, local.position)
                    )
        elif kind == "terraform":
            module.settings.append(declaration)
        elif kind in _REPEATABLE:
            module.refactorings.setdefault(kind, []).append(declaration)


def _locals(declaration: Declaration) -> Iterable[Local]:
    return (Local(attribute, declaration.file) for attribute in declaration.content.attributes.values())


def _duplicate(kind: str, name: Name, first: Position, second: Position) -> TemplateError:
    shown = ".".join(part for part in name if part)
    return TemplateError(
        f'the {kind} "{shown}" is already declared at {first.file}:{first.line}',
        hint="rename or remove one of them",
        position=second,
    )


def _override(module: Module, file: SourceFile, parsed: Parsed) -> None:
    for declaration, name in _declared(file, parsed):
        kind = declaration.block.type
        if kind in _UNIQUE:
            known = module.declarations.setdefault(kind, {})
            base = known.get(name)
            if base is not None:
                content = merged(base.content, declaration.content)
                known[name] = replace(base, block=replace(base.block, content=content))
            elif kind == "provider" and name[-1] == "":
                known[name] = declaration  # a provider without a block has an empty one
            else:
                module.problems.append(_nothing_to_override(_UNIQUE[kind], declaration.position))
        elif kind == "locals":
            for local in _locals(declaration):
                if local.attribute.name not in module.locals:
                    module.problems.append(_nothing_to_override("local value", local.position))
                module.locals[local.attribute.name] = local
        elif kind == "terraform":
            module.settings.append(declaration)
        elif kind in _REPEATABLE:
            message = f"a {kind} block cannot stand in an override file"
            module.problems.append(
                TemplateError(message, hint="move it to another file", position=declaration.position)
            )


def _nothing_to_override(kind: str, position: Position) -> TemplateError:
    message = f"this overrides a {kind} that no other file declares"
    return TemplateError(message, hint="declare it in a file that is no override file", position=position)
