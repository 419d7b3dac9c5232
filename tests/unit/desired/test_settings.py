"""Backend, required version, lock file; and override files."""

from __future__ import annotations

from pathlib import Path

from support.templates import instances, read, resource, told, write

from reconciler.desired.template import read_template
from reconciler.drift.snapshot import BackendBlock, Body


def test_no_backend_is_the_local_one(tmp_path: Path) -> None:
    assert read(tmp_path, "").backend == BackendBlock("local", {})


def test_partial_configuration_wins(tmp_path: Path) -> None:
    text = 'terraform {\n  backend "s3" {\n    bucket = "a"\n    key = "k"\n    profile = null\n  }\n}\n'

    backend = read(tmp_path, text, backend_config={"bucket": "b", "region": "r"}).backend

    assert backend is not None
    assert (backend.type, backend.values) == ("s3", {"bucket": "b", "key": "k", "region": "r"})
    assert str(backend.position) == "main.tf:2:3"


def test_cloud_and_nested_blocks(tmp_path: Path) -> None:
    text = 'terraform {\n  cloud {\n    organization = "acme"\n    workspaces {\n      tags = ["a"]\n    }\n  }\n}\n'

    backend = read(tmp_path, text).backend

    assert backend is not None
    assert (backend.type, backend.values) == ("cloud", {"organization": "acme", "workspaces": [{"tags": ["a"]}]})


def test_backend_in_json(tmp_path: Path) -> None:
    text = '{"terraform": {"backend": {"s3": {"bucket": "b"}}, "required_version": "~> 1.5"}}'

    template = read_template(write(tmp_path, {"x.tf.json": text}))

    assert template.backend is not None
    assert (template.backend.type, template.backend.values) == ("s3", {"bucket": "b"})
    assert template.required_version == "~> 1.5"


def test_all_version_constraints_hold(tmp_path: Path) -> None:
    block = 'terraform {{\n  required_version = "{}"\n}}\n'

    assert read(tmp_path, block.format(">= 1.3") + block.format("< 2.0")).required_version == ">= 1.3, < 2.0"


def test_a_broken_lock_file(tmp_path: Path) -> None:
    lock = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.0.0"\n}\nprovider "x" {\n'

    template = read_template(write(tmp_path, {"main.tf": "", ".terraform.lock.hcl": lock}))

    assert template.locked == {"registry.terraform.io/hashicorp/aws": "5.0.0"}
    assert told(template) == [".terraform.lock.hcl:5:1: a block is not closed before this"]


BASE = """
resource "a_b" "c" {
  count = 1
  name  = "base"
  size  = 1
  rule {
    a = 1
  }
  other {
    a = 1
  }
  dynamic "rule" {
    for_each = []
    content {
      b = 1
    }
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [name]
  }
}
locals {
  n = 1
  m = 1
}
variable "v" {
  type    = number
  default = 1
}
terraform {
  backend "s3" {
    bucket = "b"
  }
}
"""


def test_override_files_merge_in_the_order_of_their_names(tmp_path: Path) -> None:
    files = {
        "main.tf": BASE,
        "a_override.tf": 'resource "a_b" "c" {\n  count = 2\n  extra = 1\n}\nlocals {\n  n = 2\n}\n',
        "override.tf": 'resource "a_b" "c" {\n  count = local.n + var.v\n}\nvariable "v" {\n  default = 2\n}\n',
        "x_override.tf.json": '{"terraform": {"backend": {"local": {"path": "x"}}}}',
    }

    template = read_template(write(tmp_path, files))

    assert template.problems == ()
    assert instances(template, "a_b.c") == [f"a_b.c[{index}]" for index in range(4)]
    assert resource(template, "a_b.c").body.attributes == {"name", "size", "extra"}
    assert str(resource(template, "a_b.c").position) == "main.tf:2:1"
    assert template.backend is not None
    assert template.backend.type == "local"


def test_an_override_replaces_nested_blocks_by_type_and_merges_the_lifecycle(tmp_path: Path) -> None:
    over = 'resource "a_b" "c" {\n  rule {\n    z = 1\n  }\n  lifecycle {\n    prevent_destroy = false\n  }\n}\n'

    found = resource(read_template(write(tmp_path, {"main.tf": BASE, "override.tf": over})), "a_b.c")

    assert found.body.blocks == {"rule": Body(frozenset({"z"})), "other": Body(frozenset({"a"}))}
    assert found.ignore_changes == (("name",),)
    assert not found.prevent_destroy


def test_a_dynamic_override_replaces_too(tmp_path: Path) -> None:
    over = 'resource "a_b" "c" {\n  dynamic "rule" {\n    for_each = []\n    content {\n      y = 1\n    }\n  }\n}\n'

    found = resource(read_template(write(tmp_path, {"main.tf": BASE, "override.tf": over})), "a_b.c")

    assert found.body.blocks["rule"] == Body(frozenset({"y"}))


def test_an_override_of_nothing(tmp_path: Path) -> None:
    files = {
        "main.tf": "",
        "override.tf": 'resource "a_b" "c" {}\nlocals {\n  x = 1\n}\nprovider "aws" {}\n'
        'provider "aws" {\n  alias = "w"\n}\n'
        "moved {\n  from = a.b\n  to = a.c\n}\n",
    }

    assert told(read_template(write(tmp_path, files))) == [
        "override.tf:1:1: this overrides a resource that no other file declares",
        "override.tf:3:3: this overrides a local value that no other file declares",
        "override.tf:6:1: this overrides a provider configuration that no other file declares",
        "override.tf:9:1: a moved block cannot stand in an override file",
    ]
