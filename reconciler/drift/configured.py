"""Whether a template sets what stands at a path, and whether it asks to be left alone there."""

from __future__ import annotations

from typing import Final

from reconciler.drift.schema import Block
from reconciler.drift.snapshot import ALL, Body, DeclaredResource
from reconciler.drift.values import Path

NOTHING: Final = Body()


def is_configured(body: Body, block: Block, path: Path) -> bool:
    """Whether the template sets the value at ``path`` of a resource with this schema.

    An attribute is set as a whole (a map's key that the template does not name is still the map's). A nested block
    is set where it is written, its attributes where they are. In a block written several times an attribute counts
    as set if one of them sets it: the union is what an apply may touch.
    """
    for at, step in enumerate(path):
        if isinstance(step, int) or (step not in block.attributes and step not in block.blocks):
            continue  # an index, or the key of a block map: still inside the same block
        if step in block.attributes:
            attribute = block.attributes[step]
            written = step in body.attributes or step in body.blocks
            if attribute.nested is None or not written or step not in body.blocks:
                return written
            body, block = body.blocks[step], attribute.nested.block
        else:
            if step not in body.blocks:
                return step in body.attributes
            body, block = body.blocks[step], block.blocks[step].block
        if all(isinstance(rest, int) for rest in path[at + 1 :]):
            return True
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
