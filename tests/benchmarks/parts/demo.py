"""`make demo` after the install, with an empty cache."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

from benchmarks.measuring import Lines, in_turns, rounds, seconds, weightreel
from weightreel.render.scene.file import scenes_folder


def lines() -> Lines:
    """Seconds until all its clips are there, and what those are."""
    numbers = count()
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        (Path(folder) / "media").mkdir()

        def demo() -> None:
            cache = str(Path(folder) / f"cache-{next(numbers)}")
            scene = scenes_folder() / "hidden_grid.toml"
            found.update(weightreel("render", scene, "--json", "-q", folder=Path(folder), WEIGHTREEL_CACHE=cache))

        took = [turn[0] for turn in in_turns(rounds(3), demo)]
        clips = ", ".join(f"{clip['path']} {clip['codec']}" for clip in found["outputs"])
        stages = ", ".join(f"{stage} {spent:.1f}" for stage, spent in found["seconds"].items())
        yield seconds("the demo", took, f"{clips}; {stages}", ceiling=20.0)
