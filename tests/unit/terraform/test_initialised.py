from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.terraform.initialised import forget_initialised, is_initialised, note_initialised


class Place:
    """A work copy as init leaves it, its provider linked into a mirror."""

    def __init__(self, root: Path) -> None:
        self.copy, self.binary, self.cli_config = root / "copy", root / "terraform", root / "cli.tfrc"
        self.mirrored = root / "mirror" / "linux_amd64"
        self.provider = self.mirrored / "terraform-provider-aws_v5"
        self.link = self.copy / ".terraform/providers/registry/aws/5.0.0/linux_amd64"
        self.modules = self.copy / ".terraform/modules/modules.json"
        self.record = self.copy / ".terraform/terraform.tfstate"
        self.lock = self.copy / ".terraform.lock.hcl"
        self.backend = self.copy / "reconciler_backend_override.tf"
        for path in (self.modules, self.record, self.lock, self.backend, self.binary, self.cli_config, self.provider):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(path.name)
        self.link.parent.mkdir(parents=True)
        self.link.symlink_to(self.mirrored)

    def noted(self) -> bool:
        return is_initialised(self.copy, str(self.binary), str(self.cli_config))

    def note(self) -> None:
        note_initialised(self.copy, str(self.binary), str(self.cli_config))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_is_not_until_it_is_noted_and_then_it_stays(place: Place) -> None:
    assert not place.noted()
    place.note()
    assert place.noted()
    (place.copy / "main.tf").write_text("what the copy's folder is named for")
    assert place.noted()


def _rewrite(name: str) -> Callable[[Place], object]:
    return lambda place: getattr(place, name).write_text("another")


def _remove(name: str) -> Callable[[Place], object]:
    return lambda place: getattr(place, name).unlink()


def _replace_provider_by_one_of_its_size(place: Place) -> None:
    place.provider.write_text(place.provider.name)
    os.utime(place.provider, ns=(1, 1))


def _link_elsewhere(place: Place) -> None:
    other = place.mirrored.with_name("elsewhere")
    other.mkdir()
    known = place.provider.stat()
    (other / place.provider.name).write_text(place.provider.name)
    os.utime(other / place.provider.name, ns=(known.st_mtime_ns, known.st_mtime_ns))
    place.link.unlink()
    place.link.symlink_to(other)


@pytest.mark.parametrize(
    "move",
    [
        *map(_rewrite, ("modules", "record", "lock", "backend", "cli_config", "binary", "provider")),
        *map(_remove, ("modules", "record", "lock", "backend", "cli_config", "binary", "provider", "link")),
        _replace_provider_by_one_of_its_size,
        _link_elsewhere,
    ],
)
def test_whatever_init_looks_at_moved(place: Place, move: Callable[[Place], object]) -> None:
    place.note()
    move(place)
    assert not place.noted()


def test_it_may_be_forgotten(place: Place) -> None:
    place.note()
    forget_initialised(place.copy)
    assert not place.noted()
    forget_initialised(place.copy)
