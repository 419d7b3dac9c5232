"""Small changes of a module's source that a test should notice: what each node of its syntax tree may be turned into.

Beside the usual ones (comparisons, conditions, constants, statements) there are those for tables: a row less, an
alternative of a pattern less. Annotations, decorators, docstrings and ``__all__`` are left alone: no test of behaviour
can tell them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from types import CodeType
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
_METHODS = {"startswith": "endswith", "endswith": "startswith", "fullmatch": "match", "partition": "rpartition"}
_FORMS = frozenset({"lower", "upper", "strip", "lstrip", "rstrip"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module: where, what, and the module's code with it.

    ``function`` is the first line of the outermost function it is in; None where it happens as the module is imported.
    """

    line: int
    column: int
    function: int | None
    what: str
    code: CodeType

    @property
    def name(self) -> str:
        """Tells it from all others of its module."""
        return f"{self.line}:{self.column} {self.what}"


def mutants(source: str, path: str) -> Iterator[Mutant]:
    """All mutants of a module, each once; those that do not compile are none."""
    tree = ast.parse(source)
    splitters = _splitters(tree)
    inside, defaults = functions(tree), _defaults(tree)
    seen = set()
    for node, put in list(_places(tree)):
        for new in _variants(node, splitters):
            put(ast.fix_missing_locations(ast.copy_location(new, node)) if new is not node else new)
            what = f"{_text(node)} -> {_text(new)}"
            try:
                code = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError):
                continue
            finally:
                put(node)
            line, column = _position(node)
            function = None if id(node) in defaults else inside.get(line)
            mutant = Mutant(line, column, function, what, code)
            if mutant.name not in seen:
                seen.add(mutant.name)
                yield mutant


def functions(tree: ast.Module) -> dict[int, int]:
    """The lines that are run by a call, each with the first line of the outermost function around it."""
    lines: dict[int, int] = {}
    for node in reversed(list(ast.walk(tree))):  # the outermost last
        if isinstance(node, ast.FunctionDef):
            first = min(line.lineno for line in (node, *node.decorator_list))
            lines |= dict.fromkeys(range(first, (node.end_lineno or first) + 1), first)
    return lines


def _defaults(tree: ast.Module) -> frozenset[int]:
    """The nodes of default values: they are made as the module is imported."""
    arguments = [node.args for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    values = [value for a in arguments for value in (*a.defaults, *a.kw_defaults) if value is not None]
    return frozenset(id(node) for value in values for node in ast.walk(value))


def _position(node: ast.AST) -> tuple[int, int]:
    """Where it begins; a node without a place of its own begins with its first part."""
    placed = (n for n in ast.walk(node) if hasattr(n, "lineno"))
    return min((n.lineno, n.col_offset) for n in placed)


def _text(node: ast.AST) -> str:
    match node:
        case ast.match_case():
            text = f"case {ast.unparse(node.pattern)}" + (f" if {ast.unparse(node.guard)}" if node.guard else "")
        case ast.ExceptHandler():
            text = f"except: {ast.unparse(node.body[0])}"
        case ast.Match():
            text = f"match {ast.unparse(node.subject)} ({', '.join(ast.unparse(c.pattern) for c in node.cases)})"
        case ast.If() | ast.While():
            text = f"{type(node).__name__.lower()} {ast.unparse(node.test)}"
        case _:
            text = ast.unparse(node)
    text = " ".join(text.split())
    return text if len(text) <= 160 else f"{text[:100]} … {text[-50:]}"


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, Callable[[Any], None]]]:
    """Every node that may change, with the way to put another one into its place."""
    for name, value in ast.iter_fields(node):
        if isinstance(node, ast.keyword) and node.arg == "strict":
            continue  # zip's: it says what the author takes for granted
        if name in ("annotation", "returns", "decorator_list", "ctx", "op", "ops", "format_spec"):
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.AST) or _told(child) or _listed(node, child):
                continue
            yield child, _putter(node, name, index if isinstance(value, list) else None)
            yield from _places(child)


def _putter(node: ast.AST, name: str, index: int | None) -> Callable[[Any], None]:
    def put(new: Any) -> None:
        if index is None:
            setattr(node, name, new)
        else:
            getattr(node, name)[index] = new

    return put


def _told(node: ast.AST) -> bool:
    """What tells a reader something, and a program nothing."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.expr_context():
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")) | ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
    return False


def _listed(node: ast.AST, child: ast.AST) -> bool:
    """A text in a list of many, or a key of a table: the list without it, or the table, says the same."""
    if isinstance(node, ast.Dict):
        return any(child is key for key in node.keys) and isinstance(child, ast.Constant)
    many = isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 3
    return many and isinstance(child, ast.Constant) and isinstance(child.value, str)


def _splitters(tree: ast.Module) -> frozenset[str]:
    """Functions that split a text they are given into words: there a word is a row."""
    return frozenset(f.name for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and ".split()" in ast.unparse(f))


def _variants(node: ast.AST, splitters: frozenset[str]) -> Iterator[ast.AST]:
    for kind, variants in _OPERATORS:
        if isinstance(node, kind):
            yield from variants(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in splitters:
        match node.args:
            case [ast.Constant(value=str(text)), *rest]:
                for words in _without(text.split()):
                    yield _with(node, args=[ast.Constant(" ".join(words)), *rest])


def _with(node: Any, **fields: Any) -> Any:
    new = copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _without(items: list[Any]) -> Iterator[list[Any]]:
    for index in range(len(items)):
        yield [*items[:index], *items[index + 1 :]]


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for index, old in enumerate(node.ops):
        for new in _COMPARISONS[type(old)]:
            yield _with(node, ops=[*node.ops[:index], new(), *node.ops[index + 1 :]])


def _boolean(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for values in _without(node.values):
        yield values[0] if len(values) == 1 else _with(node, values=values)


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    yield node.left
    yield node.right
    if isinstance(node.op, ast.Add | ast.Sub):
        yield _with(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())


def _unary(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    match node.value:
        case bool(value):
            yield ast.Constant(not value)
        case int(value):
            yield ast.Constant(value + 1)
        case str(value):
            yield ast.Constant(f"XX{value}")
        case bytes(value):
            yield ast.Constant(b"XX" + value)


def _elements(node: ast.Tuple | ast.List | ast.Set) -> Iterator[ast.AST]:
    if isinstance(node, ast.Set) or isinstance(node.ctx, ast.Load):
        for elements in _without(node.elts):
            yield _with(node, elts=elements) if elements or not isinstance(node, ast.Set) else ast.Tuple([], ast.Load())


def _pairs(node: ast.Dict) -> Iterator[ast.AST]:
    for pairs in _without(list(zip(node.keys, node.values, strict=True))):
        yield _with(node, keys=[key for key, _ in pairs], values=[value for _, value in pairs])


def _condition(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.AST]:
    for answer in (True, False):
        if not isinstance(node.test, ast.Constant):
            yield _with(node, test=ast.Constant(answer))


def _filter(node: ast.comprehension) -> Iterator[ast.AST]:
    for left in _without(node.ifs):
        yield _with(node, ifs=left)
    if node.ifs:
        yield _with(node, ifs=[ast.Constant(value=False)])


def _cases(node: ast.Match) -> Iterator[ast.AST]:
    for cases in _without(node.cases):
        if cases:
            yield _with(node, cases=cases)


def _guard(node: ast.match_case) -> Iterator[ast.AST]:
    if node.guard is not None:
        yield _with(node, guard=None)
        yield _with(node, guard=ast.Constant(value=False))


def _patterns(node: ast.MatchOr) -> Iterator[ast.AST]:
    for patterns in _without(node.patterns):
        yield patterns[0] if len(patterns) == 1 else _with(node, patterns=patterns)


def _call(node: ast.Call) -> Iterator[ast.AST]:
    for keywords in _without(node.keywords):
        if keywords != [keyword for keyword in node.keywords if keyword.arg != "strict"]:
            yield _with(node, keywords=keywords)
    match node.func:
        case ast.Name(id=name) if name in _NAMES:
            yield _with(node, func=ast.Name(_NAMES[name], ast.Load()), keywords=[])
        case ast.Attribute(value=value, attr=name) if name in _FORMS:
            yield value
        case ast.Attribute(attr=name) if name in _METHODS:
            yield _with(node, func=_with(node.func, attr=_METHODS[name]))
        case ast.Attribute(value=ast.Name(id="re"), attr="compile"):
            match node.args:
                case [ast.Constant(value=str(pattern)), *rest]:
                    for weaker in weaker_patterns(pattern):
                        yield _with(node, args=[ast.Constant(weaker), *rest])


def _statement(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.Constant()):
            return  # another constant says more
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.Raise() | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _augmented(node: ast.AugAssign) -> Iterator[ast.AST]:
    yield ast.Assign([node.target], node.value)
    if isinstance(node.op, ast.Add | ast.Sub):
        yield _with(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())


def _handler(node: ast.ExceptHandler) -> Iterator[ast.AST]:
    yield _with(node, body=[ast.Raise()])


def _slice(node: ast.Slice) -> Iterator[ast.AST]:
    if node.lower is not None:
        yield _with(node, lower=None)
    if node.upper is not None:
        yield _with(node, upper=None)


def _lambda(node: ast.Lambda) -> Iterator[ast.AST]:
    yield _with(node, body=ast.Constant(None))


_OPERATORS: tuple[tuple[type, Callable[[Any], Iterator[ast.AST]]], ...] = (
    (ast.Compare, _compare),
    (ast.BoolOp, _boolean),
    (ast.BinOp, _binary),
    (ast.UnaryOp, _unary),
    (ast.Constant, _constant),
    (ast.Tuple, _elements),
    (ast.List, _elements),
    (ast.Set, _elements),
    (ast.Dict, _pairs),
    (ast.If, _condition),
    (ast.IfExp, _condition),
    (ast.While, _condition),
    (ast.comprehension, _filter),
    (ast.Match, _cases),
    (ast.match_case, _guard),
    (ast.MatchOr, _patterns),
    (ast.Call, _call),
    (ast.stmt, _statement),
    (ast.AugAssign, _augmented),
    (ast.ExceptHandler, _handler),
    (ast.Slice, _slice),
    (ast.Lambda, _lambda),
)


def weaker_patterns(pattern: str) -> Iterator[str]:
    """A regular expression with one alternative less, or without one of its quantifiers."""
    tokens = re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[:=!]|\(\?<[=!]|[*+?]|.", pattern, re.DOTALL)
    begins: list[list[int]] = [[0]]  # of each open group, where its alternatives begin
    for at, token in enumerate((*tokens, ")")):
        if token.startswith("("):
            begins.append([at + 1])
        elif token == "|":
            begins[-1].append(at + 1)
        elif token == ")":
            starts = begins.pop()
            if len(starts) > 1:
                for start, end in zip(starts, (*(s - 1 for s in starts[1:]), at), strict=True):
                    first = start == starts[0]
                    kept = (*tokens[: start if first else start - 1], *tokens[end + 1 if first else end :])
                    yield "".join(kept)
        elif token in "*+?" and at:
            yield "".join((*tokens[:at], *tokens[at + 1 :]))
