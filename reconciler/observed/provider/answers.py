"""What a provider's answers say of a resource: a value, its absence, or why there is neither."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconciler.drift.schema import CtyType
from reconciler.drift.snapshot import Reason
from reconciler.drift.values import Object, Value
from reconciler.observed.provider.decode import MalformedValueError, from_json, from_msgpack
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.protocol import errors_of
from reconciler.observed.provider.wire import plugin_pb2 as wire

# Reasons of a deferral that lie in what the template leaves open, not in the provider.
_UNRESOLVED: Final = frozenset({1, 2})


def dynamic_value(message: wire.DynamicValue, cty_type: CtyType) -> Value:
    """A known value in either of its notations; a message with neither is null, as Terraform takes it.

    Raises:
        MalformedValueError: it is not of the type, or holds something unknown.
    """
    if message.msgpack:
        return from_msgpack(message.msgpack, cty_type, known=True)
    return from_json(message.json, cty_type) if message.json else None


def recorded_object(answer: wire.UpgradeResponse, cty_type: CtyType, secrets: Iterable[str]) -> Object | Diagnosis:
    """The recorded attributes in the provider's current schema."""
    if refused := errors_of(answer.diagnostics, secrets):
        return refused
    value = _checked(answer.state, cty_type)
    return (
        Diagnosis(Reason.PROVIDER_ERROR, "the provider upgrades the recorded state to nothing")
        if value is None
        else value
    )


def observed_object(answer: wire.ReadResponse, cty_type: CtyType, secrets: Iterable[str]) -> Object | Diagnosis | None:
    """The observed attributes; None only where the provider answered, without an error, that there are none."""
    if refused := errors_of(answer.diagnostics, secrets):
        return refused
    if deferred := deferral(answer):
        return deferred
    if not answer.HasField("state"):
        # An empty message says nothing, least of all that a resource is gone.
        return Diagnosis(Reason.PROVIDER_ERROR, "the provider's answer holds no state")
    return _checked(answer.state, cty_type)


def deferral(answer: wire.ReadResponse | wire.ImportResponse) -> Diagnosis | None:
    """Whether the provider put the answer off."""
    if not answer.HasField("deferred"):
        return None
    unresolved = answer.deferred.reason in _UNRESOLVED
    reason = Reason.CONFIG_UNRESOLVED if unresolved else Reason.PROVIDER_ERROR
    return Diagnosis(reason, f"the provider deferred the read (reason {answer.deferred.reason})")


def _checked(message: wire.DynamicValue, cty_type: CtyType) -> Object | Diagnosis | None:
    try:
        value = dynamic_value(message, cty_type)
    except MalformedValueError as e:
        return Diagnosis(Reason.PROVIDER_ERROR, str(e))
    if value is None:
        return None
    if not isinstance(value, dict):
        return Diagnosis(Reason.PROVIDER_ERROR, "the provider's answer is no object")
    return value
