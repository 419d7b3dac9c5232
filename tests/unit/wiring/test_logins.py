"""Credentials in memory: what is sealed, what is refused, what is shown. AWS is asked in the integration tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.vault import ACCOUNT, KEY, NEXT_KEY, ROLE, logins_in_memory

from reconciler.errors import CloudError, ConfigError, ForeignAccountError, VaultError
from reconciler.inventory.memory_credentials import MemoryCredentials
from reconciler.inventory.rows import CredentialRow, CredentialType
from reconciler.settings import Environment
from reconciler.wiring.logins import AccessKey, Logins

USER, HOST, ASSUMED = CredentialType.IAM_USER, CredentialType.IAM_ROLE, CredentialType.ASSUME_ROLE
EXTERNAL = "canary-external-id"
ENVIRONMENT = Environment(account_id=ACCOUNT, region="eu-west-1", endpoint_url="http://127.0.0.1:9")


def row(type_: CredentialType = USER, name: str = "ci", **more: Any) -> CredentialRow:
    return CredentialRow("", name, ACCOUNT, type_, **more)


@pytest.fixture
def rows() -> MemoryCredentials:
    return MemoryCredentials()


@pytest.fixture
def logins(tmp_path: Path, rows: MemoryCredentials) -> Logins:
    environments = {"production": {"account_id": ACCOUNT, "region": "eu-west-1", "apply_credential": "ci"}}
    return logins_in_memory(tmp_path, rows, environments=environments)


def test_secrets_are_kept_sealed_and_for_their_own_row_and_column(logins: Logins, rows: MemoryCredentials) -> None:
    logins.add(row(ASSUMED, role_arn=ROLE), KEY, EXTERNAL, "ann")
    kept = rows.one("ci")
    for secret in (KEY.id, KEY.secret, EXTERNAL):
        assert secret not in str([getattr(kept, name) for name in CredentialRow.__slots__])
    assert logins.keys.open_credential(kept.id, "external_id", kept.external_id or "") == EXTERNAL
    assert logins.keys.open_credential(kept.id, "secret_access_key", kept.secret_access_key or "") == KEY.secret


def test_what_is_shown_is_the_end_of_the_keys_id_and_who_uses_it(logins: Logins) -> None:
    logins.add(row(), KEY, None, "ann")
    logins.add(row(HOST, "host"), None, None, "ann")
    ci, host = logins.all()
    assert (ci.row.name, ci.key_ending, ci.used_by) == ("ci", "MPLE", ("production",))
    assert (host.row.name, host.key_ending, host.used_by) == ("host", None, ())
    assert KEY.id not in repr(ci)


@pytest.mark.parametrize(
    ("type_", "more", "key", "external"),
    [
        (USER, {}, None, None),
        (USER, {"role_arn": ROLE}, KEY, None),
        (USER, {}, KEY, EXTERNAL),
        (ASSUMED, {}, None, None),
        (ASSUMED, {}, KEY, EXTERNAL),
        (HOST, {}, KEY, None),
        (HOST, {"role_arn": ROLE}, None, EXTERNAL),
    ],
)
def test_a_type_takes_what_it_needs_and_nothing_else(
    logins: Logins,
    rows: MemoryCredentials,
    type_: CredentialType,
    more: dict[str, str],
    key: AccessKey | None,
    external: str | None,
) -> None:
    with pytest.raises(ConfigError, match=f"type {type_.value} takes"):
        logins.add(row(type_, **more), key, external, "ann")
    assert rows.all() == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"name": "a b"}, "the name"),
        ({"name": ""}, "the name"),
        ({"account_id": "12345678901"}, "the account"),
        ({"type": ASSUMED, "role_arn": "arn:aws:iam::123456789012:user/x"}, "the role"),
    ],
)
def test_what_aws_does_not_have_is_not_kept(logins: Logins, change: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        logins.add(replace(row(), **change), KEY, None, "ann")


@pytest.mark.parametrize(
    ("id_", "secret"),
    [
        ("", KEY.secret),
        ("akiaiosfodnn7example", KEY.secret),
        ("AKIA", KEY.secret),
        ("ASIAIOSFODNN7EXAMPLE", KEY.secret),
        (KEY.id, ""),
        (KEY.id, "canary two words"),
        (KEY.id, "canary\n"),
        (KEY.secret, KEY.id),
    ],
)
def test_keys_that_can_be_none_are_refused_without_being_shown(id_: str, secret: str) -> None:
    with pytest.raises(ConfigError) as raised:
        AccessKey(id_, secret)
    told = f"{raised.value} {raised.value.hint}"
    assert "canary" not in told
    assert KEY.id not in told


def test_a_name_is_taken_once(logins: Logins, rows: MemoryCredentials) -> None:
    logins.add(row(), KEY, None, "ann")
    before = rows.one("ci")
    with pytest.raises(ConfigError, match="a credential ci already"):
        logins.add(row(), NEXT_KEY, None, "ann")
    assert rows.one("ci") == before


def test_a_new_key_takes_the_place_of_the_old_one(logins: Logins, rows: MemoryCredentials) -> None:
    logins.add(row(ASSUMED, role_arn=ROLE), KEY, EXTERNAL, "ann")
    before = rows.one("ci")
    logins.rotate("ci", NEXT_KEY, "ann", test=False)
    after = rows.one("ci")
    assert logins.keys.open_credential(after.id, "access_key_id", after.access_key_id or "") == NEXT_KEY.id
    assert logins.keys.open_credential(after.id, "secret_access_key", after.secret_access_key or "") == NEXT_KEY.secret
    assert after.external_id == before.external_id
    assert {before.access_key_id, before.secret_access_key}.isdisjoint({after.access_key_id, after.secret_access_key})


@pytest.mark.parametrize("verb", ["test", "disable", "rotate"])
def test_a_name_that_nobody_has(logins: Logins, verb: str) -> None:
    asked = {
        "test": lambda: logins.test("nobody"),
        "disable": lambda: logins.set_active("nobody", "ann", active=False),
        "rotate": lambda: logins.rotate("nobody", KEY, "ann", test=False),
    }
    with pytest.raises(ConfigError, match="no credential called nobody"):
        asked[verb]()


def test_only_what_holds_a_key_is_rotated(logins: Logins) -> None:
    logins.add(row(HOST), None, None, "ann")
    with pytest.raises(ConfigError, match="holds no key"):
        logins.rotate("ci", KEY, "ann", test=False)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"active": False}, "is disabled"),
        ({"expires_at": datetime.now(UTC) - timedelta(seconds=1)}, "has expired"),
    ],
)
def test_what_may_not_be_used_is_not_tried(logins: Logins, rows: MemoryCredentials, change: Any, why: str) -> None:
    logins.add(row(), KEY, None, "ann")
    rows.change("ci", "changed", "ann", lambda known: replace(known, **change))
    with pytest.raises(CloudError, match=why):
        logins.test("ci")
    with pytest.raises(CloudError, match=why):
        logins.session(rows.one("ci"), "production", ENVIRONMENT)
    assert rows.one("ci").last_used_at is None


def test_one_for_another_account_is_not_even_tried(logins: Logins, rows: MemoryCredentials) -> None:
    logins.add(row(), KEY, None, "ann")
    other = ENVIRONMENT.model_copy(update={"account_id": "210987654321"})
    with pytest.raises(ForeignAccountError, match=r"for account 123456789012, environment 'other' is account 2109"):
        logins.session(rows.one("ci"), "other", other)


def test_ciphertexts_that_changed_places_do_not_open(logins: Logins, rows: MemoryCredentials) -> None:
    """In memory no stamp covers the rows: this is the seal alone."""
    logins.add(row(), KEY, None, "ann")
    logins.add(row(name="other"), NEXT_KEY, None, "ann")
    ci, other = rows.one("ci"), rows.one("other")
    swaps = [
        replace(ci, access_key_id=other.access_key_id, secret_access_key=other.secret_access_key),
        replace(ci, access_key_id=ci.secret_access_key, secret_access_key=ci.access_key_id),
        replace(ci, id=other.id),
    ]
    for swapped in swaps:
        with pytest.raises(VaultError, match="does not open"):
            logins.session(swapped, "production", ENVIRONMENT)
