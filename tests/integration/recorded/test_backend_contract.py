"""What every backend promises, asked of every kind with its real counterpart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.state_places import PASSWORD, Place, terraform

from reconciler.errors import BackendError
from reconciler.recorded.statefile import read_state

STATE = b'{"version": 4, "serial": 1, "lineage": "l", "terraform_version": "1.11.4", "outputs": {}, "resources": []}\n'


def test_no_state_yet(place: Place) -> None:
    assert place.open().read() is None


def test_what_was_put_is_read_and_read_anew(place: Place) -> None:
    backend = place.open()
    place.put(STATE)
    assert read_state(backend.read(), location=backend.location).serial == 1
    place.put(STATE.replace(b'"serial": 1', b'"serial": 2'))
    assert read_state(backend.read(), location=backend.location).serial == 2


def test_more_than_the_limit_is_refused(place: Place) -> None:
    place.put(STATE)
    with pytest.raises(BackendError, match="more than 20 bytes"):
        place.open(limit=20).read()


def test_as_much_as_the_limit_is_taken(place: Place) -> None:
    place.put(STATE)
    data = place.open().read()
    assert data is not None
    assert place.open(limit=len(data)).read() == data


def test_location_and_errors_hold_no_secret(place: Place) -> None:
    backend = place.open()
    assert backend.location
    assert PASSWORD not in backend.location + repr(backend) + str(backend)


@pytest.mark.parametrize("kind", ["local", "s3", "pg", "http_place"])
def test_a_dead_place_is_an_error_and_no_missing_state(kind: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(kind)
    place.block = replace(place.block, values={**place.block.values, **place.dead})
    with pytest.raises(BackendError) as raised:
        place.open().read()
    assert PASSWORD not in str(raised.value) + str(raised.value.hint)
    assert "\n" not in str(raised.value)


def test_terraform_failing_is_an_error(pull: Place) -> None:
    (pull.folder / "main.tf").write_text("broken {")
    with pytest.raises(BackendError, match=r"cannot read gcs \(terraform state pull\)"):
        pull.open().read()


TEMPLATE = """
resource "terraform_data" "each" {
  for_each = toset(["a.b", "$${x}", "한"])
  input    = sensitive({ k = each.key })
}
"""


@pytest.mark.parametrize("kind", ["local", "s3", "pg", "http_place"])
def test_terraform_writes_and_we_read_the_same(kind: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(kind)
    if kind == "pg":  # Terraform does not quote the schema's name everywhere
        place.block = replace(place.block, values={**place.block.values, "schema_name": "states"})
    (place.folder / "main.tf").write_text(place.hcl() + TEMPLATE, encoding="utf-8")
    terraform(place.folder, "init", "-input=false")
    terraform(place.folder, "apply", "-auto-approve", "-input=false")
    before = place.open().read()
    state = read_state(before, location="x")
    assert [str(instance.address) for instance in state.instances] == [
        'terraform_data.each["$${x}"]',
        'terraform_data.each["a.b"]',
        'terraform_data.each["한"]',
    ]
    assert {instance.sensitive_paths for instance in state.instances} == {(("input",),)}
    pulled = read_state(terraform(place.folder, "state", "pull"), location="x")
    assert (pulled.lineage, pulled.serial) == (state.lineage, state.serial)
    if place.workspaces:
        terraform(place.folder, "workspace", "new", "blue")
        terraform(place.folder, "apply", "-auto-approve", "-input=false")
        selected = read_state(place.open().read(), location="x")
        assert selected.lineage not in ("", state.lineage)
        assert read_state(place.open("blue").read(), location="x") == selected
        with pytest.raises(BackendError, match="there is no workspace green"):
            place.open("green").read()
    assert place.open("default").read() == before


@pytest.mark.parametrize("kind", ["s3", "pg", "http_place"])
def test_partial_configuration_is_what_init_kept(kind: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(kind)
    place.put(STATE)
    (place.folder / "main.tf").write_text(place.hcl(), encoding="utf-8")
    if kind == "pg":
        place.block = replace(place.block, values={**place.block.values, "schema_name": "states"})
        (place.folder / "main.tf").write_text(place.hcl(), encoding="utf-8")
    terraform(place.folder, "init", "-input=false")
    whole = place.open().read()
    place.block = replace(place.block, values={})
    assert place.open().read() == whole
