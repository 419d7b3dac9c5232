"""Who may do what: people, their roles, and where the roles hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from reconciler.gate.refusal import Refusal


class Role(StrEnum):
    """What somebody is. Each may do all that those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"


class Verb(StrEnum):
    """What somebody wants to do."""

    LOOK = "look"
    PROPOSE = "propose"
    APPLY = "apply"
    APPROVE = "approve"
    ADMINISTER = "administer"


_LEAST: Final = {
    Verb.LOOK: Role.VIEWER,
    Verb.PROPOSE: Role.OPERATOR,
    Verb.APPLY: Role.OPERATOR,
    Verb.APPROVE: Role.APPROVER,
    Verb.ADMINISTER: Role.ADMIN,
}
_RANK: Final = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a role. ``environments`` are those that it is limited to, none for no limit."""

    name: str
    role: Role
    environments: frozenset[str] = frozenset()
    active: bool = True
    token_expires_at: datetime | None = None


def may(person: Person, verb: Verb, environment: str | None) -> Refusal | None:
    """Why somebody may not do something, None where they may.

    Args:
        person: who.
        verb: what.
        environment: where; None for what belongs to no environment, such as people themselves.
    """
    if not person.active:
        return Refusal("inactive", f"{person.name} is disabled")
    if _RANK[person.role] < _RANK[_LEAST[verb]]:
        return Refusal("role", f"{person.name} is {person.role.value}: to {verb.value} takes {_LEAST[verb].value}")
    if person.environments and environment not in person.environments:
        where = environment or "the whole installation"
        return Refusal("environment", f"{person.name} is {person.role.value} in other environments than {where}")
    return None


def is_expired(person: Person, now: datetime) -> bool:
    """Whether the token that somebody has is over."""
    return person.token_expires_at is not None and now >= person.token_expires_at
