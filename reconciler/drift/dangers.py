"""What makes a change dangerous: predicates over a change's two sides, used by the severity table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.drift.finding import Change
from reconciler.drift.values import Sensitive, Value, is_zero

_WORLD: Final = frozenset({"0.0.0.0/0", "::/0"})
_OFF: Final = frozenset({"disabled", "disable", "suspended", "off", "none", "inactive", "false", "no", "passthrough"})
_ADMIN: Final = ("/AdministratorAccess", "/IAMFullAccess", "/PowerUserAccess")
_PUBLIC_GRANTEES: Final = ("global/AllUsers", "global/AuthenticatedUsers")
_PUBLIC_ACLS: Final = frozenset({"public-read", "public-read-write", "authenticated-read", "website"})


def opened_to_world(change: Change) -> bool:
    """An address range of everybody came in."""
    return any(leaf in _WORLD for leaf in _came(change))


def made_public(change: Change) -> bool:
    """A policy, grant or ACL that lets everybody in came, or one that did was changed."""
    if any(
        isinstance(leaf, str) and (leaf.endswith(_PUBLIC_GRANTEES) or leaf in _PUBLIC_ACLS or leaf == "all")
        for leaf in _came(change)
    ):
        return True
    before = {_statement_text(s) for s in _statements(change.recorded) if _is_public(s)}
    return any(_is_public(s) and _statement_text(s) not in before for s in _statements(_arrived(change)))


def made_admin(change: Change) -> bool:
    """All rights came in: an administrator's policy, or a statement that allows every action."""
    if any(isinstance(leaf, str) and leaf.endswith(_ADMIN) for leaf in _came(change)):
        return True
    before = {_statement_text(s) for s in _statements(change.recorded) if _allows_everything(s)}
    return any(_allows_everything(s) and _statement_text(s) not in before for s in _statements(_arrived(change)))


def turned_off(change: Change) -> bool:
    """Something that was on is off: true to false, ``Enabled`` to ``Suspended``, a value to none."""
    return not _off(change.recorded) and _off(change.observed)


def turned_on(change: Change) -> bool:
    """Something that was off is on."""
    return _off(change.recorded) and not _off(change.observed)


def not_turned_on(change: Change) -> bool:
    """Anything but a protection that was switched on."""
    return not turned_on(change)


def lowered(change: Change) -> bool:
    """A number went down."""
    before, after = change.recorded, change.observed
    return isinstance(before, int | float) and (after is None or (isinstance(after, int | float) and after < before))


def _off(value: Value) -> bool:
    if isinstance(value, str):
        return value.lower() in _OFF or not value
    if isinstance(value, list):
        return all(_off(v) for v in value)
    if isinstance(value, Mapping):
        return all(_off(v) for v in value.values())
    return is_zero(value)


def _arrived(change: Change) -> Value:
    return list(change.added) if change.added is not None else change.observed


def _came(change: Change) -> Iterator[Value]:
    """Leaves of the new side that the old side did not have."""
    before = set(_leaves(change.recorded)) if change.added is None else set()
    return (leaf for leaf in _leaves(_arrived(change)) if leaf not in before)


def _leaves(value: Value) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    elif not isinstance(value, Sensitive):
        yield value


def _statements(value: Value) -> Iterator[Mapping[str, Any]]:
    """The statements of every policy document in a value."""
    for leaf in _leaves(value):
        if isinstance(leaf, str) and leaf.lstrip().startswith("{") and "Statement" in leaf:
            try:
                document = json.loads(leaf)
            except (ValueError, RecursionError):
                continue
            statements = document.get("Statement") if isinstance(document, dict) else None
            for statement in statements if isinstance(statements, list) else [statements]:
                if isinstance(statement, dict):
                    yield statement


def _is_public(statement: Mapping[str, Any]) -> bool:
    # A condition may narrow it down (an account, a VPC endpoint); who reads the finding shall judge that.
    if statement.get("Effect") != "Allow":
        return False
    return "NotPrincipal" in statement or "*" in set(_leaves(statement.get("Principal")))


def _allows_everything(statement: Mapping[str, Any]) -> bool:
    actions = set(_leaves(statement.get("Action")))
    everywhere = "*" in set(_leaves(statement.get("Resource")))
    return statement.get("Effect") == "Allow" and everywhere and bool(actions & {"*", "*:*", "iam:*"})


def _statement_text(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement, sort_keys=True)
