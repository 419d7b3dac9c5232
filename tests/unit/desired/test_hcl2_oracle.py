"""python-hcl2 as a second opinion: the same blocks, the same attribute names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest
from lark.exceptions import LarkError
from support.templates import FIXTURES

from reconciler.desired.parse import parse_hcl
from reconciler.desired.syntax import LABELS, Content

REPOSITORY = FIXTURES.parent.parent
# python-hcl2 does not know the whole language: no name beyond ASCII, no comment in every place.
CORPUS = sorted(
    path
    for path in [*(FIXTURES / "templates").rglob("*.tf"), *(REPOSITORY / "iac_templates").rglob("*.tf")]
    if "language" not in path.parts
)
MARKS = {"__is_block__", "__comments__", "__inline_comments__"}


def unquoted(text: str) -> str:
    return text.strip('"')


def names(body: Mapping[str, Any]) -> dict[str, Any]:
    """Attribute names under ``""``, nested blocks by type, as python-hcl2 sees them."""
    found: dict[str, Any] = {"": set()}
    for name, value in body.items():
        if name in MARKS:
            continue
        if isinstance(value, list) and value and all(isinstance(each, dict) and is_block(each) for each in value):
            found[name] = sorted(str(sorted_names(each)) for each in value)
        else:
            found[""].add(name)
    return found


def is_block(value: Mapping[str, Any]) -> bool:
    return "__is_block__" in value or any(isinstance(inner, dict) and is_block(inner) for inner in value.values())


def sorted_names(body: Mapping[str, Any]) -> object:
    if "__is_block__" not in body:
        (label,) = (key for key in body if key not in MARKS)
        return [unquoted(label), sorted_names(body[label])]
    found = names(body)
    return [sorted(found.pop("")), sorted(found.items())]


def ours(content: Content) -> object:
    blocks = {
        name: sorted(
            str(labelled(block.labels, ours(block.content))) for count in range(3) for block in nested.blocks(count)
        )
        for name, nested in content.nested.items()
    }
    return [sorted(content.attributes), sorted(blocks.items())]


def labelled(labels: tuple[str, ...], body: object) -> object:
    return [labels[0], labelled(labels[1:], body)] if labels else body


def declared(document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], object]]:
    for type_, blocks in document.items():
        for block in blocks if type_ in LABELS else ():
            labels: list[str] = []
            body = block
            while "__is_block__" not in body:
                (label,) = (key for key in body if key not in MARKS)
                labels.append(unquoted(label))
                body = body[label]
            yield type_, tuple(labels), sorted_names(body)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_same_blocks_and_names(path: Path) -> None:
    text = path.read_text()
    parsed = parse_hcl(text)

    assert parsed.faults == ()
    try:
        theirs = hcl2.loads(text)
    except (LarkError, TypeError):
        # It refuses strip markers and trips over numbers in for-expressions; Terraform has the word there.
        assert "${~" in text or "[for" in text or "{ for" in text
        return
    mine = sorted((block.type, block.labels, str(ours(block.content))) for block in parsed.blocks)
    assert mine == sorted((type_, labels, str(body)) for type_, labels, body in declared(theirs))


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) >= 8
