from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from reconciler.errors import BackendError
from reconciler.recorded.backends.local import LocalBackend

WHOLE = b'{"version": 4}\n'


def test_a_missing_file_is_no_state_yet(tmp_path: Path) -> None:
    assert LocalBackend(tmp_path / "x").read() is None


def test_a_workspace_without_a_folder_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfstate.d" / "blue" / "terraform.tfstate"
    with pytest.raises(BackendError, match="there is no workspace blue"):
        LocalBackend(path, "blue").read()
    path.parent.mkdir(parents=True)
    assert LocalBackend(path, "blue").read() is None


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BackendError, match="is not a file"):
        LocalBackend(tmp_path / "pipe").read()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="is not a file"):
        LocalBackend(tmp_path).read()


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(WHOLE)
    with pytest.raises(BackendError, match="cannot read"):
        LocalBackend(tmp_path / "a" / "terraform.tfstate").read()


def test_a_sparse_giant_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.truncate(2 << 40)
    with pytest.raises(BackendError, match="more than 1,073,741,824 bytes"):
        LocalBackend(tmp_path / "x").read()


@pytest.mark.parametrize("torn", [b"", b'{"version": 4, "ser'])
def test_a_torn_file_is_looked_at_again(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(torn)
    backend = LocalBackend(path, pause=lambda _: path.write_bytes(WHOLE) and None)
    assert backend.read() == WHOLE


@pytest.mark.parametrize("torn", [b"", b'{"version": 4, "ser', b"garbage"])
def test_a_file_that_stays_torn_is_returned_for_the_reader_to_judge(tmp_path: Path, torn: bytes) -> None:
    pauses: list[float] = []
    (tmp_path / "x").write_bytes(torn)
    assert LocalBackend(tmp_path / "x", pause=pauses.append).read() == torn
    assert 0 < sum(pauses) < 1


def test_a_whole_file_is_read_at_once(tmp_path: Path) -> None:
    pauses: list[float] = []
    (tmp_path / "x").write_bytes(WHOLE)
    assert LocalBackend(tmp_path / "x", pause=pauses.append).read() == WHOLE
    assert pauses == []


def test_a_file_that_moves_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(WHOLE)
    real = os.fstat
    moves = 2

    def moving(descriptor: int) -> os.stat_result:
        nonlocal moves
        status = real(descriptor)
        if moves:
            moves -= 1
            path.with_suffix(".new").write_bytes(WHOLE)
            path.with_suffix(".new").replace(path)
        return status

    monkeypatch.setattr("reconciler.recorded.backends.local.os.fstat", moving)
    pauses: list[float] = []
    assert LocalBackend(path, pause=pauses.append).read() == WHOLE
    assert len(pauses) == 2

    moves = 1_000
    with pytest.raises(BackendError, match="is being written all the time"):
        LocalBackend(path, pause=pauses.append).read()


def test_a_torn_file_that_still_grows_is_never_returned(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"")
    looks = 0

    def grow(_: float) -> None:
        nonlocal looks
        looks += 1
        path.write_bytes(b'{"version": 4' + b" " * looks + (b"}" if looks == 30 else b""))

    data = LocalBackend(path, pause=grow).read()
    assert data is not None
    assert data.endswith(b"}")


def test_beside_a_writer_only_whole_states_are_seen(tmp_path: Path) -> None:
    """A real writer that does as Terraform: the same file, truncated and filled in pieces."""
    path = tmp_path / "x"
    path.write_bytes(WHOLE)
    done = threading.Event()

    def write() -> None:
        for serial in range(60):
            with path.open("r+b") as file:
                file.truncate(0)
                text = json.dumps({"version": 4, "serial": serial, "filler": "x" * 200_000}).encode()
                for at in range(0, len(text), 50_000):
                    file.write(text[at : at + 50_000])
                    file.flush()
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[int] = []
    while not done.is_set():
        data = LocalBackend(path, pause=lambda seconds: done.wait(seconds) and None).read()
        assert data is not None
        seen.append(json.loads(data).get("serial", -1))
    writer.join()
    assert seen == sorted(seen)
