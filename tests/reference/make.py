"""Makes the recordings that reference frames are drawn from: PYTHONPATH=tests python tests/reference/make.py [SCENE]…

Their numbers are fixed from then on; training anew would change the frames for nothing.
"""

from __future__ import annotations

import sys

import numpy as np

from kept import FOLDER, SAME, write
from trainings import planned
from weightreel.render.scene.file import load, shipped_scenes
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.train import train

SHORT = ("epochs=4", "data.train=400", "data.validation=100", "data.test=400")
SNAPSHOTS = 4


def make(name: str) -> None:
    """Train every run of a scene for a little."""
    scene = load(name)
    keys = ["run"] if scene.run else [f"runs.{n}" for n in scene.runs]
    plan = planned(load(name, settings=[f"{key}.{short}" for key in keys for short in SHORT]))
    recordings = {}
    for run, about in plan.sources.about.items():
        steps = {0, *np.geomspace(1, about.length, SNAPSHOTS - 1).round().astype(int).tolist()}
        recorder = Recorder(about.model_copy(update={"run": {}}))
        views = [view for view in scene.view if run in view.runs(plan.sources.about)]
        probes = {key: probe for view in views for key, probe in view.probes(about).items()}
        for snapshot in train(plan.scene.trainings[run], plan.sources.data[run], steps=steps, seed=0, probes=probes):
            recorder.append(snapshot)
        recordings[run] = recorder.finish()
    write(name, recordings)
    print(f"{name}: {(FOLDER / f'{name}.npz').stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    for one in sys.argv[1:] or sorted({*shipped_scenes()} - SAME.keys()):
        make(one)
