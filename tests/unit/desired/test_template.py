"""One estate with everything in it, read whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.templates import FIXTURES, instances, read, resource, told, write

from reconciler.desired.template import read_template
from reconciler.drift.address import ModuleStep, ProviderAddress
from reconciler.drift.snapshot import ALL, Body, Template
from reconciler.drift.values import UNKNOWN

AWS = "registry.terraform.io/hashicorp/aws"


@pytest.fixture(scope="module")
def estate() -> Template:
    return read_template(FIXTURES / "templates" / "estate", variables={"password": "canary"})


def test_addresses_and_positions(estate: Template) -> None:
    assert {str(each.address): str(each.position) for each in estate.resources} == {
        "aws_iam_role.reader": "main.tf:55:1",
        "aws_security_group.web": "main.tf:66:1",
        "aws_instance.unknown": "main.tf:100:1",
        "aws_instance.one_for_each": "main.tf:104:1",
        "terraform_data.note": "main.tf:108:1",
        "dns_record.a": "main.tf:115:1",
        "aws_s3_bucket.logs": "more.tf.json:5:7",
        "aws_s3_bucket.copies": "more.tf.json:13:7",
        "module.queues.aws_sqs_queue.this": "modules/queue/main.tf:14:1",
        "module.queues.module.deep.aws_sns_topic.this": "modules/queue/deep/main.tf:3:1",
        "module.plain.aws_sqs_queue.this": "modules/queue/main.tf:14:1",
        "module.plain.module.deep.aws_sns_topic.this": "modules/queue/deep/main.tf:3:1",
    }


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("aws_iam_role.reader", ["aws_iam_role.reader[0]"]),
        ("aws_security_group.web", ['aws_security_group.web["a"]', 'aws_security_group.web["b"]']),
        ("aws_instance.unknown", None),
        ("aws_instance.one_for_each", ['aws_instance.one_for_each["a"]', 'aws_instance.one_for_each["b"]']),
        ("terraform_data.note", ["terraform_data.note"]),
        ("aws_s3_bucket.copies", ["aws_s3_bucket.copies[0]", "aws_s3_bucket.copies[1]"]),
        (
            "module.queues.aws_sqs_queue.this",
            ['module.queues["jobs"].aws_sqs_queue.this[0]', 'module.queues["mails"].aws_sqs_queue.this[0]'],
        ),
        (
            "module.queues.module.deep.aws_sns_topic.this",
            ['module.queues["mails"].module.deep[0].aws_sns_topic.this'],
        ),
        ("module.plain.module.deep.aws_sns_topic.this", []),
    ],
)
def test_instances(estate: Template, address: str, expected: list[str] | None) -> None:
    assert instances(estate, address) == expected


def test_bodies(estate: Template) -> None:
    assert resource(estate, "aws_iam_role.reader").body == Body(frozenset({"name", "path"}))
    assert resource(estate, "aws_security_group.web").body == Body(
        frozenset({"name"}),
        {
            "ingress": Body(frozenset({"from_port", "to_port", "self"})),
            "egress": Body(frozenset({"from_port"}), {"nested": Body(frozenset({"deep"}))}),
        },
    )
    assert resource(estate, "aws_s3_bucket.logs").body == Body(
        frozenset({"bucket", "tags"}),
        {"tags": Body(frozenset({"Name"})), "cors_rule": Body(frozenset({"max_age_seconds"}))},
    )


def test_lifecycle(estate: Template) -> None:
    assert resource(estate, "aws_iam_role.reader").ignore_changes == (
        ("tags", "Name"),
        ("tags", "Owner"),
        ("description",),
        ("inline_policy", 0, "name"),
    )
    assert resource(estate, "aws_security_group.web").ignore_changes == ALL
    assert resource(estate, "aws_s3_bucket.logs").ignore_changes == (("tags",),)
    assert [each.address.name for each in estate.resources if each.prevent_destroy] == ["logs"]


def test_the_provider_of_each_resource(estate: Template) -> None:
    assert {
        str(each.address): str(each.provider) for each in estate.resources if each.address.type != "aws_instance"
    } == {
        "aws_iam_role.reader": f'provider["{AWS}"]',
        "aws_security_group.web": f'provider["{AWS}"].west',
        "terraform_data.note": 'provider["terraform.io/builtin/terraform"]',
        "dns_record.a": 'provider["example.com/acme/dns"]',
        "aws_s3_bucket.logs": f'provider["{AWS}"].west',
        "aws_s3_bucket.copies": f'provider["{AWS}"]',
        "module.queues.aws_sqs_queue.this": f'provider["{AWS}"].west',
        "module.queues.module.deep.aws_sns_topic.this": f'provider["{AWS}"].west',
        "module.plain.aws_sqs_queue.this": f'provider["{AWS}"]',
        "module.plain.module.deep.aws_sns_topic.this": f'provider["{AWS}"]',
    }


def test_provider_blocks(estate: Template) -> None:
    default, west = estate.providers

    assert default.address == ProviderAddress(AWS)
    assert default.values == {
        "region": "eu-west-1",
        "default_tags": [{"tags": {"Environment": "default", "Owner": "platform"}}],
        "assume_role": [],
    }
    assert default.unresolved == {}
    assert west.address == ProviderAddress(AWS, "west")
    assert west.values == {"region": "us-west-2", "token": UNKNOWN, "assume_role": [{"role_arn": UNKNOWN}]}
    assert west.unresolved == {
        ("token",): "data.aws_caller_identity.current.account_id",
        ("assume_role", 0, "role_arn"): '"arn:${aws_iam_role.reader.arn}"',
    }


def test_settings(estate: Template) -> None:
    assert estate.required_version == ">= 1.5"
    assert estate.locked == {AWS: "5.100.0"}
    assert {name: (each.source, each.constraint) for name, each in estate.requirements.items()} == {
        "aws": (AWS, "~> 5.0"),
        "dns": ("example.com/acme/dns", None),
        "terraform": ("terraform.io/builtin/terraform", None),
    }
    assert estate.backend is not None
    assert estate.backend.type == "s3"
    assert estate.backend.values == {
        "bucket": "states",
        "key": "estate/terraform.tfstate",
        "assume_role": {"role_arn": "arn:aws:iam::123456789012:role/state"},
    }


def test_refactorings(estate: Template) -> None:
    assert [(each.source, each.target) for each in estate.moves] == [
        ("aws_iam_role.old", "aws_iam_role.reader[0]"),
        ('module.queues["jobs"].aws_sqs_queue.queue', 'module.queues["jobs"].aws_sqs_queue.this'),
        ('module.queues["mails"].aws_sqs_queue.queue', 'module.queues["mails"].aws_sqs_queue.this'),
        ("module.plain.aws_sqs_queue.queue", "module.plain.aws_sqs_queue.this"),
    ]
    assert estate.imports == (
        'module.queues["jobs"].aws_sqs_queue.this[0]',
        'module.queues["mails"].aws_sqs_queue.this[0]',
    )
    assert estate.removed == ("aws_instance.gone",)


def test_variables(estate: Template) -> None:
    assert {each.name: (each.value, each.sensitive) for each in estate.variables} == {
        "password": ("canary", True),
        "ports": ([443], False),
        "region": ("eu-west-1", False),
        "role": (None, False),
        "with_reader": (True, False),
    }


def test_problems(estate: Template) -> None:
    assert told(estate) == ["main.tf:132:1: the module is not installed"]
    assert estate.problems[0].hint == "run terraform init"


def test_files_are_restorable_and_hold_no_variable_file(estate: Template) -> None:
    assert list(estate.files) == [
        ".terraform.lock.hcl",
        "main.tf",
        "modules/queue/deep/main.tf",
        "modules/queue/main.tf",
        "more.tf.json",
        "plain_override.tf",
        "variables.tf",
    ]
    assert "canary" not in "".join(estate.files.values())


def test_the_digest_follows_names_contents_and_lock_file(tmp_path: Path) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(FIXTURES / "templates" / "estate", folder)
    first = read_template(folder).digest
    assert first.startswith("sha256:")
    assert read_template(FIXTURES / "templates" / "estate").digest == first

    variables = (folder / "terraform.tfvars").read_bytes()
    (folder / "terraform.tfvars").write_text('region = "elsewhere"\n')
    assert read_template(folder).digest != first
    (folder / "terraform.tfvars").write_bytes(variables)
    assert read_template(folder).digest == first

    seen = {first}
    for name in ("variables.tf", "modules/queue/deep/main.tf", ".terraform.lock.hcl", "more.tf.json"):
        with (folder / name).open("a") as file:
            file.write("\n")
        seen.add(read_template(folder).digest)
    (folder / "variables.tf").rename(folder / "renamed.tf")
    seen.add(read_template(folder).digest)
    assert len(seen) == 6


def test_a_change_in_a_module_is_seen_although_parsed_files_are_kept(tmp_path: Path) -> None:
    text = 'resource "aws_sqs_queue" "{}" {{}}\n'
    assert read(tmp_path, text.format("a")).resources[0].address.name == "a"
    assert read(tmp_path, text.format("b")).resources[0].address.name == "b"


def test_the_same_text_in_two_files_keeps_its_places(tmp_path: Path) -> None:
    module = 'resource "aws_sqs_queue" "q" {}\n'
    main = 'module "a" {\n  source = "./a"\n}\nmodule "b" {\n  source = "./b"\n}\n'

    template = read_template(write(tmp_path, {"main.tf": main, "a/main.tf": module, "b/main.tf": module}))

    assert [str(each.position) for each in template.resources] == ["a/main.tf:1:1", "b/main.tf:1:1"]
    assert template.resources[0].address.module == (ModuleStep("a"),)
