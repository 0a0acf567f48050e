"""Which steps stay: never too many, the first one always, and gaps that differ by no more than a factor of two."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.trainer.capture.choosing import SPACINGS, Chosen


def chosen(room: int, spacing: str, steps: range, total_steps: int | None = None) -> Chosen:
    """What is left of a training."""
    found = Chosen(room, spacing, total_steps)
    for step in steps:
        if found.wants(step):
            found.take(step)
            assert len(found) <= room
        else:
            assert step < found.next
    return found


def gaps(steps: list[int]) -> list[int]:
    return [after - before for before, after in pairwise(steps)]


@settings(max_examples=60, deadline=None)
@given(
    room=st.integers(1, 60),
    spacing=st.sampled_from(SPACINGS),
    length=st.integers(1, 3000),
    first=st.integers(0, 1000),
    every=st.integers(1, 40),
)
def test_the_first_stays_and_there_are_never_too_many(room, spacing, length, first, every):
    found = chosen(room, spacing, range(first, first + length * every, every))
    assert found.steps[0] == first
    assert found.steps == sorted(set(found.steps))
    assert len(found) == min(room, length) or length > room


@settings(max_examples=60, deadline=None)
@given(room=st.integers(4, 80), length=st.integers(2, 5000), total=st.booleans())
def test_even_gaps_differ_by_no_more_than_a_factor_of_two(room, length, total):
    steps = chosen(room, "even", range(length), length - 1 if total else None).steps
    assert max(gaps(steps)) <= 2 * min(gaps(steps))
    # The last one is written at the end of a training, whatever it is.
    assert length - 1 - steps[-1] <= 2 * max(gaps(steps))


@settings(max_examples=40, deadline=None)
@given(room=st.integers(4, 80), length=st.integers(2, 5000))
def test_there_are_always_as_many_as_there_is_room_for(room, length):
    assert len(chosen(room, "even", range(length))) == min(room, length)
    assert len(chosen(room, "auto", range(length))) == min(room, length)


@pytest.mark.parametrize("length", [2_000, 20_000, 100_000])
def test_two_thirds_are_even_and_one_third_is_logarithmic(length):
    room = 767
    steps = chosen(room, "auto", range(length)).steps
    assert len(steps) == room
    assert max(gaps(steps)) <= 2 * length / (room * 2 / 3)
    early = [step for step in steps if step < length / 20]
    assert len(early) > 1.5 * room / 20  # more of the beginning than evenly spaced ones have
    assert steps[:9] == list(range(9))


def test_a_logarithmic_spacing_grows():
    steps = chosen(100, "log", range(100_000)).steps
    assert steps[:5] == [0, 1, 2, 3, 4]
    places = [math.log2(1 + step) for step in steps if step > 500]
    apart = [after - before for before, after in pairwise(places)]
    assert max(apart) < 2.2 * min(apart)


@pytest.mark.parametrize("spacing", ["auto", "even", "log"])
def test_of_a_training_of_known_length_next_to_nothing_goes_again(spacing):
    found = Chosen(200, spacing, 10_000)
    gone = [found.take(step) for step in range(10_001) if found.wants(step)]
    assert len(found) > 185
    assert sum(step is not None for step in gone) < 20


def test_a_training_that_is_longer_than_was_said_is_thinned():
    found = chosen(100, "even", range(5_000), 1_000)
    assert len(found) == 100
    assert max(gaps(found.steps)) <= 2 * min(gaps(found.steps))


def test_steps_are_dropped_one_for_each_that_comes_oldest_first():
    found = Chosen(8, "even")
    assert [found.take(step) for step in range(8)] == [None] * 8
    assert [(found.take(step), found.wants(step + 1)) for step in (8, 10, 12)] == [(1, False), (3, False), (5, False)]
    assert found.take(14) == 7
    assert found.steps == [0, 2, 4, 6, 8, 10, 12, 14]
    assert not found.wants(15)
    assert found.take(16) == 2


def test_all_steps_stay_until_there_is_no_room():
    found = chosen(500, "all", range(500))
    assert found.steps == list(range(500)) and not found.thinned
    assert chosen(500, "all", range(2_000)).thinned


def test_a_step_between_those_that_are_kept_is_not_wanted():
    assert not chosen(767, "auto", range(20_000)).wants(20_001)
