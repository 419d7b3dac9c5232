"""Adopted texts on disk: all of them, or none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.report import KnownFinding, Status
from reconciler.errors import TemplateError
from reconciler.workflows.adopt import Adoption
from reconciler.workflows.put_down import write_back, write_out

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def adoption(file: str, before: str | None, after: str, *, id_: str = "f1") -> Adoption:
    finding = Finding(Kind.CHANGED, Severity.LOW, "a.b", "a")
    return Adoption("w", KnownFinding(id_, finding, Status.OPEN, NOW, NOW), "a.b", file, before, after)


def test_patches_and_new_files_go_to_a_new_folder(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    made = [
        adoption("main.tf", "a\n", "b\n"),
        adoption("new.tf", None, "n\n", id_="f2"),
        adoption("", "", "", id_="f3"),
    ]
    assert write_out(made, out) == [out / "f1.patch", out / "new.tf"]
    assert (out / "f1.patch").read_text() == "--- a/main.tf\n+++ b/main.tf\n@@ -1 +1 @@\n-a\n+b\n"
    assert (out / "new.tf").read_text() == "n\n"
    with pytest.raises(TemplateError, match="the file is there already"):
        write_out(made, out)


def test_a_file_of_the_template_keeps_its_mode_its_mark_and_its_link(tmp_path: Path) -> None:
    real = tmp_path / "real.tf"
    real.write_bytes(b"\xef\xbb\xbfa\r\n")
    real.chmod(0o640)
    (tmp_path / "main.tf").symlink_to(real)
    assert write_back([adoption("main.tf", "a\r\n", "b\r\n"), adoption("main.tf", "b\r\n", "c\r\n")], tmp_path) == [
        real
    ]
    assert real.read_bytes() == b"\xef\xbb\xbfc\r\n"
    assert real.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "main.tf").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.tf", "real.tf"]


def test_a_file_that_has_changed_since_costs_the_others_nothing(tmp_path: Path) -> None:
    (tmp_path / "one.tf").write_text("a\n")
    (tmp_path / "two.tf").write_text("someone was here\n")
    made = [adoption("one.tf", "a\n", "b\n"), adoption("two.tf", "a\n", "b\n"), adoption("new.tf", None, "n\n")]
    with pytest.raises(TemplateError, match="changed since it was read") as told:
        write_back(made, tmp_path)
    assert told.value.position is not None
    assert (tmp_path / "one.tf").read_text() == "a\n"
    assert not (tmp_path / "new.tf").exists()


def test_a_new_file_is_never_written_over_another(tmp_path: Path) -> None:
    (tmp_path / "new.tf").write_text("mine\n")
    with pytest.raises(TemplateError, match="there already"):
        write_back([adoption("new.tf", None, "n\n")], tmp_path)
    assert (tmp_path / "new.tf").read_text() == "mine\n"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TemplateError, match="cannot be written") as told:
        write_out([adoption("new.tf", None, "n\n")], tmp_path / "file")
    assert told.value.hint == "--out writes to another folder"
    with pytest.raises(TemplateError, match="cannot be written"):
        write_back([adoption("gone.tf", "a", "b")], tmp_path)
