"""What a person in the console might do behind Terraform's back, in production of the example estate."""

from __future__ import annotations

from reconciler.sandbox.by_hand import access, network, operations, storage
from reconciler.sandbox.by_hand.change import ByHand, Console, Expected

CHANGES: tuple[ByHand, ...] = (*network.CHANGES, *access.CHANGES, *storage.CHANGES, *operations.CHANGES)
"""All of them. They do not undo each other and can be made in any order, each once."""

__all__ = ["CHANGES", "ByHand", "Console", "Expected"]
