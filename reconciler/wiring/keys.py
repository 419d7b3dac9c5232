"""What the vault does for the rest: digests of secrets, and what is stored sealed and opened.

Two keys do two things. The *master key* seals, lies in a file, and can be replaced: older ones open what they sealed
until it is sealed anew. The *root key* is what digests, stamps and the hashes of tokens are made with. Nobody can make
these anew, since what they are of is not kept; so the root key never changes, and is itself stored sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from reconciler.drift.snapshot import Template
from reconciler.drift.values import Digest
from reconciler.errors import VaultError
from reconciler.settings import Settings
from reconciler.vault.digest import keyed_digest
from reconciler.vault.key import MasterKey, load_master_key, load_older_keys
from reconciler.vault.seal import Place, Sealer
from reconciler.workflows.restore import KeptFiles

_TABLE: Final = "iac_templates"
_COLUMN: Final = "template_content"
_CREDENTIALS: Final = "aws_credentials"
_ANSWERS: Final = "answers"
_ANSWER: Final = "answer"
_ROOT: Final = "root"

Keep: TypeAlias = Callable[[str, str], str]
"""Takes a name and a sealed text, stores it if nothing is stored under that name, and gives what is stored."""


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    files: dict[str, str]
    assets: dict[str, bytes]  # base64 in JSON
    left_out: dict[str, str]


@dataclass(frozen=True)
class Keys:
    """The installation's keys, and what is made with them."""

    settings: Settings
    environ: Mapping[str, str]
    keep: Keep

    @cached_property
    def master(self) -> MasterKey:
        """The key; made at first use where the settings name none.

        Raises:
            VaultError: it cannot be read, or others can read it too.
        """
        return load_master_key(
            self.settings.state_dir, key_file=self.settings.vault.key_file, credentials_directory=self._credentials
        )

    @cached_property
    def older(self) -> tuple[MasterKey, ...]:
        """The keys of before.

        Raises:
            VaultError: one cannot be read, or others can read it too.
        """
        return load_older_keys(self.settings.vault.older_key_files, credentials_directory=self._credentials)

    @cached_property
    def sealer(self) -> Sealer:
        """Seals with the master key, opens with any.

        Raises:
            VaultError: a key cannot be read, or others can read it too.
        """
        return Sealer(self.master, self.older)

    @cached_property
    def root(self) -> MasterKey:
        """What digests, stamps and the hashes of tokens are made with.

        Raises:
            DatabaseError: the database does not answer.
            VaultError: what is stored was altered, or sealed under a key that is not here.
        """
        here = Place("vault_secrets", _ROOT, "sealed")
        stored = self.keep(_ROOT, self.sealer.seal(MasterKey.new().secret, here))
        try:
            return MasterKey(self.sealer.open(stored, here))
        except VaultError as error:
            raise VaultError(
                f"key {self.master.id} does not open this database: {error}",
                hint="name the key that it was used with in vault.older_key_files; where it is lost, docs/security.md "
                "says what goes with it",
            ) from error

    @property
    def _credentials(self) -> Path | None:
        folder = self.environ.get("CREDENTIALS_DIRECTORY")
        return Path(folder) if folder else None

    @cached_property
    def digest(self) -> Digest:
        """The keyed digest under which secrets are compared."""
        return keyed_digest(self.root)

    def seal(self, name: str, template: Template) -> str:
        """A template's files as one sealed text: they hold secrets often enough."""
        content = _Content(dict(template.files), dict(template.assets), dict(template.left_out))
        return self.sealer.seal(msgspec.json.encode(content), _place(name, template.digest))

    def open(self, name: str, version: str, sealed: str) -> KeptFiles:
        """The files of a kept template.

        Raises:
            VaultError: the text was altered, moved, or sealed under another key.
        """
        plain = self.sealer.open(sealed, _place(name, version))
        try:
            content = msgspec.json.decode(plain, type=_Content)
        except msgspec.ValidationError:  # what 0.1 kept: the texts alone
            content = _Content(msgspec.json.decode(plain, type=dict[str, str]), {}, {})
        files = {name: text.encode() for name, text in content.files.items()}
        return KeptFiles({**files, **content.assets}, content.left_out)

    @cached_property
    def stamp(self) -> Callable[[bytes], str]:
        """The keyed digest that says that we wrote a row: who can write to the database alone cannot make it."""
        return keyed_digest(self.root, purpose="stamp v1", length=64)

    def seal_plan(self, plan_id: str, content: bytes) -> str:
        """A plan file as sealed text."""
        return self.sealer.seal(content, Place("plans", plan_id, "sealed"))

    def open_plan(self, plan_id: str, sealed: str) -> bytes:
        """A kept plan file.

        Raises:
            VaultError: the text was altered, moved, or sealed under another key.
        """
        return self.sealer.open(sealed, Place("plans", plan_id, "sealed"))

    def seal_credential(self, credential_id: str, column: str, plain: str) -> str:
        """One secret of a credential as sealed text."""
        return self.sealer.seal(plain.encode(), Place(_CREDENTIALS, credential_id, column))

    def open_credential(self, credential_id: str, column: str, sealed: str) -> str:
        """One secret of a credential.

        Raises:
            VaultError: the text was altered, moved, or sealed under a key that is not here.
        """
        return self.sealer.open(sealed, Place(_CREDENTIALS, credential_id, column)).decode()

    def seal_again(self, table: str, row: str, column: str, sealed: str) -> str:
        """A stored text, sealed with the master key whichever key it was sealed with.

        Raises:
            VaultError: the text was altered, moved, or sealed under a key that is not here.
        """
        here = Place(table, row, column)
        return self.sealer.seal(self.sealer.open(sealed, here), here)

    def seal_answer(self, name: str, plain: bytes) -> str:
        """An answer of Terraform's console as sealed text, for the file of that name."""
        return self.sealer.seal(plain, Place(_ANSWERS, name, _ANSWER))

    def open_answer(self, name: str, sealed: str) -> bytes:
        """A kept answer.

        Raises:
            VaultError: the text was altered, moved, or sealed under another key.
        """
        return self.sealer.open(sealed, Place(_ANSWERS, name, _ANSWER))


def _place(name: str, version: str) -> Place:
    return Place(_TABLE, f"{name} {version}", _COLUMN)
