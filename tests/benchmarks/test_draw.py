"""Milliseconds a frame of each view at 1920 × 1080: `make bench` measures, `make test` only sees that they draw."""

from __future__ import annotations

import pytest

from benchmarks import bench


@pytest.fixture(scope="module")
def film():
    recordings = {"run": bench.recording(40)}
    return bench.compose(bench.load("hidden_grid"), (1920, 1080), {"run": bench.np.arange(40)}, recordings), recordings


@pytest.mark.parametrize("number", range(5))
def test_draw(film, number, benchmark):
    made, recordings = film
    part = made.parts[number]
    frame = made.buffer()
    before = frame.copy()
    benchmark(part.fitted.draw, part.rect.of(frame), recordings["run"], 20)
    assert (frame != before).any()
