"""Adopted texts on disk: beside the template into a folder, or into the user's own checkout."""

from __future__ import annotations

import codecs
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.errors import Position, TemplateError
from reconciler.workflows.adopt import Adoption


def write_out(adoptions: Sequence[Adoption], folder: Path) -> list[Path]:
    """Write each text to a file of its own in a folder: ``ID.patch``, or the new file's name.

    Raises:
        TemplateError: a file is there already, or cannot be written; nothing else is.
    """
    texts = {
        folder / (each.file if each.before is None else f"{each.finding.id}.patch"): each.text
        for each in adoptions
        if each.text
    }
    _new(texts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    for path, text in texts.items():
        _write(path, text.encode())
    return list(texts)


def write_back(adoptions: Sequence[Adoption], template: Path) -> list[Path]:
    """Write the texts into the template's own files, and new files beside them.

    Raises:
        TemplateError: a file is no longer as it was read, or cannot be written; it is then as it was.
    """
    first: dict[str, str | None] = {}
    last: dict[str, str] = {}
    for each in adoptions:
        if each.text:
            first.setdefault(each.file, each.before)
            last[each.file] = each.after
    _new({template / file: last[file] for file, before in first.items() if before is None})
    contents: dict[Path, bytes] = {}
    for file, before in first.items():
        path = Path(os.path.realpath(template / file))
        mark = b"" if before is None else _mark(path, before)
        contents[path] = mark + last[file].encode()
    for path, content in contents.items():
        _write(path, content)
    return list(contents)


def _mark(path: Path, before: str) -> bytes:
    """The byte order mark that a file has, if it holds otherwise what was read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unwritable(path, error) from error
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    if content != mark + before.encode():
        raise TemplateError("the file has changed since it was read", hint="try again", position=Position(str(path)))
    if not os.access(path, os.W_OK):
        raise TemplateError("no permission to write it", hint="--out writes to a folder", position=Position(str(path)))
    return mark


def _new(texts: Mapping[Path, object]) -> None:
    for path in texts:
        if path.exists() or path.is_symlink():
            raise TemplateError("the file is there already", hint="move it away", position=Position(str(path)))


def _write(path: Path, content: bytes) -> None:
    """Write beside the target and rename, with the target's mode: nobody reads half a file."""
    try:
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor
                file.write(content)
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unwritable(path, error) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(path: Path, error: OSError) -> TemplateError:
    message = f"cannot be written: {os.strerror(error.errno or 0)}"
    return TemplateError(message, hint="--out writes to another folder", position=Position(str(path)))
