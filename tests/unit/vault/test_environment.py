from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.vault import environment
from reconciler.vault.environment import provider_environment, terraform_environment

DAEMON = {
    "PATH": "/bin",
    "HOME": "/var/lib/reconciler",
    "LANG": "C.UTF-8",
    "SSL_CERT_FILE": "/certs.pem",
    "https_proxy": "http://proxy",
    "NO_PROXY": "localhost",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_PROFILE": "inherited",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2",
}
FOREIGN = {
    "AWS_CA_BUNDLE": "/certs.pem",
    "AWS_ENDPOINT_URL": "http://elsewhere",
    "AWS_ENDPOINT_URL_S3": "http://elsewhere",
    "RECONCILER_DATABASE__URL": "postgresql://u:secret@db",
    "DATABASE_URL": "postgresql://u:secret@db",
    "PGPASSWORD": "secret",
    "TF_VAR_password": "secret",
    "TF_CLI_CONFIG_FILE": "/x",
    "TF_LOG": "TRACE",
    "CREDENTIALS_DIRECTORY": "/run/credentials/reconciler",
    "NOTIFY_SOCKET": "/run/systemd/notify",
    "LD_PRELOAD": "/x.so",
    "PYTHONPATH": "/x",
    "GITHUB_TOKEN": "secret",
}


def test_only_what_is_allowed_goes_through() -> None:
    assert provider_environment(DAEMON | FOREIGN) == DAEMON


def test_nothing_of_an_empty_environment_but_a_path() -> None:
    assert list(provider_environment({})) == ["PATH"]


def test_settings_go_before_what_is_inherited() -> None:
    child = provider_environment(
        DAEMON | FOREIGN | {"AWS_REGION": "inherited"}, region="eu-west-1", endpoint_url="http://127.0.0.1:5000"
    )
    assert child["AWS_REGION"] == child["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert child["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"


def test_a_profile_is_not_outvoted_by_inherited_keys() -> None:
    child = provider_environment(DAEMON, profile="mine")
    assert child["AWS_PROFILE"] == "mine"
    assert "AWS_ACCESS_KEY_ID" not in child
    assert "AWS_SECRET_ACCESS_KEY" not in child


def test_temporary_keys_replace_all_others() -> None:
    child = provider_environment(DAEMON, credentials={"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "new"})
    assert (child["AWS_ACCESS_KEY_ID"], child["AWS_SECRET_ACCESS_KEY"]) == ("ASIA", "new")
    assert "AWS_PROFILE" not in child


def test_keys_that_stand_alone_are_the_only_way_in() -> None:
    """Neither a profile's file, nor a role of this host, nor its metadata is another identity for the child."""
    ways = dict.fromkeys(environment._AWS, "daemons-own") | {"HOME": "/var/lib/reconciler"}
    keys = {"AWS_ACCESS_KEY_ID": "named", "AWS_SECRET_ACCESS_KEY": "secret"}
    child = provider_environment(DAEMON | FOREIGN | ways, region="eu-west-1", credentials=keys, alone=True)
    who = {name: value for name, value in child.items() if name.startswith("AWS_") and "REGION" not in name}
    assert who == keys | {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "daemons-own",
        "AWS_USE_FIPS_ENDPOINT": "daemons-own",
    }
    assert child["AWS_REGION"] == "eu-west-1"


TERRAFORM = {
    "TF_CLI_CONFIG_FILE": "/state/cli.tfrc",
    "TF_IN_AUTOMATION": "1",
    "TF_INPUT": "0",
    "CHECKPOINT_DISABLE": "1",
}
REACH = {name: value for name, value in DAEMON.items() if not name.startswith("AWS_")}
FETCHING = {"TF_TOKEN_app_example_com": "token", "SSH_AUTH_SOCK": "/run/agent"}


def test_terraform_inherits_no_way_into_aws_and_no_variable() -> None:
    child = terraform_environment(DAEMON | FOREIGN | FETCHING, Path("/state/cli.tfrc"), {"AWS_REGION": "x"})
    assert child == REACH | FETCHING | TERRAFORM | {"AWS_REGION": "x"}


def test_terraform_gets_variables_and_a_workspace_where_it_is_told_so() -> None:
    own = Path("/state/cli.tfrc")
    child = terraform_environment(DAEMON | FOREIGN, own, {"AWS_REGION": "x"}, workspace="blue", variables=True)
    told = {"AWS_REGION": "x", "TF_VAR_password": "secret", "TF_WORKSPACE": "blue"}
    assert child == REACH | TERRAFORM | told


def test_a_provider_gets_nothing_that_terraform_alone_needs() -> None:
    assert provider_environment(DAEMON | FOREIGN | FETCHING) == DAEMON


def test_the_daemons_own_is_not_changed() -> None:
    before = dict(DAEMON)
    provider_environment(before, region="r", profile="p")
    assert before == DAEMON


@pytest.mark.parametrize("module", ["environment", "key", "seal", "digest", "sessions"])
def test_boto3_is_not_imported_at_the_start(module: str) -> None:
    code = f"import sys, reconciler.vault.{module}; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
