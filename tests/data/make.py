"""Makes the recording that the golden pictures are drawn from: PYTHONPATH=tests python tests/data/make.py.

Its numbers are fixed from then on; training anew on another machine may differ in the last digit.
"""

from __future__ import annotations

from pathlib import Path

from trainings import small_convnet, small_data, small_run
from weightreel.render.views.activation_maps import ActivationMaps
from weightreel.render.views.confusion_matrix import ConfusionMatrix
from weightreel.render.views.samples import Samples
from weightreel.trainer.recording.keeping import keeping
from weightreel.trainer.run import describe
from weightreel.trainer.train import train

HERE = Path(__file__).parent


def main() -> None:
    """Three runs: the small network, the same with weight decay, a convolutional one."""
    runs = {"run": small_run(), "decayed": small_run(l2=0.1), "convnet": small_convnet()}
    data = small_data()
    with keeping(HERE / "recording") as new:
        for name, run in runs.items():
            about = describe(run, data, 0).model_copy(update={"settings": {"l2": str(run.l2)}})
            views = [ActivationMaps()] if name == "convnet" else [Samples(rows=1, columns=4), ConfusionMatrix()]
            probes = {k: p for view in views for k, p in view.probes(about).items()}
            recorder = new.recorder(name, about)
            for snapshot in train(run, data, steps=range(13), seed=0, probes=probes):
                recorder.append(snapshot)
            recorder.finish()


if __name__ == "__main__":
    main()
