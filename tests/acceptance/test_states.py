"""Where a state may be: a path of the settings, backends of the template, Terraform's workspaces."""

from __future__ import annotations

import json

import psycopg
import pytest
from support.production import tree
from support.shop import RECORDED, Shop
from support.state_places import PASSWORD, StateServer, serving

from reconciler.sandbox.estate import client

PLACES = ("path", "s3", "http", "workspace")


def _put(shop: Shop, server: StateServer, place: str) -> None:
    """Move the state: a path of the settings, the template's s3 and http backends, a workspace of the local one."""
    state = shop.template / "terraform.tfstate"
    settings = shop.installation.workspaces["shop"]
    main = shop.template / "main.tf"
    match place:
        case "path":
            state.rename(shop.template / "elsewhere.tfstate")
            settings["state"] = "elsewhere.tfstate"
        case "s3" | "s3 of the settings":
            s3 = client(shop.emulator, "s3")
            s3.create_bucket(Bucket="shop-states", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
            s3.put_object(Bucket="shop-states", Key="a/b.tfstate", Body=state.read_bytes())
            if place == "s3":
                backend = 'backend "s3" {\n    bucket = "shop-states"\n    key = "a/b.tfstate"\n  }'
                main.write_text(main.read_text().replace("terraform {", f"terraform {{\n  {backend}", 1))
            else:
                settings["state"] = "s3://shop-states/a/b.tfstate"
            state.unlink()
        case "http":
            server.states["/shop"] = state.read_bytes()
            address = f"http://127.0.0.1:{server.server_address[1]}/shop"
            backend = f'backend "http" {{\n    address = "{address}"\n    username = "u"\n  }}'
            main.write_text(main.read_text().replace("terraform {", f"terraform {{\n  {backend}", 1))
            settings["backend_config"] = {"password": PASSWORD}
            state.unlink()
        case _:
            folder = shop.template / "terraform.tfstate.d" / "blue"
            folder.mkdir(parents=True)
            state.rename(folder / "terraform.tfstate")
            settings["workspace"] = "blue"
    shop.installation.configure()


@pytest.mark.parametrize("place", [*PLACES, "s3 of the settings"])
def test_the_state_is_found_where_it_is(shop: Shop, place: str) -> None:
    server = StateServer()
    _put(shop, server, place)
    with serving(server):
        done = shop.installation.scan()
    assert (done.code, done.err) == (0, ""), done.out
    assert done.workspaces["shop"]["state"]["resources"] == RECORDED
    assert PASSWORD not in done.out
    with psycopg.connect(shop.installation.database or "") as connection:
        rows = connection.execute("SELECT to_jsonb(t)::text FROM iac_templates t").fetchall()
        rows += connection.execute("SELECT to_jsonb(t)::text FROM pass_workspaces t").fetchall()
    assert PASSWORD not in str(rows)
    assert set(server.methods) <= {"GET"}


@pytest.mark.parametrize("place", ["path", "workspace", "s3 of the settings"])
def test_a_plan_says_what_an_apply_would_change_wherever_the_state_is(shop: Shop, place: str) -> None:
    server = StateServer()
    _put(shop, server, place)
    main = shop.template / "main.tf"
    main.write_text(main.read_text().replace("retention_in_days = 30", "retention_in_days = 90"))
    before = tree(shop.template)
    with serving(server):
        done = shop.installation.scan("--depth", "plan")
    assert (done.code, done.err) == (2, "")
    findings = done.workspaces["shop"]["findings"]
    assert [(each["kind"], each["detail"]) for each in findings] == [
        ("unapplied", "an apply would change retention_in_days")
    ] * 3
    (change,) = findings[0]["changes"]
    assert change["path"] == "retention_in_days"
    assert (change["recorded"], change["observed"], change["desired"]) == (30, None, 90)
    assert tree(shop.template) == before
    assert set(server.methods) <= {"GET"}
    shown = shop.installation.run("drift", "show", findings[0]["id"]).out
    assert "retention_in_days: 30 → 90" in shown


def test_a_plan_is_made_again_only_if_something_has_moved(shop: Shop) -> None:
    log, program = shop.template.parent / "commands", shop.template.parent / "terraform"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\nexec terraform "$@"\n')
    program.chmod(0o755)
    shop.installation.settings = f'[terraform]\nbinary = "{program}"\n'
    shop.installation.configure()
    main = shop.template / "main.tf"

    def plans() -> int:
        shop.installation.scan("--depth", "plan")
        return sum("plan" in line.split() for line in log.read_text().splitlines())

    assert [plans(), plans()] == [1, 1]
    main.write_text(main.read_text() + "\n# edited\n")
    assert [plans(), plans()] == [2, 2]
    state = shop.template / "terraform.tfstate"
    content = shop.state()
    state.write_text(json.dumps({**content, "serial": content["serial"] + 1}))
    assert plans() == 3
