"""What makes a change dangerous: predicates over a change's two sides, used by the severity table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

from reconciler.drift.finding import Change
from reconciler.drift.values import Value, is_zero

# A range this wide is the internet: whoever writes 0.0.0.0/1 twice means everybody, and 2000::/3 is all of IPv6.
_WORLD: Final = 3
_OFF: Final = frozenset(
    {"disabled", "disable", "suspended", "off", "none", "inactive", "false", "no", "passthrough", "paused", "pause"}
)
_ADMIN: Final = ("/AdministratorAccess", "/IAMFullAccess", "/PowerUserAccess")
_PUBLIC_GRANTEES: Final = ("global/AllUsers", "global/AuthenticatedUsers")
_PUBLIC: Final = frozenset({"public-read", "public-read-write", "authenticated-read", "all", "*"})


def opened_to_world(change: Change) -> bool:
    """An address range of everybody came in, and not to be refused."""
    return any(_is_world(leaf) for leaf in _came(change))


def _is_world(leaf: Value) -> bool:
    if not isinstance(leaf, str) or "/" not in leaf:
        return False
    try:
        return ip_network(leaf, strict=False).prefixlen <= _WORLD
    except ValueError:
        return False


def made_public(change: Change) -> bool:
    """A policy, grant or ACL that lets everybody in came, or one that did was changed."""
    words = (leaf for leaf in _came(change) if isinstance(leaf, str))
    if any(word.endswith(_PUBLIC_GRANTEES) or word.lower() in _PUBLIC for word in words):
        return True
    before = {_statement_text(s) for s in _statements(change.recorded)}
    return any(_is_public(s) and _statement_text(s) not in before for s in _statements(_arrived(change)))


def made_admin(change: Change) -> bool:
    """All rights came in: an administrator's policy, or a statement that allows every action."""
    if any(isinstance(leaf, str) and leaf.endswith(_ADMIN) for leaf in _came(change)):
        return True
    before = {_statement_text(s) for s in _statements(change.recorded)}
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


def stopped(change: Change) -> bool:
    """Something that ran runs no more, or is on its way to that."""
    return turned_off(change) or (
        isinstance(change.observed, str) and change.observed.lower().startswith(("stop", "terminat", "delet", "shut"))
    )


def weakened(change: Change) -> bool:
    """A word that asks for something now only allows it: ``required`` to ``optional``."""
    return bool(change.observed == "optional" != change.recorded)


def _off(value: Value) -> bool:
    if isinstance(value, str):
        return value.lower() in _OFF or value.lower().startswith("unblocked") or not value
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
        # An entry of a network ACL that refuses lets nobody in, whomever it names.
        if value.get("action") != "deny":
            for inner in value.values():
                yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _statements(value: Value) -> Iterator[Mapping[str, Any]]:
    """The statements of every policy document in a value."""
    for leaf in _leaves(value):
        if isinstance(leaf, str) and leaf.lstrip().startswith("{") and "Statement" in leaf:
            try:
                document = json.loads(leaf)
            except (ValueError, RecursionError):
                continue
            statements = document.get("Statement")
            for statement in statements if isinstance(statements, list) else [statements]:
                if isinstance(statement, dict):
                    yield statement


def _is_public(statement: Mapping[str, Any]) -> bool:
    # A condition may narrow it down (an account, a VPC endpoint); who reads the finding shall judge that.
    if statement.get("Effect") != "Allow":
        return False
    return "NotPrincipal" in statement or "*" in set(_leaves(statement.get("Principal")))


def _allows_everything(statement: Mapping[str, Any]) -> bool:
    actions = {str(action).lower() for action in _leaves(statement.get("Action"))}
    everything = bool(actions & {"*", "*:*", "iam:*"}) or "NotAction" in statement
    everywhere = "*" in set(_leaves(statement.get("Resource"))) or "NotResource" in statement
    return statement.get("Effect") == "Allow" and everywhere and everything


def _statement_text(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement, sort_keys=True)
