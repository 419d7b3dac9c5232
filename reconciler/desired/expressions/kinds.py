"""What kind of value an expression has, told from its form alone."""

from __future__ import annotations

from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.values import kind

_NUMBERS = frozenset({"length", "max", "min", "abs", "ceil", "floor", "tonumber", "index", "sum", "parseint"})
_BOOLS = frozenset({"contains", "can", "tobool", "alltrue", "anytrue", "startswith", "endswith", "fileexists"})
_STRINGS = frozenset({"tostring", "format", "join", "lower", "upper", "replace", "jsonencode", "trimspace", "file"})


def static_kind(node: nodes.Node) -> str | None:  # noqa: PLR0911 - one return for each kind
    """``number``, ``bool`` or ``string`` where the form says so, otherwise None."""
    match node:
        case nodes.Literal(value):
            return kind(value)
        case nodes.Unary("!"):
            return "bool"
        case nodes.Unary():
            return "number"
        case nodes.Binary(operator):
            return "number" if operator in ("+", "-", "*", "/", "%") else "bool"
        case nodes.Template(parts) if len(parts) != 1:
            return "string"
        case nodes.Call(name):
            for names, of in ((_NUMBERS, "number"), (_BOOLS, "bool"), (_STRINGS, "string")):
                if name in names:
                    return of
            return None
        case nodes.Conditional(_, then, otherwise):
            one, other = static_kind(then), static_kind(otherwise)
            return one if one == other else None
        case _:
            return None
