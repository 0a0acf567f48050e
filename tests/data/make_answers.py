"""Makes the recordings of what networks answer to single images, and of dead neurons, that golden pictures are drawn
from: PYTHONPATH=tests python tests/data/make_answers.py.

Its numbers are fixed from then on; training anew on another machine may differ in the last digit.
"""

from __future__ import annotations

from pathlib import Path

from kept import pack
from trainings import RUNS, small_data
from weightreel.render.views import View
from weightreel.render.views.image import Image
from weightreel.render.views.neuron_grid import NeuronGrid
from weightreel.render.views.probabilities import Probabilities
from weightreel.render.views.samples import Samples
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.run import describe
from weightreel.trainer.train import train

HERE = Path(__file__).parent
STEPS = (0, 4, 7, 9, 12)
VIEWS: dict[str, list[View]] = {
    "run": [Samples(choose="hard", among=12), Image(image=5, labels=True), Probabilities(image=5)],
    "rectifiers": [NeuronGrid(mark="dead")],
}


def main() -> None:
    """The small network, and one of rectifiers."""
    recordings = {}
    for name, views in VIEWS.items():
        run, data = RUNS[name](), small_data()
        about = describe(run, data, 0)
        probes = {k: p for view in views for k, p in view.probes(about).items()}
        recorder = Recorder(about)
        for snapshot in train(run, data, steps=STEPS, seed=0, probes=probes):
            recorder.append(snapshot)
        recordings[name] = recorder.finish()
    pack(HERE / "answers.npz", recordings, coarse=False)


if __name__ == "__main__":
    main()
