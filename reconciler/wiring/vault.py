"""The vault of one installation: which keys there are, and what is still sealed with older ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

from reconciler.inventory.port import SealedRows
from reconciler.wiring.keys import Keys
from reconciler.workflows.progress import Progress
from reconciler.workflows.rekey import Rekeyed, rekey


@dataclass(frozen=True)
class Vault:
    """Everything in the database that is sealed, by table."""

    keys: Keys
    tables: Mapping[str, SealedRows]
    cancelled: Event

    def due(self) -> dict[str, int]:
        """By table, how many rows hold something that is not sealed with the current key."""
        return {name: len(rows.due(self.keys.sealer.current)) for name, rows in self.tables.items()}

    def rekey(self, progress: Progress) -> Rekeyed:
        """Seal all of it with the current key.

        Raises:
            CutOffError: it was told to end; a later run goes on from there.
            DatabaseError: the database does not answer.
        """
        return rekey(self.tables, self.keys.seal_again, self.keys.sealer.current, progress, self.cancelled)
