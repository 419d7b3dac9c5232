"""From the settings to what the daemon works by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reconciler.service.loop import Configuration
from reconciler.service.plan import LogFormat, ServicePlan
from reconciler.settings import Settings, load_settings


def load_configuration(config: Path | None) -> Configuration[Settings]:
    """Read the configuration whole.

    Raises:
        ConfigError: it is not valid; then nothing of it is used.
    """
    settings = load_settings(config)
    return Configuration(settings, plan_of(settings), _shared(settings))


def plan_of(settings: Settings) -> ServicePlan:
    """The daemon's part of the settings."""
    service = settings.service
    return ServicePlan(
        {name: (own.interval or service.interval).total_seconds() for name, own in settings.workspaces.items()},
        jitter=service.jitter.total_seconds(),
        parallel=service.parallel,
        stall_after=service.stall_after.total_seconds(),
        log_format=LogFormat(service.log_format.value),
        log_level=service.log_level.value,
    )


def _shared(settings: Settings) -> dict[str, Any]:
    """What an application depends on: all but when it is called. Positions in the file do not count."""
    return settings.model_dump(exclude={"service": True, "workspaces": {"__all__": {"interval"}}})
