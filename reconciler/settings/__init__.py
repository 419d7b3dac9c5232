"""What the operator configures: one TOML file and ``RECONCILER_…`` variables, checked whole before anything starts.

Values only. Nothing here opens a database, a provider or a template.
"""

from __future__ import annotations

from reconciler.settings.errors import ConfigErrors
from reconciler.settings.load import SEARCH_ORDER, find_config, load_settings
from reconciler.settings.model import (
    Database,
    Environment,
    IgnoreRule,
    LogFormat,
    LogLevel,
    Provider,
    Service,
    Settings,
    SeverityRule,
    Terraform,
    Vault,
    Workspace,
)
from reconciler.settings.places import default_state_dir

__all__ = [
    "SEARCH_ORDER",
    "ConfigErrors",
    "Database",
    "Environment",
    "IgnoreRule",
    "LogFormat",
    "LogLevel",
    "Provider",
    "Service",
    "Settings",
    "SeverityRule",
    "Terraform",
    "Vault",
    "Workspace",
    "default_state_dir",
    "find_config",
    "load_settings",
]
