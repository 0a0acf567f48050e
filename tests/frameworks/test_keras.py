"""A Keras model on the backend of KERAS_BACKEND: what is recorded is what it holds, at every step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import weightreel
from frameworks.weights import IMAGES, LABELS, compare, recorded
from weightreel.trainer.capture.keras import KerasRecording
from weightreel.trainer.errors import CaptureError

layers = keras.layers
MLP = ("hidden/weights", "hidden/biases", "digits/weights", "digits/biases")
BACKEND = keras.backend.backend()
on_jax = pytest.mark.skipif(BACKEND != "jax", reason="of the backend JAX")


@pytest.fixture(autouse=True)
def seeded() -> None:
    keras.utils.set_random_seed(0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.zarr"


def mlp(optimizer: Any = "sgd", **compiled: Any) -> keras.Model:
    model = keras.Sequential(
        [
            layers.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="hidden"),
            layers.Dense(10, activation="softmax", name="digits"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **compiled)
    return model


class Truth(keras.callbacks.Callback):
    """What the model holds after each batch, by the optimizer's own count of updates."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[int, list[np.ndarray]] = {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._note()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._note()

    def _note(self) -> None:
        model = self.model
        self.held[int(model.optimizer.iterations)] = [np.array(weights) for weights in model.get_weights()]


def fit(model: keras.Model, *callbacks: Any, epochs: int = 1, size: int = 32, **more: Any) -> None:
    model.fit(IMAGES, LABELS, batch_size=size, epochs=epochs, verbose=0, callbacks=list(callbacks), **more)


def test_every_step_is_what_the_model_holds(path):
    truth = Truth()
    validation = IMAGES[:64], LABELS[:64]
    fit(mlp("adam"), weightreel.keras.RecorderCallback(path), truth, epochs=3, validation_data=validation)
    recording = recorded(path)
    compare(recording, truth.held, MLP)
    hidden, digits = recording.about.layers
    assert (hidden.kind, hidden.type, hidden.origin) == ("linear", "Dense", "keras.layers.Dense")
    assert (hidden.activation, digits.activation) == ("relu", "softmax")
    assert (hidden.input_shape, digits.input_shape, digits.output_shape) == ((28, 28), (64,), (10,))
    assert (recording.about.total_steps, recording.about.steps_per_epoch) == (24, 8)
    assert list(recording.metric("val_loss")[0]) == [8, 16, 24]
    assert list(recording.metric("accuracy")[0]) == list(range(1, 25))
    assert list(recording.epochs) == pytest.approx([step / 8 for step in range(25)])


def test_a_training_that_goes_on_and_one_that_begins_again(path):
    model, truth = mlp(), Truth()
    callback = weightreel.keras.RecorderCallback(path)
    fit(model, callback, truth)
    compare(recorded(path), truth.held, MLP)
    again = Truth()
    fit(model, callback, again, epochs=3, initial_epoch=1)
    compare(recorded(path, "run-2"), again.held, MLP)
    assert sorted(again.held) == list(range(8, 25))
    assert recorded(path, "run-2").about.total_steps == 24


def test_updates_that_take_several_batches(path):
    truth = Truth()
    model = mlp(keras.optimizers.SGD(0.1, gradient_accumulation_steps=4))
    fit(model, weightreel.keras.RecorderCallback(path), truth, epochs=2)
    assert sorted(truth.held) == [0, 1, 2, 3, 4]
    assert list(recorded(path).steps) == [0, 1, 2, 3, 4]


def test_updates_that_a_scaler_skips_are_none(path):
    truth = Truth()
    model = mlp(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=2.0**127))
    fit(model, weightreel.keras.RecorderCallback(path), truth, epochs=2)
    assert 1 < len(truth.held) < 16
    compare(recorded(path), truth.held, MLP)


@on_jax
def test_batches_of_which_only_some_are_told(path):
    truth = Truth()
    fit(mlp(steps_per_execution=3), weightreel.keras.RecorderCallback(path), truth, epochs=2)
    assert sorted(truth.held) == [0, 3, 6, 8, 11, 14, 16]
    compare(recorded(path), truth.held, MLP)


@on_jax
def test_the_model_is_touched_only_when_a_snapshot_is_due(path):
    model, touched = mlp(), []

    class Counted(weightreel.keras.RecorderCallback):
        @property
        def model(self) -> keras.Model:
            touched.append(1)
            return super().model

    callback = Counted(path, max_snapshots=6, spacing="even")
    fit(model, callback, epochs=12, size=8)
    steps = 12 * 32
    assert callback.recorder.stats["kept"] <= 7
    assert len(touched) < steps / 5
    assert int(recorded(path).steps[-1]) == steps


def test_layers_of_every_sort_by_their_class(path):
    image = layers.Input((8, 12, 3))
    x = layers.Conv2D(6, (2, 3), name="plain")(image)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(x)
    x = layers.Conv2DTranspose(5, (1, 2), name="transposed")(x)
    x = layers.SeparableConv2D(4, 2, name="separable")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Reshape((-1, 4))(x)
    x = layers.Conv1D(7, 2, name="one")(x)
    x = layers.LSTM(3, name="remember")(x)
    inner = keras.Sequential([layers.Dense(4, name="hidden")], name="inner")
    outputs = layers.Dense(2, name="hidden")(inner(x))
    model = keras.Model(image, outputs)
    model.compile("sgd", "mse")
    x, y = np.ones((4, 8, 12, 3), np.float32), np.ones((4, 2), np.float32)
    model.fit(x, y, verbose=0, callbacks=[weightreel.keras.RecorderCallback(path)])
    recording, last = recorded(path), 1
    depthwise = model.get_layer("depthwise").kernel
    expected = {
        "plain": model.get_layer("plain").kernel,
        "depthwise": keras.ops.reshape(depthwise, (3, 3, 1, 12)),
        "transposed": keras.ops.transpose(model.get_layer("transposed").kernel, (0, 1, 3, 2)),
        "separable/pointwise_kernel": model.get_layer("separable").pointwise_kernel,
        "norm": model.get_layer("norm").gamma,
        "one": model.get_layer("one").kernel,
        "remember/lstm_cell": model.get_layer("remember").cell.kernel,
        "remember/lstm_cell/recurrent_kernel": model.get_layer("remember").cell.recurrent_kernel,
        "inner/hidden": inner.layers[0].kernel,
        "hidden": model.get_layer("hidden").kernel,
    }
    for name, variable in expected.items():
        array = keras.ops.convert_to_numpy(variable)
        assert np.array_equal(recording.parameter(f"{name}/weights", last), array), name
    kinds = {layer.name: layer.kind for layer in recording.about.layers}
    assert kinds["plain"] == kinds["transposed"] == kinds["depthwise"] == "conv"
    assert (kinds["one"], kinds["remember/lstm_cell"], kinds["norm"]) == ("conv1d", "linear", "other")
    assert recording.about.layer("plain").input_shape == (8, 12, 3)
    assert recording.about.layer("plain").output_shape == (7, 10, 6)


def test_an_embedding_and_what_lora_adds(path):
    model = keras.Sequential([layers.Input((5,)), layers.Embedding(9, 4, name="words"), layers.Dense(3, name="out")])
    model.get_layer("out").enable_lora(2)
    model.compile(keras.optimizers.SGD(0.5), "mse")
    x, y = np.arange(20).reshape(4, 5) % 9, np.ones((4, 5, 3), np.float32)
    model.fit(x, y, verbose=0, epochs=2, callbacks=[weightreel.keras.RecorderCallback(path)])
    recording = recorded(path)
    assert recording.about.layer("words").kind == "embedding"
    for name, variable in {"words": model.layers[0].embeddings, "out": model.layers[1].kernel}.items():
        array = keras.ops.convert_to_numpy(variable)
        assert recording.parameter(f"{name}/weights", 2) == pytest.approx(array, abs=1e-7)
    assert [layer.name for layer in recording.about.layers] == ["words", "out"]


def test_bfloat16_is_exact(path):
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, dtype="bfloat16", name="small")])
    model.compile("sgd", "mse")
    x, y = np.ones((2, 3), np.float32), np.ones((2, 2), np.float32)
    model.fit(x, y, verbose=0, callbacks=[weightreel.keras.RecorderCallback(path)])
    array = keras.ops.convert_to_numpy(keras.ops.cast(model.layers[0].kernel, "float32"))
    assert np.array_equal(recorded(path).parameter("small/weights", 1), array)


def test_layers_by_name_and_a_shape_that_does_not_fit(path):
    model = mlp()
    with pytest.raises(CaptureError, match="no layer 'hiden' has weights; there are hidden, digits"):
        fit(model, weightreel.keras.RecorderCallback(path, layers=["hiden"]))
    with pytest.raises(CaptureError, match=r"\(9, 9\) has 81 numbers, 'hidden' takes 784"):
        fit(model, weightreel.keras.RecorderCallback(path, input_shape=(9, 9)))
    fit(model, weightreel.keras.RecorderCallback(path, layers=["hidden"]))
    assert [layer.name for layer in recorded(path).about.layers] == ["hidden"]


def test_a_picture_that_is_made_smaller_before_the_first_layer(path):
    parts = [layers.Input((28, 28, 1)), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(10, name="digits")]
    model = keras.Sequential(parts)
    model.compile("sgd", "mse")
    model.fit(IMAGES[:8, ..., None], np.eye(10)[:8], verbose=0, callbacks=[weightreel.keras.RecorderCallback(path)])
    assert recorded(path).about.layer("digits").input_shape == (196,)
    assert recorded(path).about.input_shape == (28, 28)


def test_what_goes_wrong_in_the_callback_ends_the_recording_not_the_training(path, monkeypatch):
    model = mlp()
    reference = mlp()
    reference.set_weights(model.get_weights())
    monkeypatch.setattr(KerasRecording, "_take", lambda self, metrics: 1 / 0)
    with pytest.warns(RuntimeWarning, match="division by zero"):
        fit(model, weightreel.keras.RecorderCallback(path), shuffle=False)
    fit(reference, shuffle=False)
    for ours, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
