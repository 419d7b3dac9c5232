"""What a template's expressions depend on besides its own text: files that its functions read, and the clock.

Read from the text alone, and always to the safe side: what looks like such a call in a comment counts as one.
Functions: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
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
