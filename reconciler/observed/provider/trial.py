"""A resource that was imported, and configurations tried against it. Nothing in the cloud is changed by a trial.

The provider validates a configuration and plans it against what it has read, as it does for Terraform's own plan:
https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from reconciler.drift.schema import Schema
from reconciler.drift.scrub import one_line
from reconciler.drift.snapshot import Reason
from reconciler.drift.values import Object
from reconciler.errors import ProviderError
from reconciler.observed.provider.configuration import encode_value
from reconciler.observed.provider.decode import MalformedValueError, from_msgpack
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.host import Host
from reconciler.observed.provider.protocol import Answer, CallFailedError, Pending, answer_of, errors_of
from reconciler.observed.provider.schema_cache import TypeSchema
from reconciler.observed.provider.wire import plugin_pb2 as wire

_ERROR: Final = 1
_QUOTED: Final = re.compile(r"[\"'`]?([a-z][a-z0-9_]+)[\"'`]?")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a provider holds against a configuration. ``path`` names the argument at fault, where it says so."""

    text: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """An imported resource with its provider. ``observed`` is what it holds, unmasked."""

    type_name: str
    types: TypeSchema
    observed: Object = field(repr=False)
    _host: Host = field(repr=False)
    _state: wire.DynamicValue = field(repr=False)
    _private: bytes = field(repr=False)
    _timeout: float = 60.0

    @property
    def schema(self) -> Schema:
        """The type's schema."""
        return self.types.schema

    def validate(self, config: Object) -> tuple[Complaint, ...]:
        """What the provider holds against a configuration of the resource: every argument there, null where not set.

        Raises:
            ProviderError: the provider does not answer, or the configuration is not of the type.
        """
        encoded = encode_value(config, self.types.cty_type)
        answer = self._answer(self._host.client.validate(self.type_name, encoded, self._timeout))
        return tuple(_complaints(answer.diagnostics, self._host.secrets))

    def plan(self, config: Object, proposed: Object) -> Object | Diagnosis:
        """What would become of the resource by a configuration.

        Args:
            config: as for :meth:`validate`.
            proposed: what Terraform would propose: the configuration, and what is computed as it is.

        Raises:
            ProviderError: as :meth:`validate`.
        """
        cty_type = self.types.cty_type
        request = wire.PlanRequest(
            type_name=self.type_name,
            prior_state=self._state,
            proposed_new_state=wire.DynamicValue(msgpack=encode_value(proposed, cty_type)),
            config=wire.DynamicValue(msgpack=encode_value(config, cty_type)),
            prior_private=self._private,
        )
        answer = self._answer(self._host.client.plan(request, self._timeout))
        if refused := errors_of(answer.diagnostics, self._host.secrets):
            return refused
        try:
            planned = from_msgpack(answer.planned_state.msgpack, cty_type)
        except MalformedValueError as e:
            return Diagnosis(Reason.PROVIDER_ERROR, str(e))
        return planned if isinstance(planned, dict) else Diagnosis(Reason.PROVIDER_ERROR, "it would be destroyed")

    def _answer(self, call: Pending[Answer]) -> Answer:
        try:
            return answer_of(call, self._host.secrets)
        except CallFailedError as e:
            raise ProviderError(f"the provider does not answer: {e.diagnosis.detail}", hint="try again") from e


def _complaints(diagnostics: Iterable[wire.Diagnostic], secrets: Iterable[str]) -> Iterable[Complaint]:
    for each in diagnostics:
        if each.severity == _ERROR:
            path = tuple(step.attribute_name for step in each.attribute.steps if step.attribute_name)
            text = f"{each.summary}: {each.detail}" if each.detail else each.summary
            if not path and (quoted := _QUOTED.match(each.detail or each.summary)):
                path = (quoted.group(1),)
            yield Complaint(one_line(text, secrets), path)
