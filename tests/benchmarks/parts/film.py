"""The film of the README, 1,440 frames of 1920 × 1080 from a kept recording, ÷ the bare encoder of one thread."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import filmed
from benchmarks.bare import bare_seconds, film_of
from benchmarks.measuring import Lines, Spent, alone, in_turns, per_second, ratio, rounds, weightreel
from weightreel.render.scene.file import load

SETTINGS = ("timeline.seconds=22",)  # and two of its end card
JOBS = (1, 2)
# By our codec: the bare encoder to reach a number of times as many frames as, and one beside it.
CODECS = {"mp4v": ("mp4v",), "h264": ("x264, one thread", "x264, its own threads")}
GOALS = {1: 0.9, 2: 1.6}


def lines() -> Lines:
    """With one job and with two: start, laying out, joining and reading back included."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording = filmed.kept(folder, *SETTINGS)
        for codec, bare in CODECS.items():
            yield from _of(codec, bare, folder, recording)


def _of(codec: str, bare: tuple[str, ...], folder: Path, recording: Path) -> Lines:
    def film(jobs: int) -> None:
        render(folder, recording, f"film-{codec}.mp4", codec, jobs)

    def encoder(kind: str) -> Spent:
        return Spent(*alone(encode, kind, codec, str(folder), str(recording)))

    works = [*(lambda jobs=jobs: film(jobs) for jobs in JOBS), *(lambda kind=kind: encoder(kind) for kind in bare)]
    took = list(zip(*in_turns(rounds(3), *works), strict=True))
    count = len(frames_of(codec, folder, recording)[1])
    for jobs, ours in zip(JOBS, took, strict=False):
        for kind, theirs in zip(bare, took[len(JOBS) :], strict=True):
            words = f"{per_second(count, ours):.0f} frames a second, bare {per_second(count, theirs):.0f}"
            goal = {"floor": GOALS[jobs]} if kind == bare[0] else {}
            yield ratio(f"{codec}, {jobs} job{'s' * (jobs > 1)} ÷ {kind}", theirs, ours, words, **goal)


def render(folder: Path, recording: Path, path: str, codec: str, jobs: int, *more: str) -> dict[str, object]:
    """Make the film by the command."""
    settings = [w for s in (*SETTINGS, f"output.0.codec={codec}") for w in ("--set", s)]
    words = ["render", "hidden_grid", "--recording", recording, "-o", path, "-q", "--json", "--jobs", jobs]
    return weightreel(*words, *settings, *more, folder=folder)


def frames_of(codec: str, folder: Path, recording: Path):
    """The film that is rendered, and the numbers of its frames."""
    settings = [*SETTINGS, f"output.0.codec={codec}"]
    return film_of(load("hidden_grid", outputs=[str(folder / "bare.mp4")], settings=settings), recording)


def encode(kind: str, codec: str, folder: str, recording: str) -> list[float]:
    """Seconds of the bare encoder, wall and processor, in this process."""
    film, indices = frames_of(codec, Path(folder), Path(recording))
    found = bare_seconds(kind, film, indices, Path(folder) / "bare.mp4")
    return [found.wall, found.cpu]
