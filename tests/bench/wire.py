"""When two requests to AWS ask for the same: whoever signed them, whenever, and whichever try it is.

Wire forms: https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

# A token makes a repeated call harmless; it says nothing of what is asked for.
_TOKENS = frozenset({"clienttoken", "clientrequesttoken", "idempotencytoken", "callerreference", "creatorrequestid"})
# Parts of a signature that may stand in the query, and names of the operation that some clients repeat there.
_SIGNED = re.compile(r"x-amz-|awsaccesskeyid$|signature|timestamp$|expires$|x-id$", re.IGNORECASE)
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/")


@dataclass(frozen=True)
class Request:
    """A request of an AWS client. Names of headers are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def place(self) -> str:
        """Region and service that it is signed for; empty where it is not signed."""
        found = _SCOPE.search(self.headers.get("authorization", ""))
        return f"{found[1]}/{found[2]}" if found else ""

    @cached_property
    def action(self) -> str:
        """Service and operation, or method where only the path tells the operation."""
        service = self.place.rpartition("/")[2]
        named = self.headers.get("x-amz-target", "").rpartition(".")[2] or dict(self._form).get("Action")
        return f"{service}:{named or self.method}"

    @cached_property
    def _form(self) -> list[tuple[str, str]]:
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return []
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @cached_property
    def key(self) -> bytes:
        """Equal for requests that ask for the same."""
        parts = urlsplit(self.target)
        query = sorted(
            pair for pair in parse_qsl(parts.query, keep_blank_values=True)
            if pair[0].lower() not in _TOKENS and not _SIGNED.match(pair[0])
        )  # fmt: skip
        target = self.headers.get("x-amz-target", "")
        said = json.dumps([self.method, self.place, parts.path, query, target, self._said()], sort_keys=True)
        return hashlib.blake2b(said.encode(), digest_size=16).digest()

    def _said(self) -> object:
        """What the body says, in whatever form."""
        if self._form:
            return sorted(pair for pair in self._form if pair[0].lower() not in _TOKENS)
        if "json" in self.headers.get("content-type", "") and self.body:
            try:
                said = json.loads(self.body)
            except ValueError:
                return self.body.decode("latin-1")
            if isinstance(said, dict):
                return {name: value for name, value in said.items() if name.lower() not in _TOKENS}
            return said
        return self.body.decode("latin-1")


def parse_head(head: bytes) -> tuple[Request, int]:
    """A request without its body, and how long that is.

    Raises:
        ValueError: it is no request.
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(method, target, headers), int(headers.get("content-length", "0"))
