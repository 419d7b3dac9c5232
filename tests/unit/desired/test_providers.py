"""Which configuration a resource uses, and what provider blocks say."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.templates import read, resource, write

from reconciler.desired.provider_blocks import with_resolved
from reconciler.desired.providers import full_source
from reconciler.desired.template import read_template
from reconciler.drift.address import ModuleStep, ProviderAddress
from reconciler.drift.values import UNKNOWN

AWS = "registry.terraform.io/hashicorp/aws"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("aws", AWS),
        ("hashicorp/aws", AWS),
        ("HashiCorp/AWS", AWS),
        ("acme/dns", "registry.terraform.io/acme/dns"),
        ("example.com/acme/dns", "example.com/acme/dns"),
    ],
)
def test_full_source(source: str, expected: str) -> None:
    assert full_source(source) == expected


def in_module(root: str, child: str, tmp_path: Path) -> str:
    """The provider of ``aws_vpc.x`` in a module, as text."""
    call = 'module "m" {\n  source = "./m"\n' + root
    files = {"main.tf": call, "m/main.tf": child + 'resource "aws_vpc" "x" {}\n'}
    return str(resource(read_template(write(tmp_path, files)), "module.m.aws_vpc.x").provider)


def test_a_default_configuration_is_inherited(tmp_path: Path) -> None:
    assert in_module("}\n", "", tmp_path) == f'provider["{AWS}"]'


def test_a_configuration_of_its_own(tmp_path: Path) -> None:
    assert in_module("}\n", 'provider "aws" {}\n', tmp_path) == f'module.m.provider["{AWS}"]'


def test_a_configuration_that_is_given(tmp_path: Path) -> None:
    root = '  providers = { aws = aws.west }\n}\nprovider "aws" {\n  alias = "west"\n}\n'

    assert in_module(root, "", tmp_path) == f'provider["{AWS}"].west'


def test_quoted_references_as_old_templates_write_them(tmp_path: Path) -> None:
    root = '  providers = { "aws" = "aws.west" }\n}\nprovider "aws" {\n  alias = "west"\n}\n'

    assert in_module(root, "", tmp_path) == f'provider["{AWS}"].west'


def test_another_default_does_not_end_inheritance(tmp_path: Path) -> None:
    assert in_module("  providers = { dns = dns.other }\n}\n", "", tmp_path) == f'provider["{AWS}"]'


def test_inheritance_is_by_source_and_not_by_name(tmp_path: Path) -> None:
    required = 'terraform {\n  required_providers {\n    amazon = { source = "hashicorp/aws" }\n  }\n}\n'

    assert in_module("}\n" + required, "", tmp_path) == f'provider["{AWS}"]'


def test_a_module_between_may_call_the_provider_otherwise(tmp_path: Path) -> None:
    required = 'terraform {\n  required_providers {\n    amazon = { source = "hashicorp/aws" }\n  }\n}\n'
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n}\n',
        "m/main.tf": required + 'provider "amazon" {}\nmodule "n" {\n  source = "./n"\n}\n',
        "m/n/main.tf": 'resource "aws_vpc" "x" {}\n',
    }

    template = read_template(write(tmp_path, files))

    assert template.resources[0].provider == ProviderAddress(AWS, None, (ModuleStep("m"),))


def test_an_alias_that_the_call_does_not_give_is_not_known(tmp_path: Path) -> None:
    files = {
        "main.tf": 'provider "aws" {}\nmodule "m" {\n  source = "./m"\n}\n',
        "m/main.tf": 'resource "aws_vpc" "x" {\n  provider = aws.other\n}\n',
    }

    assert read_template(write(tmp_path, files)).resources[0].provider is None


def test_an_alias_that_nobody_gives_is_not_known(tmp_path: Path) -> None:
    assert read(tmp_path, 'resource "aws_vpc" "x" {\n  provider = aws.gone\n}\n').resources[0].provider is None


def test_an_alias_through_two_modules(tmp_path: Path) -> None:
    files = {
        "main.tf": 'provider "aws" {\n  alias = "a"\n}\nmodule "m" {\n  source = "./m"\n'
        "  providers = { aws.b = aws.a }\n}\n",
        "m/main.tf": 'module "n" {\n  source = "../n"\n  providers = { aws.c = aws.b }\n}\n',
        "n/main.tf": 'resource "aws_vpc" "x" {\n  provider = aws.c\n}\n',
    }

    template = read_template(write(tmp_path, files))

    assert template.resources[0].provider == ProviderAddress(AWS, "a")


def test_provider_blocks_of_modules(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n  region = "eu-west-1"\n}\n',
        "m/main.tf": 'variable "region" {}\nprovider "aws" {\n  region = var.region\n}\n',
    }

    (block,) = read_template(write(tmp_path, files)).providers

    assert block.address == ProviderAddress(AWS, None, (ModuleStep("m"),))
    assert (block.values, str(block.position)) == ({"region": "eu-west-1"}, "m/main.tf:2:1")


def test_json_provider_blocks(tmp_path: Path) -> None:
    text = (
        '{"provider": {"aws": [{"region": "x", "default_tags": {"tags": {"A": "b"}}},'
        ' {"alias": "w", "assume_role": [{"role_arn": "r"}], "token": "${data.a.b.c}"}]}}'
    )

    first, second = read_template(write(tmp_path, {"main.tf.json": text})).providers

    assert first.values == {"region": "x", "default_tags": [{"tags": {"A": "b"}}]}
    assert second.address.alias == "w"
    assert second.values == {"assume_role": [{"role_arn": "r"}], "token": UNKNOWN}
    assert second.unresolved == {("token",): '"${data.a.b.c}"'}


def test_dynamic_blocks_that_are_not_known_become_one_expression(tmp_path: Path) -> None:
    text = """
provider "aws" {
  assume_role {
    role_arn = "first"
  }
  dynamic "assume_role" {
    for_each = data.x.y.roles
    iterator = role
    content {
      role_arn = role.value
      tags     = { n = role.key }
    }
  }
}
"""
    (block,) = read(tmp_path, text).providers

    assert block.values == {"assume_role": UNKNOWN}
    assert block.unresolved == {
        ("assume_role",): 'concat([{ role_arn = "first" }], flatten([for role in '
        "[for k, v in data.x.y.roles : { key = k, value = v }] : "
        "[{ role_arn = role.value, tags = { n = role.key } }]]))"
    }


def test_dynamic_blocks_that_are_known_are_expanded(tmp_path: Path) -> None:
    text = """
provider "aws" {
  dynamic "endpoints" {
    for_each = ["s3", "sqs"]
    content {
      name = "${endpoints.key}-${endpoints.value}"
    }
  }
}
"""
    (block,) = read(tmp_path, text).providers

    assert block.values == {"endpoints": [{"name": "0-s3"}, {"name": "1-sqs"}]}


def test_known_blocks_with_unknown_content_become_one_expression(tmp_path: Path) -> None:
    text = """
provider "aws" {
  dynamic "assume_role" {
    for_each = ["a"]
    content {
      role_arn = data.x.y[assume_role.value].arn
    }
  }
}
"""
    (block,) = read(tmp_path, text).providers

    assert block.values == {"assume_role": UNKNOWN}
    assert block.unresolved == {
        ("assume_role",): 'flatten([for assume_role in [for k, v in ["a"] : { key = k, value = v }] : '
        "[{ role_arn = data.x.y[assume_role.value].arn }]])"
    }


def test_with_resolved(tmp_path: Path) -> None:
    text = 'provider "aws" {\n  region = data.a.b.c\n  assume_role {\n    role_arn = data.a.b.d\n  }\n}\n'
    (block,) = read(tmp_path, text).providers

    half = with_resolved(block, {("region",): "eu-west-1", ("not", "there"): 1})
    whole = with_resolved(half, {("assume_role", 0, "role_arn"): "arn"})

    assert half.values == {"region": "eu-west-1", "assume_role": [{"role_arn": UNKNOWN}]}
    assert set(half.unresolved) == {("assume_role", 0, "role_arn")}
    assert whole.values == {"region": "eu-west-1", "assume_role": [{"role_arn": "arn"}]}
    assert whole.unresolved == {}
    assert block.values["region"] is UNKNOWN


def test_requirements_of_all_modules_are_joined(tmp_path: Path) -> None:
    def required(name: str, rest: str) -> str:
        return f"terraform {{\n  required_providers {{\n    {name} = {rest}\n  }}\n}}\n"

    files = {
        "main.tf": required("aws", '{ source = "hashicorp/aws", version = "~> 5.0" }')
        + 'module "m" {\n  source = "./m"\n}\n',
        "m/main.tf": required("amazon", '{ source = "hashicorp/aws", version = ">= 5.1" }')
        + 'module "n" {\n  source = "./n"\n}\n',
        "m/n/main.tf": required("aws", '{ source = "acme/aws" }') + 'resource "random_id" "x" {}\n',
    }

    template = read_template(write(tmp_path, files))

    assert {name: (each.source, each.constraint) for name, each in template.requirements.items()} == {
        "aws": (AWS, "~> 5.0, >= 5.1"),
        "registry.terraform.io/acme/aws": ("registry.terraform.io/acme/aws", None),
        "random": ("registry.terraform.io/hashicorp/random", None),
    }


def test_a_requirement_as_terraform_0_12_wrote_it(tmp_path: Path) -> None:
    template = read(tmp_path, 'terraform {\n  required_providers {\n    aws = "~> 2.0"\n  }\n}\n')

    assert (template.requirements["aws"].source, template.requirements["aws"].constraint) == (AWS, "~> 2.0")
