"""Samples of a clip: they stand for all of it, and their frames are drawn once."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightreel.render.frames.banded import BAND, LEAST, Banded, every_of, lines_of
from weightreel.render.frames.fits import Fits
from weightreel.render.making.record import record
from weightreel.render.making.within import _predict
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import load
from weightreel.render.work.sampling import Sample, runs_of, share_of
from weightreel.render.work.write import Writer


def _writer(scene_file, path: str, *settings: str):
    scene = load(scene_file, outputs=[path], settings=[*settings])
    plan = prepare(scene, sources_of(scene))
    recordings = record(plan)
    return Writer(Fits(plan.scene, recordings), recipe=False), plan.takes_of(recordings)[0]


@given(st.integers(1, 3000))
def test_lines_are_a_share_of_all_and_each_is_taken_once(height):
    every = every_of(height)
    lines = lines_of(height, every)
    assert list(lines) == sorted(set(lines.tolist()))
    assert lines[0] >= 0 and lines[-1] < height
    assert abs(len(lines) - height / every) <= BAND
    assert every == 1 or len(lines) >= LEAST * BAND


@pytest.mark.parametrize("name", ["x.gif", "x.webp"])
def test_settings_are_predicted_to_differ_as_they_do(scene_file, name):
    """By what lines were taken all predictions are off alike, and a clip that was written corrects that."""
    writer, take = _writer(scene_file, name, "timeline.seconds=4", "layout.size=[480, 400]")
    assert share_of(take) < 0.5
    other = take.changed(tolerance=6)
    found = [_predict(writer, each) / writer.write(each).bytes for each in (take, other)]
    assert 0.5 < found[0] < 2
    assert found[0] == pytest.approx(found[1], rel=0.35)


@pytest.mark.parametrize("name", ["x.gif", "x.mp4"])
def test_runs_are_within_the_clip_and_hold_more_than_what_leads(scene_file, name):
    _, take = _writer(scene_file, name, "timeline.seconds=3")
    for count in (1, 2, 5, len(take.indices), 20_000):
        shown = replace(take, indices=range(count))
        runs = runs_of(shown)
        assert runs and runs[0].first.count == 1
        for run in runs:
            assert 1 <= run.first.count <= run.whole.count == len(run.whole.indices)
            assert set(run.whole.indices) <= set(shown.indices)
            assert Sample.of(json.loads(json.dumps(run.whole.plain()))).plain() == run.whole.plain()
        assert sum(run.whole.count for run in runs) <= max(64, count / 4)


def test_frames_of_a_run_are_drawn_once():
    class Counted:
        drawn = 0

        def buffer(self):
            return np.zeros((400, 8, 3), np.uint8)

        def draw(self, frame, index):
            self.drawn += 1
            frame[:] = index

    film, bands = Counted(), Banded((8, 400), [3, 5, 9], 4)
    for _ in range(2):
        for number, index in enumerate([3, 5, 9]):
            frame = bands.buffer()
            bands.draw(film, frame, number)
            assert (frame == index).all()
    assert film.drawn == 3
