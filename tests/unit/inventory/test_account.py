"""Who the embedded server runs as."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import DatabaseError
from reconciler.inventory import account

SOMEBODY = 54321


def test_an_ordinary_user_runs_it_himself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 1001)
    assert account.choose(tmp_path, tmp_path) == account.Account(1000, 1001)


def test_root_gives_it_to_the_owner_of_the_data(tmp_path: Path, as_root: None) -> None:
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", SOMEBODY, SOMEBODY)
    chosen = account.choose(tmp_path, Path("/usr/bin"))
    assert (chosen.uid, chosen.gid) == (SOMEBODY, SOMEBODY)
    assert f"--reuid={SOMEBODY}" in chosen.prefix


def test_only_a_closed_directory_costs_a_capability(tmp_path: Path, as_root: None) -> None:
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    open_place = Path("/usr/bin")
    closed = account.choose(tmp_path, open_place).prefix  # pytest's own folders are closed to others
    assert any("ambient-caps" in argument for argument in closed)
    assert not any("ambient-caps" in argument for argument in account.choose(Path("/tmp"), open_place).prefix)  # noqa: S108


def test_without_setpriv_root_is_told_what_to_do(
    tmp_path: Path, as_root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    monkeypatch.setattr(account.shutil, "which", lambda *_, **__: None)
    with pytest.raises(DatabaseError, match="setpriv") as caught:
        account.choose(tmp_path, tmp_path)
    assert "ordinary user" in str(caught.value.hint)


def test_without_useradd_root_is_told_what_to_do(as_root: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "NAME", "nobody_has_this_name")
    monkeypatch.setattr(account.shutil, "which", lambda *_, **__: None)
    with pytest.raises(DatabaseError, match="nobody_has_this_name"):
        account.choose(Path("/"), Path("/"))


def test_reaching_looks_at_every_directory(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert not account._reaches(SOMEBODY, SOMEBODY, inner)
    assert account._reaches(os.geteuid(), os.getegid(), inner)


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """As root, or as if: who is not root cannot give a directory away, and pretends."""
    if os.geteuid() == 0:
        return
    owners: dict[str, int] = {}
    stat = Path.stat

    def owned(path: Path, **given: bool) -> os.stat_result:
        found = stat(path, **given)
        owner = owners.get(str(path), found.st_uid)
        return os.stat_result((*found[:4], owner, owner, *found[6:]))

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, uid, _: owners.update({str(path): uid}))
    monkeypatch.setattr(Path, "stat", owned)
