"""The most memory of any process that works on a film: 20,000 frames − 1,000, for every format."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import filmed
from benchmarks.measuring import Figure, Lines, alone, peak_mebibytes
from weightreel.render.crews.crew import Crews
from weightreel.render.making.film import render
from weightreel.render.scene.file import parse
from weightreel.render.scene.scene import Scene

FEW, MANY = 1000, 20_000
VIDEO = ("film.mp4 codec=mp4v", "film.mp4", "film.webm", "film.mkv codec=ffv1")
PATHS = (*VIDEO, "film.gif", "film.webp", "film.apng", "film.png")
JOBS = (1, 2)


def lines() -> Lines:
    """Each film in a process of its own, from a kept recording; with workers, the largest of them counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording = filmed.kept(folder, f"timeline.seconds={FEW / 60}")
        for words in PATHS:
            for jobs in JOBS:
                few, many = (alone(peak, str(folder), str(recording), words, count, jobs) for count in (FEW, MANY))
                said = f"{few:.0f} and {many:.0f} MB"
                what = f"{words.partition(' codec=')[2] or Path(words).suffix[1:]}, {jobs} job{'s' * (jobs > 1)}"
                yield Figure(what, many - few, "MB", ceiling=20.0, words=said)


def scene_of(folder: str, words: str, frames: int) -> Scene:
    """A small film of so many frames, with tiles and a curve."""
    path, *keys = words.split()
    output = {"path": f"{folder}/{frames}-{path}"} | dict(key.split("=") for key in keys)
    layers = [
        {"type": "dense", "units": 64, "activation": "sigmoid"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ]
    grid = {"type": "neuron_grid", "area": "grid", "rows": 4, "columns": 4}
    return parse(
        {
            "run": {"layers": layers, "data": {"type": "mnist"}},
            "timeline": {"fps": 60, "seconds": frames / 60},
            "layout": {"size": [320, 180], "areas": ["grid loss"]},
            "view": [grid, {"type": "curve", "area": "loss"}],
            "output": [output],
        }
    )


def peak(folder: str, recording: str, words: str, frames: int, jobs: int) -> float:
    """Mebibytes, of this process or a worker."""
    report = render(scene_of(folder, words, frames), recording=recording, who=Crews(jobs))
    assert report["outputs"][0]["frames"] >= frames
    return peak_mebibytes()
