"""Every file of ``fixtures/bad/aws`` is no list, with a reason; those named ``taken`` are lists that are odd.

A file's name begins with the type that is listed, or with ``identity``: whose credentials they are.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.answers import account, answers_in, doubted, swept

from reconciler.drift.snapshot import Reason
from reconciler.errors import CloudError

BAD = Path(__file__).parents[2] / "fixtures" / "bad" / "aws"
GOOD = Path(__file__).parents[2] / "fixtures" / "answers"
CANARY = "canary-51742"

# By a word of the file's name; everything else is an answer that is not AWS's, or not whole.
REASONS = {
    "denied": Reason.DENIED,
    "expired": Reason.DENIED,
    "not_opted_in": Reason.DENIED,
    "auth_failure": Reason.DENIED,
    "signature": Reason.DENIED,
    "unrecognized": Reason.DENIED,
    "throttled": Reason.THROTTLED,
    "slow_down": Reason.THROTTLED,
    "no_body": Reason.THROTTLED,
    "gateway_timeout": Reason.TIMEOUT,
}


def _files(*, lists: bool, taken: bool = False) -> list[Path]:
    found = (path for path in sorted(BAD.glob("*.http")) if lists != path.stem.startswith("identity-"))
    return [path for path in found if taken == ("-taken_" in path.stem)]


@pytest.mark.parametrize("path", _files(lists=True), ids=lambda path: path.stem)
def test_what_is_no_whole_list_is_none(path: Path) -> None:
    resource_type, _, case = path.stem.partition("-")
    answers = answers_in(path.read_bytes())
    began = time.process_time()
    result = swept(resource_type, answers)
    assert result.listings == ()
    (unlisted,) = result.unlisted
    reason = next((reason for word, reason in REASONS.items() if word in case), Reason.PROVIDER_ERROR)
    assert unlisted.reason is reason, unlisted.detail
    assert unlisted.detail
    assert CANARY not in unlisted.detail
    assert "\n" not in unlisted.detail
    for doubt in doubted(resource_type, answers[1:]).values():
        assert CANARY not in doubt.detail
    assert time.process_time() - began < 5


@pytest.mark.parametrize("path", _files(lists=True, taken=True), ids=lambda path: path.stem)
def test_what_is_odd_is_taken(path: Path) -> None:
    resource_type = path.stem.partition("-")[0]
    result = swept(resource_type, answers_in(path.read_bytes()))
    assert result.unlisted == ()
    assert len(result.listings[0].resources) == (0 if "none" in path.stem else 1)
    assert doubted(resource_type, answers_in(path.read_bytes())[1:]) == {}


@pytest.mark.parametrize("path", _files(lists=False), ids=lambda path: path.stem)
def test_who_we_are_is_twelve_digits_or_not_known(path: Path) -> None:
    with pytest.raises(CloudError) as raised:
        account(answers_in(path.read_bytes()))
    assert CANARY not in f"{raised.value} {raised.value.hint}"
    assert raised.value.hint


def test_who_we_are() -> None:
    assert account(answers_in((GOOD / "identity.http").read_bytes())) == "123456789012"


@pytest.mark.parametrize("path", sorted(GOOD.glob("aws_*.http")), ids=lambda path: path.stem)
def test_a_list_that_is_cut_off_anywhere_is_the_same_list_or_none(path: Path) -> None:
    """A shorter list would be resources that are gone."""
    *before, last = path.read_bytes().split(b"\n===\n")
    whole = swept(path.stem, answers_in(b"\n===\n".join([*before, last]))).listings
    head = last.index(b"\n\n") + 2
    for end in range(head, len(last), max(1, (len(last) - head) // 12)):
        result = swept(path.stem, answers_in(b"\n===\n".join([*before, last[:end]])))
        assert result.listings in ((), whole), end
