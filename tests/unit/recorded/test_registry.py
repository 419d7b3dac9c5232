"""What a block, its environment and partial configuration come to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.drift.snapshot import BackendBlock
from reconciler.drift.values import UNKNOWN
from reconciler.errors import BackendError, CloudError, DatabaseError, Position
from reconciler.recorded.backends.base import AssumeRole, Backend, Clients, S3Access
from reconciler.recorded.backends.http import HttpBackend
from reconciler.recorded.backends.local import LocalBackend
from reconciler.recorded.backends.pg import PgBackend
from reconciler.recorded.backends.pull import PullBackend
from reconciler.recorded.backends.registry import open_backend, open_state
from reconciler.recorded.backends.s3 import S3Backend

SECRET = "canary-secret"


class Recorder:
    """Clients that remember what they were asked for."""

    def __init__(self, answer: bytes | Exception | None = b"{}") -> None:
        self.access: S3Access | None = None
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []

    def s3(self, access: S3Access) -> Recorder:
        self.access = access
        return self

    def read(self, bucket: str, key: str, *, limit: int) -> bytes | None:
        self.asked.append((bucket, key, limit))
        return self._answer()

    def pg(self, conn_str: str, *, schema: str, table: str, name: str) -> str | None:
        self.asked.append((conn_str, schema, table, name))
        answer = self._answer()
        return answer.decode() if answer is not None else None

    def _answer(self) -> bytes | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def clients(self) -> Clients:
        return Clients(s3=self.s3, pg=self.pg, pull=lambda: b"")


def opened(
    type_: str,
    values: dict[str, Any],
    folder: Path = Path("/estate"),
    *,
    recorder: Recorder | None = None,
    workspace: str | None = None,
    environment: dict[str, str] | None = None,
    config: dict[str, Any] | None = None,
) -> Backend:
    return open_backend(
        BackendBlock(type_, values, Position("main.tf", 3)),
        folder=folder,
        workspace=workspace,
        clients=(recorder or Recorder()).clients(),
        environment=environment or {},
        config=config,
    )


@pytest.mark.parametrize(
    ("type_", "values", "kind"),
    [
        ("local", {}, LocalBackend),
        ("s3", {"bucket": "b", "key": "k"}, S3Backend),
        ("s3", {"bucket": "b", "key": "k", "sse_customer_key": "x"}, PullBackend),
        ("s3", {"bucket": "b", "key": "k", "assume_role_with_web_identity": {"role_arn": "x"}}, PullBackend),
        ("s3", {"bucket": "b", "key": "k", "sse_customer_key": None}, S3Backend),
        ("pg", {}, PgBackend),
        ("http", {"address": "https://h/"}, HttpBackend),
        ("http", {"address": "https://h/", "client_certificate_pem": "x"}, PullBackend),
        ("gcs", {"bucket": "b"}, PullBackend),
        ("azurerm", {}, PullBackend),
        ("remote", {}, PullBackend),
        ("cloud", {}, PullBackend),
        ("something-of-tomorrow", {}, PullBackend),
    ],
)
def test_kinds(type_: str, values: dict[str, Any], kind: type) -> None:
    assert isinstance(opened(type_, values), kind)


@pytest.mark.parametrize(
    ("values", "workspace", "path"),
    [
        ({}, None, "/estate/terraform.tfstate"),
        ({"path": None}, None, "/estate/terraform.tfstate"),
        ({"path": "a/b.tfstate"}, None, "/estate/a/b.tfstate"),
        ({"path": "/abs.tfstate"}, "default", "/abs.tfstate"),
        ({"path": "a/b.tfstate"}, "blue", "/estate/terraform.tfstate.d/blue/terraform.tfstate"),
        ({"workspace_dir": "w"}, "blue", "/estate/w/blue/terraform.tfstate"),
    ],
)
def test_local_paths(values: dict[str, Any], workspace: str | None, path: str) -> None:
    assert opened("local", values, workspace=workspace).location == path


@pytest.mark.parametrize(
    ("values", "workspace", "key"),
    [
        ({}, None, "a/b.tfstate"),
        ({"workspace_key_prefix": "w"}, None, "a/b.tfstate"),
        ({}, "blue", "env:/blue/a/b.tfstate"),
        ({"workspace_key_prefix": "w/x"}, "blue", "w/x/blue/a/b.tfstate"),
        ({"workspace_key_prefix": ""}, "blue", "blue/a/b.tfstate"),
    ],
)
def test_s3_keys(values: dict[str, Any], workspace: str | None, key: str) -> None:
    backend = opened("s3", {"bucket": "b", "key": "a/b.tfstate", **values}, workspace=workspace)
    assert backend.location == f"s3://b/{key}"


@pytest.mark.parametrize(
    ("values", "environment", "access"),
    [
        ({}, {}, S3Access()),
        ({"region": "r"}, {"AWS_REGION": "x"}, S3Access(region="r")),
        ({}, {"AWS_DEFAULT_REGION": "y", "AWS_REGION": "x"}, S3Access(region="x")),
        ({}, {"AWS_DEFAULT_REGION": "y"}, S3Access(region="y")),
        ({"endpoints": {"s3": "http://a"}, "endpoint": "http://b"}, {}, S3Access(endpoint_url="http://a")),
        ({"endpoints": [{"s3": "http://a"}]}, {}, S3Access(endpoint_url="http://a")),
        ({"endpoint": "http://b"}, {"AWS_ENDPOINT_URL_S3": "http://c"}, S3Access(endpoint_url="http://b")),
        ({}, {"AWS_ENDPOINT_URL_S3": "http://c"}, S3Access(endpoint_url="http://c")),
        (
            {"sts_endpoint": "http://s"},
            {"AWS_ENDPOINT_URL": "http://d"},
            S3Access(endpoint_url="http://d", sts_endpoint_url="http://s"),
        ),
        ({"use_path_style": True}, {}, S3Access(path_style=True)),
        ({"force_path_style": "true"}, {}, S3Access(path_style=True)),
        ({"profile": "p"}, {"AWS_PROFILE": "q"}, S3Access(profile="p")),
        (
            {"access_key": "a", "secret_key": "s", "token": "t"},
            {},
            S3Access(access_key="a", secret_key="s", token="t"),
        ),
        ({"shared_credentials_files": ["/c"]}, {}, S3Access(credentials_file="/c")),
        (
            {"shared_credentials_file": "/c", "shared_config_files": ["/d"]},
            {},
            S3Access(credentials_file="/c", config_file="/d"),
        ),
        (
            {"role_arn": "arn:r", "external_id": "e", "session_name": "n"},
            {},
            S3Access(assume_role=AssumeRole("arn:r", "e", "n")),
        ),
        (
            {"assume_role": {"role_arn": "arn:r", "duration": "1h"}, "role_arn": "arn:old"},
            {},
            S3Access(assume_role=AssumeRole("arn:r")),
        ),
    ],
)
def test_s3_access(values: dict[str, Any], environment: dict[str, str], access: S3Access) -> None:
    recorder = Recorder()
    opened("s3", {"bucket": "b", "key": "k", **values}, recorder=recorder, environment=environment)
    assert recorder.access == access


@pytest.mark.parametrize(
    ("type_", "values", "message"),
    [
        ("s3", {"key": "k"}, "the s3 backend has no bucket"),
        ("s3", {"bucket": "b", "key": UNKNOWN}, "the s3 backend's key cannot be told"),
        ("s3", {"bucket": "b", "key": 5}, "the s3 backend's key must be a text"),
        ("s3", {"bucket": "b", "key": "/k"}, "must not begin or end with a slash"),
        ("s3", {"bucket": "b", "key": "k", "use_path_style": SECRET}, "use_path_style must be true or false"),
        ("s3", {"bucket": "b", "key": "k", "endpoints": SECRET}, "endpoints must be an object"),
        ("s3", {"bucket": "b", "key": "k", "shared_credentials_files": [SECRET, "x"]}, "must name one file"),
        ("local", {"path": ["x"]}, "the local backend's path must be a text"),
        ("http", {}, "the http backend has no address"),
        ("http", {"address": f"file:///{SECRET}"}, "must be an http or https URL"),
        ("http", {"address": f"//{SECRET}"}, "must be an http or https URL"),
        ("http", {"address": f"http://h:{SECRET}/"}, "must be an http or https URL"),
        ("http", {"address": "http://h/", "retry_max": SECRET}, "retry_max must be a number from 0"),
        ("http", {"address": "http://h/", "retry_max": -1}, "retry_max must be a number from 0"),
        ("http", {"address": "http://h/", "headers": {"X-A": 5}}, "X-A must be a text"),
    ],
)
def test_wrong_arguments(type_: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(BackendError, match=message) as raised:
        opened(type_, values)
    assert raised.value.position == Position("main.tf", 3)
    assert SECRET not in str(raised.value)


def initialise(folder: Path, type_: str, config: dict[str, Any], data: str = ".terraform") -> None:
    (folder / data).mkdir()
    text = json.dumps({"version": 3, "backend": {"type": type_, "config": config, "hash": 1}})
    (folder / data / "terraform.tfstate").write_text(text)


def test_partial_configuration_comes_from_settings_then_block_then_init(tmp_path: Path) -> None:
    initialise(tmp_path, "s3", {"bucket": "kept", "key": "kept", "region": "kept", "profile": None})
    recorder = Recorder()
    backend = opened(
        "s3", {"key": "block", "region": "block"}, tmp_path, recorder=recorder, config={"region": "settings"}
    )
    assert backend.location == "s3://kept/block"
    assert recorder.access == S3Access(region="settings")


def test_what_cannot_be_told_comes_from_init(tmp_path: Path) -> None:
    initialise(tmp_path, "s3", {"bucket": "kept", "key": "k"}, data="data")
    backend = opened("s3", {"bucket": UNKNOWN}, tmp_path, environment={"TF_DATA_DIR": "data"})
    assert backend.location == "s3://kept/k"


@pytest.mark.parametrize("text", ["", "[]", '{"backend": 1}', "{" * 5_000, '{"backend": null}', "\0"])
def test_what_init_left_is_not_trusted_to_be_whole(tmp_path: Path, text: str) -> None:
    initialise(tmp_path, "s3", {})
    (tmp_path / ".terraform" / "terraform.tfstate").write_text(text)
    with pytest.raises(BackendError, match="the s3 backend has no bucket"):
        opened("s3", {}, tmp_path)


def test_another_backends_init_does_not_count(tmp_path: Path) -> None:
    initialise(tmp_path, "gcs", {"bucket": "kept", "key": "k"})
    with pytest.raises(BackendError, match="the s3 backend has no bucket"):
        opened("s3", {}, tmp_path)


@pytest.mark.parametrize(
    ("setting", "variable", "file", "expected"),
    [
        ("a", "b", "c", "a"),
        (None, "b", "c", "b"),
        (None, None, "c\n", "c"),
        (None, None, "", "default"),
        (None, None, None, "default"),
    ],
)
def test_which_workspace(
    tmp_path: Path, setting: str | None, variable: str | None, file: str | None, expected: str
) -> None:
    if file is not None:
        (tmp_path / ".terraform").mkdir()
        (tmp_path / ".terraform" / "environment").write_text(file)
    recorder = Recorder()
    environment = {"TF_WORKSPACE": variable} if variable else {}
    opened("pg", {}, tmp_path, recorder=recorder, workspace=setting, environment=environment).read()
    assert recorder.asked == [("", "terraform_remote_state", "states", expected)]


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../x", "a b", "a\n", "é", "a%2f"])
def test_workspaces_cannot_leave_their_folder(name: str) -> None:
    with pytest.raises(BackendError, match="not one that Terraform takes"):
        opened("local", {}, workspace=name)


def test_pg_arguments_and_variables() -> None:
    recorder = Recorder()
    environment = {"PG_CONN_STR": f"password={SECRET}", "PG_SCHEMA_NAME": "s"}
    backend = opened("pg", {"table_name": "t"}, recorder=recorder, environment=environment)
    assert backend.read() == b"{}"
    assert recorder.asked == [(f"password={SECRET}", "s", "t", "default")]
    assert backend.location == "pg:s.t/default"
    assert SECRET not in repr(backend)


@pytest.mark.parametrize(("type_", "values"), [("s3", {"bucket": "b", "key": "k"}), ("pg", {})])
def test_nothing_there(type_: str, values: dict[str, Any]) -> None:
    assert opened(type_, values, recorder=Recorder(None)).read() is None
    with pytest.raises(BackendError, match="there is no workspace blue"):
        opened(type_, values, recorder=Recorder(None), workspace="blue").read()


@pytest.mark.parametrize(
    ("type_", "values", "error"),
    [
        ("s3", {"bucket": "b", "key": "k"}, CloudError("denied", hint="ask")),
        ("pg", {}, DatabaseError("denied", hint="ask")),
    ],
)
def test_faults_of_others_become_backend_errors(type_: str, values: dict[str, Any], error: Exception) -> None:
    with pytest.raises(BackendError, match=r"cannot read .*: denied") as raised:
        opened(type_, values, recorder=Recorder(error)).read()
    assert raised.value.hint == "ask"
    assert raised.value.__cause__ is error


def test_http_has_no_workspaces() -> None:
    with pytest.raises(BackendError, match="has no workspaces"):
        opened("http", {"address": "http://h/"}, workspace="blue")


def test_http_credentials_leave_the_address() -> None:
    backend = opened("http", {"address": f"https://me:{SECRET}%40@[::1]:8/s?token={SECRET}"})
    assert isinstance(backend, HttpBackend)
    assert backend.location == "https://[::1]:8/s"
    assert backend.url == f"https://[::1]:8/s?token={SECRET}"
    assert backend.headers["Authorization"].startswith("Basic ")
    assert SECRET not in repr(backend) + str(backend)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("x.tfstate", "/estate/x.tfstate"),
        ("/abs/x.tfstate", "/abs/x.tfstate"),
        ("s3://b/k/with?odd#signs", "s3://b/k/with?odd#signs"),
    ],
)
def test_a_state_named_in_the_settings(location: str, expected: str) -> None:
    backend = open_state(location, folder=Path("/estate"), clients=Recorder().clients(), environment={})
    assert backend.location == expected


def test_a_named_state_uses_the_environments_aws() -> None:
    recorder = Recorder()
    environment = {"AWS_ENDPOINT_URL": "http://e", "AWS_REGION": "r"}
    open_state("s3://b/k", folder=Path("/estate"), clients=recorder.clients(), environment=environment)
    assert recorder.access == S3Access(region="r", endpoint_url="http://e", sts_endpoint_url="http://e")


@pytest.mark.parametrize("location", ["gs://b/k", "s3://b", "s3:///k", "https://h/x"])
def test_locations_that_name_nothing(location: str) -> None:
    with pytest.raises(BackendError, match="a state is a path or s3://bucket/key"):
        open_state(location, folder=Path("/estate"), clients=Recorder().clients(), environment={})
