from __future__ import annotations

import pytest

from reconciler.drift.snapshot import Reason
from reconciler.observed.provider.answers import observed_object, recorded_object
from reconciler.observed.provider.configuration import encode_value
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.packing import pack
from reconciler.observed.provider.wire import plugin_pb2 as wire

TYPE = ["object", {"name": "string"}]
GOOD = wire.DynamicValue(msgpack=encode_value({"name": "x"}, TYPE))
ERROR = wire.Diagnostic(severity=1, summary="AccessDenied", detail="not you, hunter2")
WARNING = wire.Diagnostic(severity=2, summary="AccessDenied", detail="soon")


def test_present() -> None:
    assert observed_object(wire.ReadResponse(state=GOOD), TYPE, ()) == {"name": "x"}


def test_warnings_change_nothing() -> None:
    assert observed_object(wire.ReadResponse(state=GOOD, diagnostics=[WARNING]), TYPE, ()) == {"name": "x"}


@pytest.mark.parametrize(
    "null", [wire.DynamicValue(msgpack=b"\xc0"), wire.DynamicValue(json=b"null"), wire.DynamicValue()]
)
def test_a_null_answer_is_absence(null: wire.DynamicValue) -> None:
    assert observed_object(wire.ReadResponse(state=null), TYPE, ()) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (wire.ReadResponse(), Reason.PROVIDER_ERROR),
        (wire.ReadResponse(diagnostics=[ERROR]), Reason.DENIED),
        (wire.ReadResponse(state=wire.DynamicValue(msgpack=b"\xc0"), diagnostics=[ERROR]), Reason.DENIED),
        (wire.ReadResponse(state=GOOD, diagnostics=[ERROR]), Reason.DENIED),
        (wire.ReadResponse(state=wire.DynamicValue(msgpack=b"\xc1")), Reason.PROVIDER_ERROR),
        (wire.ReadResponse(state=wire.DynamicValue(json=b"{")), Reason.PROVIDER_ERROR),
        (wire.ReadResponse(state=wire.DynamicValue(msgpack=pack({"name": 1}))), Reason.PROVIDER_ERROR),
        (wire.ReadResponse(state=wire.DynamicValue(msgpack=b"\xd4\0\0")), Reason.PROVIDER_ERROR),
        (wire.ReadResponse(state=wire.DynamicValue(msgpack=b"\x81\xa4name\xd4\0\0")), Reason.PROVIDER_ERROR),
        (wire.ReadResponse(deferred=wire.Deferred(reason=0)), Reason.PROVIDER_ERROR),
        (wire.ReadResponse(deferred=wire.Deferred(reason=2)), Reason.CONFIG_UNRESOLVED),
        (
            wire.ReadResponse(state=wire.DynamicValue(msgpack=b"\xc0"), deferred=wire.Deferred(reason=3)),
            Reason.PROVIDER_ERROR,
        ),
    ],
)
def test_only_a_positive_null_is_absence(answer: wire.ReadResponse, reason: Reason) -> None:
    found = observed_object(answer, TYPE, ["hunter2"])
    assert isinstance(found, Diagnosis)
    assert found.reason is reason
    assert "hunter2" not in found.detail


@pytest.mark.parametrize(
    "answer",
    [
        wire.UpgradeResponse(),
        wire.UpgradeResponse(state=wire.DynamicValue(msgpack=b"\xc0")),
        wire.UpgradeResponse(state=GOOD, diagnostics=[ERROR]),
    ],
)
def test_a_recorded_resource_does_not_vanish_by_an_upgrade(answer: wire.UpgradeResponse) -> None:
    assert isinstance(recorded_object(answer, TYPE, ()), Diagnosis)


def test_recorded() -> None:
    assert recorded_object(wire.UpgradeResponse(state=GOOD), TYPE, ()) == {"name": "x"}
