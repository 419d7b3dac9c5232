"""The files of one reading: their texts, one digest over all, and what could not be read.

Parsed files are kept from one reading to the next by the digest of their content.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.desired.json_syntax import parse_json
from reconciler.desired.parse import configuration, parse_hcl
from reconciler.desired.source import SourceFile, is_configuration, list_files, read_bytes, relative, source_file
from reconciler.desired.syntax import Parsed
from reconciler.errors import ReconcilerError, TemplateError

ASSETS_LIMIT: Final = 20 * 1024 * 1024
"""Bytes of all files beside the configuration that one version of a template keeps."""

CACHE_LIMIT: Final = 600_000
"""Characters of source whose trees are kept. A tree takes about a hundred times the memory of its source."""

_LEAST: Final = 100
"""So many characters a file counts at the least: what is kept of an empty one takes memory too."""


class _Cache:
    """Parsed files by digest, the least recently used given up first. Used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Parsed, int]] = OrderedDict()
        self._size = 0

    def parsed(self, file: SourceFile) -> Parsed:
        key = f"{file.is_json}:{file.digest}"
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        parsed = _parse(file)
        with self._lock:
            if key not in self._kept:
                size = max(len(file.text), _LEAST)
                self._kept[key] = (parsed, size)
                self._size += size
            while self._size > CACHE_LIMIT:
                _, (_, size) = self._kept.popitem(last=False)
                self._size -= size
        return parsed


def _parse(file: SourceFile) -> Parsed:
    return parse_json(file.text) if file.is_json else configuration(parse_hcl(file.text))


_cache = _Cache()


@dataclass(slots=True)
class Files:
    """What one reading of a template reads. ``root`` is the template's folder.

    ``texts`` is the configuration. ``assets`` is what it reads beside (variable files, what ``file`` names), and the
    bytes of a configuration file that its text does not give back. ``left_out`` says of other files why they are not.
    """

    root: Path
    texts: dict[str, str] = field(default_factory=dict)
    assets: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    problems: list[ReconcilerError] = field(default_factory=list)
    _digests: dict[str, str] = field(default_factory=dict)

    def folder(self, folder: Path) -> list[tuple[SourceFile, Parsed]]:
        """The configuration files of a folder, parsed, in the order of their names.

        Raises:
            OSError: the folder cannot be listed.
        """
        found: list[tuple[SourceFile, Parsed]] = []
        for path in list_files(folder, is_configuration):
            file = self.read(path)
            if file is not None:
                parsed = _cache.parsed(file)
                self.problems += [fault.within(file.name) for fault in parsed.faults]
                found.append((file, parsed))
        return found

    def read(self, path: Path) -> SourceFile | None:
        """A file that belongs to the template; a problem and None where it cannot be read."""
        try:
            file = self._read(path)
        except TemplateError as error:
            self.problems.append(error)
            return None
        self.texts[file.name] = file.text
        return file

    def _read(self, path: Path) -> SourceFile:
        name = relative(path, self.root)
        self._digests[name] = _digest(name, b"")
        content = read_bytes(path, name)
        self._digests[name] = _digest(name, hashlib.sha256(content).digest())
        try:
            file = source_file(name, content)
        except TemplateError:
            self._keep(name, content)
            raise
        if len(content) != len(file.text.encode()):  # a byte order mark
            self._keep(name, content)
        return file

    def variable_file(self, path: Path) -> SourceFile:
        """A variable file.

        Raises:
            TemplateError: it cannot be read.
        """
        name = relative(path, self.root)
        content = self.asset(path)
        return source_file(name, read_bytes(path, name) if content is None else content)

    def asset(self, path: Path) -> bytes | None:
        """A file that the configuration reads beside its own; None for one that is not kept."""
        name = relative(path, self.root)
        if name not in self.assets and name not in self.left_out:
            try:
                content = read_bytes(path, name)
            except TemplateError as error:
                self.left_out[name] = error.message
                self._digests[name] = _digest(name, error.message.encode())
            else:
                self._digests[name] = _digest(name, hashlib.sha256(content).digest())
                self._keep(name, content)
        return self.assets.get(name)

    def _keep(self, name: str, content: bytes) -> None:
        if sum(map(len, self.assets.values())) + len(content) > ASSETS_LIMIT:
            self.left_out[name] = f"more than {ASSETS_LIMIT // 1024 // 1024} MB of files beside the configuration"
        else:
            self.assets[name] = content

    def digest(self) -> str:
        """``sha256:`` over the names and contents of all files read, in the order of the names."""
        whole = hashlib.sha256()
        for name in sorted(self._digests, key=os.fsencode):
            whole.update(bytes.fromhex(self._digests[name]))
        return f"sha256:{whole.hexdigest()}"


def _digest(name: str, content: bytes) -> str:
    return hashlib.sha256(b"\0" + os.fsencode(name) + b"\0" + content).hexdigest()
