"""Runs trained side by side: the 18 of `hyperparameters`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measuring import Lines, in_turns, median, ratio, rounds, weightreel


def lines() -> Lines:
    """The whole command with one job ÷ with two."""
    with tempfile.TemporaryDirectory() as folder:

        def train(jobs: int) -> None:
            path = Path(folder) / f"{jobs}.zarr"
            words = ["train", "hyperparameters", "--recording", path, "--no-cache", "--jobs", jobs, "-q"]
            weightreel(*words)

        one, two = zip(*in_turns(rounds(3), lambda: train(1), lambda: train(2)), strict=True)
    words = f"{median(one):.1f} s, {median(two):.1f}"
    yield ratio("hyperparameters: 2 jobs ÷ 1", one, two, words, floor=1.7)
