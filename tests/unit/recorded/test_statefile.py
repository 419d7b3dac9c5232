from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.drift.address import Address, ModuleStep, ProviderAddress
from reconciler.drift.snapshot import RecordedInstance, RecordedState
from reconciler.errors import StateError
from reconciler.recorded.statefile import read_state

STATES = Path(__file__).parents[2] / "fixtures" / "state"
ESTATE = STATES / "estate.tfstate"
AWS = "registry.terraform.io/hashicorp/aws"


@pytest.fixture(scope="module")
def state() -> RecordedState:
    return read_state(ESTATE.read_bytes(), location="estate.tfstate")


def by_label(state: RecordedState) -> dict[str, RecordedInstance]:
    return {instance.label: instance for instance in state.instances}


def small(**instance: Any) -> bytes:
    """A state of one queue, with further fields of its instance."""
    queue = {"mode": "managed", "type": "aws_sqs_queue", "name": "q", "provider": f'provider["{AWS}"]'}
    queue["instances"] = [{"attributes": {}, **instance}]  # type: ignore[assignment]
    return json.dumps({"version": 4, "serial": 1, "lineage": "l", "resources": [queue]}).encode()


def test_head_of_the_file(state: RecordedState) -> None:
    assert state.lineage == "f05c7718-b1c6-667f-fba4-f793c97e1e63"
    assert state.serial == 12
    assert state.terraform_version == "1.11.4"
    assert state.location == "estate.tfstate"


def test_managed_instances_in_order_without_data_sources(state: RecordedState) -> None:
    assert [instance.label for instance in state.instances] == [
        "aws_sqs_queue.jobs[0]",
        "aws_sqs_queue.jobs[1]",
        "aws_sqs_queue.jobs[1] (deposed 00000001)",
        'aws_ssm_parameter.secret["quo\\"te.$${x}"]',
        'module.a["x"].module.b[0].aws_s3_bucket.data',
        "aws_vpc.old",
    ]


def test_everything_of_an_instance(state: RecordedState) -> None:
    assert state.instances[0] == RecordedInstance(
        address=Address("aws_sqs_queue", "jobs", 0),
        provider=ProviderAddress(AWS),
        schema_version=2,
        attributes=state.instances[0].attributes,
        private=b'{"schema_version":"2"}',
        dependencies=("aws_kms_key.main", "module.x.aws_iam_role.y"),
    )


def test_attributes_are_the_files_own_text(state: RecordedState) -> None:
    whole = ESTATE.read_bytes()
    assert all(instance.attributes in whole for instance in state.instances)
    assert json.loads(state.instances[0].attributes) == {"id": "https://sqs/0", "tags": {"a:b": "::/0", "한": "글"}}


def test_tainted_and_deposed(state: RecordedState) -> None:
    found = by_label(state)
    assert [label for label, instance in found.items() if instance.tainted] == ["aws_sqs_queue.jobs[1]"]
    assert found["aws_sqs_queue.jobs[1] (deposed 00000001)"].deposed == "00000001"


def test_sensitive_paths_end_where_an_element_of_a_set_is_named(state: RecordedState) -> None:
    assert state.instances[3].sensitive_paths == (("value",), ("list", 1, "y"), ("tags", "a.b"), ("rules",))


@pytest.mark.parametrize(
    ("index", "provider"),
    [
        (3, ProviderAddress(AWS, "west")),
        (4, ProviderAddress(AWS, None, (ModuleStep("a"),))),
        (5, ProviderAddress(AWS, "east")),
    ],
)
def test_providers(state: RecordedState, index: int, provider: ProviderAddress) -> None:
    assert state.instances[index].provider == provider


def test_module_with_keys(state: RecordedState) -> None:
    assert state.instances[4].address.module == (ModuleStep("a", "x"), ModuleStep("b", 0))


@pytest.mark.parametrize("data", [None, b""])
def test_nothing_is_no_state_yet(data: bytes | None) -> None:
    assert read_state(data, location="x") == RecordedState(location="x")


def test_a_state_without_resources_has_a_serial() -> None:
    state = read_state(b'{"version":4,"serial":0,"lineage":"l","resources":null,"outputs":null}', location="x")
    assert (state.serial, state.instances, state.terraform_version) == (0, (), None)


def test_null_stands_for_an_optional_field_left_out() -> None:
    names = ("index_key", "status", "deposed", "sensitive_attributes", "private", "dependencies")
    state = read_state(small(**dict.fromkeys(names)), location="x")
    assert state == read_state(small(), location="x")


def test_an_instance_without_attributes_has_none() -> None:
    data = small().replace(b'"attributes": {}', b'"schema_version": 3')
    assert (read_state(data, location="x").instances[0].attributes) == b"{}"


def test_unknown_fields_of_later_versions_are_skipped() -> None:
    data = small(identity={"a:b": [1, 2]}, identity_schema_version=1).replace(
        b'"name"', b'"later": {"x": 1, "y": "\\u003a"}, "name"'
    )
    assert len(read_state(data, location="x").instances) == 1


@pytest.mark.parametrize("key", ["", "a b", "한", "x:y", "\\u003a", '"', "${x}", "%{x}", "\t"])
def test_keys_make_addresses_that_can_be_read_back(key: str) -> None:
    address = read_state(small(index_key=key), location="x").instances[0].address
    assert address.key == key
    assert Address.parse(str(address)) == address


def test_escaped_colons_are_no_repeated_keys() -> None:
    attributes = {"a": "::/0", "b": "x"}
    data = small(attributes=attributes).replace(b"::/0", b"\\u003a\\u003A/0").replace(b'"b"', b'"b\\u003a"')
    assert json.loads(read_state(data, location="x").instances[0].attributes) == {"a": "::/0", "b:": "x"}


def form(name: str) -> dict[str, RecordedInstance]:
    path = STATES / "forms" / f"{name}.tfstate"
    return by_label(read_state(path.read_bytes(), location=path.name))


def test_attributes_of_before_0_12_stay_flat() -> None:
    found = form("0.12-flat")
    old, new = found["aws_sqs_queue.jobs[0]"], found["aws_sqs_queue.jobs[1]"]
    assert (old.flat, new.flat) == (True, False)
    assert json.loads(old.attributes)["tags.a"] == "b"
    assert found["module.net.aws_security_group.web (deposed 00000001)"].tainted


def test_attributes_win_over_flat_ones() -> None:
    both = form("by-hand")["null_resource.both"]
    assert (both.flat, json.loads(both.attributes)) == (False, {"id": "1"})


@pytest.mark.parametrize(
    ("name", "label", "provider"),
    [
        ("0.12-0", "null_resource.a", ProviderAddress("registry.terraform.io/hashicorp/null")),
        ("0.12-0", "module.net.aws_instance.web", ProviderAddress(AWS, "west", (ModuleStep("net"),))),
        (
            "0.12-0",
            "module.net.module.deep.aws_instance.web",
            ProviderAddress(AWS, None, (ModuleStep("net"), ModuleStep("deep"))),
        ),
        ("0.12-31", 'aws_iam_user.people["a b"]', ProviderAddress(AWS, "east")),
        ("0.13-upgraded", "null_resource.a", ProviderAddress("registry.terraform.io/hashicorp/null")),
        ("0.13-upgraded", 'module.net["eu"].aws_vpc.main', ProviderAddress(AWS, "west", (ModuleStep("net"),))),
        ("by-hand", "acme-thing_x.dash-ed_1", ProviderAddress("localhost:8443/acme/thing", "o-1")),
        ("opentofu", "null_resource.old", ProviderAddress("registry.opentofu.org/hashicorp/null")),
        (
            "opentofu",
            'aws_vpc.main["us"]',
            ProviderAddress("registry.opentofu.org/hashicorp/aws", "by_region", (ModuleStep("x"),), "us.1"),
        ),
    ],
)
def test_providers_of_all_versions(name: str, label: str, provider: ProviderAddress) -> None:
    found = form(name)[label].provider
    assert found == provider
    assert ProviderAddress.parse(str(found)) == found


@pytest.mark.parametrize("spelling", ["provider.terraform", 'provider["registry.terraform.io/-/terraform"]'])
def test_the_provider_that_is_built_in_has_its_own_source(spelling: str) -> None:
    assert ProviderAddress.parse(spelling) == ProviderAddress("terraform.io/builtin/terraform")


def test_what_0_12_calls_depends_on_is_no_dependency() -> None:
    assert form("0.12-0")["aws_sqs_queue.jobs[0]"].dependencies == ()
    assert form("0.12-31")['aws_iam_user.people["a b"]'].dependencies == (
        "aws_iam_group.all",
        "module.net.aws_vpc.main",
    )


@pytest.mark.parametrize("name", ["by-hand", "no-lineage"])
def test_a_lineage_may_be_missing(name: str) -> None:
    path = STATES / "forms" / f"{name}.tfstate"
    state = read_state(path.read_bytes(), location=path.name)
    assert (state.lineage, state.serial) == ("", 7)


def test_a_provider_of_some_instances_only_is_an_error() -> None:
    broken = (STATES / "forms" / "opentofu.tfstate").read_bytes().replace(b'"index_key": "us",', b"", 1)
    broken = broken.replace(b'"provider": "module.x.provider', b'"later": "module.x.provider')
    with pytest.raises(StateError, match=r"resources\[2\].provider: expected the address of a provider"):
        read_state(broken, location="x")
