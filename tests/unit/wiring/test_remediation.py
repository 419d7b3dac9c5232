from __future__ import annotations

from typing import Any

import pytest

from reconciler.drift.snapshot import BackendBlock
from reconciler.wiring.remediation import _is_harmless

PLACE = {"bucket": "states", "key": "shop.tfstate", "region": "eu-central-1"}


def test_where_a_state_lies_in_s3_is_no_secret() -> None:
    assert _is_harmless(BackendBlock("s3", {**PLACE, "use_lockfile": True, "dynamodb_table": "locks"}), None)


@pytest.mark.parametrize(
    ("type_", "values", "config"),
    [
        ("s3", {**PLACE, "secret_key": "x"}, None),
        ("s3", {**PLACE, "sse_customer_key": "x"}, None),
        ("s3", {**PLACE, "assume_role": {"external_id": "x"}}, None),
        ("s3", PLACE, {"region": "eu-central-1"}),
        ("http", {"address": "https://joe:x@states.example/shop"}, None),
        ("azurerm", {"access_key": "x"}, None),
        ("pg", {"conn_str": "postgres://joe:x@db/states"}, None),
        ("gcs", {"encryption_key": "x"}, None),
        ("one of tomorrow", {}, None),
    ],
)
def test_what_may_be_a_secret_is_not_left_in_a_work_copy(type_: str, values: Any, config: Any) -> None:
    assert not _is_harmless(BackendBlock(type_, values), config)
