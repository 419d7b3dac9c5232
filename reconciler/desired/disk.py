"""The functions that read files: of the template's folder and its modules' folders, nowhere else.

What a template names elsewhere on Terraform's host may be a secret of this one: it is not read, and UNKNOWN.
Reference: https://developer.hashicorp.com/terraform/language/functions/file
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from reconciler.desired.expressions.evaluate import Budget, evaluate
from reconciler.desired.expressions.values import FailureError, make_set, wholly_known
from reconciler.desired.files import Files
from reconciler.desired.module_tree import ModuleNode
from reconciler.desired.parse import parse_template
from reconciler.desired.source import can_be_looked_at
from reconciler.drift.values import UNKNOWN, Unknown, Value

LISTED: Final = 5_000
"""Files that are looked through for one ``fileset``."""

_DIGESTS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "filebase64": lambda content: base64.b64encode(content).decode(),
    "filemd5": lambda content: hashlib.md5(content, usedforsecurity=False).hexdigest(),
    "filesha1": lambda content: hashlib.sha1(content, usedforsecurity=False).hexdigest(),
    "filesha256": lambda content: hashlib.sha256(content).hexdigest(),
    "filesha512": lambda content: hashlib.sha512(content).hexdigest(),
    "filebase64sha256": lambda content: base64.b64encode(hashlib.sha256(content).digest()).decode(),
    "filebase64sha512": lambda content: base64.b64encode(hashlib.sha512(content).digest()).decode(),
}
# What doublestar, Terraform's matcher, has beyond this (alternatives, classes, escapes) is UNKNOWN.
_PLAIN_PATTERN: Final = re.compile(r"[^\[\]{}\\!^]+")
_PIECES: Final = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANINGS: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class Disk:
    """Reads for the evaluator. Every file that it reads belongs to the version of the template."""

    files: Files
    tree: ModuleNode

    @cached_property
    def _folders(self) -> tuple[Path, ...]:
        return tuple({Path(os.path.realpath(node.module.folder)) for node in self.tree.walk()})

    def place(self, path: Value) -> Path | None:
        """The file or folder of a relative path, as seen from the template's folder; None where it is not read."""
        if not isinstance(path, str) or not path or "\0" in path:
            return None
        place = Path(os.path.normpath(self.files.root / os.path.expanduser(path)))  # noqa: PTH111 a text, as Terraform's
        if not can_be_looked_at(place):
            return None
        real = Path(os.path.realpath(place))
        if not path.startswith(("/", "~")) and any(real.is_relative_to(folder) for folder in self._folders):
            return place
        if place.is_file():
            self.files.left_out[path] = "outside of the template's folders"
        return None

    def call(self, name: str, arguments: list[Value], budget: Budget) -> Value:  # noqa: PLR0911 - one for each kind
        """The worth of a function; UNKNOWN for a file that is not ours to read.

        Raises:
            FailureError: the file is not there, or no text where a text is wanted.
        """
        place = self.place(arguments[0]) if arguments else None
        if place is None or not wholly_known(arguments):
            return UNKNOWN
        match name, arguments:
            case "fileexists", [_]:
                return self._exists(place)
            case "fileset", [_, str(pattern)]:
                return self._matching(place, pattern)
            case "file", [_]:
                return self._text(place)
            case "templatefile", [_, Mapping() as names]:
                text = self._text(place)
                return text if isinstance(text, Unknown) else evaluate(parse_template(text), _Names(names), budget)
            case digest, [_] if digest in _DIGESTS:
                content = self._content(place)
                return UNKNOWN if content is None else _DIGESTS[digest](content)
            case _:
                return UNKNOWN

    def _exists(self, place: Path) -> Value:
        if place.is_dir():
            raise FailureError
        if place.exists():
            self.files.asset(place)
        return place.exists()

    def _content(self, place: Path) -> bytes | None:
        if not place.exists() or place.is_dir():
            raise FailureError
        return self.files.asset(place)

    def _text(self, place: Path) -> str | Unknown:
        content = self._content(place)
        if content is None:
            return UNKNOWN
        try:
            return unicodedata.normalize("NFC", content.decode())
        except UnicodeDecodeError as error:
            raise FailureError from error

    def _matching(self, folder: Path, pattern: str) -> Value:
        if not _PLAIN_PATTERN.fullmatch(pattern) or ".." in pattern.split("/"):
            return UNKNOWN
        wanted = re.compile("".join(_MEANINGS.get(piece) or re.escape(piece) for piece in _PIECES.findall(pattern)))
        names: list[Value] = []
        for seen, path in enumerate(self.below(folder)):
            if seen >= LISTED or path.is_symlink():
                return UNKNOWN
            name = path.relative_to(folder).as_posix()
            if wanted.fullmatch(name):
                names.append(unicodedata.normalize("NFC", name))
                self.files.asset(path)
        return make_set(names)

    @staticmethod
    def below(folder: Path) -> Iterator[Path]:
        """All files at any depth, links to folders among them."""
        for here, folders, names in os.walk(folder):
            folders.sort()
            links = [name for name in folders if (Path(here) / name).is_symlink()]
            yield from (Path(here) / name for name in sorted([*names, *links]))


@dataclass(frozen=True)
class _Names:
    """The scope of a template file: what is given to it, and no file."""

    names: Mapping[str, Value]

    def lookup(self, name: str) -> Value:
        return self.names.get(name, UNKNOWN)

    def disk(self) -> None:
        return None
