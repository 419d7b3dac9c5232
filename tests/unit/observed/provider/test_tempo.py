"""What is begun first, and how many reads go at once."""

from __future__ import annotations

import pytest

from reconciler.observed.provider.tempo import Tempo, Width


def test_types_that_take_long_begin_first_and_the_others_as_they_come() -> None:
    tempo = Tempo()
    tempo.took("queue", 0.1)
    tempo.took("versioning", 1.2)
    tempo.took("vpc", 0.4)
    items = ["new", "queue", "other", "vpc", "versioning", "queue"]
    assert tempo.slow_first(items, str) == ["versioning", "vpc", "queue", "queue", "new", "other"]


def test_what_is_usual_follows_what_reads_take_now() -> None:
    tempo = Tempo()
    tempo.took("a", 10.0)
    tempo.took("b", 1.0)
    for _ in range(20):
        tempo.took("a", 0.1)
    assert tempo.slow_first(["a", "b"], str) == ["b", "a"]


def took(width: Width, *seconds: float, type_name: str = "queue") -> int:
    for each in seconds:
        width.took(type_name, each)
    return width.now


def test_more_go_at_once_while_answers_stay_as_fast_and_never_more_than_allowed() -> None:
    width = Width(50)
    assert width.now == 10
    widths = [took(width, *[0.15] * width.now) for _ in range(4)]
    assert widths == [20, 40, 50, 50]


@pytest.mark.parametrize("most", [1, 10])
def test_a_limit_of_ten_or_less_is_kept(most: int) -> None:
    width = Width(most)
    assert took(width, *[0.1] * 100) == most


def test_answers_that_get_slower_by_it_bring_it_back_and_not_below_the_first() -> None:
    width = Width(50)
    took(width, *[0.1] * 30)
    assert width.now == 40
    assert took(width, *[0.2] * 40) == 40  # a little slower: as it is
    assert took(width, *[0.9] * 40) == 20
    assert took(width, *[0.9] * 40) == 10


def test_a_type_that_is_slow_by_itself_says_nothing_of_the_others() -> None:
    width = Width(50)
    took(width, 0.1, 0.1, 0.1, 0.1, 0.1)
    assert took(width, 1.2, 1.2, 1.2, 1.2, 1.2, type_name="versioning") == 20


def test_a_few_slow_ones_do_not_decide() -> None:
    assert took(Width(50), *[0.1] * 7, 5.0, 5.0, 5.0) == 20


def test_a_service_that_is_asked_too_much_is_asked_no_more_than_at_first() -> None:
    width = Width(50)
    took(width, *[0.1] * 30)
    width.refused()
    assert width.now == 10
    assert took(width, *[0.1] * 50) == 10
