"""scikit-learn: an estimator is trained batch by batch, and what is recorded is what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import weightreel
from frameworks.weights import IMAGES, LABELS, compare, recorded
from weightreel.trainer.errors import CaptureError

X, Y = IMAGES.reshape(len(IMAGES), -1), LABELS
MLP = ("hidden/weights", "hidden/biases", "output/weights", "output/biases")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.zarr"


def held(estimator: Any) -> list[np.ndarray]:
    pairs = zip(estimator.coefs_, estimator.intercepts_, strict=True)
    return [array.copy() for pair in pairs for array in pair]


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_every_step_is_what_the_estimator_holds(path, solver):
    truth: dict[int, list[np.ndarray]] = {}

    def on_step(step: int, estimator: Any) -> dict[str, float]:
        truth[step] = held(estimator)
        return {"accuracy": estimator.score(X[:50], Y[:50])}

    estimator = MLPClassifier((64,), solver=solver, random_state=0)
    options = {"epochs": 3, "batch_size": 50, "input_shape": (28, 28), "on_step": on_step}
    assert weightreel.sklearn.fit(estimator, X, Y, path=path, **options) is estimator
    recording = recorded(path)
    truth[0] = [recording.parameter(key, 0) for key in MLP]
    compare(recording, truth, MLP)
    assert list(recording.steps) == list(range(19))
    hidden, output = recording.about.layers
    assert (hidden.input_shape, hidden.activation, output.activation) == ((28, 28), "relu", "softmax")
    assert recording.about.classes == tuple("0123456789")
    assert set(recording.metric_names) == {"loss", "accuracy"}
    assert (estimator.batch_size, recording.about.total_steps, recording.epochs[-1]) == ("auto", 18, 3.0)


@pytest.mark.parametrize("random_state", [3, None])
def test_the_first_step_is_the_untrained_network(path, random_state):
    """The weights before the first batch, and the training is what it would have been."""
    estimator, twin = (MLPClassifier((64,), solver="sgd", random_state=random_state) for _ in range(2))
    np.random.seed(7)  # noqa: NPY002
    weightreel.sklearn.fit(estimator, X, Y, path=path, batch_size=32, shuffle=False)
    np.random.seed(7)  # noqa: NPY002
    for begin in range(0, len(X), 32):
        twin.partial_fit(X[begin : begin + 32], Y[begin : begin + 32], classes=np.arange(10))
    for ours, theirs in zip(held(estimator), held(twin), strict=True):
        assert np.array_equal(ours, theirs)
    bound = np.sqrt(6 / (784 + 64))
    untrained = recorded(path).parameter("hidden/weights", 0)
    assert abs(untrained).max() <= bound
    assert 0 < abs(recorded(path).parameter("hidden/weights", 1) - untrained).max() < 0.1


def test_a_training_that_goes_on_begins_with_what_is_there(path):
    estimator = weightreel.sklearn.fit(MLPClassifier((64,)), X, Y, path=path)
    before = held(estimator)
    weightreel.sklearn.fit(estimator, X, Y, path=path, run="more")
    recording = recorded(path, "more")
    for key, array in zip(MLP, before, strict=True):
        assert recording.parameter(key, 0) == pytest.approx(array, abs=1e-7)


def test_other_estimators(path):
    regressor = MLPRegressor(hidden_layer_sizes=(5, 4), activation="logistic")
    weightreel.sklearn.fit(regressor, X.astype(float), Y * 1.0, path=path, run="deep", epochs=2)
    first, second, last = recorded(path, "deep").about.layers
    assert (first.name, second.name, last.name) == ("hidden1", "hidden2", "output")
    assert (first.activation, last.activation) == ("sigmoid", "linear")
    linear = SGDClassifier(random_state=0)
    weightreel.sklearn.fit(linear, X, Y, path=path, run="linear")
    recording = recorded(path, "linear")
    assert not recording.parameter("output/weights", 0).any()
    found = recording.parameter("output/weights", int(recording.steps[-1]))
    assert np.array_equal(found, linear.coef_.T.astype(np.float32))
    weightreel.sklearn.fit(SGDRegressor(), X, Y, path=path, run="one")
    assert recorded(path, "one").about.layer("output").shape == (784, 1)


def test_what_has_no_steps_is_refused_with_the_way_out(path):
    wrong = {
        MLPClassifier(solver="lbfgs"): "lbfgs has no steps to record; say solver='adam'",
        MLPClassifier(early_stopping=True): "say early_stopping=False",
        LinearRegression(): "LinearRegression has no partial_fit",
        make_pipeline(StandardScaler(), MLPClassifier()): "transform x with its first steps",
    }
    for estimator, words in wrong.items():
        with pytest.raises(CaptureError, match=words):
            weightreel.sklearn.fit(estimator, X, Y, path=path)
    with pytest.raises(CaptureError, match=r"\(9, 9\) has 81 numbers, 'hidden' takes 784"):
        weightreel.sklearn.fit(MLPClassifier((64,)), X, Y, path=path, input_shape=(9, 9))
