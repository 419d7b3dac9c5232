"""The files of a folder as Terraform would pick them, read without trusting any of them."""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.errors import Position, TemplateError

LIMIT: Final = 5 * 1024 * 1024
"""Bytes of a file that we read. Reading so much takes about ten seconds."""

CONFIGURATION: Final = (".tf", ".tf.json")
LOCK_FILE: Final = ".terraform.lock.hcl"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file read. ``name`` is relative to the template's folder, with ``/``; ``text`` is without a BOM."""

    name: str
    text: str
    digest: str

    @property
    def is_json(self) -> bool:
        """Whether it is in JSON syntax."""
        return self.name.endswith(".json")

    @property
    def is_override(self) -> bool:
        """Whether Terraform merges it over the other files instead of adding it."""
        stem = self.name.rsplit("/", 1)[-1].removesuffix(".json").removesuffix(".tf")
        return stem == "override" or stem.endswith("_override")


def relative(path: Path, root: Path) -> str:
    """A path as seen from the template's folder; it may begin with ``../``."""
    return Path(os.path.relpath(path, root)).as_posix()


def list_files(folder: Path, wanted: Callable[[str], bool]) -> list[Path]:
    """The files of a folder with a wanted name, in the order of their names' bytes. Folders are left out.

    Raises:
        OSError: the folder cannot be listed.
    """
    names = sorted((path.name for path in folder.iterdir() if wanted(path.name)), key=os.fsencode)
    return [path for path in (folder / name for name in names) if not path.is_dir()]


def can_be_looked_at(path: Path) -> bool:
    """Whether the system tells if there is something: not where a name is too long or a folder is closed to us."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):  # ValueError: a NUL
        return False
    return True


def is_configuration(name: str) -> bool:
    """Whether Terraform reads a file of that name: no dotfile and no editor's backup."""
    if name.startswith(".") or name.endswith("~") or (name.startswith("#") and name.endswith("#")):
        return False
    return name.endswith(CONFIGURATION)


def read_file(path: Path, root: Path) -> SourceFile:
    """Read a regular file of UTF-8. Its name is relative to the root, the template's folder.

    Raises:
        TemplateError: missing, unreadable, not a regular file, too large, or not UTF-8 text.
    """
    name = relative(path, root)
    return source_file(name, read_bytes(path, name))


def source_file(name: str, content: bytes) -> SourceFile:
    """A file's content as text.

    Raises:
        TemplateError: it is not UTF-8 text.
    """
    position = Position(_printable(name))
    return SourceFile(position.file, _decode(content, position), hashlib.sha256(content).hexdigest())


def read_bytes(path: Path, name: str) -> bytes:
    """The content of a regular file; errors call it by the name.

    Raises:
        TemplateError: missing, unreadable, not a regular file, or too large.
    """
    position = Position(_printable(name))
    try:
        # O_NONBLOCK: opening a FIFO would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise TemplateError("not a regular file", hint="replace it by the file itself", position=position)
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise TemplateError(_reason(error), hint=_hint(error), position=position) from error
    if len(content) > LIMIT:
        message = f"larger than {LIMIT // 1024 // 1024} MB"
        raise TemplateError(message, hint="a template of this size is not read; split it", position=position)
    return content


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT:
            return "the file does not exist"
        case errno.EACCES:
            return "no permission to read it"
        case errno.ELOOP:
            return "its symbolic links go round in a circle"
        case _:
            return f"cannot be read: {os.strerror(error.errno or 0)}"


def _hint(error: OSError) -> str:
    if error.errno == errno.EACCES:
        return "let the user of the reconciler read it"
    return "check that the path is right and that the file, or what its link points to, is there"


def _decode(content: bytes, position: Position) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise TemplateError("encoded as UTF-16", hint="save it as UTF-8", position=position)
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        place = Position(position.file, line)
        raise TemplateError("not valid UTF-8", hint="save it as UTF-8", position=place) from error
    if "\0" in text:
        at = text.index("\0")
        place = Position(position.file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
        raise TemplateError("a NUL character", hint="the file is damaged or not text", position=place)
    return text


def _printable(name: str) -> str:
    # Names come from the file system as bytes; what is not UTF-8 must not break whoever prints it.
    return os.fsencode(name).decode(errors="replace")
