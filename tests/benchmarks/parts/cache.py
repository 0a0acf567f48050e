"""A still of `convnet` whose caption was changed, without and with what was trained before."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measuring import Lines, in_turns, median, rounds, seconds, spent, weightreel

SETTINGS = ("run.epochs=1",)


def lines() -> Lines:
    """Seconds of the whole command; an epoch, since the whole training would take minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def still(number: int, *more: str) -> None:
            settings = (*SETTINGS, f'view.0.heading="a new word {number}"')
            words = ["still", "convnet", "--at", "0.5", "-o", "still.png", *more]
            weightreel(*words, *(w for s in settings for w in ("--set", s)), folder=folder)

        anew = [turn[0] for turn in in_turns(rounds(3), lambda: still(0, "--no-cache"))]
        yield seconds("trained anew, one epoch", anew)
        first = spent(lambda: still(0))
        yield seconds("the first time with the cache", [first], f"{first.wall / median(anew):.2f} ×")
        numbers = iter(range(1, 1000))
        again = [turn[0] for turn in in_turns(rounds(5), lambda: still(next(numbers)))]
        yield seconds("with another caption, from the cache", again, ceiling=2.0)
