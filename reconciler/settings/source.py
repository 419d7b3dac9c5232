"""Where each key of the configuration came from: a place in the file, or a variable of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from reconciler.errors import Position
from reconciler.settings.environment import variable_name

Key: TypeAlias = tuple[str | int, ...]
"""Steps to a value: names of tables and keys, indexes into arrays."""


@dataclass(frozen=True, slots=True)
class Source:
    """The origin of a configuration: its file, the places of the file's keys, and what the environment overrides."""

    file: Path | None = None
    places: Mapping[Key, tuple[int, int]] = field(default_factory=dict)
    overrides: frozenset[Key] = frozenset()

    def position(self, key: Key) -> Position | None:
        """Where the key stands, or where the nearest table around it does; None without a file."""
        if key in self.overrides:
            return Position(variable_name(key))
        if self.file is None:
            return None
        for length in range(len(key), 0, -1):
            if key[:length] in self.places:
                return Position(str(self.file), *self.places[key[:length]])
        return Position(str(self.file))
