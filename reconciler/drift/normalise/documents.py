"""``policy`` and ``json``: attributes that hold a document as text.

Two texts are one JSON document if they parse to the same tree. Two IAM policies are one if they differ only in what
the policy grammar gives no meaning: the order of statements, of keys, of actions, resources and condition values; one
value or a list of one; the case of action names; an account id or its root ARN as principal; the default version.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from reconciler.drift.normalise.place import Place
from reconciler.drift.values import Value, canonical

_ACCOUNT = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):root")
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


def same_json(place: Place, before: Value, after: Value) -> bool:
    """Both texts are JSON objects or arrays, and equal as such."""
    del place
    left, right = _parse(before), _parse(after)
    return left is not None and right is not None and _text(left) == _text(right)


def same_policy(place: Place, before: Value, after: Value) -> bool:
    """Both texts are policy documents that say the same."""
    del place
    left, right = policy(before), policy(after)
    return left is not None and left == right


def policy(text: Value) -> bytes | None:
    """The one form of a policy document, None for any other text."""
    return _policy(text) if isinstance(text, str) else None


@lru_cache(maxsize=4096)
def _policy(text: str) -> bytes | None:
    document = _parse(text)
    if not isinstance(document, dict) or "Statement" not in document:
        return None
    statements = document["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(s, dict) for s in statements):
        return None
    rest = {key: value for key, value in document.items() if key != "Statement"}
    # Without a version a policy is of 2008-10-17; the two versions do differ (policy variables).
    rest.setdefault("Version", "2008-10-17")
    return canonical([rest, sorted(canonical(_statement(s)).decode() for s in statements)])


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for key, value in statement.items():
        if key in _LISTS:
            form[key] = _many(value, str.lower if key.endswith("Action") else None)
        elif key in ("Principal", "NotPrincipal"):
            form[key] = _principal(value)
        elif key == "Condition" and isinstance(value, dict):
            form[key] = {
                operator: {name: _many(values) for name, values in tests.items()} if isinstance(tests, dict) else tests
                for operator, tests in value.items()
            }
        elif value not in ("", None):  # an empty Sid is no Sid
            form[key] = value
    return form


def _principal(value: Any) -> Any:
    # "*" and {"AWS": "*"} are told apart on purpose: NotPrincipal and KMS treat them differently.
    if not isinstance(value, dict):
        return value
    return {kind: _many(names, _account) for kind, names in value.items()}


def _account(name: str) -> str:
    match = _ACCOUNT.fullmatch(name)
    return match.group(2) if match else name


def _many(value: Any, form: Callable[[str], str] | None = None) -> Any:
    values = value if isinstance(value, list) else [value]
    texts = [_scalar(v) for v in values]
    return sorted({form(t) if form else t for t in texts})


def _scalar(value: Any) -> str:
    # IAM reads a condition's true and "true", 1 and "1" alike.
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _parse(text: Value) -> Any:
    if not isinstance(text, str) or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(document: Any) -> str:
    return json.dumps(document, sort_keys=True)
