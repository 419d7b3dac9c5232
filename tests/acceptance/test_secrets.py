"""Secrets in every place that can hold one, and every command run: none is anywhere else afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from support.canaries import PLACES, Search, Seen, canary, watching
from support.command import Done, Installation
from support.database import create, drop, url_of
from support.deadline import eventually
from support.shop import ESTATES
from support.state_places import PASSWORD, StateServer, serving

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client, terraform_for
from reconciler.terraform.files import Inputs, private_names

PLAIN = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
  backend "%s" {%s}
}
provider "aws" {
  region = "ap-northeast-2"
}
resource "aws_ssm_parameter" "plain" {
  name  = "/plain"
  type  = "String"
  value = "nothing secret"
}
"""
S3 = """
    bucket                      = "states"
    key                         = "plain.tfstate"
    region                      = "ap-northeast-2"
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  """


@dataclass
class Evidence:
    """What all the commands left behind."""

    search: Search
    installation: Installation
    emulator: Emulator
    done: dict[str, Done] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    files: dict[str, bytes] = field(default_factory=dict)
    tables: dict[str, bytes] = field(default_factory=dict)
    memory: list[str] = field(default_factory=list)
    environment: list[bytes] = field(default_factory=list)


def _plant(text: str) -> str:
    for place in sorted(PLACES, key=len, reverse=True):
        text = text.replace(f"CANARY-{place}", canary(place))
    assert "CANARY-" not in text
    return text


@pytest.fixture(scope="module")
def emulator(blank_emulator: Emulator) -> Iterator[Emulator]:
    with blank_emulator.clone() as running:
        yield running


@pytest.fixture(scope="module")
def http_states() -> Iterator[StateServer]:
    with serving(StateServer()) as server:
        yield server


@pytest.fixture(scope="module")
def evidence(
    tmp_path_factory: pytest.TempPathFactory, emulator: Emulator, http_states: StateServer, database_server: str
) -> Iterator[Evidence]:
    home = tmp_path_factory.mktemp("secrets")
    _apply(home, emulator)
    _change_by_hand(emulator)
    http_states.states["/plain"] = (home / "plain.tfstate").read_bytes()
    create(database_server, "secrets")
    installation = _install(home, emulator, http_states, url_of(database_server, "secrets"))
    secrets: dict[str, str | bytes] = {place: canary(place) for place in PLACES}
    secrets["http-password"] = PASSWORD
    secrets["vault-key"] = (home / "master-key").read_bytes()
    evidence = Evidence(Search(secrets), installation, emulator)
    environment = _environment(home)
    evidence.environment = [value.encode() for value in environment.values()]
    with watching(evidence.search) as evidence.seen:
        _run_all(evidence, environment)
    evidence.installation.assert_nothing_runs()
    _collect(evidence, home)
    yield evidence
    drop(database_server, "secrets")


def _apply(home: Path, emulator: Emulator) -> None:
    """Two estates: the one with secrets, and one without for the backends."""
    folder = shutil.copytree(ESTATES / "secrets", home / "template")
    main = folder / "main.tf"
    main.write_text(_plant(main.read_text()))
    terraform = terraform_for(emulator, home / "terraform")
    iam = client(emulator, "iam")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    client(emulator, "ecs").create_cluster(clusterName="any")
    variables = {
        "from_file": canary("variable-file"),
        "from_config": canary("variable-setting"),
        "from_environment": canary("variable-environment"),
    }
    terraform.init(folder)
    terraform.apply(folder, inputs=Inputs(variables=variables))
    plain = home / "plain"
    plain.mkdir()
    (plain / "main.tf").write_text(PLAIN % ("local", ""))
    terraform.init(plain)
    terraform.apply(plain)
    shutil.copy(plain / "terraform.tfstate", home / "plain.tfstate")
    s3 = client(emulator, "s3")
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    s3.put_object(Bucket="states", Key="plain.tfstate", Body=(home / "plain.tfstate").read_bytes())
    # With a proxy of its own, only Terraform speaks to the backend.
    pulled = S3 + '  https_proxy = "http://127.0.0.1:9"\n  '
    for name, kind, arguments in (("s3", "s3", S3), ("http", "http", ""), ("pg", "pg", ""), ("pull", "s3", pulled)):
        (home / name).mkdir()
        (home / name / "main.tf").write_text(PLAIN % (kind, arguments))


def _change_by_hand(emulator: Emulator) -> None:
    ssm = client(emulator, "ssm")
    value = canary("cloud-parameter")
    ssm.put_parameter(Name="/secrets/string", Value=value, Type="SecureString", Overwrite=True)
    client(emulator, "secretsmanager").put_secret_value(SecretId="secrets", SecretString=canary("cloud-secret"))
    ssm.put_parameter(Name="/secrets/config", Value=canary("cloud-task"), Type="String", Overwrite=True)


def _install(home: Path, emulator: Emulator, http_states: StateServer, server: str) -> Installation:
    (home / "secrets.tfvars").write_text(f'from_file = "{canary("variable-file")}"\n')
    (home / "master-key").write_bytes(os.urandom(32))
    (home / "master-key").chmod(0o600)
    external = canary("environment-external-id")
    settings = f"""
[vault]
key_file = "master-key"
[environments.roles]
account_id = "123456789012"
region = "ap-northeast-2"
endpoint_url = "{emulator.url}"
assume_role = "arn:aws:iam::123456789012:role/reader"
external_id = "{external}"
[environments.profiles]
account_id = "123456789012"
region = "ap-northeast-2"
endpoint_url = "{emulator.url}"
profile = "canary"
[service]
interval = "1s"
jitter = "0s"
"""
    state_server = f"http://127.0.0.1:{http_states.server_address[1]}/plain"
    role = {"role_arn": "arn:aws:iam::123456789012:role/reader", "external_id": canary("s3-external-id")}
    s3 = {"access_key": "s3", "secret_key": canary("s3-secret-key"), "token": canary("s3-token"), "assume_role": role}
    http = {
        "address": state_server,
        "username": "u",
        "password": PASSWORD,
        "headers": {"X-Token": canary("http-header")},
    }
    pg = {"conn_str": f"postgres://u:{quote(canary('pg-password'), safe='')}@127.0.0.1:9/states?sslmode=disable"}
    workspaces = {
        "direct": {
            "template": "template",
            "var_files": [home / "secrets.tfvars"],
            "variables": {"from_config": canary("variable-config")},
        },
        "s3": {"template": "s3", "backend_config": s3},
        "http": {"template": "http", "backend_config": http},
        "pg": {"template": "pg", "backend_config": pg},
        "pull": {"template": "pull", "backend_config": {"access_key": "pull", "secret_key": canary("pull-secret-key")}},
    }
    url = f"{server}{'&' if '?' in server else '?'}password={quote(canary('database-password'), safe='')}"
    installation = Installation(home, emulator.url, url, workspaces, settings)
    installation.configure()
    # The helper gives every workspace one environment; two of these have their own ways in.
    text = installation.config.read_text()
    for name, environment in (("s3", "roles"), ("http", "profiles")):
        text = text.replace(
            f'[workspaces.{name}]\nenvironment = "production"', f'[workspaces.{name}]\nenvironment = "{environment}"'
        )
    installation.config.write_text(text)
    return installation


def _environment(home: Path) -> dict[str, str]:
    aws = home / "home" / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        f"[canary]\naws_access_key_id = profile\naws_secret_access_key = {canary('profile-secret-key')}\n"
    )
    (home / "tmp").mkdir()
    return {
        "TMPDIR": str(home / "tmp"),
        "AWS_ACCESS_KEY_ID": "environment",
        "AWS_SECRET_ACCESS_KEY": canary("aws-secret-key"),
        "AWS_SESSION_TOKEN": canary("aws-session-token"),
        "TF_VAR_from_environment": canary("variable-environment"),
        "TF_TOKEN_registry_example": canary("registry-token"),
        "HTTPS_PROXY": f"http://u:{quote(canary('proxy-password'), safe='')}@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
        "RECONCILER_TOKEN": canary("reconciler-token"),
        "RECONCILER_WORKSPACES__DIRECT__VARIABLES": json.dumps({"from_config": canary("variable-setting")}),
        "PGPASSWORD": canary("pgpassword"),
        "SOME_SECRET": canary("somebody-elses"),
    }


def _run_all(evidence: Evidence, environment: dict[str, str]) -> None:
    installation, done = evidence.installation, evidence.done

    def run(*arguments: str, **more: str) -> Done:
        name = " ".join((*arguments, *more))
        done[name] = installation.run(*arguments, env={**environment, **more}, timeout=300)
        return done[name]

    run("db", "migrate")
    run("--log-level", "debug", "scan", "direct", "--depth", "sweep")
    for depth in ("static", "exact", "plan"):
        run("--log-level", "debug", "scan", "--depth", depth)
    for form in ("table", "json", "html", "markdown", "csv", "sarif"):
        run("report", "--format", form)
    for command in (["drift", "list"], ["events", "list"], ["templates", "list"], ["db", "status"], ["doctor"]):
        run(*command)
    report = done["report --format json"]
    for finding in report.workspaces["direct"]["findings"]:
        run("drift", "show", finding["id"])
    _mend(evidence, run)
    wrong = quote(canary("database-setting"), safe="")
    run("report", RECONCILER_DATABASE__URL=f"postgresql://u:{wrong}@127.0.0.1:9/none")
    _serve(evidence, environment)


def _mend(evidence: Evidence, run: Callable[..., Done]) -> None:
    """Fixes in both directions, through the gate, of resources whose values are secrets."""
    ann = {"RECONCILER_TOKEN": run("users", "add", "ann", "--role", "admin", RECONCILER_TOKEN="").out.strip()}
    bob = {"RECONCILER_TOKEN": run("users", "add", "bob", "--role", "approver", **ann).out.strip()}
    for more in ((), ("--adopt",)):
        plan = run("plan", "direct", "--format", "json", *more, **ann).json
        for form in ("table", "json", "html"):
            run("plans", "show", plan["id"], "--format", form)
        run("approve", plan["id"], **bob)
        assert run("apply", plan["id"], "--format", "json", **ann).json["status"] == "applied"
        _change_by_hand(evidence.emulator)
        run("scan", "direct", "--format", "json", **ann)
    run("reject", run("plan", "direct", "--format", "json", "--adopt", **bob).json["id"], "--reason", "no", **bob)
    for command in (["plans", "list"], ["users", "list"], ["recover"], *(["events", each] for each in _LEDGER)):
        run(*command)


_LEDGER = ("list", "verify", "anchor", "export")


def _serve(evidence: Evidence, environment: dict[str, str]) -> None:
    installation = evidence.installation
    with installation.start("--log-level", "debug", "serve", env=environment) as running:
        eventually(lambda: running.err.read_text().count("pass finished") >= 4, 240)
        running.signal(signal.SIGHUP)
        eventually(lambda: "reloaded" in running.err.read_text(), 60)
        running.signal(signal.SIGTERM)
        evidence.done["serve"] = running.wait(60)


def _collect(evidence: Evidence, home: Path) -> None:
    """Everything that is ours: the state directory, temporary files, the database's rows and its very files."""
    with psycopg.connect(evidence.installation.database or "", autocommit=True) as database:
        database.execute("CHECKPOINT")
        ((server,),) = database.execute("SHOW data_directory").fetchall()
    for folder in (evidence.installation.state_dir, home / "tmp", Path(server)):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                evidence.files[str(path)] = path.read_bytes()
    ours = tuple(private_names(path) for path in evidence.installation.state_dir.rglob("*") if path.is_dir())
    evidence.memory = [path.name for path in Path("/dev/shm").iterdir() if path.name.startswith(ours)]  # noqa: S108
    with psycopg.connect(evidence.installation.database or "") as database:
        names = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(name))
            evidence.tables[name] = "\n".join(row for (row,) in database.execute(query)).encode()


def test_the_commands_did_what_they_are_for(evidence: Evidence) -> None:
    report = evidence.done["report --format json"]
    direct = report.workspaces["direct"]
    assert direct["error"] is None
    assert direct["coverage"]["unknown"] == [], direct["coverage"]
    changed = {each["address"] for each in direct["findings"] if each["kind"] == "changed"}
    # A secret's version is what Terraform made: another one beside it is another object.
    assert changed == {"aws_ssm_parameter.string", "aws_ssm_parameter.config"}
    for name in ("s3", "http", "pull"):
        assert report.workspaces[name]["error"] is None, report.workspaces[name]["error"]
        assert report.workspaces[name]["verdict"] == "in_sync"
    assert "127.0.0.1" in report.workspaces["pg"]["error"]["message"]
    assert all(b"aws_ssm_parameter" in evidence.tables[name] for name in ("aws_resources", "findings"))
    assert any("/state/answers/" in name for name in evidence.files)


def test_no_output_shows_a_secret(evidence: Evidence) -> None:
    found = {
        name: places
        for name, done in evidence.done.items()
        if (places := evidence.search.found((done.out + done.err).encode()))
    }
    assert found == {}


def test_no_file_of_ours_holds_a_secret(evidence: Evidence) -> None:
    found = {name: places for name, data in evidence.files.items() if (places := evidence.search.found(data))}
    assert found == {}
    assert evidence.memory == []
    assert any("/pg_wal/" in name for name in evidence.files)


def test_no_table_holds_a_secret(evidence: Evidence) -> None:
    found = {name: places for name, data in evidence.tables.items() if (places := evidence.search.found(data))}
    assert found == {}


def test_no_token_is_kept(evidence: Evidence) -> None:
    tokens = [done.out.strip() for name, done in evidence.done.items() if name.startswith("users add")]
    assert [each[:4] for each in tokens] == ["rec_", "rec_"]
    for token in tokens:
        secret = token.rpartition("_")[2].encode()
        said = {name: (done.out + done.err).encode() for name, done in evidence.done.items()}
        places = {**evidence.tables, **evidence.files, **said}
        assert [name for name, data in places.items() if secret in data and not name.startswith("users add")] == []


def test_no_child_is_given_a_secret_as_an_argument(evidence: Evidence) -> None:
    assert {"provider", "terraform"} <= evidence.seen.arguments.keys()
    assert {program: places for program, places in evidence.seen.arguments.items() if places} == {}


AWS = {"aws-secret-key", "aws-session-token"}
NEEDED = {
    "provider": AWS | {"proxy-password"},
    "terraform": AWS | {"proxy-password", "variable-environment", "registry-token"},
}
"""What stands in a child's environment by necessity: the table of docs/configuration.md."""


def test_a_childs_environment_holds_what_it_needs_and_no_more(evidence: Evidence) -> None:
    for program, places in evidence.seen.environments.items():
        if program != "reconciler":  # what its caller gave it
            assert places <= NEEDED.get(program, set()), program
    # Providers that terraform starts have terraform's environment; those that we start do not.
    assert evidence.seen.environments["terraform"] == NEEDED["terraform"]


def test_the_search_finds_what_it_is_to_find(evidence: Evidence) -> None:
    """Each canary sits where it should, and in each of its forms it would be found."""
    home = evidence.installation.folder
    sources = [path.read_bytes() for path in home.glob("*/*.tf")] + [
        (home / name).read_bytes() for name in ("reconciler.toml", "secrets.tfvars", "master-key")
    ]
    sources += [path.read_bytes() for path in (home / "template").glob("*.tfstate")]
    sources += [(home / "home/.aws/credentials").read_bytes(), *evidence.environment]
    planted = set().union(*map(evidence.search.found, sources))
    elsewhere = {"cloud-parameter", "cloud-secret", "cloud-task", "database-setting"}
    assert planted | elsewhere == set(PLACES)
