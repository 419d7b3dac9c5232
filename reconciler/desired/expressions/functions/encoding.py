"""JSON, base64 and hashes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from decimal import Decimal
from typing import NoReturn

from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.functions.text import string
from reconciler.desired.expressions.values import FailureError, TooLargeError, plain, to_number
from reconciler.drift.values import UNKNOWN, Value

_HTML = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _jsonencode(value: Value) -> Value:
    value = plain(value)
    if _has_fraction(value):
        return UNKNOWN  # Terraform writes all the digits of its 512 bits
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_HTML)


def _has_fraction(value: Value) -> bool:
    if isinstance(value, dict):
        return any(_has_fraction(element) for element in value.values())
    if isinstance(value, list):
        return any(_has_fraction(element) for element in value)
    return isinstance(value, float)


def _jsondecode(value: Value) -> Value:
    if not isinstance(value, str):
        raise FailureError
    try:
        return json.loads(value, parse_constant=_refuse, object_pairs_hook=_unique, parse_float=_number)
    except ValueError as error:
        raise FailureError from error


def _number(text: str) -> int | float:
    return to_number(Decimal(text))


def _refuse(_: str) -> NoReturn:
    raise FailureError


def _unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise TooLargeError  # which one wins is not ours to say
    return members


def _base64decode(value: Value) -> Value:
    try:
        return base64.b64decode(string(value), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise FailureError from error


def _hash(name: str) -> Function:
    return Function(lambda value: hashlib.new(name, string(value).encode(), usedforsecurity=False).hexdigest())


FUNCTIONS: Functions = {
    "jsonencode": Function(_jsonencode, nulls=True),
    "jsondecode": Function(_jsondecode),
    "base64encode": Function(lambda value: base64.b64encode(string(value).encode()).decode()),
    "base64decode": Function(_base64decode),
    "md5": _hash("md5"),
    "sha1": _hash("sha1"),
    "sha256": _hash("sha256"),
    "sha512": _hash("sha512"),
}
