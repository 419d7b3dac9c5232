"""Configurations tried against imported resources, with a provider of our own and with AWS's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.provider_host import find_aws_provider

from reconciler.drift.adoption import configuration, proposed
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.pool import ProviderPool
from reconciler.observed.provider.session import ProviderSession
from reconciler.observed.provider.trial import Trial
from reconciler.sandbox.emulator import REGION, Emulator
from reconciler.sandbox.estate import client
from reconciler.workflows.draft import draft


@pytest.fixture
def thing(make_session: Callable[..., ProviderSession]) -> Trial:
    """Protocol 6."""
    found = make_session().trial("test_thing", "t-9")
    assert isinstance(found, Trial)
    return found


def test_a_plan_of_protocol_6_says_what_would_become(thing: Trial) -> None:
    block = thing.schema.block
    same = configuration(block, {"name": "imported"})
    assert thing.validate(same) == ()
    assert thing.plan(same, proposed(block, thing.observed, same)) == thing.observed
    other = configuration(block, {"name": "other"})
    planned = thing.plan(other, proposed(block, thing.observed, other))
    assert isinstance(planned, dict)
    assert planned["name"] == "other"
    assert draft(thing).chosen == {"name": "imported"}


@pytest.mark.parametrize("name", ["missing", "refused"])
def test_what_cannot_be_imported_is_no_trial(make_session: Callable[..., ProviderSession], name: str) -> None:
    assert not isinstance(make_session().trial("test_thing", name), Trial)


def test_a_schema_is_told(make_session: Callable[..., ProviderSession]) -> None:
    session = make_session()
    schema = session.schema("test_thing")
    assert schema is not None
    assert schema.block.attributes["secret"].sensitive
    assert session.schema("test_other") is None


@pytest.fixture
def aws(emulator: Emulator, provider_home: Path, tmp_path: Path) -> Any:
    """Protocol 5."""
    with ProviderPool(tmp_path / "schemas") as pool:
        environment = {**emulator.environment(), "HOME": str(provider_home)}
        yield pool.session(find_aws_provider(), {"region": REGION}, environment)


def test_a_security_group_has_a_name_and_no_prefix(aws: ProviderSession, emulator: Emulator) -> None:
    ec2 = client(emulator, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="trial", Description="d", VpcId=vpc)["GroupId"]
    trial = aws.trial("aws_security_group", group)
    assert isinstance(trial, Trial)
    both = configuration(trial.schema.block, {"name": "trial", "name_prefix": "tri", "description": "d"})
    complaints = trial.validate(both)
    assert {complaint.path for complaint in complaints} == {("name",), ("name_prefix",)}
    found = draft(trial)
    assert found.problem is None
    assert {"name", "vpc_id", "description"} <= found.chosen.keys()
    assert "name_prefix" not in found.chosen
    assert found.ignored == ("revoke_rules_on_delete",)
    assert isinstance(aws.trial("aws_iam_role_policy_attachment", "nonsense"), Diagnosis)


def test_a_secret_is_asked_for_and_never_chosen(aws: ProviderSession, emulator: Emulator) -> None:
    ssm = client(emulator, "ssm")
    ssm.put_parameter(
        Name="/trial/key", Value="hunter2hunter2", Type="SecureString", Description="hunter2hunter2 it is"
    )
    trial = aws.trial("aws_ssm_parameter", "/trial/key")
    assert isinstance(trial, Trial)
    found = draft(trial)
    assert found.problem is None
    assert found.asked == ("value",)
    assert "hunter2" not in str(found.chosen)
    assert "hunter2" not in repr(found) + repr(trial)


def test_what_the_service_does_not_tell_is_asked_for(aws: ProviderSession, emulator: Emulator) -> None:
    client(emulator, "ec2").create_key_pair(KeyName="trial")
    trial = aws.trial("aws_key_pair", "trial")
    assert isinstance(trial, Trial)
    found = draft(trial)
    assert (found.asked, found.problem) == (("public_key",), None)
    assert "public_key" in found.ignored
