"""Pydantic's findings in our words: one line each, with the place of the key, and never the value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from reconciler.drift.glob import matches
from reconciler.errors import ConfigError
from reconciler.settings.model import Settings, nearest
from reconciler.settings.source import Key, Source

_EXPECTED = {
    "string_type": "a text in quotes is expected",
    "string_sub_type": "a text in quotes is expected",
    "string_unicode": "a text in quotes is expected",
    "tuple_type": "a list is expected",
    "list_type": "a list is expected",
    "dict_type": "a table is expected",
    "model_type": "a table is expected",
    "model_attributes_type": "a table is expected",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"),
    "less_than": ("less than", "lt"),
}


def explained(error: ValidationError, source: Source) -> list[ConfigError]:
    """One mistake per finding, in the order of pydantic."""
    return [_explained(details, source) for details in error.errors(include_input=False, include_url=False)]


def unknown_environments(data: Mapping[str, Any], source: Source) -> list[ConfigError]:
    """A mistake for each workspace that names an environment which is not there."""
    environments, workspaces = data.get("environments", {}), data.get("workspaces", {})
    if not isinstance(environments, Mapping) or not isinstance(workspaces, Mapping):
        return []
    mistakes = []
    for name, workspace in workspaces.items():
        wanted = workspace.get("environment") if isinstance(workspace, Mapping) else None
        if isinstance(wanted, str) and wanted.strip() and wanted not in environments:
            mistakes.append(
                ConfigError(
                    f"{_dotted(('workspaces', name, 'environment'))}: there is no [environments.{_word(wanted)}]",
                    hint=nearest(wanted, list(environments)) if environments else "no environment is configured",
                    position=source.position(("workspaces", name, "environment")),
                )
            )
    return mistakes


def unknown_workspaces(data: Mapping[str, Any], source: Source) -> list[ConfigError]:
    """A mistake for each ignore rule that is for a workspace which is not there."""
    workspaces, rules = data.get("workspaces", {}), data.get("ignore", [])
    if not isinstance(workspaces, Mapping) or not isinstance(rules, list):
        return []
    mistakes = []
    for index, rule in enumerate(rules):
        wanted = rule.get("workspace") if isinstance(rule, Mapping) else None
        if isinstance(wanted, str) and wanted.strip() and not any(matches(wanted, str(name)) for name in workspaces):
            key: Key = ("ignore", index, "workspace")
            message = f"{_dotted(key)}: there is no [workspaces.{_word(wanted)}]"
            hint = nearest(wanted, list(workspaces)) if workspaces else "no workspace is configured"
            mistakes.append(ConfigError(message, hint=hint, position=source.position(key)))
    return mistakes


def _explained(details: ErrorDetails, source: Source) -> ConfigError:
    # "[key]" is pydantic's mark for a finding about a dict's key and not its value.
    key: Key = tuple(step for step in details["loc"] if step != "[key]")
    position = source.position(key)
    if details["type"] == "extra_forbidden":
        where = f" in {_table(key[:-1])}" if len(key) > 1 else ""
        message = f"unknown key {_word(str(key[-1]))}{where}"
        return ConfigError(message, hint=nearest(str(key[-1]), list(_known_keys(key[:-1]))), position=position)
    if details["type"] == "missing":
        message = f"{_dotted(key)}: missing"
        return ConfigError(message, hint=f"write {key[-1]} = … in {_table(key[:-1])}", position=position)
    return ConfigError(f"{_dotted(key)}: {_expected(details)}", position=position)


def _expected(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        return f"{words} {context[name]} is expected"
    if kind in {"enum", "literal_error"}:
        return f"one of {context['expected']} is expected"
    return details["msg"]


def _dotted(key: Key) -> str:
    text = ""
    for step in key:
        text += f"[{step}]" if isinstance(step, int) else f".{_word(step)}" if text else _word(step)
    return text


def _table(key: Key) -> str:
    """A table's header: ``[a.b]``, or ``[[a]]`` for one of an array of tables."""
    return f"[[{_dotted(key[:-1])}]]" if isinstance(key[-1], int) else f"[{_dotted(key)}]"


def _word(name: str) -> str:
    """A key as TOML writes it, on one line and not longer than a line."""
    plain = name if name.isprintable() else name.encode("unicode_escape").decode("ascii")
    short = plain if len(plain) <= 60 else f"{plain[:59]}…"
    return short if short and all(c.isalnum() or c in "_-" for c in short) else f'"{short}"'


def _known_keys(key: Key) -> Iterable[str]:
    """The keys that the table at ``key`` may hold."""
    shape: Any = Settings
    for step in key:
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            field: FieldInfo | None = shape.model_fields.get(str(step))
            shape = field.annotation if field else None
        else:
            arguments = get_args(shape)
            if get_origin(shape) in (Union, UnionType):
                arguments = tuple(argument for argument in arguments if argument is not type(None))
                shape = arguments[0]
            elif get_origin(shape) is dict:
                shape = arguments[1]
            else:
                shape = arguments[0] if arguments else None
    return list(shape.model_fields) if isinstance(shape, type) and issubclass(shape, BaseModel) else []
