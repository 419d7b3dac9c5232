"""From tree-sitter's nodes to our own.

The grammar is not HCL's in two places, and here that is put right: operators are put together again by HCL's
precedence, and ``a ? b : c ? d : e`` groups to the right. Text is cut from the source by byte ranges, since
the grammar skips white space inside strings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.desired.expressions import nodes, templates

if TYPE_CHECKING:
    import tree_sitter

DEPTH: Final = 60
"""Levels of nesting that we follow: the evaluator recurses as deep as this tree is."""

_PRECEDENCE = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    ">": 4,
    "<=": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
_INTEGER = re.compile(r"[0-9]{1,300}")
_CONTENT = {"literal_value", "template_expr", "collection_value", "for_expr", "function_call", "variable_expr"}


class _UnclearError(Exception):
    """Too deep, too long, or broken."""


def convert(node: tree_sitter.Node) -> nodes.Node:
    """An ``expression`` node as our tree; :class:`nodes.Opaque` where it is broken or too deep."""
    if node.has_error:
        return nodes.Opaque()
    try:
        return _expression(node, 0)
    except (_UnclearError, templates.MalformedTemplateError, RecursionError):
        return nodes.Opaque()


def _children(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.children if child.type != "comment"]


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()


def _expression(node: tree_sitter.Node, depth: int) -> nodes.Node:
    if depth > DEPTH:
        raise _UnclearError
    children = _children(node)
    if len(children) == 1 and children[0].type == "conditional":
        return _conditional(children[0], depth)
    return _operand(children, depth)


def _conditional(node: tree_sitter.Node, depth: int) -> nodes.Node:
    # ((a ? b : c) ? d : e) in the grammar's tree is a ? b : (c ? d : e) in HCL, so a chain leans the wrong way.
    branches: list[tree_sitter.Node] = []
    while True:
        condition, _, then, _, otherwise = _children(node)
        branches += [otherwise, then]
        inner = _children(condition)
        if len(inner) != 1 or inner[0].type != "conditional":
            break
        node = inner[0]
    chain = [condition, *reversed(branches)]
    if depth + len(chain) > DEPTH:
        raise _UnclearError
    result: nodes.Node = _expression(chain[-1], depth + len(chain))
    for at in range(len(chain) - 3, -1, -2):
        test, chosen = (_expression(part, depth + at + 1) for part in chain[at : at + 2])
        result = nodes.Conditional(test, chosen, result)
    return result


def _operand(children: list[tree_sitter.Node], depth: int) -> nodes.Node:
    """A term and the steps behind it."""
    if depth > DEPTH:
        raise _UnclearError
    if children and children[0].type == "(":
        base, steps = _expression(children[1], depth + 1), children[3:]
    else:
        base, steps = _term(children[0], depth), children[1:]
    if len(steps) > DEPTH - depth:
        raise _UnclearError
    return _steps(base, steps, depth)


def _term(node: tree_sitter.Node, depth: int) -> nodes.Node:
    match node.type:
        case "expression":
            return _expression(node, depth + 1)
        case "operation":
            return _operation(node, depth)
        case "variable_expr":
            return nodes.Name(_text(node))
        case "literal_value" | "template_expr" | "collection_value" | "for_expr":
            return _content(_children(node)[0], depth)
        case "function_call":
            return _call(node, depth)
        case _:
            raise _UnclearError


def _content(node: tree_sitter.Node, depth: int) -> nodes.Node:  # noqa: PLR0911 - one return for each kind
    match node.type:
        case "null_lit":
            return nodes.Literal(None)
        case "bool_lit":
            return nodes.Literal(_text(node) == "true")
        case "numeric_lit":
            return _number(_text(node))
        case "string_lit" | "quoted_template":
            return _quoted(node, depth)
        case "heredoc_template":
            return _heredoc(node, depth)
        case "tuple":
            return nodes.TupleOf(
                tuple(_expression(child, depth + 1) for child in node.children if child.type == "expression")
            )
        case "object":
            return nodes.ObjectOf(
                tuple(_member(child, depth) for child in node.children if child.type == "object_elem")
            )
        case "for_tuple_expr" | "for_object_expr":
            return _for(node, depth)
        case _:
            raise _UnclearError


def _number(text: str) -> nodes.Node:
    if _INTEGER.fullmatch(text):
        return nodes.Literal(int(text))
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _UnclearError
    return nodes.Literal(int(number) if number.is_integer() and abs(number) < 2**53 else number)


def _operation(node: tree_sitter.Node, depth: int) -> nodes.Node:
    """Flatten a chain of binary operations and group it anew."""
    inner = node.children[0]
    if inner.type == "unary_operation":
        operator, *operand = _children(inner)
        return nodes.Unary(_text(operator), _operand(operand, depth + 1))
    operands: list[list[tree_sitter.Node]] = [[]]
    operators: list[str] = []
    pending = list(reversed(_children(inner)))
    while pending:
        child = pending.pop()
        text = child.type
        if text in _PRECEDENCE:
            operators.append(text)
            operands.append([])
        elif text == "operation" and child.children[0].type == "binary_operation":
            pending.extend(reversed(_children(child.children[0])))
        else:
            operands[-1].append(child)
    if len(operators) > DEPTH - depth:
        raise _UnclearError
    return _grouped([_operand(part, depth + len(operators)) for part in operands], operators)


def _grouped(operands: list[nodes.Node], operators: list[str]) -> nodes.Node:
    """HCL's precedence, all operators left-associative."""
    output = [operands[0]]
    waiting: list[str] = []

    def reduce() -> None:
        right, left = output.pop(), output.pop()
        output.append(nodes.Binary(waiting.pop(), left, right))

    for operator, operand in zip(operators, operands[1:], strict=True):
        while waiting and _PRECEDENCE[waiting[-1]] >= _PRECEDENCE[operator]:
            reduce()
        waiting.append(operator)
        output.append(operand)
    while waiting:
        reduce()
    return output[0]


def _call(node: tree_sitter.Node, depth: int) -> nodes.Node:
    arguments: list[nodes.Node] = []
    expand = False
    for child in node.children:
        if child.type == "function_arguments":
            arguments = [_expression(part, depth + 1) for part in child.children if part.type == "expression"]
            expand = any(part.type == "ellipsis" for part in child.children)
    return nodes.Call(_text(node.children[0]), tuple(arguments), expand)


def _member(node: tree_sitter.Node, depth: int) -> tuple[nodes.Node, nodes.Node]:
    key, _, value = _children(node)
    parts = _children(key)
    if len(parts) == 1 and parts[0].type == "variable_expr":
        return nodes.Literal(_text(key)), _expression(value, depth + 1)
    if len(parts) == 1 and _text(key) == "null":
        return nodes.Literal("null"), _expression(value, depth + 1)
    if len(parts) > 1 and parts[0].type == "variable_expr":
        raise _UnclearError  # a.b = 1 is ambiguous, says Terraform, and refuses
    return _expression(key, depth + 1), _expression(value, depth + 1)


def _for(node: tree_sitter.Node, depth: int) -> nodes.Node:
    names: list[str] = []
    expressions: list[nodes.Node] = []
    collection: nodes.Node | None = None
    condition: nodes.Node | None = None
    for child in node.children:
        if child.type == "for_intro":
            names = [_text(part) for part in child.children if part.type == "identifier"]
            (collection,) = (_expression(part, depth + 1) for part in child.children if part.type == "expression")
        elif child.type == "for_cond":
            (condition,) = (_expression(part, depth + 1) for part in child.children if part.type == "expression")
        elif child.type == "expression":
            expressions.append(_expression(child, depth + 1))
    if collection is None or not names:
        raise _UnclearError
    key = expressions[0] if node.type == "for_object_expr" else None
    grouped = any(child.type == "ellipsis" for child in node.children)
    second = names[1] if len(names) > 1 else None
    return nodes.For(names[0], second, collection, key, expressions[-1], condition, grouped)


def _steps(base: nodes.Node, steps: list[tree_sitter.Node], depth: int) -> nodes.Node:
    for at, step in enumerate(steps):
        match step.type:
            case "get_attr":
                base = nodes.GetAttribute(base, _text(step.children[-1]))
            case "index":
                base = nodes.Index(base, _key(step.children[0], depth))
            case "splat":
                inner = _children(step.children[0])[1:]
                rest = steps[at + 1 :]
                if step.children[0].type == "attr_splat":
                    # Behind .* attributes and .0 belong to each element, the first [0] is of the whole.
                    whole = next((i for i, part in enumerate(inner) if _is_bracket(part)), len(inner))
                    each = _steps(nodes.Each(), inner[:whole], depth)
                    return _steps(nodes.Splat(base, each), [*inner[whole:], *rest], depth)
                return nodes.Splat(base, _steps(nodes.Each(), [*inner, *rest], depth))
            case _:
                raise _UnclearError
    return base


def _is_bracket(node: tree_sitter.Node) -> bool:
    return node.type == "index" and node.children[0].type == "new_index"


def _key(node: tree_sitter.Node, depth: int) -> nodes.Node:
    if node.type == "legacy_index":
        digits = _text(node).lstrip(". \t")
        if not _INTEGER.fullmatch(digits):
            raise _UnclearError
        return nodes.Literal(int(digits))
    (key,) = (child for child in node.children if child.type == "expression")
    return _expression(key, depth + 1)


def _quoted(node: tree_sitter.Node, depth: int) -> nodes.Node:
    inside = node.children[1:-1]
    tokens = _tokens(node, inside, node.children[0].end_byte, node.children[-1].start_byte, depth=depth, heredoc=False)
    return templates.assemble(tokens)


def _heredoc(node: tree_sitter.Node, depth: int) -> nodes.Node:
    opening, first, *inside, last = _children(node)
    source = node.text or b""
    start = source.index(b"\n", first.end_byte - node.start_byte) + 1 + node.start_byte
    # The line of the closing mark is not content, nor is the white space before the mark.
    end = source.rindex(b"\n", 0, last.start_byte - node.start_byte) + 1 + node.start_byte
    tokens = _tokens(node, inside, start, end, depth=depth, heredoc=True)
    return templates.assemble(tokens, dedent=_text(opening) == "<<-")


def _tokens(
    node: tree_sitter.Node, inside: list[tree_sitter.Node], start: int, end: int, *, depth: int, heredoc: bool
) -> list[templates.Token]:
    source, origin = node.text or b"", node.start_byte
    read = templates.verbatim if heredoc else templates.quoted
    tokens: list[templates.Token] = []
    at = start
    pending = list(reversed(inside))
    while pending:
        child = pending.pop()
        if child.type in ("template_directive", "template_if", "template_for"):
            pending.extend(reversed(child.children))
        elif child.type != "template_literal":
            tokens += read(source[at - origin : child.start_byte - origin].decode())
            tokens.append(_mark(child, depth))
            at = child.end_byte
    return [*tokens, *read(source[at - origin : end - origin].decode())]


def _mark(node: tree_sitter.Node, depth: int) -> templates.Sequence:
    text = _text(node)
    before, after = text[2:3] == "~", text[-2:-1] == "~"
    names = [_text(child) for child in node.children if child.type == "identifier"]
    values = [_expression(child, depth + 1) for child in node.children if child.type == "expression"]
    value = values[0] if values else None
    match node.type:
        case "template_interpolation":
            return templates.Sequence("value", value, strip_before=before, strip_after=after)
        case "template_if_intro":
            return templates.Sequence("if", value, strip_before=before, strip_after=after)
        case "template_else_intro":
            return templates.Sequence("else", strip_before=before, strip_after=after)
        case "template_if_end":
            return templates.Sequence("endif", strip_before=before, strip_after=after)
        case "template_for_start" if names:
            second = names[1] if len(names) > 1 else None
            return templates.Sequence("for", value, names[0], second, strip_before=before, strip_after=after)
        case "template_for_end":
            return templates.Sequence("endfor", strip_before=before, strip_after=after)
        case _:
            raise _UnclearError
