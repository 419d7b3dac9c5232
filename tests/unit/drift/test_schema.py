from __future__ import annotations

import pytest
from support.drifting import attribute, block, nested

from reconciler.drift.schema import Block, Nesting


def test_sensitive_paths_go_through_blocks_and_nested_attributes() -> None:
    inner = nested(Nesting.LIST, password=attribute("O", sensitive=True), user=attribute("O"))
    shape = block(
        token=attribute("O", sensitive=True),
        plain=attribute("O"),
        object=attribute("O", None, nested=inner),
        secret_object=attribute("O", None, nested=inner, sensitive=True),
        outer=nested(Nesting.SET, inner=inner, key=attribute("C", sensitive=True)),
    )
    assert set(shape.sensitive_paths()) == {
        ("token",),
        ("object", "password"),
        ("secret_object",),
        ("outer", "key"),
        ("outer", "inner", "password"),
    }


def test_a_block_without_anything_has_no_secrets() -> None:
    assert list(Block().sensitive_paths()) == []


@pytest.mark.parametrize(
    ("flags", "answered"), [("C", True), ("OC", False), ("O", False), ("R", False), ("RC", False), ("", False)]
)
def test_answered_is_what_nobody_can_ask_for(flags: str, answered: bool) -> None:  # noqa: FBT001 - a table's column
    assert attribute(flags).answered is answered
