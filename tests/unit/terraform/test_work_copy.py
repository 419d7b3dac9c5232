from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from reconciler.errors import TemplateError, TerraformError
from reconciler.terraform import work_copy as module
from reconciler.terraform.turns import Work, turn_in
from reconciler.terraform.work_copy import work_copy


def _write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    root = tmp_path / "estate"
    _write(
        root,
        "production/main.tf",
        "production/prod.auto.tfvars",
        "production/policies/a.json",
        "production/.terraform.lock.hcl",
        "production/.terraform/providers/x",
        "production/terraform.tfstate",
        "production/terraform.tfstate.backup",
        "production/terraform.tfstate.d/blue/terraform.tfstate",
        "production/.git/config",
        "modules/app/main.tf",
        "modules/app/queue/main.tf",
        "modules/app/functions/handler.zip",
        "modules/unused/main.tf",
        "staging/main.tf",
    )
    return root


FILES = ["main.tf", "../modules/app/main.tf", "../modules/app/queue/main.tf"]


def test_the_layout_is_kept_and_only_what_is_used_is_there(estate: Path, tmp_path: Path) -> None:
    folder = work_copy(estate / "production", FILES, digest="one", root=tmp_path / "work")
    assert sorted(child.name for child in folder.iterdir()) == [
        ".terraform.lock.hcl",
        "main.tf",
        "policies",
        "prod.auto.tfvars",
    ]
    assert (folder / "../modules/app/queue/main.tf").read_text() == "modules/app/queue/main.tf"
    assert (folder / "../modules/app/functions/handler.zip").is_file()
    assert sorted(child.name for child in folder.parent.iterdir()) == ["modules", "production"]
    assert [child.name for child in (folder.parent / "modules").iterdir()] == ["app"]


def test_writing_into_it_does_not_reach_the_template(estate: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in estate.rglob("*")}
    folder = work_copy(estate / "production", FILES, digest="one", root=tmp_path / "work")
    (folder / ".terraform.lock.hcl").write_text("locked anew")
    (folder / ".terraform").mkdir()
    (folder / "override.tf").touch()
    assert {path: path.stat().st_mtime_ns for path in estate.rglob("*")} == before
    assert (estate / "production" / ".terraform.lock.hcl").read_text() == "production/.terraform.lock.hcl"


def test_only_its_owner_reaches_it(estate: Path, tmp_path: Path) -> None:
    folder = work_copy(estate / "production", FILES, digest="one", root=tmp_path / "work")
    for parent in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700


def test_it_is_made_anew_only_when_the_template_changes(estate: Path, tmp_path: Path) -> None:
    folder = work_copy(estate / "production", FILES, digest="one", root=tmp_path / "work")
    (folder / ".terraform").mkdir()
    assert work_copy(estate / "production", FILES, digest="one", root=tmp_path / "work") == folder
    assert (folder / ".terraform").is_dir()
    other = work_copy(estate / "production", FILES, digest="two", root=tmp_path / "work")
    assert other != folder
    assert not (other / ".terraform").exists()


def test_two_templates_of_one_digest_do_not_meet(estate: Path, tmp_path: Path) -> None:
    one = work_copy(estate / "production", ["main.tf"], digest="one", root=tmp_path / "work")
    two = work_copy(estate / "staging", ["main.tf"], digest="one", root=tmp_path / "work")
    assert (one / "main.tf").read_text() == "production/main.tf"
    assert (two / "main.tf").read_text() == "staging/main.tf"


def test_a_module_may_be_a_folder_above_or_below(tmp_path: Path) -> None:
    root = tmp_path / "estate"
    _write(root, "main.tf", "envs/main.tf", "envs/production/main.tf", "envs/production/local/main.tf", "lib/x/main.tf")
    files = ["main.tf", "../../main.tf", "local/main.tf", "../../lib/x/main.tf"]
    folder = work_copy(root / "envs" / "production", files, digest="one", root=tmp_path / "work")
    assert (folder / "../../main.tf").read_text() == "main.tf"
    assert (folder / "../../lib/x/main.tf").read_text() == "lib/x/main.tf"
    assert (folder / "local/main.tf").read_text() == "envs/production/local/main.tf"
    assert not folder.is_symlink()
    assert not folder.parent.is_symlink()


def test_modules_that_init_installed_are_copied(estate: Path, tmp_path: Path) -> None:
    installed = "production/.terraform/modules/vpc/main.tf"
    _write(estate, installed, "production/.terraform/modules/modules.json", "production/.terraform/modules/vpc/.git/x")
    files = ["main.tf", ".terraform/modules/vpc/main.tf"]
    folder = work_copy(estate / "production", files, digest="one", root=tmp_path / "work")
    copied = folder / ".terraform" / "modules"
    assert (copied / "vpc" / "main.tf").read_text() == installed
    assert not (copied / "vpc").is_symlink()
    assert not (copied / "vpc" / ".git").exists()
    assert not (folder / ".terraform" / "providers").exists()


def test_old_versions_are_removed_and_the_newest_stay(estate: Path, tmp_path: Path) -> None:
    folders = []
    for number in range(module.KEPT + 3):
        folder = work_copy(estate / "production", FILES, digest=str(number), root=tmp_path / "work")
        os.utime(folder.parent, (number, number))
        folders.append(folder)
    assert [folder.is_dir() for folder in folders] == [False] * 3 + [True] * module.KEPT


def test_an_old_version_that_holds_a_state_that_no_backend_took_stays(estate: Path, tmp_path: Path) -> None:
    oldest = work_copy(estate / "production", FILES, digest="oldest", root=tmp_path / "work")
    (oldest / module.ERRORED).write_text("{}")
    for number in range(module.KEPT + 3):
        work_copy(estate / "production", FILES, digest=str(number), root=tmp_path / "work")
    assert (oldest / module.ERRORED).is_file()


def test_a_copy_in_which_somebody_works_stays_however_old(estate: Path, tmp_path: Path) -> None:
    oldest = work_copy(estate / "production", FILES, digest="oldest", root=tmp_path / "work")
    with turn_in(oldest, Work.APPLY, 0.0):
        for number in range(module.KEPT + 3):
            work_copy(estate / "production", FILES, digest=str(number), root=tmp_path / "work")
        assert (oldest / "main.tf").is_file()
    work_copy(estate / "production", FILES, digest="one more", root=tmp_path / "work")
    assert not oldest.exists()


def test_a_copy_that_is_used_again_is_not_the_one_to_go(estate: Path, tmp_path: Path) -> None:
    folders = []
    for number in range(module.KEPT):
        folders.append(work_copy(estate / "production", FILES, digest=str(number), root=tmp_path / "work"))
        os.utime(folders[-1].parent, (number, number))
    assert work_copy(estate / "production", FILES, digest="0", root=tmp_path / "work") == folders[0]
    work_copy(estate / "production", FILES, digest="one more", root=tmp_path / "work")
    assert [folder.is_dir() for folder in folders] == [True, False, *[True] * (module.KEPT - 2)]


def test_what_planning_makes_beside_the_template_is_told_by_its_content(estate: Path, tmp_path: Path) -> None:
    folder = work_copy(estate / "production", FILES, digest="one", root=tmp_path / "work")
    for name in (".terraform/providers/x", ".terraform.lock.hcl", module.ERRORED, "reconciler_backend_override.tf"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    with turn_in(folder, Work.PLAN, 0.0):
        assert module.made_in(folder) == {}
    (folder / "build").mkdir()
    (folder / "build" / "code.zip").write_bytes(b"one")
    one = module.made_in(folder)
    (folder / "build" / "code.zip").write_bytes(b"two")
    assert list(one) == ["build/code.zip"]
    assert module.made_in(folder) != one


def test_many_at_once_get_one_copy(estate: Path, tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    made: list[Path] = []

    def make() -> None:
        barrier.wait()
        made.append(work_copy(estate / "production", FILES, digest="one", root=tmp_path / "work"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    assert [child.name for child in made[0].parent.parent.iterdir()] == [made[0].parent.name]


def test_a_template_that_is_not_there_is_its_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        work_copy(tmp_path / "absent", ["main.tf"], digest="one", root=tmp_path / "work")
    assert str(tmp_path / "absent") in str(caught.value)


def test_a_place_that_cannot_be_written_is_terraforms_error(estate: Path, tmp_path: Path) -> None:
    (tmp_path / "work").touch()
    with pytest.raises(TerraformError):
        work_copy(estate / "production", FILES, digest="one", root=tmp_path / "work")
