from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import VaultError
from reconciler.vault.digest import keyed_digest
from reconciler.vault.key import MasterKey
from reconciler.vault.seal import Place, Sealer

OLD, NEW = MasterKey(b"o" * 32), MasterKey(b"n" * 32)
HERE = Place("aws_credentials", "7", "secret_access_key")
SEALER = Sealer(NEW)


@given(st.binary(max_size=300))
def test_round_trip(secret: bytes) -> None:
    text = SEALER.seal(secret, HERE)
    assert SEALER.open(text, HERE) == secret
    assert text.startswith(f"sealed:v1:{NEW.id}:")
    assert text.isascii()


def test_the_same_secret_is_never_sealed_alike() -> None:
    assert len({SEALER.seal(b"x", HERE) for _ in range(100)}) == 100


def test_the_secret_is_not_in_the_text() -> None:
    text = SEALER.seal(b"canary-secret", HERE)
    assert "canary" not in text
    assert b"canary" not in base64.b64decode(text.rpartition(":")[2])


@pytest.mark.parametrize("secret", [b"", b"canary-secret"])
def test_no_single_bit_can_be_changed(secret: bytes) -> None:
    text = SEALER.seal(secret, HERE).encode()
    for at in range(len(text) * 8):
        altered = bytearray(text)
        altered[at // 8] ^= 1 << at % 8
        with pytest.raises(VaultError):
            SEALER.open(altered.decode("latin-1"), HERE)


@given(st.text(max_size=80))
def test_no_other_text_opens(text: str) -> None:
    for altered in (text, f"sealed:v1:{NEW.id}:{text}", SEALER.seal(b"x", HERE) + (text or "=")):
        with pytest.raises(VaultError):
            SEALER.open(altered, HERE)


def test_base64_written_another_way_does_not_open() -> None:
    """The last character's spare bits and blanks, which a lax decoder drops."""
    sealed = SEALER.seal(b"x", HERE)
    prefix, _, body = sealed.rpartition(":")
    assert body.endswith("=")
    spare = body[:-2] + chr(ord(body[-2]) + 1) + "="
    assert base64.b64decode(spare) == base64.b64decode(body)
    for altered in (spare, body + "\n", " " + body, body + "="):
        with pytest.raises(VaultError):
            SEALER.open(f"{prefix}:{altered}", HERE)


@pytest.mark.parametrize(
    "there",
    [
        Place("other", "7", "secret_access_key"),
        Place("aws_credentials", "8", "secret_access_key"),
        Place("aws_credentials", "7", "access_key_id"),
    ],
)
def test_moved_to_another_place_it_does_not_open(there: Place) -> None:
    with pytest.raises(VaultError, match="does not open") as raised:
        SEALER.open(SEALER.seal(b"canary-secret", HERE), there)
    assert "canary" not in str(raised.value)


def test_a_place_cannot_pose_as_another() -> None:
    with pytest.raises(ValueError, match="the parts of a place"):
        Place("a|b", "c", "d")


def test_old_keys_open_and_new_ones_seal() -> None:
    text = Sealer(OLD).seal(b"x", HERE)
    both = Sealer(NEW, [OLD])
    assert both.open(text, HERE) == b"x"
    assert not text.startswith(both.current)
    again = both.seal(b"x", HERE)
    assert again.startswith(both.current)
    assert SEALER.open(again, HERE) == b"x"


def test_a_key_that_is_gone_opens_nothing() -> None:
    with pytest.raises(VaultError, match="sealed with a key that is not here"):
        SEALER.open(Sealer(OLD).seal(b"x", HERE), HERE)


def test_a_text_under_the_name_of_another_key_does_not_open() -> None:
    text = Sealer(OLD).seal(b"x", HERE).replace(OLD.id, NEW.id)
    with pytest.raises(VaultError, match="does not open"):
        Sealer(NEW, [OLD]).open(text, HERE)


@pytest.mark.parametrize("text", ["", "x", "plain-canary", "sealed:v1", "sealed:v2:a:b", "sealed:v1:::", "\ud800:x"])
def test_what_was_never_sealed(text: str) -> None:
    with pytest.raises(VaultError) as raised:
        SEALER.open(text, HERE)
    assert "canary" not in str(raised.value)


def test_a_text_of_this_release_opens_in_every_later_one() -> None:
    text = "sealed:v1:21e922ba4eb5:KO39Nq3ixNEY1Be7E8D7oBRcyBVVS5ZFykEXSmBvS8s="
    assert SEALER.open(text, HERE) == b"kept"


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_digests_are_equal_where_the_secrets_are(one: bytes, other: bytes) -> None:
    digest = keyed_digest(NEW)
    assert (digest(one) == digest(other)) == (one == other)
    assert digest(one) == keyed_digest(MasterKey(b"n" * 32))(one)
    assert digest(one) != keyed_digest(OLD)(one)


def test_digests_never_change() -> None:
    """Stored ones are compared with those of later releases."""
    assert keyed_digest(NEW)(b"secret") == "0ab9341684d521c5dfd9562b42972288"
