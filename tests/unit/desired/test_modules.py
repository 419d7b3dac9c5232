"""Which folder a module call means, and what its variables and outputs are."""

from __future__ import annotations

import json
from pathlib import Path

from support.templates import instances, read, resource, told, write

from reconciler.desired.template import read_template

QUEUE = 'variable "n" {\n  default = 1\n}\nresource "aws_sqs_queue" "q" {\n  count = var.n\n}\n'


def call(source: str, more: str = "") -> str:
    return f'module "m" {{\n  source = "{source}"\n{more}}}\n'


def test_a_module_beside_the_template(tmp_path: Path) -> None:
    write(tmp_path, {"common/queue/main.tf": QUEUE, "root/main.tf": call("../common/queue")})

    template = read_template(tmp_path / "root")

    assert str(resource(template, "module.m.aws_sqs_queue.q").position) == "../common/queue/main.tf:4:1"
    assert set(template.files) == {"main.tf", "../common/queue/main.tf"}


def manifest(folder: str, key: str = "m", source: str = "registry.terraform.io/acme/queue/aws") -> str:
    entries = [{"Key": "", "Source": "", "Dir": "."}, {"Key": key, "Source": source, "Version": "1.0.0", "Dir": folder}]
    return json.dumps({"Modules": entries})


def test_a_module_that_init_has_installed(tmp_path: Path) -> None:
    files = {
        "main.tf": call("acme/queue/aws"),
        ".terraform/modules/modules.json": manifest(".terraform/modules/m"),
        ".terraform/modules/m/main.tf": QUEUE + call("./inner").replace('"m"', '"inner"'),
        ".terraform/modules/m/inner/main.tf": 'resource "aws_sns_topic" "t" {}\n',
    }

    template = read_template(write(tmp_path, files))

    assert template.problems == ()
    assert instances(template, "module.m.aws_sqs_queue.q") == ["module.m.aws_sqs_queue.q[0]"]
    assert instances(template, "module.m.module.inner.aws_sns_topic.t") == ["module.m.module.inner.aws_sns_topic.t"]


def test_a_data_directory_of_our_own_goes_first(tmp_path: Path) -> None:
    files = {
        "root/main.tf": call("acme/queue/aws"),
        "root/.terraform/modules/modules.json": manifest("gone"),
        "data/modules/modules.json": manifest("/somewhere/else/data/modules/m"),
        "data/modules/m/main.tf": QUEUE,
    }
    write(tmp_path, files)

    template = read_template(tmp_path / "root", modules=tmp_path / "data")

    assert template.problems == ()
    assert [str(each.position) for each in template.resources] == ["../data/modules/m/main.tf:4:1"]


def test_not_installed(tmp_path: Path) -> None:
    template = read(tmp_path, call("git::https://example.com/x.git?ref=v1"))

    assert told(template) == ["main.tf:1:1: the module is not installed"]
    assert template.problems[0].hint == "run terraform init"


def test_another_module_is_installed_under_that_name(tmp_path: Path) -> None:
    files = {
        "main.tf": call("acme/topic/aws"),
        ".terraform/modules/modules.json": manifest(".terraform/modules/m"),
        ".terraform/modules/m/main.tf": QUEUE,
    }

    template = read_template(write(tmp_path, files))

    assert told(template) == ["main.tf:1:1: another module is installed here than the source says"]
    assert template.resources == ()


def test_a_broken_manifest(tmp_path: Path) -> None:
    template = read_template(write(tmp_path, {"main.tf": "", ".terraform/modules/modules.json": "{"}))

    assert told(template) == [".terraform/modules/modules.json: the manifest of installed modules cannot be read"]


def test_a_missing_folder_costs_only_the_module(tmp_path: Path) -> None:
    template = read(tmp_path, call("./missing") + QUEUE)

    assert told(template) == ["main.tf:1:1: the folder of the module is missing or unreadable"]
    assert len(template.resources) == 1


def test_a_module_that_calls_itself(tmp_path: Path) -> None:
    assert told(read(tmp_path, call("./."))) == ["main.tf:1:1: a module that calls itself"]


def test_two_modules_that_call_each_other(tmp_path: Path) -> None:
    files = {"main.tf": call("./a"), "a/main.tf": call("../b") + QUEUE, "b/main.tf": call("../a") + QUEUE}

    template = read_template(write(tmp_path, files))

    assert told(template) == ["b/main.tf:1:1: a module that calls itself"]
    assert len(template.resources) == 2


def test_a_source_that_is_no_string(tmp_path: Path) -> None:
    template = read(tmp_path, 'module "m" {\n  source = var.where\n}\n')

    assert told(template) == ["main.tf:1:1: the module's source is not a plain string"]


def test_a_broken_file_in_a_module_is_told_once(tmp_path: Path) -> None:
    main = call("./m").replace('"m"', '"a"', 1) + call("./m").replace('"m"', '"b"', 1)

    template = read_template(write(tmp_path, {"main.tf": main, "m/main.tf": "x = 1\n" + QUEUE}))

    assert told(template) == ['m/main.tf:1:1: the argument "x" stands outside of any block']
    assert len(template.resources) == 2


def test_unknown_instances_of_a_call_make_all_inside_unknown(tmp_path: Path) -> None:
    files = {"main.tf": call("./m", "  for_each = aws_vpc.x.ids\n"), "m/main.tf": QUEUE}

    assert instances(read_template(write(tmp_path, files)), "module.m.aws_sqs_queue.q") is None


def test_arguments_are_evaluated_in_each_instance_of_the_call(tmp_path: Path) -> None:
    files = {"main.tf": call("./m", "  count = 3\n  n = count.index\n"), "m/main.tf": QUEUE}

    assert instances(read_template(write(tmp_path, files)), "module.m.aws_sqs_queue.q") == [
        "module.m[1].aws_sqs_queue.q[0]",
        "module.m[2].aws_sqs_queue.q[0]",
        "module.m[2].aws_sqs_queue.q[1]",
    ]


def test_an_argument_of_a_wrong_type_is_unknown(tmp_path: Path) -> None:
    files = {
        "main.tf": call("./m", '  n = "many"\n'),
        "m/main.tf": QUEUE.replace("default = 1", "type = number"),
    }

    assert instances(read_template(write(tmp_path, files)), "module.m.aws_sqs_queue.q") is None


def test_an_output_that_needs_another_output_of_its_caller_is_no_circle(tmp_path: Path) -> None:
    child = 'variable "in" {\n  default = null\n}\noutput "a" {\n  value = 2\n}\noutput "b" {\n  value = var.in\n}\n'
    main = call("./m", "  in = module.m.a\n") + 'resource "aws_sqs_queue" "q" {\n  count = module.m.b\n}\n'

    template = read_template(write(tmp_path, {"main.tf": main, "m/main.tf": child}))

    assert template.problems == ()
    assert instances(template, "aws_sqs_queue.q") == ["aws_sqs_queue.q[0]", "aws_sqs_queue.q[1]"]


def test_circles_are_told_and_unknown(tmp_path: Path) -> None:
    text = 'locals {\n  a = local.b\n  b = local.c\n  c = local.a\n}\nresource "a_b" "c" {\n  count = local.a\n}\n'
    text += 'resource "a_b" "d" {\n  count = length(a_b.d)\n}\n'

    template = read(tmp_path, text)

    assert told(template) == [
        "main.tf:2:3: local.a refers to itself, directly or through others",
        "main.tf:9:1: a_b.d refers to itself, directly or through others",
    ]
    assert [each.instances for each in template.resources] == [None, None]


def test_a_long_chain_of_locals_never_raises(tmp_path: Path) -> None:
    chain = "\n".join(f"  l{n} = local.l{n + 1}" for n in range(3_000))

    template = read(tmp_path, f'locals {{\n{chain}\n  l3000 = 1\n}}\nresource "a_b" "c" {{\n  count = local.l0\n}}\n')

    assert template.problems == ()
    assert template.resources[0].instances in (None, ())
