"""What a template's expressions depend on besides its own text: files that its functions read, and the clock.

Read from the text alone, and always to the safe side: what looks like such a call in a comment counts as one.
Functions: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

_READS: Final = re.compile(r"\b(?:file\w*|templatefile)\s*\(")
# One file whose path is written out. A template file may read others, and a file set is no file.
_PLAIN: Final = re.compile(
    r"\bfile(?:base64|exists|md5|sha1|base64sha256|base64sha512|sha256|sha512)?\s*\(\s*"
    r'"(?P<base>\$\{path\.(?:module|root)\}/)?(?P<path>[^"$%\\]+)"\s*\)'
)
_CHANGES: Final = re.compile(r"\b(?:timestamp|plantimestamp|uuid|bcrypt)\s*\(")
_MOST_BYTES: Final = 16 * 1024 * 1024
# What these run reads what it likes.
_RUNS: Final = re.compile(r'\bprovisioner\b|"external"')
# What Terraform itself writes into a template's folder.
_WRITTEN: Final = (".terraform", ".terraform.lock.hcl", "*.tfstate", "*.tfstate.*", ".git")


def fingerprint(folder: Path, files: Mapping[str, str]) -> str | None:
    """A digest of all that its functions read, None where that cannot be told.

    Args:
        folder: the template's.
        files: its files' texts, by POSIX path from the folder.
    """
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        calls = list(_PLAIN.finditer(text))
        if _CHANGES.search(text) or len(calls) != len(_READS.findall(text)):
            return None
        for call in calls:
            module = folder.joinpath(*PurePosixPath(name).parent.parts)
            base = module if (call["base"] or "").startswith("${path.module}") else folder
            content = _content(base / os.path.expanduser(call["path"]))  # noqa: PTH111 as Terraform does, in a text
            if content is None:
                return None
            digest.update(f"{name} {call[0]} {content}\n".encode())
    return digest.hexdigest()


def contents(folder: Path, files: Mapping[str, str], named: Iterable[str]) -> dict[str, str]:
    """Digests of what an apply may read besides the configuration and what is kept with it, by path from the folder.

    Where it cannot be told what is read, every file of the template's folders counts.

    Args:
        folder: the template's.
        files: its files' texts, by POSIX path from the folder.
        named: paths of files and folders that it names and that are not kept, as it names them.
    """
    found = {name: path for each in named for name, path in _below(folder, each)}
    if fingerprint(folder, files) is None or any(map(_RUNS.search, files.values())):
        for each in sorted({str(PurePosixPath(name).parent) for name in files}):
            found |= _below(folder, each)
    return {name: _digest(path) for name, path in sorted(found.items())}


def _below(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    """A file, or all files below a folder, each with its path as the template would name it."""
    place = folder / os.path.expanduser(name)  # noqa: PTH111 as Terraform does, in a text
    if not place.is_dir():
        yield name, place
        return
    for here, folders, names in os.walk(place):
        folders[:] = [each for each in folders if not _is_written(each)]
        links = [each for each in folders if (Path(here) / each).is_symlink()]
        for each in (*names, *links):
            if not _is_written(each):
                path = Path(here) / each
                yield os.path.join(name, path.relative_to(place)), path  # noqa: PTH118 a text, as the template's


def _is_written(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _WRITTEN)


def _digest(path: Path) -> str:
    """Of a file's content, however large; of anything else what it is."""
    try:
        if path.is_dir():
            return f"link {path.readlink()}"
        if not path.is_file():
            return "no file"
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"unreadable {error.errno}"


def _content(path: Path) -> str | None:
    """What says whether a file is the same: None where it is no plain file of moderate size."""
    try:
        if path.stat().st_size > _MOST_BYTES or not path.is_file():
            return None
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return "missing"
    except OSError:
        return None
