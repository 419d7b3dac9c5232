"""From a file and the environment to :class:`Settings`, or to every mistake in them at once."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reconciler.errors import ConfigError, Position
from reconciler.settings.environment import EnvironmentSource, overridden
from reconciler.settings.errors import raise_all
from reconciler.settings.fields import has_password
from reconciler.settings.mistakes import explained, unknown_environments, unknown_workspaces
from reconciler.settings.model import Settings, Workspace
from reconciler.settings.positions import key_places
from reconciler.settings.source import Source

SEARCH_ORDER = (Path("reconciler.toml"), Path("/etc/reconciler/reconciler.toml"))
"""Where the configuration is looked for when nobody names it, the first that exists."""

_MAX_BYTES = 4 * 1024 * 1024
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# Keys of backend configurations that are secrets, from Terraform's documentation of the s3, pg and http backends.
_SECRET_KEYS = frozenset({"secret_key", "token", "password", "conn_str", "sse_customer_key", "client_private_key_pem"})


def find_config(path: Path | None = None) -> Path:
    """The configuration file: the one named, else the first of the search order.

    Raises:
        ConfigError: there is none.
    """
    if path is not None:
        return path
    for place in SEARCH_ORDER:
        if place.exists():
            return place
    places = " and ".join(str(place) for place in SEARCH_ORDER)
    raise ConfigError(
        "there is no configuration", hint=f"looked for {places}; name another with --config, or start with the example"
    )


def load_settings(path: Path | None = None) -> Settings:
    """Read the configuration.

    Args:
        path: the file; None looks through :data:`SEARCH_ORDER`.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or something in it is wrong. Where there are several
            mistakes it is a :class:`~reconciler.settings.errors.ConfigErrors` that holds them all.
    """
    file = find_config(path)
    text, mode = _read(file)
    data = _parse(text, file)
    overrides = EnvironmentSource(Settings, data)()
    source = Source(file, key_places(text), frozenset(overridden(overrides)))
    merged = _merged(data, overrides)
    mistakes = unknown_environments(merged, source) + unknown_workspaces(merged, source)
    try:
        settings = Settings(**data)
    except ValidationError as error:
        mistakes += explained(error, source)
        mistakes.sort(key=lambda mistake: (mistake.position is None, mistake.position and _order(mistake.position)))
        raise_all(mistakes)
        raise  # not reached: a ValidationError explains at least one mistake
    raise_all(mistakes)
    _refuse_readable_secrets(settings, source, mode)
    resolved = _resolved(settings, file.absolute().parent)
    resolved._source = source  # noqa: SLF001  the loader is what fills it
    return resolved


def _order(position: Position) -> tuple[str, int, int]:
    return (position.file, position.line or 0, position.column or 0)


def _read(file: Path) -> tuple[str, int]:
    """The text and the file's mode bits."""
    here = Position(str(file))
    try:
        facts = file.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise ConfigError("the configuration is not a regular file", position=here)
        if facts.st_size > _MAX_BYTES:
            raise ConfigError("the configuration is larger than 4 MiB", position=here)
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError("the configuration does not exist", hint="name it with --config", position=here) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise ConfigError(f"the configuration cannot be read: {reason}", position=here) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ConfigError("the configuration is not UTF-8", position=Position(str(file), line, column)) from error
    return text.replace("\r\n", "\n"), facts.st_mode


def _parse(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = _AT.search(message)
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        if at and at[1]:
            line, column = int(at[1]), int(at[2])
        what = message[: at.start()] if at else message
        raise ConfigError(f"not valid TOML: {what}", position=Position(str(file), line, column)) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; thousands of brackets
        raise ConfigError("not valid TOML: too long a number or too deep", position=Position(str(file))) from error


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        inner = merged.get(name)
        merged[name] = _merged(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return merged


def _refuse_readable_secrets(settings: Settings, source: Source, mode: int) -> None:
    """A secret in a file that every user of the host can read is no secret."""
    if not mode & stat.S_IROTH:
        return
    secrets: list[tuple[str | int, ...]] = []
    if settings.database.url is not None and has_password(settings.database.url):
        secrets.append(("database", "url"))
    secrets += [
        ("workspaces", name, "backend_config", key)
        for name, workspace in settings.workspaces.items()
        for key in workspace.backend_config
        if key in _SECRET_KEYS
    ]
    raise_all(
        [
            ConfigError(
                "a secret stands in a configuration that every user of this host can read",
                hint=f"chmod 600 {source.file}, or give it in a RECONCILER_… variable",
                position=source.position(key),
            )
            for key in secrets
            if key not in source.overrides
        ]
    )


def _resolved(settings: Settings, folder: Path) -> Settings:
    """The same settings with absolute paths."""
    binary = settings.terraform.binary
    terraform = settings.terraform.model_copy(
        update={
            "binary": str(folder / Path(binary).expanduser()) if os.sep in binary else binary,
            "plugin_mirrors": tuple(folder / mirror for mirror in settings.terraform.plugin_mirrors),
        }
    )
    key_file = settings.vault.key_file
    older = tuple(folder / file for file in settings.vault.older_key_files)
    vault = settings.vault.model_copy(
        update={"key_file": folder / key_file if key_file else None, "older_key_files": older}
    )
    return settings.model_copy(
        update={
            "state_dir": folder / settings.state_dir,
            "terraform": terraform,
            "vault": vault,
            "workspaces": {name: _in_folder(item, folder) for name, item in settings.workspaces.items()},
        }
    )


def _in_folder(workspace: Workspace, folder: Path) -> Workspace:
    """Template from the configuration's folder; state and variable files from the template's, as Terraform has it.

    A variable file that is not in the template's folder may lie beside the configuration.
    """
    template = folder / workspace.template
    state = workspace.state
    if state is not None and "://" not in state:
        state = str(template / Path(state).expanduser())
    var_files = []
    for name in workspace.var_files:
        here, beside = template / name, folder / name
        var_files.append(beside if beside.is_file() and not here.is_file() else here)
    return workspace.model_copy(update={"template": template, "state": state, "var_files": tuple(var_files)})
