"""Film time against training time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightreel.render.errors import SceneError
from weightreel.render.scene.timeline import PACINGS, Timeline

rates = st.sampled_from([1, 10, 24, 25, 29.97, 30, 50, 60, 70])


@pytest.mark.parametrize("pacing", PACINGS)
@given(rates, st.floats(0.5, 20), st.floats(0, 0.9), st.integers(1, 100_000))
def test_laws_of_seconds(pacing, fps, seconds, hold, total):
    """Whatever the pacing: rises, begins at 0, ends at the total and stays there."""
    timeline = Timeline(fps=fps, seconds=seconds, hold=hold * seconds, pacing=pacing)
    steps = timeline.steps(total)
    assert len(steps) == max(1, round(timeline.fps * timeline.seconds))
    assert steps[-1] == total
    assert (np.diff(steps) >= 0).all()
    if len(steps) > 1:
        assert steps[0] == 0
    held = min(round(timeline.fps * timeline.hold), len(steps) - 1)
    assert (steps[len(steps) - held :] == total).all()


@given(st.integers(1, 5000), st.integers(1, 400), st.floats(0, 2))
def test_laws_of_every(total, every, hold):
    steps = Timeline(fps=10, every=every, hold=hold).steps(total)
    moving = steps[: len(steps) - round(10 * hold)]
    assert moving[0] == 0
    assert moving[-1] == total
    assert (np.diff(moving)[:-1] == every).all()
    assert len(moving) == -(-total // every) + 1


def test_log_starts_slowly_and_ends_fast():
    steps = Timeline(fps=60, seconds=10, pacing="log").steps(10_000)
    speed = np.diff(steps)
    assert speed[:50].mean() * 50 < speed[-50:].mean()
    assert speed[:50].mean() > 0


def test_another_rate_shows_the_same_film():
    timeline = Timeline(fps=60, seconds=4, pacing="log", hold=1)
    fast, slow = timeline.steps(3000), timeline.steps(3000, fps=15)
    assert len(slow) == 60
    assert np.abs(fast[::4][:44] - slow[:44]).max() <= 3000 * 0.1
    every = Timeline(fps=70, every=1)
    assert len(every.steps(700, fps=35)) == 350
    assert every.steps(700, fps=35)[[0, -1]].tolist() == [0, 700]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"fps": 0}, "greater than 0"),
        ({"seconds": 2, "hold": 2}, "leaves nothing"),
        ({"seconds": 2, "every": 2}, "keep one of them"),
        ({"every": 2, "pacing": "log"}, "goes with seconds"),
    ],
)
def test_contradictions(keys, words):
    with pytest.raises(SceneError, match=words):
        Timeline(**keys)
