"""A refusal: an answer, not a fault."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the gate does not open. ``rule`` is the name of the rule that says so, ``reason`` one line for people."""

    rule: str
    reason: str
