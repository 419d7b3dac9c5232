from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.scrub import LONGEST, named_secrets, one_line, secrets_at

SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"

QUOTES = [
    "password=hunter2hunter2",
    'password = "hunter2hunter2"',
    '{"Password": "hunter2hunter2"}',
    "db_password: 'hunter2hunter2'",
    "master-password=hunter2hunter2,",
    "SecretAccessKey=hunter2hunter2",
    '"SessionToken":"hunter2hunter2"',
    "X-Amz-Security-Token=hunter2hunter2",
    "api_key=hunter2hunter2",
    "Authorization: hunter2hunter2",
    "Authorization: Bearer hunter2hunter2",
    "postgres://user:hunter2hunter2@db/x",
    "https://user:hunter2hunter2@host/x",
    "https://bucket.s3.amazonaws.com/key?X-Amz-Signature=hunter2hunter2&X-Amz-Expires=1",
    'Get "https://host/path?token=hunter2hunter2": EOF',
    "-----BEGIN RSA PRIVATE KEY-----\nhunter2hunter2\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nhunter2hunter2",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyaHVudGVyMiJ9.hunter2hunter2",
]


@pytest.mark.parametrize("text", QUOTES)
def test_what_has_the_shape_of_a_secret_goes(text: str) -> None:
    line = one_line(f"reading thing: {text} was refused")
    assert "hunter2" not in line
    assert line.startswith("reading thing: ")


@pytest.mark.parametrize(
    "text", [SECRET, "wJalr/UtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY", "AKIAIOSFODNN7EXAMPLE", "a1" * 40]
)
def test_bare_keys_and_tokens_go(text: str) -> None:
    assert one_line(f"key {text} refused") == "key … refused"


@pytest.mark.parametrize(
    "text",
    [
        "User: arn:aws:sts::123456789012:assumed-role/reconciler-scan-production/i-0123456789abcdef0 is not authorized",
        "RequestID: 0f6b9b1d-5b0c-4f0e-9d7e-1a2b3c4d5e6f, api error ExpiredToken: The security token is expired",
        "reading S3 Bucket (a-very-long-bucket-name-of-the-production-account-eu-west-1)",
        "dial tcp 127.0.0.1:4566: connect: connection refused",
    ],
)
def test_what_people_need_stays(text: str) -> None:
    assert one_line(text) == text


def test_known_secrets_go_whatever_they_look_like() -> None:
    assert one_line("value correct horse was refused", ["correct horse"]) == "value … was refused"


def test_a_secret_inside_a_longer_one_leaves_no_rest() -> None:
    assert one_line("got abcdef-longer!", ["abcdef", "abcdef-longer!"]) == "got …"


def test_short_values_are_no_secrets() -> None:
    assert one_line("it is true", ["true", ""]) == "it is true"


def test_long_text_is_cut() -> None:
    line = one_line("word " * 200)
    assert len(line) <= LONGEST
    assert line.endswith("…")


@given(st.text("abcXYZ0189+/=-_ ;%", min_size=6, max_size=60).filter(lambda text: text.strip() == text))
def test_a_known_secret_never_shows(secret: str) -> None:
    assert secret not in one_line(f"refused «{secret}» twice «{secret}»", [secret])


def test_secrets_by_name() -> None:
    environment = {
        "AWS_SECRET_ACCESS_KEY": "one",
        "AWS_SESSION_TOKEN": "two",
        "DB_PASSWORD": "three",
        "AWS_REGION": "eu-west-1",
        "KEYBOARD": "de",
    }
    assert sorted(named_secrets(environment)) == ["one", "three", "two"]


def test_secrets_by_name_in_blocks() -> None:
    values = {"region": "x", "assume_role": [{"external_id": "e", "token": ["a", "b"], "credentials": {"inner": "c"}}]}
    assert sorted(named_secrets(values)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("secret",), ["s"]),
        (("list", "token"), ["t1", "t2"]),
        (("list", 1, "token"), ["t2"]),
        (("list", 7, "token"), []),
        (("map",), ["v"]),
        (("missing", "x"), []),
        (("secret", "deeper"), []),
    ],
)
def test_secrets_by_path(path: tuple[str | int, ...], found: list[str]) -> None:
    value = {"secret": "s", "list": [{"token": "t1"}, {"token": "t2"}], "map": {"k": "v", "n": 1}}
    assert list(secrets_at(value, [path])) == found


def test_a_secret_of_several_lines_is_known_on_one() -> None:
    secret = "alpha: correct\nbeta: horse-battery"
    assert one_line("value 'alpha: correct beta: horse-battery' is wrong", [secret]) == "value '…' is wrong"


def test_the_beginning_of_a_secret_does_not_stay_where_the_text_was_cut() -> None:
    assert one_line("it said S3cr-Z9!S3c…", ["S3cr-Z9!S3cr-Z9!"]) == "it said …"
    assert one_line("it said S3…", ["S3cr-Z9!S3cr-Z9!"]) == "it said S3…"  # two characters tell nothing
    assert one_line("it said S3cr", ["S3cr-Z9!S3cr-Z9!"]) == "it said S3cr"  # nothing was cut
