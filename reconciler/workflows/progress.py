"""How long work tells where it is: a port that the terminal, the daemon and the tests fill."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by a workflow as it goes, possibly from several threads."""

    def phase(self, workspace: str, name: str, total: int | None = None) -> None:
        """A phase of a workspace's pass begins; ``total`` is the number of steps, if known."""

    def advance(self, count: int = 1) -> None:
        """So many steps of the current phase are done."""


class Silent:
    """Tells nobody."""

    def phase(self, workspace: str, name: str, total: int | None = None) -> None:
        """Nothing."""

    def advance(self, count: int = 1) -> None:
        """Nothing."""
