"""Values as the cloud and Terraform know them, paths into them, and the mask over what is secret.

A value is JSON's: None, bool, int, float, str, list, dict. A secret leaf is replaced by
:class:`Sensitive` before anything is compared, stored or printed, so that the rest of the program never
holds it: two secrets are equal if their keyed digests are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""None, bool, int, float, str, :class:`Sensitive`, list of values, dict of str to values."""

Object: TypeAlias = Mapping[str, Value]
"""The attributes of one resource."""

Path: TypeAlias = tuple[str | int, ...]
"""Steps from a resource's attributes down: an attribute or map key, or a list index."""

Digest: TypeAlias = Callable[[bytes], str]
"""A keyed digest: the same secret gives the same text, and nobody without the key can tell which secret."""

_PLAIN = re.compile(r"[^.\[\]\"\s]+")
_MARK = "$sensitive"
_NOT_KNOWN = "$unknown"
_MARKS = frozenset({_MARK, _NOT_KNOWN})
_LIKE_MARK = re.compile(r"\$+(sensitive|unknown)")


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A secret's place holder. Equal where the secrets are equal, and printed as ``(sensitive)``."""

    digest: str

    def __str__(self) -> str:
        """Never the secret."""
        return "(sensitive)"


class Unknown:
    """A value that is known only after apply, or that we cannot evaluate. Equal to nothing but itself."""

    def __repr__(self) -> str:
        """``UNKNOWN``."""
        return "UNKNOWN"


UNKNOWN = Unknown()


def is_zero(value: Value) -> bool:
    """Whether a value is one of those that providers use for *not set*: None, "", [], {}, False, 0."""
    return value is None or value in ("", [], {}, 0)  # False is 0


def format_path(path: Path) -> str:
    """``attribute.key[0].name``; a key that holds a dot, bracket or quote is written ``["a.b"]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


def parse_path(text: str) -> Path:
    """Read what :func:`format_path` writes.

    Raises:
        ValueError: the text is not a path; the message names the offset.
    """
    path: list[str | int] = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            begin = at + 1
            try:
                step, at = json.JSONDecoder().raw_decode(text, begin)
            except (ValueError, RecursionError):
                step = None
            if not isinstance(step, int | str) or isinstance(step, bool) or not text.startswith("]", at):
                message = f"an index or a quoted key is expected at offset {begin} of {text!r}"
                raise ValueError(message)
            path.append(step)
            at += 1
            continue
        if path:
            if text[at] != ".":
                message = f"a dot is expected at offset {at} of {text!r}"
                raise ValueError(message)
            at += 1
        name = _PLAIN.match(text, at)
        if name is None:
            message = f"a name is expected at offset {at} of {text!r}"
            raise ValueError(message)
        path.append(name.group())
        at = name.end()
    return tuple(path)


def canonical(value: Value) -> bytes:
    """One JSON text for equal values: sorted keys, no spaces. The input of every digest."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_json).encode(
        "utf-8", "surrogatepass"
    )


def texts(value: Value) -> Iterator[str]:
    """Every text in a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from texts(inner)


def mask(value: Value, paths: Iterable[Path], digest: Digest) -> Value:
    """Replace what stands at the paths by :class:`Sensitive`.

    A path may name a whole subtree. A list index in a path matches that element; a path step of a name
    through a list or set matches in every element, since schemas name attributes and not elements.
    Null and empty values stay: they hold no secret, and providers exchange them freely.
    """
    tree: dict[str | int, Any] = {}
    for path in paths:
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[_MARK] = {}
    return _mask(value, tree, digest) if tree else value


def _mask(value: Value, tree: dict[str | int, Any], digest: Digest) -> Value:
    if value is None or isinstance(value, Sensitive) or value in ("", [], {}):
        return value
    if _MARK in tree:
        return Sensitive(digest(canonical(value)))
    if isinstance(value, dict):
        return {k: _mask(v, tree[k], digest) if k in tree else v for k, v in value.items()}
    if isinstance(value, list):
        through: dict[str | int, Any] = {step: sub for step, sub in tree.items() if isinstance(step, str)}
        return [
            _mask(v, {**through, **tree.get(i, {})}, digest) if through or i in tree else v for i, v in enumerate(value)
        ]
    return value


def to_json(value: Value, *, digests: bool = False) -> Value:
    """A value for JSON: secrets become ``"(sensitive)"``, or with ``digests`` ``{"$sensitive": digest}``.

    The second form is for storing, the first for people and programs outside. In the second what is not known is
    ``{"$unknown": true}``, and a key of the cloud's own that reads like a mark gets a ``$`` before it: nobody can write
    a place holder into a tag.
    """
    match value:
        case Sensitive(digest=text):
            return {_MARK: text} if digests else str(value)
        case Mapping():
            return {
                f"${k}" if digests and _LIKE_MARK.fullmatch(k) else k: to_json(v, digests=digests)
                for k, v in value.items()
            }
        case list() | tuple():
            return [to_json(v, digests=digests) for v in value]
        case Unknown():
            return {_NOT_KNOWN: True} if digests else "(known after apply)"
        case _:
            return value


def from_json(value: Value) -> Value:
    """Read what :func:`to_json` wrote with ``digests=True``."""
    match value:
        case {"$sensitive": str(digest)} if len(value) == 1:
            return Sensitive(digest)
        case {"$unknown": True} if len(value) == 1:
            return UNKNOWN
        case dict():
            return {k[1:] if k not in _MARKS and _LIKE_MARK.fullmatch(k) else k: from_json(v) for k, v in value.items()}
        case list():
            return [from_json(v) for v in value]
        case _:
            return value


def _as_json(value: object) -> object:
    return to_json(value, digests=True) if isinstance(value, Sensitive | Unknown) else str(value)
