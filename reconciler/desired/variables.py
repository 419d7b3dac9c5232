"""The values of input variables, from all the places that Terraform takes them from.

Precedence: https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.evaluate import Budget, Nothing, evaluate
from reconciler.desired.expressions.types import ANY, Primitive, Type, convert, read_type
from reconciler.desired.expressions.values import FailureError, plain
from reconciler.desired.files import Files
from reconciler.desired.json_syntax import parse_json_values
from reconciler.desired.module import Declaration, Module
from reconciler.desired.parse import parse_expression, parse_hcl
from reconciler.desired.source import list_files
from reconciler.drift.snapshot import Variable
from reconciler.drift.values import UNKNOWN, Unknown, Value
from reconciler.errors import Position, ReconcilerError, TemplateError

PREFIX: Final = "TF_VAR_"
_AUTOMATIC = (".auto.tfvars", ".auto.tfvars.json")


def type_of(declaration: Declaration) -> Type | None:
    """The declared type, ``any`` where there is none; None where it cannot be read."""
    expression = declaration.expression("type")
    try:
        return ANY if expression is None else read_type(expression.reference)
    except FailureError:
        return None


def convert_variable(declaration: Declaration, given: Value, *, is_given: bool, budget: Budget) -> Value:
    """The value that a variable has inside its module. UNKNOWN where it has none, or one of a wrong type.

    Args:
        declaration: the ``variable`` block.
        given: what the caller gives.
        is_given: whether the caller gives anything: null may be given too.
        budget: for the evaluation of the default.
    """
    type_ = type_of(declaration)
    nullable = declaration.content.attributes.get("nullable")
    default = declaration.content.attributes.get("default")
    if not is_given or (given is None and nullable is not None and not declaration.flag("nullable")):
        given = evaluate(default.expression.node, Nothing(), budget) if default else UNKNOWN
    try:
        return UNKNOWN if type_ is None else convert(given, type_)
    except FailureError:
        return UNKNOWN


@dataclass(slots=True)
class Given:
    """What was given to the root module, the latest place last: it wins."""

    values: dict[str, Value] = field(default_factory=dict)
    places: dict[str, Position | None] = field(default_factory=dict)

    def take(self, values: Mapping[str, Value], places: Mapping[str, Position]) -> None:
        """Lay values over those that are there."""
        for name, value in values.items():
            self.values[name] = value
            self.places[name] = places.get(name)


@dataclass(slots=True)
class RootVariables:
    """Reads variable files and the environment, and gives each variable of the root module its value.

    ``values`` are those values with their kinds, for the evaluation of expressions.
    """

    root: Path
    module: Module
    problems: list[ReconcilerError]
    budget: Budget
    files: Files
    given: Given = field(default_factory=Given)
    values: dict[str, Value] = field(default_factory=dict)

    def read(
        self, environment: Mapping[str, str], var_files: Sequence[Path], variables: Mapping[str, Value]
    ) -> tuple[Variable, ...]:
        """All variables of the root module in the order of their names."""
        for name in sorted(environment):
            if name.startswith(PREFIX):
                self._text(name.removeprefix(PREFIX), environment[name])
        for path in self._automatic_files():
            self._file(path)
        for path in var_files:
            self._file(path if path.is_absolute() else self.root / path)
        for name, value in variables.items():
            if isinstance(value, str):
                self._text(name, value)
            else:
                self.given.take({name: value}, {})
        return tuple(self._variable(key[0], block) for key, block in sorted(self.module.all("variable").items()))

    def _automatic_files(self) -> list[Path]:
        named = [self.root / name for name in ("terraform.tfvars", "terraform.tfvars.json")]
        present = [path for path in named if path.exists() or path.is_symlink()]
        try:
            return [*present, *list_files(self.root, lambda name: name.endswith(_AUTOMATIC))]
        except OSError as error:
            message = f"the folder cannot be searched for variable files: {os.strerror(error.errno or 0)}"
            self.problems.append(TemplateError(message, hint="check its permissions", position=Position(".")))
            return present

    def _text(self, name: str, text: str) -> None:
        """A value given as text: as it is for a variable of a primitive type or none, otherwise an HCL expression."""
        declaration = self.module.get("variable", name)
        if declaration is None:
            return
        type_ = type_of(declaration)
        if declaration.expression("type") is None or (isinstance(type_, Primitive) and type_ != ANY):
            self.given.take({name: text}, {})
            return
        node = parse_expression(text)
        value = evaluate(node, Nothing(), self.budget)
        if isinstance(node, nodes.Opaque):
            message = f'the value given for the variable "{name}" is not a valid expression'
            self.problems.append(TemplateError(message, hint=_hint(declaration), position=declaration.position))
        self.given.take({name: value}, {})

    def _file(self, path: Path) -> None:
        try:
            file = self.files.variable_file(path)
        except TemplateError as error:
            message = f"variable file: {error.message}"
            self.problems.append(TemplateError(message, hint=error.hint, position=error.position))
            return
        parsed = parse_json_values(file.text) if file.is_json else parse_hcl(file.text)
        self.problems += [fault.within(file.name) for fault in parsed.faults]
        for block in parsed.blocks:
            message = "a variable file holds no blocks, only name = value"
            self.problems.append(
                TemplateError(message, hint="move it to a .tf file", position=block.place.within(file.name))
            )
        values = {
            name: evaluate(attribute.expression.node, Nothing(), self.budget)
            for name, attribute in parsed.attributes.items()
        }
        self.given.take(values, {n: attribute.place.within(file.name) for n, attribute in parsed.attributes.items()})

    def _variable(self, name: str, declaration: Declaration) -> Variable:
        is_given = name in self.given.values
        given = self.given.values.get(name)
        sensitive = declaration.flag("sensitive")
        value = convert_variable(declaration, given, is_given=is_given, budget=self.budget)
        if (
            is_given
            and isinstance(value, Unknown)
            and not isinstance(given, Unknown)
            and not _convertible(declaration, given)
        ):
            message = f'the value given for the variable "{name}" is not of its type'
            position = self.given.places.get(name) or declaration.position
            self.problems.append(TemplateError(message, hint=_hint(declaration), position=position))
        self.values[name] = value
        return Variable(name, plain(value), sensitive)


def _convertible(declaration: Declaration, value: Value) -> bool:
    type_ = type_of(declaration)
    if type_ is None:
        return True
    try:
        convert(value, type_)
    except FailureError:
        return False
    return True


def _hint(declaration: Declaration) -> str:
    return f"its type is declared at {declaration.position.file}:{declaration.position.line}"
