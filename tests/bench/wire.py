"""When two requests to AWS ask for the same: whoever signed them, whenever, and whichever try it is.

Wire forms: https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlsplit

T = TypeVar("T")

# A token makes a repeated call harmless; it says nothing of what is asked for.
_TOKENS = frozenset({"clienttoken", "clientrequesttoken", "idempotencytoken", "callerreference", "creatorrequestid"})
# Parts of a signature that may stand in the query, and names of the operation that some clients repeat there.
_SIGNED = re.compile(r"x-amz-|awsaccesskeyid$|signature|timestamp$|expires$|x-id$", re.IGNORECASE)
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]+/[^/]+)/")


@dataclass(frozen=True)
class Request:
    """A request of an AWS client. Names of headers are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def key(self) -> bytes:
        """Equal for requests that ask for the same."""
        return self._meaning.key

    @property
    def action(self) -> str:
        """Service and operation, or method where only the path tells the operation."""
        return self._meaning.action

    @property
    def _meaning(self) -> _Meaning:
        signed = _SCOPE.search(self.headers.get("authorization", ""))
        return _meaning(
            self.method,
            self.target,
            signed[1] if signed else "",
            self.headers.get("x-amz-target", ""),
            self.headers.get("content-type", ""),
            self.body,
        )


class _Meaning(NamedTuple):
    key: bytes
    action: str


@lru_cache(maxsize=100_000)
def _meaning(method: str, target: str, place: str, operation: str, content_type: str, body: bytes) -> _Meaning:
    """What a request says. Kept, since a replay hears the same again and again: it has to be quick about it."""
    parts = urlsplit(target)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _SIGNED.match(pair[0])]
    said = _said(content_type, body)
    key = json.dumps([method, place, parts.path, sorted(_without_tokens(query)), operation, said], sort_keys=True)
    form = dict(said) if _is_form(content_type) and isinstance(said, list) else {}
    action = operation.rpartition(".")[2] or form.get("Action", method)
    return _Meaning(hashlib.blake2b(key.encode(), digest_size=16).digest(), f"{place.rpartition('/')[2]}:{action}")


def _said(content_type: str, body: bytes) -> object:
    """What the body says, in whatever form."""
    text = body.decode("utf-8", "backslashreplace")
    if _is_form(content_type):
        return sorted(_without_tokens(parse_qsl(text, keep_blank_values=True)))
    if "json" in content_type and body:
        try:
            said = json.loads(text)
        except ValueError:
            return text
        return dict(_without_tokens(said.items())) if isinstance(said, dict) else said
    return text


def _without_tokens(pairs: Iterable[tuple[str, T]]) -> list[tuple[str, T]]:
    return [pair for pair in pairs if pair[0].lower() not in _TOKENS]


def _is_form(content_type: str) -> bool:
    return content_type.startswith("application/x-www-form-urlencoded")


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
        headers[name.lower()] = value.strip()
    return Request(method, target, headers), int(headers.get("content-length", "0"))
