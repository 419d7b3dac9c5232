"""What complete lists prove of reads that take long, and what they do not."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection
from typing import Any

import pytest
from support.sides import ACCOUNT, AWS

from reconciler.drift.address import Address, ProviderAddress
from reconciler.drift.listing import Listed, Listing, SweepResult, Unlisted
from reconciler.drift.snapshot import Baseline, Reason, RecordedInstance
from reconciler.workflows.absence import Absence

REGION = "eu-west-1"
URL = f"https://sqs/{ACCOUNT}/"


def recorded(type_name: str, name: str, provider: ProviderAddress = AWS, **attributes: Any) -> RecordedInstance:
    values = {"id": URL + name, "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", **attributes}
    return RecordedInstance(Address(type_name, name), provider, 0, json.dumps(values).encode())


def queue(name: str, **attributes: Any) -> RecordedInstance:
    return recorded("aws_sqs_queue", name, **attributes)


def policy(name: str, **attributes: Any) -> RecordedInstance:
    return recorded("aws_sqs_queue_policy", name, **attributes)


class Account:
    """Lists queues, and remembers what was asked for. ``reason`` is why it cannot."""

    def __init__(self, *names: str, reason: Reason | None = None) -> None:
        self.names, self.reason = names, reason
        self.asked: list[list[tuple[str, str]]] = []

    def __call__(self, wanted: Collection[tuple[str, str]], _: threading.Event) -> SweepResult:
        self.asked.append(list(wanted))
        known = [each for each in wanted if each[0] == "aws_sqs_queue" and self.reason is None]
        queues = tuple(Listed("aws_sqs_queue", URL + name, REGION) for name in self.names)
        return SweepResult(
            tuple(Listing(*each, queues) for each in known),
            tuple(Unlisted(*each, self.reason or Reason.UNSUPPORTED, "no") for each in wanted if each not in known),
        )


def proven(
    slow: list[RecordedInstance],
    account: Account,
    state: list[RecordedInstance] | None = None,
    past: dict[str, Baseline] | None = None,
) -> set[str]:
    state = slow if state is None else state
    seen = {each.label: Baseline(json.loads(each.attributes)) for each in state} if past is None else past
    return set(Absence(ACCOUNT, state, account, lambda: seen).proven(slow, REGION, threading.Event()))


def test_what_a_complete_list_does_not_hold_is_gone_and_the_rest_is_not() -> None:
    assert proven([queue("a"), queue("b")], Account("b")) == {"aws_sqs_queue.a"}


@pytest.mark.parametrize("reason", [Reason.DENIED, Reason.THROTTLED, Reason.TIMEOUT, Reason.PROVIDER_ERROR])
def test_a_list_that_could_not_be_read_proves_nothing(reason: Reason) -> None:
    assert proven([queue("a")], Account(reason=reason)) == set()


def test_a_type_without_a_list_proves_nothing() -> None:
    assert proven([recorded("aws_unheard_of", "a")], Account()) == set()


def test_what_no_pass_has_seen_may_only_just_have_been_made() -> None:
    account = Account()
    assert proven([queue("a")], account, past={}) == set()
    another = {"aws_sqs_queue.a": Baseline({"id": URL + "before"})}
    assert proven([queue("a")], account, past=another) == set()
    assert account.asked == []


def test_what_another_account_shares_is_in_no_list() -> None:
    assert proven([queue("a", arn=f"arn:aws:sqs:{REGION}:999999999999:a")], Account()) == set()


def test_a_part_is_gone_with_the_recorded_whole_under_whose_id_it_is_kept() -> None:
    whole, part = queue("a"), policy("a", arn=None)
    assert proven([part], Account(), [whole, part]) == {"aws_sqs_queue_policy.a"}
    assert proven([part], Account("a"), [whole, part]) == set()


def test_a_part_whose_whole_is_not_recorded_proves_nothing() -> None:
    assert proven([policy("a")], Account()) == set()
    assert proven([policy("a")], Account(), [queue("b"), policy("a")]) == set()


def test_a_type_that_only_mentions_the_id_is_no_whole() -> None:
    mentions = queue("b", redrive_policy=URL + "a")
    assert proven([policy("a")], Account(), [mentions, policy("a")]) == set()


def test_a_whole_of_another_provider_configuration_says_nothing() -> None:
    elsewhere = recorded("aws_sqs_queue", "a", ProviderAddress(AWS.source, alias="other"))
    assert proven([policy("a")], Account(), [elsewhere, policy("a")]) == set()


def test_a_type_that_is_only_named_alike_is_no_part() -> None:
    other = recorded("aws_sqs_queues", "a")
    assert proven([other], Account(), [queue("a"), other]) == set()


def test_each_type_is_listed_once_in_a_pass() -> None:
    account = Account("b")
    state = [queue("a"), queue("b"), queue("c")]
    seen = {each.label: Baseline(json.loads(each.attributes)) for each in state}
    absence = Absence(ACCOUNT, state, account, lambda: seen)
    assert set(absence.proven(state[:1], REGION, threading.Event())) == {"aws_sqs_queue.a"}
    assert set(absence.proven(state[1:], REGION, threading.Event())) == {"aws_sqs_queue.c"}
    assert account.asked == [[("aws_sqs_queue", REGION)]]
