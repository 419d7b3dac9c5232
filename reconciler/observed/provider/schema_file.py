"""The schemas of one provider binary as a file: an index in front, each type's schema as the provider sent it.

A start reads the index, and decodes only the types it meets. Layout::

    magic and version          8 bytes
    length and CRC of index    2 x 4 bytes, little endian
    index                      msgpack: [protocol, schema call optional, {name: [offset, length, crc]}]
    schemas                    protobuf, offsets count from here

The provider's own configuration schema stands under the empty name, which no resource type can have.
"""

from __future__ import annotations

import os
import struct
import tempfile
import weakref
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.observed.provider.packing import pack, unpack

PROVIDER: Final = ""
"""The name under which the provider's own schema stands."""

_MAGIC: Final = b"rcnschm1"
_HEAD: Final = struct.Struct("<8sII")


class DamagedFileError(ValueError):
    """The file is not what was written; it can be made again from the provider."""


class _Opened:
    """A file held open for as long as somebody has it: another one may take its place meanwhile, of another layout."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self.number)

    def read(self, length: int, offset: int) -> bytes:
        return os.pread(self.number, length, offset)


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A file that was written before. Its content is read as it is asked for."""

    protocol: int
    call_optional: bool
    _file: _Opened
    _start: int
    _index: Mapping[str, tuple[int, int, int]]

    @classmethod
    def open(cls, path: Path) -> SchemaFile:
        """Read the index.

        Raises:
            OSError: there is no such file, or it cannot be read.
            DamagedFileError: it is cut off, altered, or of another version.
        """
        file = _Opened(path)
        head = file.read(_HEAD.size, 0)
        if len(head) != _HEAD.size:
            raise DamagedFileError("the file is cut off")
        magic, length, crc = _HEAD.unpack(head)
        if magic != _MAGIC:
            raise DamagedFileError("the file has another format")
        raw = file.read(length, _HEAD.size)
        if len(raw) != length or zlib.crc32(raw) != crc:
            raise DamagedFileError("the index is damaged")
        match unpack(raw):
            case [int(protocol), bool(optional), dict(index)]:
                return cls(protocol, optional, file, _HEAD.size + length, index)
            case _:
                raise DamagedFileError("the index is not one")

    def __contains__(self, name: str) -> bool:
        """Whether the provider has the resource type."""
        return name in self._index

    def read(self, name: str) -> bytes:
        """One type's schema as protobuf.

        Raises:
            KeyError: no such type.
            OSError: the file cannot be read.
            DamagedFileError: the bytes are not those that were written.
        """
        offset, length, crc = self._index[name]
        data = self._file.read(length, self._start + offset)
        if len(data) != length or zlib.crc32(data) != crc:
            raise DamagedFileError(f"the schema of {name or 'the provider'} is damaged")
        return data


def write(path: Path, protocol: int, schemas: Mapping[str, bytes], *, call_optional: bool) -> None:
    """Write the file whole or not at all; a reader sees the old one or the new one.

    Raises:
        OSError: the folder cannot be written.
    """
    index: dict[str, tuple[int, int, int]] = {}
    at = 0
    for name, data in schemas.items():
        index[name] = (at, len(data), zlib.crc32(data))
        at += len(data)
    raw = pack([protocol, call_optional, index])
    write_atomically(path, b"".join((_HEAD.pack(_MAGIC, len(raw), zlib.crc32(raw)), raw, *schemas.values())))


def write_atomically(path: Path, content: bytes) -> None:
    """Through a file of its own beside it, so that two writers do not mix.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
