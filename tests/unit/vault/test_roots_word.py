"""What only root can have written. The tests' own user stands in for root, who need not run them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import VaultError
from reconciler.vault.roots_word import says

ME = os.getuid()


def test_what_stands_there(tmp_path: Path) -> None:
    file = tmp_path / "break-glass"
    assert says(file, ME) is None
    file.write_text("eve\n")
    file.chmod(0o644)
    assert says(file, ME) == "eve"


@pytest.mark.parametrize("loose", ["file", "folder"])
def test_where_others_can_write_nobody_has_said_anything(tmp_path: Path, loose: str) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    file = folder / "break-glass"
    file.write_text("eve")
    (file if loose == "file" else folder).chmod(0o777)
    with pytest.raises(VaultError, match="can be written by others"):
        says(file, ME)
