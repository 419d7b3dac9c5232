from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import TemplateError
from reconciler.workflows.restore import the_version, write_files


def test_files_keep_their_places_and_bytes(tmp_path: Path) -> None:
    files = {
        "main.tf": b"\xef\xbb\xbf# \r\n",
        "data/x.bin": bytes(range(256)),
        "../modules/m/main.tf": b"m",
        "../../shared/common.tfvars": b"s",
    }

    written = write_files(files, tmp_path / "new")

    root = tmp_path / "new" / "template" / "template"
    assert (root / "main.tf").read_bytes() == files["main.tf"]
    assert {name: (root / name).resolve().read_bytes() for name in files} == files
    assert len(written) == 4
    assert all(path.resolve().is_relative_to(tmp_path / "new") for path in written)


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(TemplateError, match="is not empty"):
        write_files({"main.tf": b""}, tmp_path)


VERSIONS = ["sha256:aa1", "sha256:aa2", "sha256:b", "sha256:bb"]


@pytest.mark.parametrize(
    ("prefix", "version"), [("sha256:aa1", "sha256:aa1"), ("sha256:b", "sha256:b"), ("sha256:bb", "sha256:bb")]
)
def test_a_version_by_its_beginning(prefix: str, version: str) -> None:
    assert the_version(prefix, VERSIONS) == version


def test_one_version_of_two_workspaces_is_one() -> None:
    assert the_version("sha256:c", ["sha256:cc", "sha256:cc"]) == "sha256:cc"


def test_an_ambiguous_beginning_is_refused_with_the_candidates() -> None:
    with pytest.raises(TemplateError) as raised:
        the_version("sha256:a", VERSIONS)
    assert raised.value.message == "'sha256:a' begins several versions: sha256:aa1, sha256:aa2"
    with pytest.raises(TemplateError, match="and 7 more"):
        the_version("sha256:", [f"sha256:{n:02}" for n in range(12)])


@pytest.mark.parametrize("prefix", ["", "sha256:z", "a"])
def test_no_version_begins_so(prefix: str) -> None:
    with pytest.raises(TemplateError, match="no version"):
        the_version(prefix, VERSIONS)
