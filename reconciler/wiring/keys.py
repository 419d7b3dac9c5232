"""What the vault does for the rest: digests of secrets, and templates and answers sealed and opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from reconciler.drift.snapshot import Template
from reconciler.drift.values import Digest
from reconciler.settings import Settings
from reconciler.vault.digest import keyed_digest
from reconciler.vault.key import MasterKey, load_master_key
from reconciler.vault.seal import Place, Sealer
from reconciler.workflows.restore import KeptFiles

_TABLE: Final = "iac_templates"
_COLUMN: Final = "template_content"
_ANSWERS: Final = "answers"
_ANSWER: Final = "answer"


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    files: dict[str, str]
    assets: dict[str, bytes]  # base64 in JSON
    left_out: dict[str, str]


@dataclass(frozen=True)
class Keys:
    """The installation's master key and what is derived from it."""

    settings: Settings
    environ: Mapping[str, str]

    @cached_property
    def master(self) -> MasterKey:
        """The key; made at first use where the settings name none.

        Raises:
            VaultError: it cannot be read, or others can read it too.
        """
        credentials = self.environ.get("CREDENTIALS_DIRECTORY")
        return load_master_key(
            self.settings.state_dir,
            key_file=self.settings.vault.key_file,
            credentials_directory=Path(credentials) if credentials else None,
        )

    @cached_property
    def digest(self) -> Digest:
        """The keyed digest under which secrets are compared."""
        return keyed_digest(self.master)

    def seal(self, name: str, template: Template) -> str:
        """A template's files as one sealed text: they hold secrets often enough."""
        content = _Content(dict(template.files), dict(template.assets), dict(template.left_out))
        return Sealer(self.master).seal(msgspec.json.encode(content), _place(name, template.digest))

    def open(self, name: str, version: str, sealed: str) -> KeptFiles:
        """The files of a kept template.

        Raises:
            VaultError: the text was altered, moved, or sealed under another key.
        """
        plain = Sealer(self.master).open(sealed, _place(name, version))
        try:
            content = msgspec.json.decode(plain, type=_Content)
        except msgspec.ValidationError:  # what 0.1 kept: the texts alone
            content = _Content(msgspec.json.decode(plain, type=dict[str, str]), {}, {})
        files = {name: text.encode() for name, text in content.files.items()}
        return KeptFiles({**files, **content.assets}, content.left_out)

    @cached_property
    def stamp(self) -> Callable[[bytes], str]:
        """The keyed digest that says that we wrote a row: who can write to the database alone cannot make it."""
        return keyed_digest(self.master, purpose="stamp v1", length=64)

    def seal_plan(self, plan_id: str, content: bytes) -> str:
        """A plan file as sealed text."""
        return Sealer(self.master).seal(content, Place("plans", plan_id, "sealed"))

    def open_plan(self, plan_id: str, sealed: str) -> bytes:
        """A kept plan file.

        Raises:
            VaultError: the text was altered, moved, or sealed under another key.
        """
        return Sealer(self.master).open(sealed, Place("plans", plan_id, "sealed"))

    def seal_answer(self, name: str, plain: bytes) -> str:
        """An answer of Terraform's console as sealed text, for the file of that name."""
        return Sealer(self.master).seal(plain, Place(_ANSWERS, name, _ANSWER))

    def open_answer(self, name: str, sealed: str) -> bytes:
        """A kept answer.

        Raises:
            VaultError: the text was altered, moved, or sealed under another key.
        """
        return Sealer(self.master).open(sealed, Place(_ANSWERS, name, _ANSWER))


def _place(name: str, version: str) -> Place:
    return Place(_TABLE, f"{name} {version}", _COLUMN)
