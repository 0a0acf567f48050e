"""Drawing a frame of 1920 × 1080, and what is proved of it: processor milliseconds."""

from __future__ import annotations

import time

from benchmarks import filmed
from benchmarks.measuring import Lines, rounds, summed
from kept import FOLDER, read
from weightreel.render.encoders.png import Png
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.watch import Watch
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import Sources
from weightreel.render.scene.file import load, shipped_scenes
from weightreel.trainer.recording.store import Recordings

FRAMES = 120


def lines() -> Lines:
    """The film of the README, with and without what is proved of it; a frame of each scene."""
    film = filmed.hero_film(Recordings({"run": filmed.recording(FRAMES)}))
    drawn, watched = [], []
    for _ in range(rounds(5)):
        drawn.append(_milliseconds(film, None))
        watched.append(_milliseconds(film, Watch()))
    yield summed("hidden_grid: drawing", drawn, "ms")
    proof = [both - alone for both, alone in zip(watched, drawn, strict=True)]
    yield summed("hidden_grid: digest and flashes", proof, "ms", ceiling=0.5)
    yield summed("hidden_grid: both", watched, "ms", ceiling=3.0)
    for name in shipped_scenes():
        made = _scene(name)
        if made is not None:
            yield summed(f"{name}: drawing", [_milliseconds(made, None) for _ in range(rounds(3))], "ms")


def _scene(name: str) -> Film | None:
    """The film of a scene from the few snapshots that are kept of it; None where there are none."""
    if not (FOLDER / f"{name}.npz").exists():
        return None
    recordings = read(name)
    scene = load(name).model_copy(update={"output": (Png(path="frame.png", size=(1920, 1080)),), "table": None})
    about = {run: recording.about for run, recording in recordings.items()}
    plan = prepare(scene, Sources(about, {}, recordings), written=False)
    return Fits(scene, recordings).film(plan.takes_of(recordings)[0])


def _milliseconds(film: Film, watch: Watch | None) -> float:
    """Of a processor, for a frame."""
    frame, count = film.buffer(), min(FRAMES, len(film))
    film.draw(frame, 0)
    draw = film.draw if watch is None else watch.over(film)
    begun = time.process_time()
    for number in range(count):
        draw(frame, number * len(film) // count)
    return 1000 * (time.process_time() - begun) / count
