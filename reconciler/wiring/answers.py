"""What Terraform's console answered, kept: to ask takes seconds, and a command that ends remembers nothing.

Answers hold secrets as often as provider blocks do. On disk each is sealed, under a name that only the key can make.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from reconciler.drift.values import UNKNOWN, Value
from reconciler.drift.values import Path as ValuePath
from reconciler.errors import VaultError
from reconciler.wiring.keys import Keys

_KEPT: Final = 256
"""Answers on disk, the latest ones."""

_Stored = list[tuple[list[str | int], bool, msgspec.Raw]]
"""Path, whether the value is known, and the value."""


@dataclass(frozen=True)
class Answers:
    """Answers by question. A question holds all that its answer depends on. Used by one thread at a time."""

    folder: Path
    keys: Keys
    _memory: dict[bytes, Mapping[ValuePath, Value]] = field(default_factory=dict, repr=False)

    def recall(self, question: bytes, *, lasting: bool) -> Mapping[ValuePath, Value] | None:
        """The answer to the same question, from this run, or from an earlier one if it is ``lasting``."""
        if question not in self._memory and lasting and (kept := self._read(question)) is not None:
            self._memory[question] = kept
        return self._memory.get(question)

    def remember(self, question: bytes, answers: Mapping[ValuePath, Value], *, lasting: bool) -> None:
        """Keep an answer, on disk if it is ``lasting``. A disk that does not take it costs the next run its time."""
        self._memory[question] = answers
        if lasting:
            with suppress(OSError, TypeError):  # TypeError: unknown within a value, which JSON cannot say
                self._write(question, answers)

    def forget_older(self) -> None:
        """Remove from disk what is sealed with an older key: Terraform tells it again."""
        for file in self.folder.glob("[!.]*"):
            with suppress(OSError):
                if not file.read_bytes().startswith(self.keys.sealer.current.encode()):
                    file.unlink()

    def _read(self, question: bytes) -> dict[ValuePath, Value] | None:
        name = self.keys.digest(question)
        try:
            plain = self.keys.open_answer(name, (self.folder / name).read_text("ascii"))
            stored = msgspec.json.decode(plain, type=_Stored)
            return {tuple(path): msgspec.json.decode(raw) if known else UNKNOWN for path, known, raw in stored}
        except (OSError, VaultError, ValueError):
            return None  # none, or of another key, or damaged: Terraform tells it again

    def _write(self, question: bytes, answers: Mapping[ValuePath, Value]) -> None:
        name = self.keys.digest(question)
        plain = msgspec.json.encode(
            [(path, value is not UNKNOWN, None if value is UNKNOWN else value) for path, value in answers.items()]
        )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self.folder, prefix=".")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(self.keys.seal_answer(name, plain))
            Path(draft).replace(self.folder / name)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        kept = sorted(self.folder.glob("[!.]*"), key=lambda each: each.stat().st_mtime_ns, reverse=True)
        for old in kept[_KEPT:]:
            old.unlink(missing_ok=True)
