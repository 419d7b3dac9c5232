"""An estate with the corners that real ones have, and a secret in each: right answers, and no secret anywhere."""

from __future__ import annotations

import base64
import json
import shutil
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from support.command import Installation
from support.shop import ESTATES
from support.weather import weather

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client, terraform_for
from reconciler.terraform.files import Inputs

SECRET = "canary-S3cr3t/+&=4711"
OWNER = "team corners"
MANAGED = 9
"""Objects in the state, the one that lives in no cloud included."""


@dataclass
class Corners:
    """The applied estate and an installation that scans it."""

    emulator: Emulator
    template: Path
    installation: Installation


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory, blank_emulator: Emulator) -> Iterator[tuple[Emulator, Path]]:
    work = tmp_path_factory.mktemp("corners")
    folder = shutil.copytree(ESTATES / "corners", work / "template")
    # As it was before the move.
    main = folder / "main.tf"
    now = main.read_text()
    before = now.replace('"aws_ssm_parameter" "after"', '"aws_ssm_parameter" "before"')
    main.write_text(before[: before.index("moved {")] + before[before.index('resource "terraform_data"') :])
    with blank_emulator.clone() as emulator:
        terraform = terraform_for(emulator, work / "state")
        terraform.init(folder)
        terraform.apply(folder, inputs=Inputs(variables={"token": SECRET, "owner": OWNER}))
        main.write_text(now)
        yield emulator, folder


@pytest.fixture
def corners(
    applied: tuple[Emulator, Path], database_url: str, known_schemas: Path, tmp_path: Path
) -> Iterator[Corners]:
    emulator, folder = applied
    with emulator.clone() as own:
        home = tmp_path / "corners"
        template = shutil.copytree(folder, home / "template", symlinks=True)
        secrets = template / "secrets.tfvars"
        secrets.write_text(f'token = "{SECRET}"\n')
        settings = {"template": "template", "var_files": ["secrets.tfvars"], "variables": {"owner": OWNER}}
        installation = Installation(home, own.url, database_url, {"corners": settings})
        installation.configure()
        installation.knows(known_schemas)
        yield Corners(own, template, installation)


def _state(corners: Corners) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((corners.template / "terraform.tfstate").read_text())
    return state


def test_right_after_the_apply_nothing_has_drifted_and_everything_is_looked_at(corners: Corners) -> None:
    with weather(corners.emulator.url) as sky:
        corners.installation.endpoint = sky.url
        corners.installation.configure()
        done = corners.installation.scan()
        assert ("sns", "GetTopicAttributes") in sky.seen
    assert (done.code, done.err) == (0, ""), done.out
    report = done.workspaces["corners"]
    assert report["findings"] == report["problems"] == []
    assert report["coverage"]["unknown"] == []
    assert report["state"]["resources"] == MANAGED
    assert report["coverage"]["checked"] == report["coverage"]["recorded"] >= MANAGED - 1


def test_what_is_changed_in_a_corner_is_found_there(corners: Corners) -> None:
    corners.installation.scan()
    ssm = client(corners.emulator, "ssm")
    for name in ("/corners/late/1", "/corners/moved", "/corners/token"):
        ssm.put_parameter(Name=name, Value="by hand", Type="String", Overwrite=True)
    sns = client(corners.emulator, "sns", "us-east-1")
    sns.delete_topic(TopicArn=sns.list_topics()["Topics"][0]["TopicArn"])
    done = corners.installation.scan()
    assert done.code == 2
    found = {each["address"]: each for each in done.workspaces["corners"]["findings"]}
    assert {address: each["kind"] for address, each in found.items()} == {
        "aws_ssm_parameter.late[1]": "changed",
        "aws_ssm_parameter.before": "changed",  # the move is not applied: the state still says so
        "aws_ssm_parameter.token": "changed",
        "module.far.aws_sns_topic.this": "deleted",
    }
    assert found["module.far.aws_sns_topic.this"]["region"] == "us-east-1"
    hidden = [each for each in found["aws_ssm_parameter.token"]["changes"] if each["path"].startswith("value")]
    assert hidden
    assert all(each["sensitive"] for each in hidden)
    assert {each["observed"] for each in hidden} | {each["recorded"] for each in hidden} == {"(sensitive)"}


def test_a_tainted_object_is_looked_at_like_any_other(corners: Corners) -> None:
    state = _state(corners)
    for resource in state["resources"]:
        if resource["name"] == "late":
            resource["instances"][0]["status"] = "tainted"
    (corners.template / "terraform.tfstate").write_text(json.dumps(state))
    done = corners.installation.scan()
    report = done.workspaces["corners"]
    assert report["coverage"]["unknown"] == []
    assert [each["kind"] for each in report["findings"] if each["kind"] in ("changed", "deleted")] == []


def test_a_secret_is_nowhere(corners: Corners) -> None:
    """In the provider's configuration, in a sensitive variable, in a value made of it: and in no output of ours."""
    installation = corners.installation
    ssm = client(corners.emulator, "ssm")
    outputs = [installation.scan()]
    ssm.put_parameter(Name="/corners/leaked", Value="by hand", Type="String", Overwrite=True)
    ssm.put_parameter(Name="/corners/token", Value="by hand", Type="SecureString", Overwrite=True)
    outputs += [installation.run("--log-level", "debug", "scan")]
    outputs += [
        installation.run("report", "--format", form) for form in ("table", "json", "html", "markdown", "csv", "sarif")
    ]
    outputs += [installation.run(*command) for command in (["drift", "list"], ["events", "list"], ["doctor"])]
    assert len(outputs[3].workspaces["corners"]["findings"]) == 2
    for finding in outputs[3].workspaces["corners"]["findings"]:
        outputs.append(installation.run("drift", "show", finding["id"]))
    assert all(done.code in (0, 2) for done in outputs)
    haystacks = {f"output {number}": done.out + done.err for number, done in enumerate(outputs)}
    haystacks |= {f"table {name}": rows for name, rows in _dump(installation.database or "").items()}
    for path in installation.state_dir.rglob("*"):
        if path.is_file() and not path.is_symlink():
            haystacks[str(path)] = path.read_bytes().decode("latin-1")
    leaks = {place: form for place, text in haystacks.items() for form in _forms(SECRET) if form in text}
    # The work copy is the template's own text, private to us, and holds no variable file.
    assert leaks == {}
    assert haystacks["table aws_resources"].count("corners") > 0, "the dump is one"


def _forms(secret: str) -> set[str]:
    plain = secret.encode()
    shifted = {base64.b64encode(b"x" * n + plain).decode()[n + 2 : -4] for n in range(3)}
    return {
        secret,
        json.dumps(secret)[1:-1],
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        plain.hex(),
        *shifted,
    }


def _dump(url: str) -> dict[str, str]:
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {}
        for (name,) in names:
            query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(name))
            found[name] = "\n".join(row for (row,) in connection.execute(query))
    return found
