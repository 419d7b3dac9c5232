from __future__ import annotations

from pathlib import Path

import pytest
from support.vault import Kept, new_key

from reconciler.drift.values import UNKNOWN, Value
from reconciler.drift.values import Path as ValuePath
from reconciler.settings import load_settings
from reconciler.wiring.answers import Answers
from reconciler.wiring.keys import Keys

SECRET = "canary-of-a-token-9921"
TOLD: dict[ValuePath, Value] = {
    ("assume_role", 0, "external_id"): SECRET,
    ("default_tags",): [{"tags": {"a": "b", "n": 1.5, "none": None}}],
    ("region",): UNKNOWN,
}


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return _run(tmp_path)


def _run(folder: Path) -> Answers:
    """What another run of the program has."""
    (folder / "reconciler.toml").write_text(f'state_dir = "{folder}"\n')
    kept = Kept(folder / "kept")
    return Answers(folder / "answers", Keys(load_settings(folder / "reconciler.toml"), {}, kept.keep))


def test_a_later_run_knows_what_an_earlier_one_was_told(answers: Answers, tmp_path: Path) -> None:
    answers.remember(b"question", TOLD, lasting=True)
    assert _run(tmp_path).recall(b"question", lasting=True) == TOLD
    assert _run(tmp_path).recall(b"another", lasting=True) is None


def test_what_may_change_outside_is_known_to_this_run_alone(answers: Answers, tmp_path: Path) -> None:
    answers.remember(b"question", TOLD, lasting=False)
    assert answers.recall(b"question", lasting=False) == TOLD
    assert _run(tmp_path).recall(b"question", lasting=True) is None


def test_neither_question_nor_answer_can_be_read(answers: Answers, tmp_path: Path) -> None:
    answers.remember(SECRET.encode(), TOLD, lasting=True)
    (file,) = (tmp_path / "answers").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert SECRET not in file.name + file.read_text()
    assert file.read_text().startswith("sealed:v1:")


@pytest.mark.parametrize("damage", ["", "sealed:v1:xx:AAAA", "cut", "moved"])
def test_what_does_not_open_is_asked_anew(answers: Answers, tmp_path: Path, damage: str) -> None:
    answers.remember(b"question", TOLD, lasting=True)
    (file,) = (tmp_path / "answers").iterdir()
    text = file.read_text()
    if damage == "moved":
        answers.remember(b"another", {("region",): "eu-west-1"}, lasting=True)
        text = next(each for each in (tmp_path / "answers").iterdir() if each != file).read_text()
    file.write_text(text[:-9] if damage == "cut" else damage if damage != "moved" else text)
    later = _run(tmp_path)
    assert later.recall(b"question", lasting=True) is None
    later.remember(b"question", TOLD, lasting=True)
    assert _run(tmp_path).recall(b"question", lasting=True) == TOLD


def test_another_key_opens_nothing(answers: Answers, tmp_path: Path) -> None:
    answers.remember(b"question", TOLD, lasting=True)
    for name in ("master-key", "kept"):
        (tmp_path / name).unlink()
    assert _run(tmp_path).recall(b"question", lasting=True) is None


def test_a_disk_that_takes_nothing_costs_only_time(answers: Answers, tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("no folder")
    answers.remember(b"question", TOLD, lasting=True)
    assert answers.recall(b"question", lasting=True) == TOLD


def test_what_json_cannot_say_is_not_written(answers: Answers, tmp_path: Path) -> None:
    answers.remember(b"question", {("default_tags",): [UNKNOWN]}, lasting=True)
    assert _run(tmp_path).recall(b"question", lasting=True) is None


def test_only_the_latest_are_kept(answers: Answers, tmp_path: Path) -> None:
    for number in range(260):
        answers.remember(str(number).encode(), TOLD, lasting=True)
    assert len(list((tmp_path / "answers").iterdir())) == 256
    assert _run(tmp_path).recall(b"259", lasting=True) == TOLD


def test_what_an_older_key_sealed_is_forgotten_on_demand(answers: Answers, tmp_path: Path) -> None:
    answers.remember(b"question", TOLD, lasting=True)
    (older,) = (tmp_path / "answers").iterdir()
    (tmp_path / "master-key").rename(tmp_path / "old-key")
    new_key(tmp_path / "new-key")
    (tmp_path / "reconciler.toml").write_text(
        f'state_dir = "{tmp_path}"\n[vault]\nkey_file = "new-key"\nolder_key_files = ["old-key"]\n'
    )
    rotated = Keys(load_settings(tmp_path / "reconciler.toml"), {}, Kept(tmp_path / "kept").keep)
    later = Answers(tmp_path / "answers", rotated)
    assert later.recall(b"question", lasting=True) == TOLD
    later.remember(b"another", TOLD, lasting=True)
    later.forget_older()
    (left,) = (tmp_path / "answers").iterdir()
    assert left != older
    assert left.read_text().startswith(rotated.sealer.current)
