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
from reconciler.desired.source import SourceFile, is_configuration, list_files, read_file, relative
from reconciler.desired.syntax import Parsed
from reconciler.errors import ReconcilerError, TemplateError

CACHE_LIMIT: Final = 16_000_000
"""Characters of source whose trees are kept. A tree takes about twenty times the memory of its source."""


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
                self._kept[key] = (parsed, len(file.text))
                self._size += len(file.text)
            while self._size > CACHE_LIMIT:
                _, (_, size) = self._kept.popitem(last=False)
                self._size -= size
        return parsed


def _parse(file: SourceFile) -> Parsed:
    return parse_json(file.text) if file.is_json else configuration(parse_hcl(file.text))


_cache = _Cache()


@dataclass(slots=True)
class Files:
    """What one reading of a template reads. ``root`` is the template's folder."""

    root: Path
    texts: dict[str, str] = field(default_factory=dict)
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
        content = hashlib.sha256()
        try:
            file = read_file(path, self.root, content)
        except TemplateError as error:
            self.problems.append(error)
            return None
        else:
            self.texts[file.name] = file.text
            return file
        finally:
            self._digests[relative(path, self.root)] = content.hexdigest()

    def digest(self) -> str:
        """``sha256:`` over the names and contents of all files read, in the order of the names."""
        whole = hashlib.sha256()
        for name in sorted(self._digests, key=os.fsencode):
            whole.update(bytes.fromhex(self._digests[name]))
        return f"sha256:{whole.hexdigest()}"
