"""Terraform is asked what our evaluator cannot tell, once: the next run knows it, until something moves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.shop import Shop

# Our evaluator knows no YAML, and leaves it to Terraform.
HERE = '{"region": "ap-northeast-2"}'
OUTSIDE = 'yamldecode(file("${path.module}/place.json")).region'


@pytest.fixture
def calls(shop: Shop) -> Path:
    """The shop's region out of a file; and every command that terraform is given, a line each."""
    log = shop.installation.folder / "calls"
    log.touch()
    program = shop.installation.folder / "terraform-that-tells"
    program.write_text(f'#!/bin/sh\necho "$1" >> {log}\nexec {shutil.which("terraform")} "$@"\n')
    program.chmod(0o755)
    main = shop.template / "main.tf"
    main.write_text(main.read_text().replace('local.regions["production"]', OUTSIDE))
    (shop.template / "place.json").write_text(HERE)
    shop.installation.settings = f'[terraform]\nbinary = "{program}"\n'
    shop.installation.configure()
    return log


def _asked(calls: Path) -> int:
    return calls.read_text().split().count("console")


def test_a_second_run_asks_terraform_nothing(shop: Shop, calls: Path) -> None:
    assert shop.installation.scan().code == 0
    assert _asked(calls) == 1
    assert shop.installation.scan().code == 0
    assert _asked(calls) == 1


def test_what_an_expression_reads_may_move_outside_the_template(shop: Shop, calls: Path) -> None:
    shop.installation.scan()
    (shop.template / "place.json").write_text('{"region": "eu-west-1"}')
    done = shop.installation.scan()
    assert _asked(calls) == 2
    # In another region the queues and tables of this one are not there.
    assert {finding["kind"] for finding in done.workspaces["shop"]["findings"]} == {"deleted"}


def test_a_variable_is_part_of_the_question(shop: Shop, calls: Path) -> None:
    shop.installation.scan()
    shop.installation.workspaces["shop"]["variables"] = {"team": "other"}
    shop.installation.configure()
    shop.installation.scan()
    assert _asked(calls) == 2


def test_a_kept_answer_that_was_tampered_with_is_asked_anew(shop: Shop, calls: Path) -> None:
    shop.installation.scan()
    (kept,) = (shop.installation.state_dir / "answers").iterdir()
    kept.write_text(kept.read_text()[:-8] + "AAAAAAA=")
    assert shop.installation.scan().code == 0
    assert _asked(calls) == 2
