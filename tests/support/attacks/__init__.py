"""Attacks on the gate: a scene for each, and tables of what somebody does there and what has to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from support.attacks.scene import Scene
from support.command import Done

ALTERED = "is not as this program wrote it"
NOT_LAST = "is not the one that the ledger has last"


@dataclass(frozen=True)
class Attack:
    """What somebody does, up to the command that ought to do the damage.

    ``says`` is in what it prints, spaces and line ends taken as one space.
    """

    name: str
    act: Callable[[Scene], Done]
    code: int
    says: str
