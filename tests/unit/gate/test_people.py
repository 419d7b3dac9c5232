"""Who may do what: every role and verb, and the limits of a role."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.plans import NOW

from reconciler.gate.people import Person, Role, Verb, is_expired, may

MAY = {
    Role.VIEWER: {Verb.LOOK},
    Role.OPERATOR: {Verb.LOOK, Verb.PROPOSE, Verb.APPLY},
    Role.APPROVER: {Verb.LOOK, Verb.PROPOSE, Verb.APPLY, Verb.APPROVE},
    Role.ADMIN: set(Verb),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", Verb)
def test_each_role_may_do_this_and_no_more(role: Role, verb: Verb) -> None:
    refusal = may(Person("ann", role), verb, "production")
    assert (refusal is None) == (verb in MAY[role])
    assert refusal is None or refusal.rule == "role"


def test_a_role_may_be_limited_to_environments() -> None:
    limited = Person("ann", Role.ADMIN, frozenset({"staging", "development"}))
    assert may(limited, Verb.APPROVE, "staging") is None
    for where in ("production", None):
        refusal = may(limited, Verb.APPROVE, where)
        assert refusal is not None
        assert refusal.rule == "environment"
    assert may(replace(limited, environments=frozenset()), Verb.ADMINISTER, None) is None


def test_who_is_disabled_may_do_nothing() -> None:
    for verb in Verb:
        refusal = may(Person("ann", Role.ADMIN, active=False), verb, "production")
        assert refusal is not None
        assert refusal.rule == "inactive"


def test_a_token_ends_at_its_very_moment() -> None:
    assert not is_expired(Person("ann", Role.VIEWER), NOW)
    assert is_expired(Person("ann", Role.VIEWER, token_expires_at=NOW), NOW)
    assert not is_expired(Person("ann", Role.VIEWER, token_expires_at=NOW + timedelta(microseconds=1)), NOW)
