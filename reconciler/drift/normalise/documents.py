"""``policy`` and ``json``: attributes that hold a document as text.

Two texts are one JSON document if they parse to the same tree. Two IAM policies are one if they differ only in what
the policy grammar gives no meaning: the order of statements, of keys, of actions, resources and condition values; one
value or a list of one; the case of action names; an account id or its root ARN as principal; the default version; a
condition that tests nothing.
What a template's author keeps as *data* (a parameter's value, a file's content, user data, what stands in a map) is no
document of AWS: there every byte counts.
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
_DATA = re.compile(r"(.*_)?(value|content|body|user_data|secret_string|input|payload|source_code)(_base64)?")
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


def same_json(place: Place, before: Value, after: Value) -> bool:
    """Both texts are JSON objects or arrays, and equal as such."""
    if _is_data(place):
        return False
    left, right = _json(before), _json(after)
    return left is not None and left == right


def same_policy(place: Place, before: Value, after: Value) -> bool:
    """Both texts are policy documents that say the same."""
    if _is_data(place):
        return False
    left, right = policy(before), policy(after)
    return left is not None and left == right


def _is_data(place: Place) -> bool:
    return place.in_map or place.named(_DATA)


def policy(text: Value) -> bytes | None:
    """The one form of a policy document, None for any other text."""
    try:
        return _policy(text) if isinstance(text, str) else None
    except RecursionError:
        return None


@lru_cache(maxsize=512)
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
    return canonical([rest, sorted(canonical(_statement(s)).decode("utf-8", "surrogatepass") for s in statements)])


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
                if tests != {}
            }
            if not form[key]:
                del form[key]
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


def _json(text: Value) -> bytes | None:
    try:
        document = _parse(text)
        return None if document is None else canonical(document)
    except RecursionError:
        return None


def _parse(text: Value) -> Any:
    if not isinstance(text, str) or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text, object_pairs_hook=_object)
    except ValueError:
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        # Which of two equal keys counts, every reader decides for itself: such a text is no document to us.
        raise ValueError
    return document
