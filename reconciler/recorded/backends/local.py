"""The ``local`` backend: a file. https://developer.hashicorp.com/terraform/language/backend/local."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from reconciler.errors import BackendError
from reconciler.recorded.backends.arguments import Arguments
from reconciler.recorded.backends.base import DEFAULT_WORKSPACE, MAX_STATE_BYTES, too_large
from reconciler.recorded.backends.workspace import no_workspace

_TRIES = 60
_SETTLED = 6  # looks at a file that has not changed in between
_PAUSE = 0.05  # seconds; longer than Terraform takes between truncating a file and filling it

_Mark: TypeAlias = tuple[int, int, int, int]
"""Device, inode, size and time of change: what differs after a write."""


@dataclass(frozen=True, slots=True)
class LocalBackend:
    """A state file. Terraform rewrites it in place, so a file that moves under the reader is read again."""

    path: Path
    workspace: str = DEFAULT_WORKSPACE
    limit: int = MAX_STATE_BYTES
    pause: Callable[[float], None] = time.sleep

    @property
    def location(self) -> str:
        """The path."""
        return str(self.path)

    def read(self) -> bytes | None:
        """The content, all of one moment; None where there is no file.

        Raises:
            BackendError: it cannot be read, is no plain file, too large, or does not hold still.
        """
        seen: list[_Mark] = []
        for _ in range(_TRIES):
            try:
                data, before, after = self._look()
            except FileNotFoundError:
                # `terraform workspace new` makes the folder; the file comes with the first apply.
                if self.workspace != DEFAULT_WORKSPACE and not self.path.parent.is_dir():
                    raise no_workspace(self.workspace, str(self.path.parent.parent)) from None
                return None
            except OSError as error:
                raise BackendError(f"cannot read {self.path}: {error.strerror}", hint=_hint(error)) from error
            seen = [*(mark for mark in seen if mark == after), after]
            # Between truncating and filling, the file is empty or ends in the middle. Only if it stays so is that
            # its content, and for the reader of states to judge; an empty one means that there is no state.
            if before == after and (data[-64:].rstrip().endswith(b"}") or len(seen) >= _SETTLED):
                return data
            self.pause(_PAUSE)
        raise BackendError(f"{self.path} is being written all the time", hint="try again when Terraform has finished")

    def _look(self) -> tuple[bytes, _Mark, _Mark]:
        """The content, and what the file was before and after it was read."""
        # Without O_NONBLOCK, opening a pipe waits for a writer.
        descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise BackendError(f"{self.path} is not a file")
            if before.st_size > self.limit:
                raise too_large(self.limit, self.location)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(before.st_size + 1)
        finally:
            os.close(descriptor)
        # By its path, not its descriptor: it may have been replaced.
        return data, _mark(before), _mark(self.path.stat())


def open_local(arguments: Arguments, *, folder: Path, workspace: str, limit: int) -> LocalBackend:
    """The state of a workspace: ``path`` for the default one, else a file under ``workspace_dir``."""
    if workspace == DEFAULT_WORKSPACE:
        return LocalBackend(folder / (arguments.text("path") or "terraform.tfstate"), workspace, limit)
    workspaces = folder / (arguments.text("workspace_dir") or "terraform.tfstate.d")
    return LocalBackend(workspaces / workspace / "terraform.tfstate", workspace, limit)


def _mark(status: os.stat_result) -> _Mark:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _hint(error: OSError) -> str | None:
    return "let the reconciler's user read it" if isinstance(error, PermissionError) else None
