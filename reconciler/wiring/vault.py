"""The vault of one installation: which keys there are, and what is still sealed with older ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

from reconciler.inventory.port import SealedRows
from reconciler.wiring.answers import Answers
from reconciler.wiring.keys import Keys
from reconciler.workflows.progress import Progress
from reconciler.workflows.rekey import Rekeyed, rekey


@dataclass(frozen=True)
class Vault:
    """Everything in the database that is sealed, by table, and this host's cache of answers."""

    keys: Keys
    answers: Answers
    tables: Mapping[str, SealedRows]
    cancelled: Event

    def due(self) -> dict[str, int]:
        """By table, how many rows hold something that is not sealed with the current key."""
        return {name: len(rows.due(self.keys.sealer.current)) for name, rows in self.tables.items()}

    def rekey(self, progress: Progress) -> Rekeyed:
        """Seal all of it with the current key. Of the cache, what is sealed with an older one is thrown away.

        Raises:
            CutOffError: it was told to end; a later run goes on from there.
            DatabaseError: the database does not answer.
        """
        self.answers.forget_older()
        return rekey(self.tables, self.keys.seal_again, self.keys.sealer.current, progress, self.cancelled)
