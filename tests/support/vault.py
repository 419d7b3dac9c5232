"""Keys of a test's own, and credentials in memory."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.inventory.memory_credentials import MemoryCredentials
from reconciler.settings import Settings
from reconciler.wiring.keys import Keys
from reconciler.wiring.logins import AccessKey, Logins

ACCOUNT = "123456789012"
ROLE = "arn:aws:iam::123456789012:role/path/reader"
KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/canary-first-secret")
NEXT_KEY = AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/canary-second-secret")


@dataclass
class Kept:
    """``vault_secrets`` in memory, or in a file that outlives a run of the program."""

    file: Path | None = None
    texts: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, sealed: str) -> str:
        if self.file is not None and self.file.exists():
            self.texts = json.loads(self.file.read_text())
        kept = self.texts.setdefault(name, sealed)
        if self.file is not None:
            self.file.write_text(json.dumps(self.texts))
        return kept


def new_key(path: Path) -> Path:
    """A file with a key that nobody has had before."""
    path.write_bytes(os.urandom(32))
    path.chmod(0o600)
    return path


def keys_of(state_dir: Path, kept: Kept | None = None, **vault: Any) -> Keys:
    """The keys of settings with these of ``[vault]``."""
    return Keys(Settings(state_dir=state_dir, vault=vault), {}, (kept or Kept()).keep)


def logins_in_memory(state_dir: Path, rows: MemoryCredentials | None = None, **settings: Any) -> Logins:
    """Credentials that end with the test."""
    made = Settings(state_dir=state_dir, **settings)
    kept = rows or MemoryCredentials()
    return Logins(made, Keys(made, {}, Kept().keep), lambda: kept)
