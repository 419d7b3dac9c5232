"""What to change in a block so that it says another value at a path: the choice, apart from how text is put in.

A value is followed as far down as the template writes it out: through objects, lists, ``jsonencode``, ``merge``. What
is written as a reference is never replaced: it would cut what belongs together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from reconciler.desired.edit.shape import Call, Expr, Items, Members, Shape, Source, Written
from reconciler.desired.write.body import nested_block, object_block
from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting
from reconciler.drift.values import UNKNOWN, Object, Path, Value

_SINGLE: Final = (Nesting.SINGLE, Nesting.GROUP)
_LISTS: Final = frozenset({"toset", "tolist", "concat"})


class RefusalError(Exception):
    """It cannot be changed here; why, and what to do about it."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Phase(Enum):
    """An edit is made in two rounds, the text read again between them: what goes, then what comes."""

    OUT = auto()
    IN = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """That the value at a path becomes another. ``unordered``: it is a set."""

    path: Path
    before: Value
    after: Value
    unordered: bool = False

    def below(self, path: Path, before: Value, after: Value) -> Wish:
        """The wish for a part."""
        return Wish(path, before, after)


@dataclass(frozen=True, slots=True)
class Amender:
    """Amends one block of one source in one phase."""

    source: Source
    phase: Phase

    def body(self, shape: Shape, block: Block, wish: Wish) -> None:
        """Change what stands at the path below a body.

        Raises:
            RefusalError: it cannot be changed here.
        """
        name, rest = wish.path[0], wish.path[1:]
        if not isinstance(name, str):
            raise RefusalError("the path leads into no block", _BY_HAND)
        if shape.is_dynamic(name):
            raise RefusalError(f"the {name} blocks are made by a dynamic block", "change what its for_each goes over")
        attribute, nested, written = block.attributes.get(name), block.blocks.get(name), shape.attribute(name)
        nested = nested or _as_blocks(attribute, written, shape.blocks(name), wish)
        if nested is not None:
            self._blocks(shape, name, nested, replace(wish, path=rest))
        elif written is None:
            self._add(shape, name, rest, wish)
        elif rest:
            self._descend(written.expression, replace(wish, path=rest))
        elif wish.after is None:
            if attribute is not None and attribute.required:
                raise RefusalError(f"{name} is required and the cloud holds none", _BY_HAND)
            self._remove(shape, written)
        else:
            self._reshape(written.expression, wish)

    def _remove(self, shape: Shape, written: Written) -> None:
        if self.phase is Phase.OUT:
            self._is_literal(written.expression)
            self.source.remove_attribute(shape, written.name)

    def _add(self, shape: Shape, name: str, rest: Path, wish: Wish) -> None:
        if wish.after is None or self.phase is Phase.OUT:
            return
        self.source.add_attribute(shape, name, _wrapped(rest, wish.after))

    def _descend(self, expression: Expr, wish: Wish) -> None:
        step, rest = wish.path[0], wish.path[1:]
        match expression:
            case Members() if isinstance(step, str):
                self._member(expression, step, replace(wish, path=rest))
            case Items() if isinstance(step, int) and step < len(expression.elements):
                element = expression.elements[step]
                inner = replace(wish, path=rest)
                if rest:
                    self._descend(element, inner)
                else:
                    self._reshape(element, inner)
            case Call(name="merge", arguments=arguments) if isinstance(step, str):
                self._merged(arguments, step, wish)
            case Call(name=name, arguments=(only,)) if name != "jsonencode":
                self._descend(only, wish)
            case _:
                raise _refers(expression)

    def _merged(self, arguments: Sequence[Expr], step: str, wish: Wish) -> None:
        """The last argument that has the key decides; before one that is no object nothing can be told."""
        for argument in reversed(arguments):
            if not isinstance(argument, Members) or not argument.is_plain:
                break
            if argument.get(step) is not None:
                if wish.after is None and len(wish.path) == 1 and argument is not arguments[0]:
                    hint = "see whether another argument of merge sets it too"
                    raise RefusalError(f"{step} is merged from several maps", hint)
                self._descend(argument, wish)
                return
        last = arguments[-1] if arguments else None
        if isinstance(last, Members) and last.is_plain and wish.after is not None and wish.before is None:
            self._descend(last, wish)
        else:
            raise RefusalError(f"{step} comes from another argument of merge", "change it where that map is made")

    def _member(self, members: Members, name: str, wish: Wish) -> None:
        member = members.get(name)
        if member is not None:
            if wish.path:
                self._descend(member.value, wish)
            elif wish.after is not None:
                self._reshape(member.value, wish)
            elif self.phase is Phase.OUT:
                self._is_literal(member.value)
                self.source.remove_members(members, [name])
        elif not members.is_plain:
            raise RefusalError("names of this map are computed", "change the expression by hand")
        elif wish.after is not None and self.phase is Phase.IN:
            self.source.add_member(members, name, _wrapped(wish.path, wish.after))

    def _reshape(self, expression: Expr, wish: Wish) -> None:
        """Make an expression say another value, leaving alone what already says it."""
        before, after = wish.before, wish.after
        match expression:
            case Call(name="jsonencode", arguments=(only,)):
                document = _document(after)
                if document is None:
                    raise RefusalError("the cloud holds text that is no JSON document", "write it as it is")
                self._reshape(only, Wish((), _document(before), document))
            case Call(name=name, arguments=(only,)) if name in _LISTS:
                self._reshape(only, wish)
            case Members() if isinstance(after, Mapping) and isinstance(before, Mapping) and expression.is_plain:
                self._object(expression, before, after)
            case Items() if isinstance(after, list) and isinstance(before, list):
                self._list(expression, wish)
            case _:
                if self.phase is Phase.OUT:
                    self._is_literal(expression)
                    self.source.replace(expression, after)

    def _object(self, members: Members, before: Object, after: Object) -> None:
        gone = []
        for name in {**before, **after}:
            was, becomes = before.get(name), after.get(name)
            if _same(was, becomes):
                continue
            member = members.get(name)
            if becomes is None and member is not None:
                self._is_literal(member.value)
                gone.append(name)
            elif becomes is not None:
                self._member(members, name, Wish((), was, becomes))
        if gone and self.phase is Phase.OUT:
            self.source.remove_members(members, gone)

    def _list(self, items: Items, wish: Wish) -> None:
        before, after = wish.before, wish.after
        elements = items.elements
        if not wish.unordered and len(elements) == len(before) == len(after):
            for element, was, becomes in zip(elements, before, after, strict=True):
                if not _same(was, becomes):
                    self._reshape(element, Wish((), was, becomes))
            return
        removed, added = _without(before, after), _without(after, before)
        kept = [value for value in before if not any(_same(value, other) for other in removed)]
        if not wish.unordered and kept + added != list(after):
            self._whole(items, after)
            return
        # In a set what comes may take the place of what goes; in a list it comes last.
        pairs = min(len(removed), len(added)) if wish.unordered else 0
        if self.phase is Phase.IN:
            if more := added[pairs:]:
                self.source.add_items(items, more)
            return
        places = self._places(items, removed)
        for place, was, becomes in zip(places[:pairs], removed, added, strict=False):
            self._reshape(elements[place], Wish((), was, becomes))
        if surplus := places[pairs:]:
            self.source.remove_items(items, surplus)

    @staticmethod
    def _places(items: Items, removed: Sequence[Value]) -> list[int]:
        """Where the elements stand that go."""
        found: list[int] = []
        for value in removed:
            here = [i for i, e in enumerate(items.elements) if _same(e.value, value) and i not in found]
            if not here:
                refers = next((e.refers for e in items.elements if e.refers), "")
                said = f"{refers} stands in its place" if refers else "the list does not write it out"
                raise RefusalError(f"an element to take out is not written here: {said}", _BY_HAND)
            found.append(here[0])
        return found

    def _whole(self, items: Items, after: Value) -> None:
        if self.phase is Phase.OUT:
            self._is_literal(items)
            self.source.replace(items, after)

    @staticmethod
    def _is_literal(expression: Expr) -> None:
        if expression.refers:
            raise _refers(expression)

    def _blocks(self, shape: Shape, name: str, nested: NestedBlock, wish: Wish) -> None:
        bodies = shape.blocks(name)
        if nested.nesting is Nesting.MAP:
            raise RefusalError(f"the {name} blocks have labels", _BY_HAND)
        steps = wish.path
        if steps:
            index = steps[0] if isinstance(steps[0], int) else 0
            rest = steps[1:] if isinstance(steps[0], int) else steps
            if index >= len(bodies) or (isinstance(steps[0], str) and nested.nesting not in _SINGLE):
                raise RefusalError(f"the template writes no {name} block there", "write the block by hand")
            if rest:
                self.body(bodies[index], nested.block, replace(wish, path=rest))
            else:
                self._rebody(bodies[index], nested.block, wish.before, wish.after)
            return
        before, after = _as_list(wish.before), _as_list(wish.after)
        removed, added = _without(before, after), _without(after, before)
        if nested.nesting is Nesting.LIST and not wish.unordered and _amended(before, removed, added) != after:
            raise RefusalError(f"the {name} blocks have another order in the cloud", _BY_HAND)
        if self.phase is Phase.IN:
            for value in added[len(removed) :]:
                self._add_block(shape, name, nested.block, value)
            return
        places = self._block_places(bodies, nested, before, removed)
        for place, was, becomes in zip(places, removed, added, strict=False):
            self._rebody(bodies[place], nested.block, was, becomes)
        if surplus := places[len(added) :]:
            self.source.remove_blocks(shape, name, surplus)

    @staticmethod
    def _block_places(
        bodies: Sequence[Shape], nested: NestedBlock, before: Sequence[Value], removed: Sequence[Value]
    ) -> list[int]:
        if nested.nesting is not Nesting.SET and len(bodies) == len(before):
            return [next(i for i, value in enumerate(before) if value is gone) for gone in removed]
        found: list[int] = []
        for value in removed:
            here = [i for i, body in enumerate(bodies) if i not in found and _says(body.literal(), value)]
            if len(here) != 1:
                raise RefusalError("which of the blocks is meant cannot be told", _BY_HAND)
            found += here
        return found

    def _rebody(self, body: Shape, block: Block, before: Value, after: Value) -> None:
        if not isinstance(before, Mapping) or not isinstance(after, Mapping):
            raise RefusalError("a block without a value", _BY_HAND)
        for name, attribute in block.attributes.items():
            was, becomes = before.get(name), after.get(name)
            if not _same(was, becomes) and not attribute.answered:
                unset = becomes in ("", [], {}) and body.attribute(name) is None
                unordered = isinstance(attribute.type, list) and attribute.type[0] == "set"
                if not unset:
                    self.body(body, block, Wish((name,), was, becomes, unordered))
        for name, nested in block.blocks.items():
            if not _same(before.get(name), after.get(name)):
                unordered = nested.nesting is Nesting.SET
                self.body(body, block, Wish((name,), before.get(name), after.get(name), unordered))

    def _add_block(self, shape: Shape, name: str, block: Block, value: Value) -> None:
        if not isinstance(value, Mapping):
            raise RefusalError("a block without a value", _BY_HAND)
        written = meaningful(value, block)
        self.source.add_block(shape, name, nested_block(name, written, block, ""), written)


def meaningful(value: Object, block: Block) -> Object:
    """What of an observed block has to be written: not what the provider fills in, and nothing that is empty."""
    found: dict[str, Value] = {}
    for name, attribute in block.attributes.items():
        each = value.get(name)
        if attribute.required or not (attribute.answered or each in (None, "", [], {}) or each is False):
            found[name] = each
    for name, nested in block.blocks.items():
        if inner := [meaningful(each, nested.block) for each in _as_list(value.get(name))]:
            found[name] = inner
    return found


_BY_HAND: Final = "change it by hand"


def _refers(expression: Expr) -> RefusalError:
    root = expression.refers.split(".")[0]
    hints = {
        "var": "give the variable another value where it is set",
        "local": "change the local value, if all that use it may change",
        "each": "give this instance a value of its own in what for_each goes over",
        "count": "give this instance a value of its own",
        "path": "change the file that it names",
    }
    refers = expression.refers or "an expression"
    return RefusalError(f"its value comes from {refers}", hints.get(root, "change it where that value is made"))


def _as_blocks(
    attribute: Attribute | None, written: Written | None, bodies: Sequence[Shape], wish: Wish
) -> NestedBlock | None:
    """An attribute that is a list or set of objects may be written as blocks, and is here."""
    literal = written is not None and not isinstance(written.expression, Members | Items)
    if attribute is None or literal or not bodies:
        return None
    match attribute.type:
        case ["list" | "set", ["object", *_]]:
            return NestedBlock(Nesting.SET if wish.unordered else Nesting.LIST, object_block(attribute.type))
        case _:
            return None


def _wrapped(path: Path, value: Value) -> Value:
    for step in reversed(path):
        if not isinstance(step, str):
            raise RefusalError("the template writes no list there", "write the argument by hand")
        value = {step: value}
    return value


def _document(text: Value) -> Value:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _as_list(value: Value) -> list[Value]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _without(values: Sequence[Value], others: Sequence[Value]) -> list[Value]:
    """The values that are not among the others, each as often as it is missing there."""
    left = list(others)
    missing = []
    for value in values:
        twin = next((index for index, other in enumerate(left) if _same(value, other)), None)
        if twin is None:
            missing.append(value)
        else:
            left.pop(twin)
    return missing


def _same(one: Value, other: Value) -> bool:
    """Equal, or equal as Terraform converts: ``1`` and ``"1"``."""
    if isinstance(one, bool) != isinstance(other, bool) or isinstance(one, str) != isinstance(other, str):
        scalars = str | int | float
        return isinstance(one, scalars) and isinstance(other, scalars) and _as_text(one) == _as_text(other)
    return bool(one == other)


def _as_text(value: str | float) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _amended(before: Sequence[Value], removed: Sequence[Value], added: Sequence[Value]) -> list[Value]:
    """What becomes of blocks: what comes takes the places of what goes, and then the end."""
    left = list(added)
    kept = []
    for value in before:
        if not any(value is gone for gone in removed):
            kept.append(value)
        elif left:
            kept.append(left.pop(0))
    return kept + left


def _says(written: Object, value: Value) -> bool:
    """Whether a block as written may be the value: what it writes out agrees."""
    if not isinstance(value, Mapping):
        return False
    return all(name in value and agrees(each, value[name]) for name, each in written.items())


def agrees(written: Value, value: Value) -> bool:
    """Whether a value as far as it is written out agrees with another. Blocks that are not written say nothing."""
    if written is UNKNOWN:
        return True
    if isinstance(written, Mapping | list) and isinstance(value, str):
        value = _document(value)
    if isinstance(written, Mapping) and isinstance(value, Mapping):
        return all(agrees(each, value.get(name)) for name, each in written.items())
    if isinstance(written, Mapping) and isinstance(value, list):
        return len(value) == 1 and agrees(written, value[0])
    if isinstance(written, list) and isinstance(value, Mapping):
        return len(written) == 1 and agrees(written[0], value)
    if isinstance(written, list) and isinstance(value, list):
        return len(written) == len(value) and all(any(agrees(w, v) for v in value) for w in written)
    return _same(written, value)
