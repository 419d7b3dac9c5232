"""What Terraform itself says of edited templates."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.edits import CASES, SCHEMA

from reconciler.desired.edit.patch import patch
from reconciler.desired.template import read_template
from reconciler.drift.address import Address
from reconciler.drift.finding import Change


def formatted(text: str) -> str:
    return subprocess.run(["terraform", "fmt", "-"], input=text, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("body", "wanted", "changes"), CASES)
def test_a_file_in_terraforms_form_stays_in_it(tmp_path: Path, body: str, wanted: str, changes: list[Change]) -> None:
    """Where something goes, or the longest of a column gets shorter, the column would move and does not."""
    text = formatted(f'resource "x_thing" "this" {{\n{body}}}\n')
    (tmp_path / "main.tf").write_text(text)
    found = patch(read_template(tmp_path), Address("x_thing", "this"), changes, SCHEMA)
    assert found.taken == tuple(change.path for change in changes)
    assert formatted(found.after) == found.after or _spaces(formatted(found.after)) == _spaces(found.after)
    shorter = any(change.observed is None or change.path == ("size",) for change in changes)
    assert formatted(found.after) == found.after or shorter


def _spaces(text: str) -> list[str]:
    return text.split()
