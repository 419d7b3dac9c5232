"""Secrets put where secrets are, and the search for them everywhere else: plain, quoted and encoded."""

from __future__ import annotations

import base64
import json
import os
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PLACES = (
    # in the template
    *("default", "provider-secret-key", "provider-token", "provider-asked", "provider-external-id"),
    # in variables
    *("variable-file", "variable-config", "variable-environment", "variable-setting"),
    # in state and cloud
    *("secret-string", "terraform-data", "output", "cloud-parameter", "cloud-secret", "cloud-task"),
    # of backends
    *("s3-secret-key", "s3-token", "s3-external-id", "http-password", "http-header", "pg-password", "pull-secret-key"),
    # of the installation
    *("database-password", "database-setting", "environment-external-id", "vault-key"),
    # in the environment of whoever calls us, and in AWS's files
    *("aws-secret-key", "aws-session-token", "profile-secret-key", "proxy-password", "registry-token"),
    *("reconciler-token", "pgpassword", "somebody-elses"),
)
"""Where a canary sits."""


def canary(place: str) -> str:
    """The secret of a place: of 32 bytes, with characters that every notation writes in its own way."""
    return f"{place.replace('-', '')[:18]:x<18}/+&=Kq7Zt4%Wv9"


def forms(secret: str | bytes) -> set[bytes]:
    """How a secret may look in a text."""
    plain = secret.encode() if isinstance(secret, str) else secret
    found = {plain, plain.hex().encode(), plain.hex().upper().encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Wherever it begins within what is encoded, the middle of its code is one of three.
        found |= {encode(b"x" * n + plain)[4 if n else 0 : -4] for n in range(3)}
    if isinstance(secret, str):
        found.add(json.dumps(secret)[1:-1].encode())
        found |= {urllib.parse.quote(secret, safe=safe).encode() for safe in ("", "/")}
        found.add(urllib.parse.quote_plus(secret).encode())
        found.add(secret.replace("&", "&amp;").encode())
        found.add(secret.replace("&", "\\u0026").encode())
        found.add(secret.replace("%", "%%").encode())
    return found


@dataclass
class Search:
    """All canaries in all their forms."""

    secrets: Mapping[str, str | bytes]
    _forms: dict[str, set[bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self._forms = {place: forms(secret) for place, secret in self.secrets.items()}

    def found(self, text: bytes) -> set[str]:
        """The places whose canary is in a text."""
        return {place for place, known in self._forms.items() if any(form in text for form in known)}


@dataclass
class Seen:
    """What was seen of children: by program, the places whose canaries were in its arguments and environment."""

    arguments: dict[str, set[str]] = field(default_factory=dict)
    environments: dict[str, set[str]] = field(default_factory=dict)


@contextmanager
def watching(search: Search) -> Iterator[Seen]:
    """Look at every process that stems from this one, fifty times a second."""
    seen, over = Seen(), threading.Event()
    known: set[tuple[int, bytes]] = set()

    def look() -> None:
        while not over.wait(0.02):
            for pid in _descendants(os.getpid()):
                _note(pid, search, seen, known)

    thread = threading.Thread(target=look, name="canaries")
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _note(pid: int, search: Search, seen: Seen, known: set[tuple[int, bytes]]) -> None:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        again = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return  # it ended while we looked
    if not command or command != again or (pid, command) in known:
        return
    known.add((pid, command))
    program = _program(command)
    if program == "provider" and _parent(pid) == "terraform":
        program = "terraform"  # it gives its own environment on
    seen.arguments.setdefault(program, set()).update(search.found(command))
    seen.environments.setdefault(program, set()).update(search.found(environment))


def _parent(pid: int) -> str:
    with suppress(OSError, IndexError):
        parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        return _program(Path(f"/proc/{parent}/cmdline").read_bytes())
    return ""


def _program(command: bytes) -> str:
    words = command.decode("utf-8", "replace").split("\0")
    name = Path(words[0]).name
    if name.startswith("python"):
        if any("provider/launch.py" in word for word in words):
            return "provider"  # on its way to be one
        return "reconciler" if any(word.endswith("/reconciler") for word in words) else "python"
    return "provider" if name.startswith("terraform-provider-") else name.rstrip(":")


def _descendants(root: int) -> list[int]:
    found: list[int] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):  # it ended while we looked
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    waiting += map(int, (task / "children").read_text().split())
        found.append(pid)
    return found
