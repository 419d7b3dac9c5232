"""``RECONCILER_SECTION__KEY`` variables: they go before the file, and a misspelt one is a mistake, not silence."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from reconciler.errors import ConfigError, Position
from reconciler.settings.fields import FromEnvironment

PREFIX = "RECONCILER_"


def variable_name(key: tuple[str | int, ...]) -> str:
    """The variable that sets a key: ``("database", "url")`` is ``RECONCILER_DATABASE__URL``."""
    return PREFIX + "__".join(_plain(str(step)) for step in key).upper()


class EnvironmentSource(PydanticBaseSettingsSource):
    """What the variables set, as nested tables.

    Simpler than pydantic's own source, which guesses from the schema what is JSON and lets a misspelt section pass:
    a value that begins with a bracket or brace is JSON, any other is a text.
    """

    def __init__(self, settings_cls: type[BaseSettings], file: Mapping[str, Any]) -> None:
        """Take what the file holds: its spelling of names counts, since variables know neither case nor dashes."""
        super().__init__(settings_cls)
        self._file = file

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  pydantic's
        """One section's part."""
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All sections.

        Raises:
            ConfigError: a variable names no section, or a list or table is not valid JSON.
        """
        data: dict[str, Any] = {}
        for name, value in sorted(os.environ.items()):
            steps = self._steps(name)
            if steps is None:
                continue
            table, known = data, self._file
            for step in steps[:-1]:
                spelt = _as_spelt(step, known)
                table = table.setdefault(spelt, {})
                inner = known.get(spelt)
                known = inner if isinstance(inner, Mapping) else {}
                if not isinstance(table, dict):
                    raise ConfigError("another variable sets the whole table already", position=Position(name))
            table[_as_spelt(steps[-1], known)] = _value(name, value)
        return data

    def _steps(self, name: str) -> list[str] | None:
        """The key that a variable sets; None where it is not one of ours.

        Without two underscores it may be something else of ours, such as RECONCILER_CONFIG.
        """
        if not name.startswith(PREFIX):
            return None
        steps = name.removeprefix(PREFIX).lower().split("__")
        sections = self.settings_cls.model_fields
        if steps[0] in sections:
            return steps
        if len(steps) == 1:
            return None
        close = get_close_matches(steps[0], sections, n=1)
        hint = f"did you mean {PREFIX}{close[0].upper()}__…?" if close else f"sections: {', '.join(sorted(sections))}"
        raise ConfigError("the variable names no section of the configuration", hint=hint, position=Position(name))


def overridden(data: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The keys that variables set."""
    for name, value in data.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from overridden(value, (*above, name))


def _plain(name: str) -> str:
    """A name as it can stand in a variable's name."""
    return "".join(character if character.isascii() and character.isalnum() else "_" for character in name).lower()


def _as_spelt(step: str, known: Mapping[str, Any]) -> str:
    return next((name for name in known if _plain(str(name)) == step), step)


def _value(name: str, text: str) -> Any:
    if not text.startswith(("[", "{")):
        return FromEnvironment(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError("a list or table in a variable is written as JSON", position=Position(name)) from error
