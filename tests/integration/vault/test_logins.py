"""Named credentials against an emulator's STS: whose they are, and what a child gets of them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from support.moto_server import moto_server
from support.vault import ACCOUNT, KEY, NEXT_KEY, Kept

from reconciler.errors import CloudError, ConfigError, ForeignAccountError
from reconciler.inventory.memory_credentials import MemoryCredentials
from reconciler.inventory.rows import CredentialRow, CredentialType
from reconciler.recorded.backends.base import S3Access
from reconciler.settings import Settings
from reconciler.wiring import logins as module
from reconciler.wiring.clouds import Cloud, Purpose
from reconciler.wiring.keys import Keys
from reconciler.wiring.logins import AccessKey, Logins

OTHER = "210987654321"
READER, WRITER = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("reader", "writer"))
EXTERNAL = "canary-external-id"
USER, HOST, ASSUMED = CredentialType.IAM_USER, CredentialType.IAM_ROLE, CredentialType.ASSUME_ROLE


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture(autouse=True)
def _no_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither files nor instance metadata of the machine that runs the tests."""
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def client(url: str, service: str, keys: dict[str, str] | None = None) -> Any:
    keys = keys or {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, "eu-west-1", endpoint_url=url, **keys)


def key_in(url: str, account: str, name: str) -> AccessKey:
    """A new user's key in an account of the emulator."""
    role = f"arn:aws:iam::{account}:role/maker"
    taken = client(url, "sts").assume_role(RoleArn=role, RoleSessionName="maker")["Credentials"]
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    parts = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    iam = client(url, "iam", {part: taken[each] for part, each in zip(parts, names, strict=True)})
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return AccessKey(made["AccessKeyId"], made["SecretAccessKey"])


@pytest.fixture(scope="module")
def own(url: str) -> AccessKey:
    return key_in(url, ACCOUNT, "own")


@pytest.fixture(scope="module")
def foreign(url: str) -> AccessKey:
    return key_in(url, OTHER, "foreign")


class Case:
    """An environment of the emulator, and credentials in memory."""

    def __init__(self, url: str, state_dir: Path, **environment: str) -> None:
        production = {"account_id": ACCOUNT, "region": "eu-west-1", "endpoint_url": url, **environment}
        self.settings = Settings(state_dir=state_dir, environments={"production": production})
        self.rows = MemoryCredentials()
        self.logins = Logins(self.settings, Keys(self.settings, {}, Kept().keep), lambda: self.rows)

    def cloud(self, **environ: str) -> Cloud:
        return Cloud("production", self.settings.environments["production"], environ, self.logins)

    def add(self, type_: CredentialType, name: str = "ci", key: AccessKey | None = None, **more: Any) -> None:
        external = more.pop("external", None)
        self.logins.add(CredentialRow("", name, more.pop("account", ACCOUNT), type_, **more), key, external, "ann")


@pytest.fixture
def case(url: str, tmp_path: Path) -> Case:
    return Case(url, tmp_path, credential="ci")


@contextmanager
def refusing(url: str) -> Iterator[None]:
    """STS knows only the keys that it gave, for as long as the block runs."""
    _set_free_calls(url, 0)
    try:
        yield
    finally:
        _set_free_calls(url, 10**9)


def _set_free_calls(url: str, count: int) -> None:
    body, kind = json.dumps(count).encode(), {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{url}/moto-api/reset-auth", body, kind, method="POST")  # noqa: S310  our own server
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  likewise
        assert answer.status == 200


class TestWhose:
    def test_sts_says_and_the_use_is_written_down(self, case: Case, own: AccessKey) -> None:
        case.add(USER, key=own)
        before = datetime.now(UTC)
        who = case.logins.test("ci")
        assert (who.account_id, who.arn) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/own")
        used = case.rows.one("ci").last_used_at
        assert used is not None
        assert before <= used <= datetime.now(UTC)

    def test_a_key_of_another_account_is_refused(self, case: Case, foreign: AccessKey) -> None:
        case.add(USER, key=foreign)
        with pytest.raises(ForeignAccountError, match=f"for account {ACCOUNT}, and AWS says it is of {OTHER}"):
            case.logins.test("ci")
        assert case.rows.one("ci").last_used_at is None

    def test_a_role_is_assumed_with_its_external_id(self, case: Case) -> None:
        case.add(ASSUMED, key=KEY, role_arn=READER, external=EXTERNAL)
        assert case.logins.test("ci").role_name == "reader"

    def test_a_role_of_another_account_is_refused(self, case: Case) -> None:
        case.add(ASSUMED, key=KEY, role_arn=READER.replace(ACCOUNT, OTHER))
        with pytest.raises(ForeignAccountError, match=f"it is of {OTHER}"):
            case.logins.test("ci")

    def test_the_role_of_this_host_is_the_one_that_was_meant(
        self, case: Case, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        taken = client(url, "sts").assume_role(RoleArn=READER, RoleSessionName="host")["Credentials"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", taken["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", taken["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", taken["SessionToken"])
        case.add(HOST)
        case.add(HOST, "meant", role_arn=READER)
        case.add(HOST, "other", role_arn=WRITER)
        assert case.logins.test("ci").role_name == case.logins.test("meant").role_name == "reader"
        with pytest.raises(ForeignAccountError, match=f"is the role {WRITER}, and this host is .*assumed-role/reader"):
            case.logins.test("other")

    def test_a_host_without_a_role(self, case: Case) -> None:
        case.add(HOST)
        with pytest.raises(CloudError, match="no usable AWS credentials"):
            case.logins.test("ci")


class TestRotation:
    def test_a_key_that_is_good_takes_over(self, case: Case, own: AccessKey) -> None:
        case.add(USER, key=KEY)
        case.logins.rotate("ci", own, "ann")
        assert case.logins.test("ci").arn.endswith("user/own")

    def test_a_key_of_another_account_is_not_stored(self, case: Case, foreign: AccessKey) -> None:
        case.add(USER, key=KEY)
        before = case.rows.one("ci")
        with pytest.raises(ForeignAccountError):
            case.logins.rotate("ci", foreign, "ann")
        assert case.rows.one("ci") == before
        case.logins.rotate("ci", foreign, "ann", test=False)
        assert case.rows.one("ci") != before

    def test_a_key_that_aws_does_not_know_is_not_stored(self, case: Case, own: AccessKey, url: str) -> None:
        case.add(USER, key=own)
        before = case.rows.one("ci")
        with refusing(url), pytest.raises(CloudError, match="AWS answers InvalidClientTokenId") as raised:
            case.logins.rotate("ci", NEXT_KEY, "ann")
        assert NEXT_KEY.secret not in str(raised.value)
        assert case.rows.one("ci") == before


def named(child: dict[str, str]) -> set[str]:
    return {name for name in child if name.startswith("AWS_") and "REGION" not in name}


class TestClouds:
    def test_each_purpose_has_its_own_way_in(self, url: str, tmp_path: Path, own: AccessKey) -> None:
        case = Case(url, tmp_path, credential="read", apply_credential="apply")
        case.add(ASSUMED, "read", KEY, role_arn=READER)
        case.add(USER, "apply", own)
        cloud = case.cloud(AWS_ACCESS_KEY_ID="daemons", AWS_SECRET_ACCESS_KEY="daemons", AWS_PROFILE="daemons")
        reading, applying = cloud.child_environment(), cloud.child_environment(Purpose.APPLY)
        assert applying["AWS_ACCESS_KEY_ID"] == own.id
        assert "AWS_SESSION_TOKEN" not in applying
        assert reading["AWS_ACCESS_KEY_ID"] not in (own.id, KEY.id, "daemons")
        assert reading["AWS_SESSION_TOKEN"]
        assert reading["AWS_ENDPOINT_URL"] == url
        assert "daemons" not in {*reading.values(), *applying.values()}
        assert reading["AWS_SHARED_CREDENTIALS_FILE"] == applying["AWS_CONFIG_FILE"] == "/dev/null"
        assert cloud.account_id() == cloud.account_id(Purpose.APPLY) == ACCOUNT
        assert cloud.client("sts", "eu-west-1").get_caller_identity()["Arn"].endswith("assumed-role/reader/reconciler")

    def test_without_another_one_it_is_the_same_for_both(self, case: Case, own: AccessKey) -> None:
        case.add(USER, key=own)
        cloud = case.cloud()
        assert cloud.child_environment(Purpose.APPLY) == cloud.child_environment()

    def test_one_for_applying_alone_leaves_reading_as_it_was(self, url: str, tmp_path: Path, own: AccessKey) -> None:
        case = Case(url, tmp_path, apply_credential="apply")
        case.add(USER, "apply", own)
        cloud = case.cloud(AWS_ACCESS_KEY_ID="daemons", AWS_SECRET_ACCESS_KEY="daemons")
        assert cloud.child_environment()["AWS_ACCESS_KEY_ID"] == "daemons"
        assert cloud.child_environment(Purpose.APPLY)["AWS_ACCESS_KEY_ID"] == own.id
        assert case.rows.one("apply").last_used_at is not None

    @pytest.mark.parametrize("use", ["child", "client", "account", "objects"])
    def test_nothing_is_done_in_a_foreign_account(self, case: Case, foreign: AccessKey, use: str) -> None:
        """The planted fault was to hand a session out before STS was asked."""
        case.add(USER, key=foreign)
        cloud = case.cloud()
        uses = {
            "child": cloud.child_environment,
            "client": lambda: cloud.client("sqs", "eu-west-1"),
            "account": cloud.account_id,
            "objects": lambda: cloud.objects(S3Access()),
        }
        for _ in range(2):
            with pytest.raises(ForeignAccountError):
                uses[use]()

    def test_a_name_that_is_no_credential(self, case: Case) -> None:
        with pytest.raises(ConfigError, match="no credential called ci"):
            case.cloud().child_environment()

    def test_aws_is_asked_once_and_the_row_now_and_then(
        self, case: Case, own: AccessKey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = [1000.0]
        monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
        case.add(USER, key=own)
        cloud, looks = case.cloud(), []
        one = case.rows.one
        monkeypatch.setattr(case.rows, "one", lambda name: looks.append(name) or one(name))
        session = cloud._session()
        for _ in range(5):
            assert cloud._session() is session
        assert looks == ["ci"]
        clock[0] += 31
        assert cloud._session() is session
        assert looks == ["ci", "ci"]

    def test_a_rotated_key_is_taken_and_a_disabled_one_is_not(
        self, case: Case, own: AccessKey, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = [1000.0]
        monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
        case.add(USER, key=own)
        cloud = case.cloud()
        assert cloud.child_environment()["AWS_ACCESS_KEY_ID"] == own.id
        second = key_in(url, ACCOUNT, "second")
        case.logins.rotate("ci", second, "ann")
        clock[0] += 31
        assert cloud.child_environment()["AWS_ACCESS_KEY_ID"] == second.id
        case.logins.set_active("ci", "ann", active=False)
        clock[0] += 31
        for _ in range(2):
            with pytest.raises(CloudError, match="is disabled"):
                cloud.child_environment()
        case.logins.set_active("ci", "ann", active=True)
        assert cloud.child_environment()["AWS_ACCESS_KEY_ID"] == second.id
        expired = replace(case.rows.one("ci"), expires_at=datetime(2020, 1, 1, tzinfo=UTC))
        case.rows.kept["ci"] = expired
        clock[0] += 31
        with pytest.raises(CloudError, match="has expired"):
            cloud.account_id()

    def test_states_are_read_with_it_and_not_with_the_daemons(self, case: Case, own: AccessKey, url: str) -> None:
        storage = client(url, "s3")
        storage.create_bucket(Bucket="own-states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        storage.put_object(Bucket="own-states", Key="a", Body=b"state")
        case.add(USER, key=own)
        cloud = case.cloud(AWS_PROFILE="daemons", TF_WORKSPACE="blue")
        assert cloud.objects(S3Access()).read("own-states", "a", limit=100) == b"state"
        assert cloud.inherited() == {"TF_WORKSPACE": "blue"}
