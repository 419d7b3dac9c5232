from __future__ import annotations

from typing import Any

import pytest
from support.drifting import TAGS, attribute, block, declared, nested

from reconciler.drift.configured import is_configured, is_ignored
from reconciler.drift.schema import Nesting
from reconciler.drift.snapshot import ALL, Body
from reconciler.drift.values import Path

SHAPE = block(
    name=attribute("O"),
    tags=attribute("O", TAGS),
    ingress=attribute("OC", ["set", ["object", {"port": "number"}]]),
    modern=attribute("O", None, nested=nested(Nesting.LIST, a=attribute("O"), b=attribute("O"))),
    disk=nested(Nesting.LIST, gb=attribute("O"), kind=attribute("O"), iops=nested(Nesting.SINGLE, max=attribute("O"))),
    site=nested(Nesting.MAP, url=attribute("O")),
)
DISK = Body(frozenset({"gb"}), {"iops": Body(frozenset({"max"}))})


@pytest.mark.parametrize(
    ("attributes", "blocks", "path", "configured"),
    [
        ({"name"}, {}, ("name",), True),
        ({"tags"}, {}, ("name",), False),
        ({"tags"}, {}, ("tags", "k"), True),
        ((), {}, ("tags", "k"), False),
        # An attribute written as a block, as security groups allow; its content is the attribute's.
        ((), {"ingress": Body()}, ("ingress",), True),
        ((), {"ingress": Body()}, ("ingress", 0, "port"), True),
        # A nested attribute: an expression as a whole, an object literal by its parts.
        ({"modern"}, {}, ("modern", 0, "a"), True),
        ({"modern"}, {"modern": Body(frozenset({"a"}))}, ("modern", 0, "a"), True),
        ({"modern"}, {"modern": Body(frozenset({"a"}))}, ("modern", 0, "b"), False),
        ((), {}, ("modern", 0, "a"), False),
        # Blocks: where they are written, their attributes where they are.
        ((), {"disk": DISK}, ("disk",), True),
        ((), {"disk": DISK}, ("disk", 1), True),
        ((), {"disk": DISK}, ("disk", 0, "gb"), True),
        ((), {"disk": DISK}, ("disk", 0, "kind"), False),
        ((), {"disk": DISK}, ("disk", 0, "iops"), True),
        ((), {"disk": DISK}, ("disk", 0, "iops", "max"), True),
        ((), {"disk": Body()}, ("disk", 0, "iops", "max"), False),
        ((), {}, ("disk", 0, "gb"), False),
        ({"disk"}, {}, ("disk", 0, "gb"), True),
        ((), {"site": Body(frozenset({"url"}))}, ("site", "k", "url"), True),
        ((), {"site": Body()}, ("site", "k", "url"), False),
        ((), {"site": Body()}, ("site", "k"), True),
        ((), {"site": Body()}, ("site", "url"), True),
        ((), {"site": Body()}, ("site", "url", "url"), False),
        ((), {"site": Body(frozenset({"url"}))}, ("site", "tags", "url"), True),
        ((), {"disk": Body(frozenset(), {"iops": Body()})}, ("disk", 0, "iops"), True),
        ((), {"disk": Body(frozenset(), {"iops": Body()})}, ("disk", 0, "iops", "max"), False),
        ((), {"disk": DISK}, ("disk", 0, 1, "kind"), False),
        ({"modern"}, {"modern": Body()}, ("modern", 0), True),
        # What the schema does not know is passed over.
        ((), {}, ("new", "name"), False),
        ((), {"disk": DISK}, ("disk", 0, "new", "kind"), False),
        ((), {}, ("new",), True),
        ((), {}, (), True),
    ],
)
def test_configured(attributes: Any, blocks: Any, path: Path, configured: bool) -> None:  # noqa: FBT001
    assert is_configured(Body(frozenset(attributes), blocks), SHAPE, path) is configured


@pytest.mark.parametrize(
    ("ignored", "path", "answer"),
    [
        ((), ("tags", "k"), False),
        (ALL, ("anything", 0), True),
        ((("tags",),), ("tags",), True),
        ((("tags",),), ("tags", "k"), True),
        ((("tags", "k"),), ("tags", "k"), True),
        ((("tags", "k"),), ("tags", "l"), False),
        ((("tags", "k"),), ("tags",), False),
        ((("tag",),), ("tags",), False),
        ((("disk", 0, "gb"),), ("disk", 0, "gb"), True),
        ((("disk", 0, "gb"),), ("disk", 1, "gb"), False),
        ((("a",), ("b",)), ("b",), True),
        # tags_all repeats tags.
        ((("tags", "k"),), ("tags_all", "k"), True),
        ((("tags",),), ("tags_all", "k"), True),
        ((("tags", "k"),), ("tags_all", "l"), False),
        ((("tags_all",),), ("tags_all", "k"), True),
        ((("tags_all",),), ("tags", "k"), False),
    ],
)
def test_ignored(ignored: Any, path: Path, answer: bool) -> None:  # noqa: FBT001
    assert is_ignored(declared("aws_x.y", ignore_changes=ignored), path) is answer


def test_without_a_block_nothing_is_ignored() -> None:
    assert not is_ignored(None, ("tags",))
