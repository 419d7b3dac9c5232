"""Calls to a provider over gRPC: one set of names over plugin protocols 5 and 6.

The two differ in the names of calls and in the message of a schema; on all else they agree. The call
that changes anything (ApplyResourceChange) is not here on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import grpc
from google.protobuf.message import Message

from reconciler.drift.snapshot import RecordedInstance
from reconciler.observed.provider.diagnose import Diagnosis, diagnose, diagnose_status
from reconciler.observed.provider.handshake import Handshake
from reconciler.observed.provider.schema_cache import SchemaAnswer
from reconciler.observed.provider.wire import plugin_pb2 as wire

_ERROR: Final = 1
# Providers put it into the user agent of their requests, and choose by it what they may answer with. It stands
# for what we understand of the protocol, not for the terraform command on the host.
_TERRAFORM_VERSION: Final = "1.11.4"

Answer = TypeVar("Answer", bound=Message, covariant=True)  # noqa: PLC0105 the word is clearer than a suffix


@dataclass(frozen=True, slots=True)
class _Dialect:
    service: str
    get_schema: str
    configure: str
    validate: str
    stop: str


_DIALECTS: Final = {
    5: _Dialect("tfplugin5.Provider", "GetSchema", "Configure", "ValidateResourceTypeConfig", "Stop"),
    6: _Dialect(
        "tfplugin6.Provider", "GetProviderSchema", "ConfigureProvider", "ValidateResourceConfig", "StopProvider"
    ),
}


class CallFailedError(Exception):
    """A call brought no usable answer. ``gone`` tells that the provider's process is probably no more."""

    def __init__(self, diagnosis: Diagnosis, *, gone: bool = False) -> None:
        super().__init__(diagnosis.detail)
        self.diagnosis = diagnosis
        self.gone = gone


class Pending(Protocol[Answer]):
    """A call under way."""

    def result(self) -> Answer:
        """The answer; raises what :func:`answer_of` translates."""

    def done(self) -> bool:
        """Whether it is over."""

    def cancel(self) -> bool:
        """Stop waiting, and tell the provider to stop."""

    def add_done_callback(self, fn: Callable[[Pending[Answer]], None]) -> None:
        """Call it from a thread of gRPC's when the call is over."""


def answer_of(call: Pending[Answer], secrets: Iterable[str] = ()) -> Answer:
    """Wait for the answer.

    Raises:
        CallFailedError: there is none.
    """
    try:
        return call.result()
    except grpc.RpcError as e:
        status = e.code().name if isinstance(e, grpc.Call) else "UNKNOWN"
        text = (e.details() or "") if isinstance(e, grpc.Call) else ""
        if status == "CANCELLED" and not (isinstance(e, grpc.Future) and e.cancelled()):
            # Not by us: the provider's clock has seen the deadline a moment before ours.
            status = "DEADLINE_EXCEEDED"
        raise CallFailedError(diagnose_status(status, text, secrets), gone=status == "UNAVAILABLE") from e
    except grpc.FutureCancelledError as e:
        raise CallFailedError(diagnose_status("CANCELLED", "", secrets), gone=True) from e


def errors_of(diagnostics: Iterable[wire.Diagnostic], secrets: Iterable[str] = ()) -> Diagnosis | None:
    """What the errors among the diagnostics say, None where there are none; warnings say nothing here."""
    errors = [(d.summary, d.detail) for d in diagnostics if d.severity == _ERROR]
    return diagnose(errors, secrets) if errors else None


class ProviderClient:
    """A connection to one provider process. Safe to use from several threads."""

    def __init__(self, handshake: Handshake, secrets: Callable[[], Iterable[str]]) -> None:
        """Connect.

        Args:
            handshake: where the provider listens, and what it speaks.
            secrets: gives the values that no text of a failure may show.
        """
        self._secrets = secrets
        dialect = _DIALECTS[handshake.protocol]
        self.protocol = handshake.protocol
        options = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            # A provider's certificate is made out to localhost, and Go refuses the path of a socket as an authority.
            ("grpc.default_authority", "localhost"),
            ("grpc.ssl_target_name_override", "localhost"),
            ("grpc.enable_retries", 0),
        ]
        target = f"unix:{handshake.socket}"
        if handshake.certificate:
            credentials = grpc.ssl_channel_credentials(root_certificates=handshake.certificate)
            self._channel = grpc.secure_channel(target, credentials, options)
        else:
            self._channel = grpc.insecure_channel(target, options)
        path = f"/{dialect.service}/"
        self._schema = self._channel.unary_unary(path + dialect.get_schema, _send, wire.Schemas.FromString)
        self._configure = self._channel.unary_unary(path + dialect.configure, _send, wire.ConfigureResponse.FromString)
        self._upgrade = self._channel.unary_unary(path + "UpgradeResourceState", _send, wire.UpgradeResponse.FromString)
        self._read = self._channel.unary_unary(path + "ReadResource", _send, wire.ReadResponse.FromString)
        self._import = self._channel.unary_unary(path + "ImportResourceState", _send, wire.ImportResponse.FromString)
        self._validate = self._channel.unary_unary(path + dialect.validate, _send, wire.ValidateResponse.FromString)
        self._plan = self._channel.unary_unary(path + "PlanResourceChange", _send, wire.PlanResponse.FromString)
        self._stop = self._channel.unary_unary(path + dialect.stop, _send, wire.Nothing.FromString)

    def schemas(self, timeout: float) -> SchemaAnswer:
        """Ask for all schemas.

        Raises:
            CallFailedError: there is no usable answer.
        """
        answer = answer_of(self._schema.future(wire.Nothing(), timeout=timeout), self._secrets())
        self._raise_errors(answer.diagnostics)
        optional = answer.capabilities.schema_call_optional
        return SchemaAnswer(self.protocol, answer.provider, dict(answer.resource_types), optional)

    def configure(self, configuration: bytes, timeout: float) -> None:
        """Configure the provider, once in its life.

        Raises:
            CallFailedError: it refuses the configuration, or the cloud refuses it.
        """
        request = wire.ConfigureRequest(
            terraform_version=_TERRAFORM_VERSION, configuration=wire.DynamicValue(msgpack=configuration)
        )
        answer = answer_of(self._configure.future(request, timeout=timeout), self._secrets())
        self._raise_errors(answer.diagnostics)

    def upgrade(self, instance: RecordedInstance, timeout: float) -> Pending[wire.UpgradeResponse]:
        """Bring the attributes of a state, JSON or a flat map of some schema version, to the provider's version."""
        attributes = instance.attributes
        state = wire.RawState(flatmap=json.loads(attributes)) if instance.flat else wire.RawState(json=attributes)
        request = wire.UpgradeRequest(type_name=instance.address.type, version=instance.schema_version, state=state)
        return self._upgrade.future(request, timeout=timeout)

    def read(
        self, type_name: str, state: wire.DynamicValue, private: bytes, timeout: float
    ) -> Pending[wire.ReadResponse]:
        """Read the resource that a state describes."""
        return self._read.future(wire.ReadRequest(type_name=type_name, state=state, private=private), timeout=timeout)

    def import_state(self, type_name: str, resource_id: str, timeout: float) -> Pending[wire.ImportResponse]:
        """The state to begin reading with, for a resource that is in none."""
        return self._import.future(wire.ImportRequest(type_name=type_name, id=resource_id), timeout=timeout)

    def validate(self, type_name: str, config: bytes, timeout: float) -> Pending[wire.ValidateResponse]:
        """What the provider holds against a resource's configuration, without asking the cloud."""
        request = wire.ValidateRequest(type_name=type_name, config=wire.DynamicValue(msgpack=config))
        return self._validate.future(request, timeout=timeout)

    def plan(self, request: wire.PlanRequest, timeout: float) -> Pending[wire.PlanResponse]:
        """What would become of a resource by a configuration. It changes nothing."""
        return self._plan.future(request, timeout=timeout)

    def stop(self, timeout: float) -> None:
        """Ask the provider to let go of what it does. A provider that does not answer is not waited for."""
        with suppress(grpc.RpcError, ValueError):  # ValueError: the connection is closed
            self._stop(wire.Nothing(), timeout=timeout)

    def close(self) -> None:
        """Give up the connection; calls under way fail."""
        self._channel.close()

    def _raise_errors(self, diagnostics: Iterable[wire.Diagnostic]) -> None:
        if diagnosis := errors_of(diagnostics, self._secrets()):
            raise CallFailedError(diagnosis)


def _send(message: Message) -> bytes:
    return message.SerializeToString()
