"""What surrounds a pass: cut-off applies are settled first, the ledger is anchored last, and neither costs a pass."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
import structlog
from support.fake_application import FakeApplication, FakeSettings
from support.plans import proposal

from reconciler.drift.coverage import Verdict
from reconciler.errors import CutOffError, DatabaseError, VaultError
from reconciler.gate.chain import Head
from reconciler.gate.proposal import Status
from reconciler.gate.refusal import Refusal
from reconciler.service.application import Applications
from reconciler.service.logs import configure
from reconciler.service.plan import LogFormat, ServicePlan
from reconciler.service.upkeep import Anchors
from reconciler.vault import anchor
from reconciler.vault.key import MasterKey
from reconciler.workflows.progress import Silent


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure(LogFormat.JSON, "info", stream)
    yield stream
    structlog.reset_defaults()


def entries(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def scanned(application: FakeApplication) -> Verdict:
    return _applications(application).scan("shop", Silent()).verdict


def _applications(application: FakeApplication) -> Applications[FakeSettings]:
    return Applications(lambda _: nullcontext(application), application.settings)


def fake(**more: object) -> FakeApplication:
    return FakeApplication(FakeSettings(ServicePlan({"shop": 1.0}, 0.0)), **more)  # type: ignore[arg-type]


def test_what_was_cut_off_is_settled_before_the_pass_and_told(log: io.StringIO) -> None:
    settled, busy = proposal(status=Status.APPLIED), Refusal("busy", "somebody is at it")
    application = fake(unsettled=[settled, busy])
    assert scanned(application) is Verdict.IN_SYNC
    assert (application.recovered, application.scans) == (["shop"], ["shop"])
    told = [(each["level"], each["event"]) for each in entries(log)]
    assert told[:2] == [
        ("warning", "an apply that was cut off is settled"),
        ("warning", "an apply is left alone"),
    ]


def test_what_cannot_be_settled_keeps_no_pass_from_being_made(log: io.StringIO) -> None:
    assert scanned(fake(unsettled=DatabaseError("it is gone"))) is Verdict.IN_SYNC
    assert entries(log)[0]["error"] == "it is gone"


def test_who_is_told_to_end_ends() -> None:
    application = fake(unsettled=CutOffError())
    with pytest.raises(CutOffError):
        scanned(application)
    assert application.scans == []


def test_the_ledgers_end_is_logged_where_it_has_grown(log: io.StringIO) -> None:
    application = fake(head=7)
    applications = _applications(application)
    for head in (7, 7, 9):
        application.head = head
        applications.scan("shop", Silent())
    told = [each for each in entries(log) if each["event"] == "ledger anchored"]
    assert [each["sequence"] for each in told] == [7, 9]
    assert {"anchor", "hash", "public_key", "signature"} <= told[0].keys()


def test_a_ledger_that_cannot_be_anchored_is_told(log: io.StringIO) -> None:
    assert scanned(fake(head=VaultError("no key"))) is Verdict.IN_SYNC
    assert [(each["event"], each["error"]) for each in entries(log)] == [("the ledger could not be anchored", "no key")]


@pytest.mark.parametrize("form", [LogFormat.LOGFMT, LogFormat.JSON])
def test_an_anchor_is_read_back_from_the_log(form: LogFormat) -> None:
    stream, key, head = io.StringIO(), MasterKey(b"k" * 32), Head(17, "5a" * 32)
    configure(form, "info", stream)

    class Real(FakeApplication):
        def anchor(self) -> str:
            return anchor.sign(key, head, datetime(2026, 3, 1, tzinfo=UTC))

    structlog.get_logger("reconciler.service").info("pass finished", sequence=18)
    Anchors().drop(Real(FakeSettings(ServicePlan({}, 0.0))))
    found = [line for line in stream.getvalue().splitlines() if anchor.is_anchor(line)]
    assert [anchor.read(key, line) for line in found] == [head]
    forged = re.sub(r"(sequence\W+)17", r"\g<1>16", found[0])
    assert forged != found[0]
    with pytest.raises(VaultError, match="altered"):
        anchor.read(key, forged)
