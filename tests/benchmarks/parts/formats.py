"""Every format at 1920 × 1080 with two jobs ÷ with one, from a kept recording; GIF and its budget ÷ bare mp4v too."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import filmed
from benchmarks.bare import bare_seconds, film_of
from benchmarks.measuring import Lines, Spent, alone, in_turns, per_second, ratio, rounds, weightreel
from weightreel.render.scene.file import load

SECONDS = ("timeline.seconds=10",)  # and two of its end card
LENGTH = 12
WHOLE = 'max_bytes="900 MB"'  # the scene's own GIF has fewer
# The file, its rate and keys, what two jobs are to reach over one.
FORMATS: dict[str, tuple[str, int, tuple[str, ...], float | None]] = {
    "gif": ("film.gif", 30, (WHOLE,), None),
    "webp": ("film.webp", 30, (), None),
    "apng": ("film.apng", 30, (), None),
    "png": ("film.png", 30, (), None),
    "av1": ("film.webm", 60, ("codec=av1",), 1.7),
    "ffv1": ("film.mkv", 60, ("codec=ffv1",), 1.7),
}


def lines() -> Lines:
    """Frames a second of the whole command; a budget is half of what the GIF takes without one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording = filmed.kept(folder, *SECONDS)
        for kind, (path, rate, keys, goal) in FORMATS.items():
            one, two = (partial(render, folder, recording, path, rate, keys, jobs) for jobs in (1, 2))
            yield from _two_to_one(kind, one, two, rate, goal)
        yield from _gif(folder, recording)


def _two_to_one(kind: str, one: Any, two: Any, rate: int, goal: float | None) -> Lines:
    alone, together = zip(*in_turns(rounds(3), one, two), strict=True)
    words = f"{per_second(LENGTH * rate, alone):.1f} frames a second, {per_second(LENGTH * rate, together):.1f}"
    yield ratio(f"{kind}: 2 jobs ÷ 1", alone, together, words, **({"floor": goal} if goal else {}))


def _gif(folder: Path, recording: Path) -> Lines:
    """With two jobs, against an encoder that has been the same for long."""
    path, rate, keys, _ = FORMATS["gif"]
    whole = partial(render, folder, recording, path, rate, keys, 2)
    film = whole()["outputs"][0]
    if film["frames"] != LENGTH * rate or "gave_up" in film:
        raise RuntimeError(f"the film is another than what is measured: {film}")
    within = partial(render, folder, recording, path, rate, (f"max_bytes={film['bytes'] // 2}",), 2)

    def encoder() -> Spent:
        return Spent(*alone(encode, str(folder), str(recording), rate))

    ours, budget, bare = zip(*in_turns(rounds(3), whole, within, encoder), strict=True)
    for kind, took in (("gif", ours), ("gif within half its bytes", budget)):
        words = f"{per_second(LENGTH * rate, took):.1f} frames a second, bare {per_second(LENGTH * rate, bare):.0f}"
        yield ratio(f"{kind}, 2 jobs ÷ bare mp4v", bare, took, words)
    yield ratio("gif within half its bytes ÷ gif: seconds", budget, ours)


def render(folder: Path, recording: Path, path: str, rate: int, keys: tuple[str, ...], jobs: int) -> dict[str, Any]:
    """Make the film by the command."""
    settings = [w for s in (*SECONDS, *(f"output.0.{key}" for key in keys)) for w in ("--set", s)]
    words = ["render", "hidden_grid", "--recording", recording, "-o", path, "--fps", rate, "--size", "1920x1080"]
    return weightreel(*words, "-q", "--json", "--jobs", jobs, *settings, folder=folder)


def encode(folder: str, recording: str, rate: int) -> list[float]:
    """Seconds of the bare mp4v encoder for the frames of the GIF, wall and processor."""
    outputs, settings = [f"{folder}/bare.mp4"], [*SECONDS, "output.0.codec=mp4v", f"output.0.fps={rate}"]
    film, indices = film_of(load("hidden_grid", outputs=outputs, settings=settings), Path(recording))
    found = bare_seconds("mp4v", film, indices, Path(folder) / "bare.mp4")
    return [found.wall, found.cpu]
