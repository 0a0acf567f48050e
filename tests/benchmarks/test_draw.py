"""Milliseconds a frame of each view at 1920 × 1080: `make bench` measures, `make test` only sees that they draw."""

from __future__ import annotations

import pytest

from benchmarks import filmed
from weightreel.trainer.recording.store import Recordings


@pytest.fixture(scope="module")
def film():
    return filmed.hero_film(Recordings({"run": filmed.recording(40)}))


@pytest.mark.parametrize("number", range(5))
def test_draw(film, number, benchmark):
    part = film.sections["film"][number]
    frame = film.buffer()
    before = frame.copy()
    benchmark(part.fitted.draw, part.rect.of(frame), film.recordings, film.course[20])
    assert (frame != before).any()
