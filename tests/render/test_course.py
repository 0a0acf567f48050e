"""Film time: what each frame shows, whatever else was asked before; from the first step to the last."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainings import course_of, record_small, together
from weightreel.render.frames.course import Course
from weightreel.render.scene.file import load, shipped_scenes
from weightreel.trainer.recording.about import About, LayerAbout

LAYER = LayerAbout.own(0, type="dense", kind="linear", activation="linear", input_shape=(4,), output_shape=(2,))
BOTH = ["title_card={seconds=0.5}", "end_card={seconds=1, text='x'}"]


def about(total: int) -> About:
    return About(input_shape=(4,), layers=(LAYER,), steps_per_epoch=1, total_steps=total)


@pytest.mark.parametrize("name", sorted(shipped_scenes()))
def test_a_film_begins_untrained_and_ends_trained(name):
    scene = load(name)
    totals = {run: about(1000 - 10 * i) for i, run in enumerate(scene.trainings)}
    course = Course.of(scene, totals, scene.timeline.fps)
    first, last = course[0], course[len(course) - 1]
    for run, told in totals.items():
        assert (first.step(run), last.step(run)) == (0, told.length)
        assert (np.diff(course.wanted[run]) >= 0).all()
    assert (first.share, last.share, first.seconds) == (0.0, 1.0, 0.0)


def test_cards_are_sections(scene_file):
    course = Course.of(load(scene_file, settings=BOTH), {"run": about(12)}, 10)
    keys = [course[i].section for i in range(len(course))]
    assert keys == ["title_card"] * 5 + ["film"] * 15 + ["end_card"] * 10
    shares = [course[i].share for i in range(len(course))]
    assert shares[:5] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert (shares[5], shares[19], shares[20], shares[29]) == (0, 1, 0, 1)
    assert course[29].seconds == pytest.approx(2.9)
    assert {course[i].step("run") for i in range(20, 30)} == {12}


@given(recorded=st.sets(st.integers(0, 200), min_size=1), wanted=st.lists(st.integers(0, 220), min_size=1))
def test_a_frame_shows_the_last_recorded_step_at_or_before_its_own(recorded, wanted):
    steps, asked = np.array(sorted(recorded)), np.array(sorted(wanted))
    course = Course(1.0, (("film", 0, len(asked)),), {"run": asked}, {"run": steps})
    for index, own in enumerate(asked):
        at = course[index].at["run"]
        before = [s for s in recorded if s <= own]
        after = [s for s in recorded if s > own]
        assert at.step == (max(before) if before else min(recorded))
        assert at.next == (min(after) if after else max(recorded))
        assert 0 <= at.share < 1
        if before and after:
            assert at.step + at.share * (at.next - at.step) == pytest.approx(own)
    assert course.shown("run").tolist() == sorted({course[i].step("run") for i in range(len(asked))})


def test_moments_can_be_asked_for_in_any_order():
    course = course_of(together(record_small()))
    alone = [course_of(together(record_small()))[i] for i in (7, 0, 12)]
    assert [course[i] for i in (7, 0, 12)] == alone
    for index in (-1, len(course)):
        with pytest.raises(IndexError, match=f"no frame {index}; the film has 0 to 12"):
            course[index]
