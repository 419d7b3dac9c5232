"""What this host has seen of the ledger: whoever can cut its end off cannot make us forget that there was more.

Who owns the database can bring all of it back to an earlier moment, in which a plan was not yet rejected or a person
not yet disabled: its rows and records fit each other then. So the last head that the gate has seen is kept in the state
directory, where nobody writes who can only write to the database, and no plan is applied on a ledger without it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from reconciler.errors import VaultError
from reconciler.gate import chain
from reconciler.gate.chain import Broken, Head
from reconciler.inventory.port import LedgerPort

_NAME: Final = "ledger-head"


@dataclass(frozen=True)
class Watermark:
    """The mark of one installation on one host. ``key_id`` names the root key, and so the database."""

    folder: Path
    ledger: LedgerPort
    key_id: Callable[[], str]

    @property
    def file(self) -> Path:
        """Where the mark is kept."""
        return self.folder / f"{_NAME}-{self.key_id()}.json"

    def broken(self) -> Broken | None:
        """The first record that is not as it was written, or that is not there any more; every record is looked at.

        Raises:
            VaultError: the mark cannot be read.
        """
        return chain.verify(self.ledger.records(), self.heads())

    def heads(self) -> list[Head]:
        """What was seen last; nothing where this host has seen nothing yet.

        Raises:
            VaultError: the mark cannot be read.
        """
        try:
            kept = json.loads(self.file.read_text("ascii"))
            return [Head(int(kept["sequence"]), str(kept["hash"]))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, LookupError, TypeError) as error:
            hint = f"see `reconciler events verify`; if the ledger is whole, remove {self.file}"
            raise VaultError("what was seen of the ledger last cannot be read", hint=hint) from error

    def raise_to_head(self) -> None:
        """Keep the ledger's end as it is now, if the one that is kept is still in it.

        Raises:
            VaultError: the mark cannot be read or written.
        """
        head = self.ledger.head()
        for mark in self.heads():
            if mark.sequence >= head.sequence or not self._holds(mark):
                return
        try:
            self._write(json.dumps(asdict(head)))
        except OSError as error:
            raise VaultError(
                f"what was seen of the ledger cannot be kept: {error.strerror}",
                hint="what was asked for is done; mend the state directory, since the gate relies on it",
            ) from error

    def _write(self, text: str) -> None:
        """Write beside the file and rename: nobody reads half a mark, and no crash leaves one."""
        handle, draft = tempfile.mkstemp(prefix=f".{_NAME}-", dir=self.folder)  # 0600 from birth
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self.file)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    def _holds(self, mark: Head) -> bool:
        found = next(self.ledger.records(mark.sequence - 1), None)
        return found is not None and found.hash == mark.hash
