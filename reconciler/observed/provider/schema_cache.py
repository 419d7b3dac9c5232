"""The schemas of provider binaries, kept on disk under the binary's digest and decoded type by type.

The AWS provider's answer has 4.9 MB for 1,526 types and costs it half a second; a pass meets a few dozen.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.drift.schema import CtyType, Schema
from reconciler.errors import ProviderError
from reconciler.observed.provider import schema_file
from reconciler.observed.provider.implied import implied_type
from reconciler.observed.provider.schema_decode import decode_schema
from reconciler.observed.provider.schema_file import PROVIDER, DamagedFileError, SchemaFile

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SchemaAnswer:
    """A provider's answer to the schema call, not decoded further."""

    protocol: int
    provider: bytes
    resource_types: dict[str, bytes]
    call_optional: bool


@dataclass(frozen=True, slots=True)
class TypeSchema:
    """A resource type's schema and the cty type of its values."""

    schema: Schema
    cty_type: CtyType


class ProviderSchemas:
    """What one binary knows. Safe to use from several threads."""

    def __init__(self, source: SchemaFile | SchemaAnswer) -> None:
        """Take a file of the cache, or where the cache cannot be written the answer itself."""
        self._source = source
        self._decoded: dict[str, TypeSchema] = {}

    @property
    def protocol(self) -> int:
        """5 or 6."""
        return self._source.protocol

    @property
    def call_optional(self) -> bool:
        """Whether the provider works without being asked for its schema first."""
        return self._source.call_optional

    def provider(self) -> Schema:
        """The schema of the provider's own configuration.

        Raises:
            DamagedFileError, ProviderError: as :meth:`resource_type`.
        """
        found = self.resource_type(PROVIDER)
        if found is None:
            raise DamagedFileError("the provider's own schema is missing")
        return found.schema

    def resource_type(self, name: str) -> TypeSchema | None:
        """A resource type's schema, None where the provider has no such type.

        Raises:
            DamagedFileError: the cached file changed under us; ask the provider anew.
            ProviderError: the provider's schema cannot be understood.
        """
        if name not in self._decoded:
            data = self._read(name)
            if data is None:
                return None
            schema = decode_schema(data, self.protocol)
            self._decoded[name] = TypeSchema(schema, implied_type(schema.block))
        return self._decoded[name]

    def _read(self, name: str) -> bytes | None:
        if isinstance(self._source, SchemaAnswer):
            return self._source.provider if name == PROVIDER else self._source.resource_types.get(name)
        if name not in self._source:
            return None
        try:
            return self._source.read(name)
        except OSError as e:
            raise DamagedFileError("the file cannot be read") from e


class SchemaCache:
    """A folder of schema files, and the binaries whose digests are known."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made when something is written."""
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[str, ProviderSchemas] = {}

    def lookup(self, binary: Path) -> ProviderSchemas | None:
        """What is kept of this binary, None where nothing usable is.

        Raises:
            ProviderError: the binary cannot be read.
        """
        digest = self.digest(binary)
        with self._lock:
            if digest not in self._known:
                try:
                    self._known[digest] = ProviderSchemas(SchemaFile.open(self._path(digest)))
                except FileNotFoundError:
                    return None
                except (OSError, ValueError) as e:
                    _log.warning("a schema file in the cache is not usable and will be made again: %s", e)
                    return None
            return self._known[digest]

    def store(self, binary: Path, answer: SchemaAnswer) -> ProviderSchemas:
        """Keep an answer. Where the disk refuses, it is kept in memory for this binary.

        Raises:
            ProviderError: the binary cannot be read.
        """
        digest = self.digest(binary)
        path = self._path(digest)
        try:
            schemas = {PROVIDER: answer.provider, **answer.resource_types}
            schema_file.write(path, answer.protocol, schemas, call_optional=answer.call_optional)
            kept = ProviderSchemas(SchemaFile.open(path))
        except (OSError, ValueError) as e:
            _log.warning("the schema cache cannot be written, the next start will be slower: %s", e)
            kept = ProviderSchemas(answer)
        with self._lock:
            self._known[digest] = kept
        return kept

    def forget(self, binary: Path) -> None:
        """Drop what is kept of a binary: its file turned out to be damaged."""
        digest = self.digest(binary)
        with self._lock:
            self._known.pop(digest, None)
            self._path(digest).unlink(missing_ok=True)

    def digest(self, binary: Path) -> str:
        """The SHA-256 of a binary, in hexadecimal, remembered while its file stays as it is.

        Digesting 700 MB takes a second or more; path, size, time of change and inode tell as well that
        nothing moved, since a provider is installed by writing a new file. Workspaces hold links to one file of a
        mirror or plugin cache: it is digested once for all.

        Raises:
            ProviderError: the binary cannot be read.
        """
        try:
            stat = binary.stat()
            told = [str(binary.resolve()), stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_dev]
            key = hashlib.sha256(json.dumps(told).encode()).hexdigest()
            note = self._folder / "digests" / key
            if digest := _remembered(note):
                return digest
            with binary.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as e:
            raise ProviderError(
                f"the provider binary {binary} cannot be read: {e.strerror}",
                hint="run terraform init, or check the mirror",
            ) from e
        try:
            schema_file.write_atomically(note, digest.encode())
        except OSError as e:
            _log.warning("the schema cache cannot be written, the next start will be slower: %s", e)
        return digest

    def _path(self, digest: str) -> Path:
        return self._folder / "schemas" / digest


def _remembered(note: Path) -> str | None:
    try:
        text = note.read_text("ascii")
    except (OSError, ValueError):
        return None
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else None
