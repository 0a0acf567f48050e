"""Batches cut into shards: the same gradients, the same bytes with any number of threads, and no thread left behind."""

from __future__ import annotations

import gc
import threading
import time
from typing import ClassVar, Literal

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from trainings import small_convnet, small_data, small_run
from weightreel.trainer import blas, shards
from weightreel.trainer.errors import DivergedError
from weightreel.trainer.gradient_check import LIMIT, check_gradients
from weightreel.trainer.layers.conv2d import Conv2d
from weightreel.trainer.layers.dense import Dense, DenseLayer
from weightreel.trainer.layers.dropout import Dropout, DropoutLayer
from weightreel.trainer.layers.flatten import Flatten
from weightreel.trainer.layers.max_pool2d import MaxPool2d
from weightreel.trainer.mathematics.losses import LOSSES
from weightreel.trainer.network import Network
from weightreel.trainer.shards import LEAST, PIECE, SHARDS, ShardedNetwork, network_for
from weightreel.trainer.train import evaluate, train

LAYERS = (
    Conv2d(filters=5, activation="relu"),
    MaxPool2d(),
    Flatten(),
    Dropout(rate=0.3),
    Dense(units=3, activation="softmax"),
)
NOISELESS = tuple(options.without_noise() for options in LAYERS)
RUN = small_run(layers=LAYERS, batch_size=45, epochs=3, l2=0.01)


@pytest.fixture(autouse=True)
def all_steps_are_large(monkeypatch):
    monkeypatch.setattr(shards, "SMALL_STEP", 0)


@pytest.fixture
def processors(monkeypatch):
    """Say how many there are."""
    return lambda count: monkeypatch.setattr(blas, "threads", lambda: count)


def working():
    """Threads that work for networks."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("shard")]


def trained(run=RUN, data=None):
    return list(train(run, data or small_data(), steps=range(10**6), seed=3))


def assert_same(one, other):
    assert [s.step for s in one] == [s.step for s in other]
    for left, right in zip(one, other, strict=True):
        assert left.metrics == right.metrics
        for name, parameter in left.parameters.items():
            assert parameter.tobytes() == right.parameters[name].tobytes(), f"{name} at step {left.step}"


@pytest.mark.parametrize("n", [1, LEAST - 1, LEAST, 2 * LEAST + 1, SHARDS * LEAST - 1, SHARDS * LEAST, 101])
def test_a_cut_batch_has_the_gradients_of_the_whole(n):
    rng = np.random.default_rng(n)
    x, labels = rng.normal(size=(n, 8, 8)), rng.integers(0, 3, n)
    found = []
    for make in (Network, ShardedNetwork):
        network = make(NOISELESS, (8, 8), 3, np.dtype(np.float64))
        outputs = network.forward(x, training=True, logits=True)
        value, gradient = LOSSES["cross_entropy"](outputs, labels)
        network.backward(gradient, logits=True)
        found.append({"loss": value, "outputs": outputs, **network.gradients})
    for name, expected in found[0].items():
        np.testing.assert_allclose(found[1][name], expected, rtol=1e-9, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("n", [1, 33, SHARDS * PIECE + 3, 1001])
def test_evaluation_in_pieces_is_that_of_the_whole(n):
    x = np.random.default_rng(n).normal(size=(n, 8, 8))
    whole, cut = (make(LAYERS, (8, 8), 3, np.dtype(np.float64)) for make in (Network, ShardedNetwork))
    np.testing.assert_allclose(cut.forward(x), whole.forward(x), rtol=1e-12)


def test_threads_only_decide_who_computes(processors, monkeypatch):
    processors(1)
    alone = trained()
    forward, lag = Dropout.build, iter(np.random.default_rng(0).uniform(0, 0.003, 10_000))

    def slow(self, *arguments):
        layer = forward(self, *arguments)
        passed = layer.forward
        layer.forward = lambda x, *, training: (time.sleep(next(lag)), passed(x, training=training))[1]
        return layer

    monkeypatch.setattr(Dropout, "build", slow)
    for count in (2, 3, 7):
        processors(count)
        assert_same(alone, trained())


def test_every_shard_has_noise_of_its_own():
    network = ShardedNetwork((Flatten(), Dropout(rate=0.5)), (50,), 3, np.dtype(np.float64))
    parts = np.split(network.forward(np.ones((SHARDS * LEAST, 50)), training=True), SHARDS)
    for i, part in enumerate(parts):
        assert not any(np.array_equal(part, other) for other in parts[:i])
        assert 0.3 < (part == 0).mean() < 0.7
    again = ShardedNetwork((Flatten(), Dropout(rate=0.5)), (50,), 3, np.dtype(np.float64))
    assert np.array_equal(np.concatenate(parts), again.forward(np.ones((SHARDS * LEAST, 50)), training=True))


def test_small_steps_are_not_cut(monkeypatch):
    monkeypatch.setattr(shards, "SMALL_STEP", 10**6)
    small, large = (network_for(small_run(batch_size=n), small_data(), 0, LAYERS, np.dtype(float)) for n in (1, 60))
    assert type(small) is type(large) is Network
    monkeypatch.setattr(shards, "SMALL_STEP", 60 * (10 * 5 * 36 + 46 * 3))
    assert type(network_for(small_run(batch_size=60), small_data(), 0, LAYERS, np.dtype(float))) is ShardedNetwork
    assert type(network_for(small_run(batch_size=59), small_data(), 0, LAYERS, np.dtype(float))) is Network


class Remembering(Dropout):
    """A layer of someone's own that keeps something from batch to batch, which shards would keep apart."""

    type: Literal["remembering"] = "remembering"

    def build(self, input_shape, rng, dtype):
        return Mean(0.0, rng, dtype)


class Mean(DropoutLayer):
    seen: ClassVar[list[int]] = []
    mean = 0.0

    def forward(self, x, *, training):
        if training:
            self.seen.append(len(x))
            self.mean = 0.9 * self.mean + 0.1 * x.mean()
            self._factors = np.ones_like(x)
        return x - self.mean


class Fast(Dense):
    """Says nothing new of how it works."""

    type: Literal["fast"] = "fast"


def test_layers_that_do_not_say_so_see_whole_batches(processors):
    assert not Remembering.shardable and Dense.shardable and Fast.shardable
    Mean.seen.clear()
    run = RUN.model_copy(update={"layers": (*LAYERS[:3], Remembering(rate=0.0), LAYERS[4])})
    found = []
    for count in (1, 4):
        processors(count)
        found.append(trained(run))
    assert_same(*found)
    assert set(Mean.seen) == {45, 15}


def test_gradients_of_cut_batches_are_checked(monkeypatch):
    assert max(row.error for row in check_gradients(small_convnet(), small_data(), 0)) < LIMIT
    backward = ShardedNetwork.backward

    def wrong(self, gradient, *, logits=False):
        backward(self, gradient, logits=logits)
        self.gradients["0/bias"][...] = self._replicas[0].gradients["0/bias"]

    monkeypatch.setattr(ShardedNetwork, "backward", wrong)
    errors = {(row.layer, row.parameter): row.error for row in check_gradients(small_convnet(), small_data(), 0)}
    assert errors[0, "bias"] > LIMIT > errors[0, "weights"]


def test_evaluation_is_over_every_image(processors):
    processors(2)
    last = trained()[-1]
    network = Network(LAYERS, (8, 8), 3, np.dtype(np.float32))
    for name, parameter in network.parameters.items():
        parameter[...] = last.parameters[name]
    expected = evaluate(network, small_data().validation, RUN)
    assert last.metrics["validation_accuracy"] == expected.accuracy
    assert last.metrics["validation_loss"] == pytest.approx(expected.loss, rel=1e-6)


@pytest.mark.parametrize("raised", [ValueError("shard 2"), KeyboardInterrupt(), MemoryError()])
def test_what_a_shard_raises_is_raised(processors, monkeypatch, raised):
    processors(2)
    calls = iter(range(1000))

    def failing(self, x, *, training):
        if next(calls) == 6:
            raise raised
        return x @ self.parameters["weights"]

    monkeypatch.setattr(DenseLayer, "forward", failing)
    with pytest.raises(type(raised)) as caught:
        trained()
    assert caught.value is raised and not working()


def test_a_diverging_shard_says_so_without_warnings(processors):
    processors(2)
    with pytest.raises(DivergedError, match="the loss is nan; the first"):
        trained(RUN.model_copy(update={"optimizer": type(RUN.optimizer)(lr=1e18), "epochs": 9}))
    assert not working()


@pytest.mark.parametrize("end", ["exhausted", "closed", "forgotten"])
def test_no_thread_stays(processors, end):
    processors(3)
    training = train(RUN, small_data(), steps=range(100), seed=3)
    next(training), next(training)
    assert 1 <= len(working()) <= 3
    if end == "exhausted":
        list(training)
    elif end == "closed":
        training.close()
    del training
    gc.collect()
    assert not working()


def blas_threads():
    return {i["filepath"]: i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"}


def test_trainings_side_by_side_keep_products_to_one_thread():
    """Whoever ends first does not put back what the others still need; the last one does."""
    before, inside, first = blas_threads(), [], blas.one_thread()
    allowed = blas.threads()
    first.__enter__()

    def second():
        with blas.one_thread():
            first.__exit__(None, None, None)
            inside.append(set(blas_threads().values()))
            inside.append(blas.threads())

    thread = threading.Thread(target=second)
    thread.start()
    thread.join()
    assert inside == [{1}, allowed]
    assert blas_threads() == before


def test_products_are_kept_to_one_thread_whoever_owns_the_library():
    """Another thread has set a limit and not taken it back; what threadpoolctl then sets from here does nothing."""
    before, hold, inside = blas_threads(), threading.Event(), threading.Event()

    def owner():
        limits = threadpool_limits(max(before.values()))
        inside.set()
        hold.wait(60)
        limits.restore_original_limits()

    thread = threading.Thread(target=owner)
    thread.start()
    inside.wait(60)
    try:
        with blas.one_thread():
            assert set(blas_threads().values()) == {1}
    finally:
        hold.set()
        thread.join()
    assert blas_threads() == before


class OneEach:
    """OpenBLAS on OpenMP, as conda has it: a setting for each thread."""

    def __init__(self):
        self.setting = threading.local()

    @property
    def num_threads(self):
        return getattr(self.setting, "count", 8)

    def set_num_threads(self, count):
        self.setting.count = count


def test_libraries_with_a_setting_for_each_thread_are_kept_too(processors, monkeypatch):
    processors(2)
    library, found = OneEach(), []
    monkeypatch.setattr(blas, "_libraries", lambda: ((), (library,)))
    forward = DenseLayer.forward

    def watched(self, x, *, training):
        found.append(library.num_threads)
        return forward(self, x, training=training)

    monkeypatch.setattr(DenseLayer, "forward", watched)
    trained()
    assert set(found) == {1} and library.num_threads == 8


def test_settings_of_the_caller_hold_between_snapshots():
    before = blas_threads()
    training = train(RUN, small_data(), steps=range(100), seed=3)
    next(training)
    assert blas_threads() == before
    training.close()
    assert blas_threads() == before


def test_the_kernels_are_named():
    name = blas.kernels()
    assert name.split(", ")[-1].startswith("numpy ") and str(np.__version__) not in name and "/" not in name
