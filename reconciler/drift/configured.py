"""Whether a template sets what stands at a path, and whether it asks to be left alone there."""

from __future__ import annotations

from collections import deque
from typing import Final

from reconciler.drift.schema import Block, Nesting
from reconciler.drift.snapshot import ALL, Body, DeclaredResource
from reconciler.drift.values import Path

NOTHING: Final = Body()


def is_configured(body: Body, block: Block, path: Path) -> bool:
    """Whether the template sets the value at ``path`` of a resource with this schema.

    An attribute is set as a whole (a map's key that the template does not name is still the map's). A nested block
    is set where it is written, its attributes where they are. In a block written several times an attribute counts
    as set if one of them sets it: the union is what an apply may touch.
    """
    steps = deque(path)
    while steps:
        step = steps.popleft()
        if isinstance(step, int):
            continue  # an element: still the same block
        if step in block.attributes:
            nested = block.attributes[step].nested
            written = step in body.attributes or step in body.blocks
            if nested is None or step not in body.blocks:
                return written
        elif step in block.blocks:
            nested = block.blocks[step]
            if step not in body.blocks:
                return step in body.attributes
        else:
            continue
        body, block = body.blocks[step], nested.block
        if nested.nesting is Nesting.MAP and steps:
            steps.popleft()  # its key, which may be called like an attribute
    return True


def is_ignored(declared: DeclaredResource | None, path: Path) -> bool:
    """Whether ``lifecycle.ignore_changes`` covers the path: it names the path or something above it."""
    if declared is None:
        return False
    if declared.ignore_changes == ALL:
        return True
    # tags_all repeats tags: who wants a tag left alone means both.
    paths = (path, ("tags", *path[1:])) if path[:1] == ("tags_all",) else (path,)
    return any(path[: len(ignored)] == ignored for ignored in declared.ignore_changes for path in paths)
