"""The files that a configuration reads beside its own: which belong to a version of it, and which do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.templates import instances, read, write

from reconciler.desired import files as files_module
from reconciler.desired.source import LIMIT
from reconciler.desired.template import read_template

READERS = """
variable "names" {
  default = ["a", "b"]
}

locals {
  folder = "${path.module}/data"
  note   = file("${local.folder}/local.txt")
  all    = [for n in var.names : file("data/${n}.txt")]
}

resource "aws_lambda_function" "one" {
  filename         = "${path.module}/build/one.zip"
  source_code_hash = filebase64sha256("${path.module}/build/one.zip")

  environment {
    variables = { TEXT = templatefile("data/env.tftpl", { name = "x" }) }
  }
}

resource "aws_s3_object" "each" {
  for_each = fileset("${path.module}/site", "**/*.html")
  source   = "${path.module}/site/${each.value}"
}

resource "aws_iam_policy" "each" {
  for_each = toset(["read", "write"])
  policy   = file("${path.module}/policies/${each.key}.json")
}

resource "aws_iam_policy" "dynamic" {
  dynamic "statement" {
    for_each = [1]
    content {
      text = file("data/dynamic.txt")
    }
  }
}

module "inner" {
  source = "./modules/inner"
  text   = file("data/given.txt")
}
"""
DATA = {
    "data/local.txt": "l",
    "data/a.txt": "a",
    "data/b.txt": "b",
    "data/env.tftpl": "${name}",
    "data/dynamic.txt": "d",
    "data/given.txt": "g",
    "data/nobody.txt": "nobody reads it",
    "build/one.zip": bytes(range(256)),
    "site/index.html": "i",
    "site/deep/page.html": "p",
    "site/notes.txt": "n",
    "policies/read.json": "{}",
    "policies/write.json": "{}",
    "policies/other.json": "{}",
    "modules/inner/main.tf": 'variable "text" {}\noutput "o" {\n  value = file("${path.module}/own.txt")\n}\n',
    "modules/inner/own.txt": "o",
}


def test_everything_that_is_read_at_a_path_that_can_be_told(tmp_path: Path) -> None:
    template = read(write(tmp_path, DATA), READERS)

    assert template.problems == ()
    assert set(template.assets) == {
        *("data/local.txt", "data/a.txt", "data/b.txt", "data/env.tftpl", "data/dynamic.txt", "data/given.txt"),
        *("build/one.zip", "site/index.html", "site/deep/page.html", "policies/read.json", "policies/write.json"),
        "modules/inner/own.txt",
    }
    assert template.assets["build/one.zip"] == bytes(range(256))
    assert template.left_out == {}
    assert instances(template, "aws_s3_object.each") == [
        'aws_s3_object.each["deep/page.html"]',
        'aws_s3_object.each["index.html"]',
    ]


def test_variable_files_belong_to_it_also_those_outside(tmp_path: Path) -> None:
    write(tmp_path, {"t/terraform.tfvars": "a = 1\n", "t/x.auto.tfvars": "a = 2\n", "t/other.tfvars": "a = 3\n"})
    write(tmp_path, {"shared/common.tfvars": "a = 4\n", "t/main.tf": 'variable "a" {}\n'})

    template = read_template(tmp_path / "t", var_files=[Path("../shared/common.tfvars")])

    assert template.assets == {
        "terraform.tfvars": b"a = 1\n",
        "x.auto.tfvars": b"a = 2\n",
        "../shared/common.tfvars": b"a = 4\n",
    }
    assert set(template.files) == {"main.tf"}


def test_the_digest_follows_what_is_read(tmp_path: Path) -> None:
    write(tmp_path, DATA)
    first = read(tmp_path, READERS).digest
    write(tmp_path, {"data/nobody.txt": "changed"})
    assert read(tmp_path, READERS).digest == first
    digests = {first}
    for name in ("data/a.txt", "build/one.zip", "site/index.html", "modules/inner/own.txt"):
        write(tmp_path, {name: "changed"})
        digests.add(read(tmp_path, READERS).digest)
    assert len(digests) == 5


def test_a_file_elsewhere_is_never_read(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "canary", "t/data/x.txt": "x"})
    (tmp_path / "t" / "link.txt").symlink_to(tmp_path / "secret.txt")
    text = (
        f'locals {{\n  a = file("../secret.txt")\n  b = file("{tmp_path}/secret.txt")\n  c = file("~/s.txt")\n'
        '  d = file("link.txt")\n  e = fileset("..", "*.txt")\n}\n'
        'resource "x_y" "z" {\n  filename = "../secret.txt"\n}\n'
    )

    template = read(tmp_path / "t", text)

    assert template.assets == {}
    assert template.problems == ()
    named = {"../secret.txt", f"{tmp_path}/secret.txt", "link.txt"}
    assert template.left_out == dict.fromkeys(named, "outside of the template's folders")


def test_what_is_too_large_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "ASSETS_LIMIT", LIMIT + 10)
    write(tmp_path, {"a.bin": b"a" * (LIMIT + 1), "b.bin": b"b" * LIMIT, "c.bin": b"c" * 11, "d.bin": b"d" * 10})

    template = read(tmp_path, 'locals {\n  x = [for n in ["a", "b", "c", "d"] : filemd5("${n}.bin")]\n}\n')

    assert set(template.assets) == {"b.bin", "d.bin"}
    assert template.left_out == {
        "a.bin": "larger than 5 MB",
        "c.bin": "more than 5 MB of files beside the configuration",
    }
    assert template.problems == ()


def test_bytes_that_the_text_does_not_give_back_are_kept(tmp_path: Path) -> None:
    marked, broken = b"\xef\xbb\xbflocals {\n}\n", b'locals {\n  a = "\xff"\n}\n'
    template = read(write(tmp_path, {"marked.tf": marked, "broken.tf": broken}), "locals {\n}\n")
    assert template.assets == {"marked.tf": marked, "broken.tf": broken}
    assert set(template.files) == {"main.tf", "marked.tf"}


def test_source_dir_brings_all_below(tmp_path: Path) -> None:
    write(tmp_path, {"code/a.py": "a", "code/lib/b.py": "b", "other.py": "o"})
    template = read(
        tmp_path, 'data "archive_file" "z" {\n  type       = "zip"\n  source_dir = "${path.module}/code"\n}\n'
    )
    assert set(template.assets) == {"code/a.py", "code/lib/b.py"}
