"""Tokens: their form, and what is kept of them."""

from __future__ import annotations

import pytest

from reconciler.vault.key import MasterKey
from reconciler.vault.token import is_same, new_token, token_hash, token_id

KEY, OTHER = MasterKey(b"k" * 32), MasterKey(b"o" * 32)


def test_no_two_are_alike_and_each_is_found_by_its_beginning() -> None:
    made = [new_token() for _ in range(100)]
    assert len(set(made)) == len({token_id(each) for each in made}) == 100
    assert all(each.startswith(f"rec_{token_id(each)}_") and len(each) == 60 for each in made)


@pytest.mark.parametrize("text", ["", "rec_", "rec_0123456789ab_short", "x" * 60, "rec_0123456789AB_" + "x" * 43,
                                  "rec_0123456789ab_" + "x" * 43 + "\n", "rec_0123456789ab_" + "ü" * 43])  # fmt: skip
def test_what_is_no_token_has_no_id(text: str) -> None:
    assert token_id(text) is None


def test_a_hash_says_nothing_without_the_key_and_holds_no_part_of_the_token() -> None:
    token = new_token()
    assert is_same(token_hash(KEY, token), token_hash(KEY, token))
    assert not is_same(token_hash(KEY, token), token_hash(OTHER, token))
    assert not is_same(token_hash(KEY, token), token_hash(KEY, new_token()))
    assert token[17:25] not in token_hash(KEY, token)
