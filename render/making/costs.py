"""What the work of a cluster costs, measured on this machine: what `weightreel.render.making.scaling` is fed with.

Seconds are those of a processor, so that it counts little what else the machine does meanwhile.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from weightreel.render.crews.distributed import task_seconds
from weightreel.render.crews.guest import pieces_of
from weightreel.render.crews.luggage import state_of
from weightreel.render.crews.pool import Pool
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.take import Take
from weightreel.render.making.film import record_to, render
from weightreel.render.making.report import Report
from weightreel.render.making.scaling import Costs
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import load
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import open_recordings

FRAMES = 120  # that are drawn, of the film in 4K
SHORT, LONG, RUNS = 10, 100, 6  # steps of runs, whose difference is that of steps alone; how many of each
STAGES = ("draw", "encode", "join", "verify")
FEW, MANY = 600, 6000  # frames of small films, whose difference is that of frames alone
BARE = ("view=[{type='curve'}]", "layout.areas=[]")
SCHEDULED = 0.001  # seconds of a scheduler for a task, as its makers say, where there is no Dask to measure


def measured(folder: Path, size: Sequence[int] = (3840, 2160)) -> Costs:
    """Costs of a film of `hidden_grid` at a size, in H.264 at 60 frames a second, and of runs as those of
    `hyperparameters`. Takes a minute or two, with one core.

    Args:
        folder: an empty one, for what is made meanwhile.
        size: of the film, (width, height).
    """
    return Costs(**_of_film(folder, size), **_of_runs(folder), begin=_begin(), task=task_seconds() or SCHEDULED)


def _of_film(folder: Path, size: Sequence[int]) -> dict[str, float]:
    path, kept = str(folder / "film.mp4"), folder / "film.zarr"
    keys = [f"layout.size={list(size)}", "run.epochs=1", f"timeline.seconds={FRAMES / 60}", "timeline.hold=0"]
    scene = load("hidden_grid", settings=keys, outputs=[path])
    record_to(scene, kept)
    prepared = _seconds(lambda: prepare(scene, sources_of(scene, kept)))
    opened = _seconds(lambda: Fits(scene, open_recordings(kept)).film(_take(scene, kept)))
    reports: list[Report] = []
    spent = _seconds(lambda: reports.append(render(scene, recording=kept))) - prepared - opened
    clip, by_clock, snapshots = reports[0]["outputs"][0], reports[0]["seconds"], len(open_recordings(kept)["run"])
    clock = {stage: float(by_clock[stage]) for stage in STAGES}  # type: ignore[literal-required]
    shares = {stage: spent * part / sum(clock.values()) / clip["frames"] for stage, part in clock.items()}
    shares |= _of_ends(folder, kept)
    sizes = {"frame": clip["bytes"] / clip["frames"], "snapshot": _bytes(kept) / snapshots}
    return {"prepare": prepared, "open": opened, **shares, **sizes}


def _of_ends(folder: Path, kept: Path) -> dict[str, float]:
    """Joining and verifying, of a frame: packets are counted, whatever size the frames have."""
    found = []
    for frames in (FEW, MANY):
        keys = ["run.epochs=1", f"timeline.seconds={frames / 60}", "timeline.hold=0", "layout.size=[320, 180]", *BARE]
        scene = load("hidden_grid", settings=keys, outputs=[str(folder / f"{frames}.mp4")])
        found.append(render(scene, recording=kept)["seconds"])
    few, many = found
    return {
        "join": max(0.0, many["join"] - few["join"]) / (MANY - FEW),
        "verify": max(0.0, many["verify"] - few["verify"]) / (MANY - FEW),
    }


def _of_runs(folder: Path) -> dict[str, float]:
    long, short = (_trained(folder, steps) for steps in (LONG, SHORT))
    step = max(0.0, long - short) / (LONG - SHORT)
    scene, kept = _runs(LONG), folder / str(LONG)
    taken = _seconds(lambda: (shutil.copytree(kept, folder / "taken"), open_recordings(folder / "taken")))
    recordings = open_recordings(kept)
    return {
        "step": step,
        "run": max(0.0, short - SHORT * step),
        "recording": _bytes(kept) / RUNS,
        "packed": sum(len(data) for _, data, _ in pieces_of(kept)) / RUNS,
        "files": len(list(state_of(kept))) / RUNS,
        "take": taken / RUNS,
        "show": _seconds(lambda: Fits(scene, recordings).film(_take(scene, kept))) / RUNS,
    }


def _runs(steps: int) -> Scene:
    """Some runs as those of `hyperparameters`, of which their loss is shown alone."""
    rates = ", ".join(str(0.1 + number / 10) for number in range(RUNS))
    keys = [f"grid={{'optimizer.lr' = [{rates}]}}", f"run.epochs={steps}", *BARE]
    return load("hyperparameters", settings=keys, outputs=["runs.mp4"])


def _take(scene: Scene, kept: Path) -> Take:
    return prepare(scene, sources_of(scene, kept), written=False).takes[0]


def _trained(folder: Path, steps: int) -> float:
    """Seconds of a run of so many steps, one in an epoch."""
    return _seconds(lambda: record_to(_runs(steps), folder / str(steps))) / RUNS


def _begin() -> float:
    """Until a worker's process is there."""
    begun = os.times()
    with Pool(1) as pool:
        pool.works()
    ended = os.times()
    return ended.children_user + ended.children_system - begun.children_user - begun.children_system


def _seconds(does: Callable[[], object]) -> float:
    """Of all threads of this process."""
    begun = time.process_time()
    does()
    return time.process_time() - begun


def _bytes(folder: Path) -> int:
    return sum(size for _, size, _ in state_of(folder))
