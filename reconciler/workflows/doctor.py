"""What ``doctor`` finds out, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    ``workspace`` is None for what concerns the whole host. ``detail`` says what was found, in one line without
    secrets; ``mend`` what to do about it, and is set wherever the state is not ``ok``.
    """

    name: str
    state: Literal["ok", "warning", "failed"]
    detail: str
    workspace: str | None = None
    mend: str | None = None
