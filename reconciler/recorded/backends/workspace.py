"""Which of Terraform's workspaces a folder's state belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import BackendError
from reconciler.recorded.backends.arguments import data_folder
from reconciler.recorded.backends.base import DEFAULT_WORKSPACE

# What Terraform allows: characters that need no escape in a URL's path. "." and ".." would leave the folder.
_NAME = re.compile(r"(?!\.\.?$)[A-Za-z0-9_.~$&+:=@-]+")


def selected_workspace(name: str | None, *, folder: Path, environment: Mapping[str, str]) -> str:
    """The workspace: the name given, else ``TF_WORKSPACE``, else the one selected in the folder, else the default.

    Raises:
        BackendError: the name is none that Terraform would take.
    """
    chosen = name or environment.get("TF_WORKSPACE") or _selected(folder, environment) or DEFAULT_WORKSPACE
    if not _NAME.fullmatch(chosen):
        hint = "letters, digits and _.~$&+:=@- are allowed"
        raise BackendError("the workspace's name is not one that Terraform takes", hint=hint)
    return chosen


def no_workspace(name: str, location: str) -> BackendError:
    """The error for a workspace that nobody has made: something else than one without resources."""
    hint = "see `terraform workspace list`"
    return BackendError(f"there is no workspace {name} at {location}", hint=hint)


def _selected(folder: Path, environment: Mapping[str, str]) -> str | None:
    try:
        return (data_folder(folder, environment) / "environment").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
