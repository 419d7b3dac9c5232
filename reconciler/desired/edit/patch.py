"""A template that says what the cloud says: one resource's changes as an edit of the file that declares it.

An edit is given only after it was read back: the value is then the wanted one, and nothing else in the file says
anything new.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler.desired.edit.amend import Amender, Phase, RefusalError, Wish, agrees
from reconciler.desired.edit.hcl_source import HclSource
from reconciler.desired.edit.json_source import JsonSource
from reconciler.desired.edit.shape import Shape, Source
from reconciler.desired.json_syntax import parse_json
from reconciler.desired.parse import configuration, parse_hcl
from reconciler.desired.source import SourceFile
from reconciler.desired.syntax import Content, Parsed
from reconciler.drift.address import Address
from reconciler.drift.finding import Change
from reconciler.drift.schema import Block, Nesting
from reconciler.drift.snapshot import DeclaredResource, Template
from reconciler.drift.values import Path, Sensitive, Unknown, Value

MIRROR: Final = "tags_all"
"""What the provider computes from ``tags``; it follows."""


@dataclass(frozen=True, slots=True)
class Left:
    """A change that the patch does not take into the template: why, and what to do about it."""

    path: Path
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Patch:
    """What becomes of one file. ``file`` is its path from the template's folder, empty where nothing can be patched."""

    address: Address
    file: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    taken: tuple[Path, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def diff(self) -> str:
        """A unified diff that ``git apply`` and ``patch -p1`` take; empty where nothing changes."""
        return unified(self.file, self.before, self.after)


def unified(file: str, before: str, after: str) -> str:
    """The unified diff of two texts of a file."""
    if before == after:
        return ""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def patch(template: Template, address: Address, changes: Sequence[Change], block: Block) -> Patch:
    """Take a resource's changes into its template.

    Args:
        template: as it was read; its files give the text.
        address: the resource instance.
        changes: of its finding.
        block: the resource type's schema.

    Returns:
        The patch of the file that declares it, with the changes that it takes and those that it leaves.
    """
    declared = next((each for each in template.resources if each.address == address.declaration), None)
    why = _untouchable(template, declared, address)
    if why is not None or declared is None:
        reason, hint = why or ("the template does not declare it", "adopt it as an unmanaged resource")
        return Patch(address, "", "", "", left=tuple(Left(each.path, reason, hint) for each in changes))
    file = declared.position.file
    before = template.files[file]
    crlf = before.count("\r\n") == before.count("\n") > 0
    text = before.replace("\r\n", "\n") if crlf else before
    taken: list[Path] = []
    left: list[Left] = []
    for change in changes:
        if change.path[0] == MIRROR and any(other.path[0] == "tags" for other in changes):
            continue
        try:
            text = _amended(text, declared, change, block)
        except RefusalError as refusal:
            left.append(Left(change.path, refusal.reason, refusal.hint))
        else:
            taken.append(change.path)
    after = text.replace("\n", "\r\n") if crlf else text
    return Patch(address, file, before, after, tuple(taken), tuple(left))


def _untouchable(  # noqa: PLR0911  one return for each reason
    template: Template, declared: DeclaredResource | None, address: Address
) -> tuple[str, str] | None:
    """Why a resource's block cannot be edited for this instance alone."""
    if declared is None:
        return None
    file = declared.position.file
    if file not in template.files:
        return "its file could not be read", "see the template's problems"
    if file.startswith("../"):
        hint = "make the value a variable of the module, and set it for this template alone"
        return f"{file} belongs to a module outside of the template, which others may use", hint
    if file.startswith(".terraform/"):
        return "it is declared by an installed module", "set it through the module's variables, if it has one for it"
    twins = [each for each in template.resources if each.position == declared.position]
    if len(twins) > 1:
        hint = "make the value a variable of the module"
        return f"its module is called {len(twins)} times, and all would change", hint
    if declared.instances is None:
        return "how many instances the block has cannot be told", "change it by hand"
    if list(declared.instances) != [address]:
        hint = "make the value differ by each.key or count.index"
        return f"the block makes {len(declared.instances)} instances, and all would change", hint
    overriding = next((name for name in template.files if _overrides(name, file, template, declared)), None)
    if overriding:
        return f"{overriding} declares it too, and wins", "change it there by hand"
    return None


def _overrides(name: str, file: str, template: Template, declared: DeclaredResource) -> bool:
    folder = file.rpartition("/")[0]
    if name == file or name.rpartition("/")[0] != folder or not SourceFile(name, "", "").is_override:
        return False
    labels = (declared.address.type, declared.address.name)
    parsed = _parsed(name, template.files[name])
    return any(block.type == "resource" and block.labels == labels for block in parsed.blocks)


def _amended(text: str, declared: DeclaredResource, change: Change, block: Block) -> str:
    """The text after one change.

    Raises:
        RefusalError: it cannot be taken.
    """
    _checked(change, block)
    unordered = change.added is not None
    wish = Wish(change.path, change.recorded, change.observed, unordered)
    after = text
    for phase in Phase:
        source, shape = _opened(after, declared)
        Amender(source, phase).body(shape, block, wish)
        after = source.edits.applied(source.text)
    if after == text:
        raise RefusalError("the template says so already", "apply it, or refresh the state")
    _verify(text, after, declared, change)
    return after


def _checked(change: Change, block: Block) -> None:
    if change.sensitive or _holds(change.observed, Sensitive):
        hint = "set it by hand from where the secret is kept"
        raise RefusalError("it is a secret, which is never written into a template", hint)
    if _holds(change.observed, Unknown):
        raise RefusalError("its value is not known", "scan again")
    if not change.configured and not _decides(block, change.path):
        hint = "reconciler drift acknowledge accepts it"
        raise RefusalError("the template does not set it, and an apply leaves it as it is", hint)


def _decides(block: Block, path: Path) -> bool:
    """Whether to say nothing asks for the provider's default: the path is not one that the provider fills in."""
    steps = iter(path)
    for step in steps:
        if isinstance(step, int):
            continue
        attribute = block.attributes.get(step)
        if attribute is not None and attribute.nested is None:
            return attribute.optional and not attribute.computed
        nested = block.blocks.get(step) or (attribute.nested if attribute else None)
        if nested is None:
            return False
        if nested.nesting is Nesting.MAP:
            next(steps, None)
        block = nested.block
    return True


def _holds(value: Value, kind: type) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(each, kind) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, kind) for each in value)
    return isinstance(value, kind)


def _opened(text: str, declared: DeclaredResource) -> tuple[Source, Shape]:
    source: Source = JsonSource(text) if declared.position.file.endswith(".json") else HclSource(text)
    shape = source.resource(declared.address.type, declared.address.name)
    if shape is None:
        raise RefusalError("its file is not whole", "correct what terraform validate says of it")
    return source, shape


def _verify(before: str, after: str, declared: DeclaredResource, change: Change) -> None:
    """Read an edited file back.

    Raises:
        RefusalError: it does not say what it should, or says something else too.
    """
    file, name = declared.position.file, str(change.path[0])
    old, new = _said(file, before), _said(file, after)
    mine = ("resource", declared.address.type, declared.address.name)
    moved = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    if old.keys() != new.keys() or moved not in ([], [mine]):
        raise RefusalError("the edit would change something else", "change it by hand")
    if moved:
        parts = {key for key in old[mine].keys() | new[mine].keys() if old[mine].get(key) != new[mine].get(key)}
        if parts != {name}:
            raise RefusalError("the edit would change something else", "change it by hand")
    was, becomes = (_opened(text, declared)[1].literal().get(name) for text in (before, after))
    wanted = _put(was, change.path[1:], change) if was is not None else _put(None, change.path[1:], change)
    if not agrees(becomes, wanted) and not (becomes is None and wanted in ([], {})):
        raise RefusalError("the edited template does not say what the cloud says", "change it by hand")


def _said(file: str, text: str) -> dict[tuple[str, ...], dict[str, object]]:
    """What each block of a file says, by its type and labels."""
    parsed = _parsed(file, text)
    if parsed.faults:
        raise RefusalError("its file is not whole", "correct what terraform validate says of it")
    said: dict[tuple[str, ...], dict[str, object]] = {}
    for number, block in enumerate(parsed.blocks):
        key = (block.type, *block.labels)
        said[key if key not in said else (*key, str(number))] = _content(block.content, json=file.endswith(".json"))
    return said


def _content(content: Content, *, json: bool) -> dict[str, object]:
    said: dict[str, object] = {name: each.expression.node for name, each in content.attributes.items()}
    if not json:  # there an object stands among the attributes already
        for name, nested in content.nested.items():
            for labels in range(2):
                for block in nested.blocks(labels):
                    key = block.labels[0] if name == "dynamic" and block.labels else name
                    inner = (block.labels, _content(block.content, json=False))
                    said[key] = [*_list(said.get(key)), inner]
    return said


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _put(value: Value, path: Path, change: Change) -> Value:  # noqa: PLR0911  one return for each form
    """A written value after the change. What is written as one block may be addressed as the first of a list."""
    if not path:
        return change.observed
    step, rest = path[0], path[1:]
    if isinstance(value, Mapping) and isinstance(step, str):
        inner = _put(value.get(step), rest, change)
        return {name: each for name, each in {**value, step: inner}.items() if each is not None}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [*value[:step], _put(value[step], rest, change), *value[step + 1 :]]
    if isinstance(value, list) and isinstance(step, str) and len(value) == 1:
        return [_put(value[0], path, change)]
    if isinstance(value, Mapping) and step == 0:
        return _put(value, rest, change)
    if value is None and isinstance(step, str):
        return {step: _put(None, rest, change)}
    return value


def _parsed(file: str, text: str) -> Parsed:
    return parse_json(text) if file.endswith(".json") else configuration(parse_hcl(text))


def _lines(text: str) -> list[str]:
    """Lines as ``patch`` counts them: only a newline ends one."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
