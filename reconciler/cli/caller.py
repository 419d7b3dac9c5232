"""Who calls: the token, from the environment or from a file that nobody else can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from reconciler.errors import ConfigError

_VARIABLE: Final = "RECONCILER_TOKEN"
_MOST_BYTES: Final = 4096

TokenFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="Your token, in a file of mode 0600. By default RECONCILER_TOKEN, then ~/.config/reconciler/token.",
        show_default=False,
    ),
]


def token_of(file: Path | None) -> str | None:
    """The caller's token, None where there is none.

    Raises:
        ConfigError: the file cannot be read, or others can read it too.
    """
    if file is not None:
        return _read(file)
    given = os.environ.get(_VARIABLE)
    if given:
        return given.strip()
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111  it may not exist
    own = Path(home, "reconciler", "token")
    return _read(own) if own.is_file() else None


def shell_user() -> str:
    """Who sits there: behind sudo the one who called it."""
    import getpass  # noqa: PLC0415  slow, and only here

    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # no name for this uid, as in a container
        return f"uid {os.getuid()}"


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigError(f"others can read the token in {file}", hint=f"chmod 600 {file}")
            return opened.read(_MOST_BYTES).decode("ascii", "replace").strip()
    except OSError as error:
        raise ConfigError(f"the token file {file} cannot be read: {error.strerror}") from error
