"""Early stopping: when it ends, what it keeps, and what is recorded of a training of unknown length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainings import small_data, small_run
from weightreel.trainer.errors import DataError
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.selection import Thinned
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.run import EarlyStopping, describe
from weightreel.trainer.train import evaluate, train

RUN = small_run(
    epochs=40, early_stopping=EarlyStopping(patience=3, tolerance=1e-4), optimizer={"type": "sgd", "lr": 0.5}
)
ABOUT = describe(RUN, small_data(), 0)


def test_stops_after_patience_and_keeps_the_best():
    snapshots = list(train(RUN, small_data(), steps=(), seed=0))
    assert len(snapshots) == 1
    last = snapshots[0]
    scores, best = dict(last.history["validation_accuracy"]), dict(last.history["best_epoch"])
    epochs = [scores[s] for s in range(6, last.step + 1, 6)]
    assert last.step < 40 * 6
    assert last.step % 6 == 0
    assert last.metrics["final_validation_accuracy"] == max(epochs), "of the best weights"
    assert last.metrics["validation_accuracy"] == epochs[-1], "the line goes on as it was, to weights that were let go"
    assert list(best) == list(range(6, last.step + 1, 6))
    assert [int(b) - 1 for b in best.values()] == [int(np.argmax(epochs[: i + 1])) for i in range(len(epochs))]


def test_without_images_to_validate_on_it_is_refused_before_anything_is_trained():
    data = small_data()
    bare = replace(
        data, validation=replace(data.validation, images=data.train.images[:0], labels=data.train.labels[:0])
    )
    (finding,) = RUN.data_findings(bare)
    assert finding.key == "early_stopping"
    with pytest.raises(DataError, match=r"early_stopping goes by images to validate on, and the data holds none back"):
        next(train(RUN, bare, steps=(), seed=0))
    assert list(train(small_run(epochs=1), bare, steps=(), seed=0)) == []


def test_the_last_snapshot_scores_what_it_says():
    from weightreel.trainer.network import Network

    data = small_data()
    *_, last = train(RUN, data, steps=(), seed=0)
    network = Network(RUN.layers, data.input_shape, 0, np.dtype(np.float32))
    for name, parameter in network.parameters.items():
        parameter[:] = last.parameters[name]
    assert evaluate(network, data.validation, RUN).accuracy == last.metrics["final_validation_accuracy"]


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(0, 3000))
def test_thinning_keeps_few_and_loses_no_measurement(most, length):
    thinned = Thinned(most)
    recorder = Recorder(ABOUT, selection=thinned)
    waiting: dict[str, list[tuple[int, float]]] = {"loss": []}
    for step in range(length + 1):
        waiting["loss"].append((step, float(step)))
        if step in thinned or step == length:
            recorder.append(Snapshot(step, 0.0, {}, {}, history=waiting))
            waiting = {"loss": []}
    steps = recorder.recording.steps.tolist()
    assert steps[0] == 0
    assert steps[-1] == length
    assert steps == sorted(set(steps))
    assert len(steps) <= max(most, 480) + 1
    measured, values = recorder.recording.metric("loss")
    assert measured.tolist() == values.tolist() == list(range(length + 1))
