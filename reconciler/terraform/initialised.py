"""Whether a work copy is as ``terraform init`` left it: then another one would do nothing, in a second or more.

Most of that second goes into hashing the providers once more. Terraform checks them itself before it starts them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from reconciler.errors import TerraformError
from reconciler.terraform.files import BACKEND
from reconciler.terraform.work_copy import DATA_DIR, LOCK_FILE

_MARK = Path(DATA_DIR, ".reconciler-initialised")
_FILES = (LOCK_FILE, BACKEND, f"{DATA_DIR}/terraform.tfstate", f"{DATA_DIR}/modules/modules.json")


def is_initialised(folder: Path, binary: str, cli_config: str | None) -> bool:
    """Whether nothing has moved since :func:`note_initialised` that init looks at.

    That is the program and its configuration, the backend, the locked and the installed providers, and the list of
    modules. The template's files are not among them: another template has another work copy.
    """
    try:
        return (folder / _MARK).read_bytes() == _fingerprint(folder, binary, cli_config)
    except OSError:  # never noted, or a provider is gone
        return False


def note_initialised(folder: Path, binary: str, cli_config: str | None) -> None:
    """Note that init has just succeeded there.

    Raises:
        TerraformError: the note cannot be written.
    """
    try:
        (folder / DATA_DIR).mkdir(mode=0o700, exist_ok=True)  # a template without providers has none
        (folder / _MARK).write_bytes(_fingerprint(folder, binary, cli_config))
    except OSError as error:
        raise TerraformError(f"the work copy {folder} cannot be written: {error.strerror}") from error


def forget_initialised(folder: Path) -> None:
    """Have init run the next time, whatever it finds."""
    with contextlib.suppress(OSError):
        (folder / _MARK).unlink(missing_ok=True)


def _fingerprint(folder: Path, binary: str, cli_config: str | None) -> bytes:
    paths = [folder / name for name in _FILES]
    if cli_config is not None:
        paths.append(Path(cli_config))
    found = hashlib.sha256()
    for path in paths:
        found.update(f"{path}\0{_content(path)}\0".encode())
    for path in (Path(binary), *_installed(folder)):
        # A provider has hundreds of megabytes.
        known = path.stat()
        found.update(f"{path}\0{path.resolve()}\0{known.st_size}\0{known.st_mtime_ns}\0".encode())
    return found.hexdigest().encode()


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _installed(folder: Path) -> Iterator[Path]:
    """The files of the providers that it has, through the links into a mirror or a cache."""
    for place, _, names in sorted(os.walk(folder / DATA_DIR / "providers", followlinks=True)):
        yield from (Path(place, name) for name in sorted(names))
