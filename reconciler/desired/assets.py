"""Which files a configuration reads beside its own, so that a kept version of it can be put back whole.

What ``file`` and its like name is found by evaluating the expressions that call them; archives and sources of uploads
by the names of the arguments that take a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.desired.disk import LISTED, Disk
from reconciler.desired.expressions.evaluate import Budget, Scope, evaluate
from reconciler.desired.module import Declaration
from reconciler.desired.scope import ModuleScope, instances_of
from reconciler.desired.syntax import Attribute, Content
from reconciler.drift.values import Value

INSTANCES: Final = 1_000
"""Instances of one block whose files are looked for."""

STEPS: Final = 300_000

_READS: Final = re.compile(r"\b(?:templatefile|file[a-z0-9]*)[ \t]*\(")
_PATHS: Final = frozenset({"filename", "source", "source_file", "source_dir", "template_file", "zip_file"})
_HINTS: Final = re.compile(rf"{_READS.pattern}|\b(?:{'|'.join(sorted(_PATHS))})\b")
_KINDS: Final = ("resource", "data", "ephemeral", "module", "output", "provider", "check")


def keep_assets(root: ModuleScope, disk: Disk) -> None:
    """Have the disk read every file that the configuration names at a path that can be told."""
    # Most templates read nothing, and to look at each of their attributes takes longer than to search their texts.
    if not any(_HINTS.search(text) for text in disk.files.texts.values()):
        return
    budget = Budget(STEPS)
    for node in root.node.walk():
        blocks = [(kind, name, block) for kind in _KINDS for name, block in node.module.all(kind).items()]
        wanted = [(each, found) for each in blocks if (found := list(_wanted(each[2].content, each[0])))]
        local = [value.attribute for value in node.module.locals.values() if _reads(value.attribute)]
        if not wanted and not local:
            continue
        for scope in (instances_of(root, node) or ())[:INSTANCES]:
            for attribute in local:
                evaluate(attribute.expression.node, scope, budget)
            for (kind, name, block), attributes in wanted:
                for names in _instances(scope, kind, name, block):
                    for attribute in attributes:
                        _read(attribute, scope.bound(names), disk, budget)


def _reads(attribute: Attribute) -> bool:
    return _READS.search(attribute.expression.text) is not None


def _wanted(content: Content, kind: str) -> Iterator[Attribute]:
    """The attributes of a body, at any depth, that may name a file."""
    for name, attribute in content.attributes.items():
        if (name in _PATHS and kind != "module") or _reads(attribute):
            yield attribute
    for name, nested in content.nested.items():
        if name not in content.attributes:
            for block in (*nested.blocks(), *nested.blocks(1)):
                yield from _wanted(block.content, kind)


def _instances(scope: ModuleScope, kind: str, name: tuple[str, ...], block: Declaration) -> list[Mapping[str, Value]]:
    if kind not in ("resource", "data", "module", "ephemeral"):
        return [{}]
    return list((scope.repetition(kind, name, block) or {None: {}}).values())[:INSTANCES]


def _read(attribute: Attribute, scope: Scope, disk: Disk, budget: Budget) -> None:
    value = evaluate(attribute.expression.node, scope, budget)
    place = disk.place(value) if attribute.name in _PATHS else None
    if place is None:
        return
    if attribute.name == "source_dir" and place.is_dir():
        for seen, path in enumerate(disk.below(place)):
            if seen >= LISTED:
                disk.files.left_out[str(value)] = f"more than {LISTED} files"
                return
            disk.files.asset(path)
    elif place.is_file():
        disk.files.asset(place)
