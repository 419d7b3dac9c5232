"""A few hundred inputs for each surface; ``make fuzz`` makes as many as one likes, and says how to make one again."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.surfaces import AWS, SURFACES, Surface

SEED = 1
COUNTS = {"hcl": 250, "json": 300, "state": 5_000, "aws": 250, "identity": 300, "provider": 5_000}


def test_every_surface_has_its_count() -> None:
    assert COUNTS.keys() == SURFACES.keys()


@pytest.mark.parametrize("name", sorted(SURFACES))
def test_an_altered_input_is_taken_or_refused_and_never_more(name: str, tmp_path: Path) -> None:
    surface = SURFACES[name]
    taken = set()
    for number in range(COUNTS[name]):
        try:
            taken.add(surface.check(surface.input(SEED, number), tmp_path))
        except Exception as error:
            error.add_note(f"made again by: make fuzz FUZZ_ARGS='--only {name} --seed {SEED} --at {number}'")
            raise
    assert taken == {"accepted", "refused"}


def test_the_same_seed_makes_the_same_inputs() -> None:
    assert AWS.input(7, 3) == AWS.input(7, 3) != AWS.input(8, 3)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_what_is_altered_was_good_before(surface: Surface, tmp_path: Path) -> None:
    """At least one seed in three is taken as it is: what is refused already teaches little."""
    good = sum(surface.check(seed, tmp_path) == "accepted" for seed in surface.seeds)
    assert 3 * good >= len(surface.seeds)
