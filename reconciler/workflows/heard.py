"""What Terraform says while it applies: kept as acts, and handed on.

The lines: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.gate.proposal import Act
from reconciler.workflows.remedy import OnEvent

_RESULTS: Final = {"apply_start": "started", "apply_complete": "complete", "apply_errored": "errored"}


class Heard:
    """Listens to Terraform's JSON lines. Of their values nothing is kept: they may be secrets."""

    def __init__(self, tell: OnEvent) -> None:
        """Hand each line on to ``tell``."""
        self._tell = tell
        self._acts: dict[tuple[str, str], Act] = {}

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Take one line."""
        result, hook = _RESULTS.get(str(event.get("type"))), event.get("hook")
        if result is not None and isinstance(hook, Mapping):
            resource = hook.get("resource")
            address = str(resource.get("addr", "")) if isinstance(resource, Mapping) else ""
            seconds = hook.get("elapsed_seconds")
            action = str(hook.get("action", ""))
            took = float(seconds) if isinstance(seconds, int | float) else None
            self._acts[address, action] = Act(address, action, result, took)
        self._tell(event)

    @property
    def acts(self) -> tuple[Act, ...]:
        """What was begun, in its order, each with how it ended as far as that was heard."""
        return tuple(self._acts.values())
