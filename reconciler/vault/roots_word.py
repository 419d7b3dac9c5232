"""What root of this host has said: files that nobody else can write, nor put another one in their place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from reconciler.errors import VaultError


def says(file: Path, owner: int = 0) -> str | None:
    """What root has written into a file, None where there is none.

    Args:
        file: the file.
        owner: who alone may be able to write it: root.

    Raises:
        VaultError: others can write it, or it cannot be read.
    """
    if not file.is_file():
        return None
    insist(file, owner)
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError(f"{file} cannot be read", hint="it holds one name") from error


def insist(file: Path, owner: int = 0) -> None:
    """See to it that only its owner can write a file, or put another one in its place.

    Args:
        file: the file.
        owner: who alone may be able to: root.

    Raises:
        VaultError: it is missing, or others can.
    """
    # Who may write a folder above it, or above what it is a link to, may put another one in its place.
    whole, real = file.absolute(), Path(os.path.realpath(file))
    for path in dict.fromkeys((whole, *whole.parents, real, *real.parents)):
        try:
            found = path.stat()
        except OSError as error:
            raise VaultError(
                f"{path} cannot be read: {error.strerror}", hint="see [vault] in the configuration"
            ) from error
        # In a folder with the sticky bit nobody replaces another's file.
        loose = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not (path.is_dir() and found.st_mode & stat.S_ISVTX)
        if found.st_uid not in {0, owner} or loose:
            raise VaultError(
                f"{path} can be written by others than its owner, or is not root's",
                hint=f"chown root {path}; chmod go-w {path}",
            )
