"""Training: what a snapshot says, and that watching never changes what is watched."""

import threading
import tracemalloc
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.trainer.datasets import Data, Split
from weightreel.trainer.errors import DivergedError
from weightreel.trainer.measure import measure
from weightreel.trainer.network import Network
from weightreel.trainer.run import Run, batch_size, describe
from weightreel.trainer.train import train

TRAIN, VALIDATION, TEST = 50, 12, 9
PER_EPOCH, TOTAL = 4, 12  # 50 images in batches of 16, three epochs


def blobs(classes=3, seed=0, **sizes):
    """Well separated clouds of points, dealt out to the three splits."""
    rng, amounts = (
        np.random.default_rng(seed),
        {"train": TRAIN, "validation": VALIDATION, "test": TEST} | sizes,
    )
    parts = {}
    for name, n in amounts.items():
        labels = rng.integers(0, classes, n)
        points = rng.normal(0, 0.7, (n, 4)) + 3 * np.eye(classes, 4)[labels]
        parts[name] = Split(points, labels, np.array(0.5), np.array(0.8))
    return Data("blobs", **parts, classes=tuple(str(i) for i in range(classes)))


def a_run(units=3, hidden="tanh", last="softmax", **keys):
    layers = [
        {"type": "dense", "units": 6, "activation": hidden},
        {"type": "dense", "units": units, "activation": last},
    ]
    defaults = {
        "layers": layers,
        "batch_size": 16,
        "epochs": 3,
        "optimizer": {"type": "sgd", "momentum": 0.5},
    }
    return Run.model_validate(defaults | keys)


def snapshots(run=None, data=None, steps=range(TOTAL + 1), seed=3, **keys):
    return list(train(run or a_run(), data or blobs(), steps=steps, seed=seed, **keys))


def same(one, other):
    assert one.step == other.step and one.parameters.keys() == other.parameters.keys()
    for name, parameter in one.parameters.items():
        assert parameter.tobytes() == other.parameters[name].tobytes(), f"{name} at step {one.step}"


@dataclass(frozen=True)
class Activations:
    """A probe that runs the network, as the ones of the views do."""

    layer: int

    @property
    def key(self):
        return f"activations/{self.layer}"


@measure.register
def _(probe: Activations, network, data):
    x = data.validation.take(slice(3), network.dtype)
    return list(network.walk(x))[probe.layer].copy()


@pytest.fixture(scope="module")
def whole():
    return snapshots()


def test_from_the_untrained_network_to_the_trained_one(whole):
    untrained = Network(a_run().layers, (4,), 3, np.dtype(np.float32)).parameters
    assert [s.step for s in whole] == list(range(TOTAL + 1))
    assert [s.epoch for s in whole] == [step / PER_EPOCH for step in range(TOTAL + 1)]
    assert whole[0].parameters.keys() == untrained.keys()
    for name, parameter in untrained.items():
        np.testing.assert_array_equal(whole[0].parameters[name], parameter)
        assert not np.array_equal(whole[-1].parameters[name], parameter)
        assert whole[-1].parameters[name].dtype == np.float32
    assert describe(a_run(), blobs(), 3).total_steps == whole[-1].step


@settings(deadline=None, max_examples=25)
@given(
    steps=st.lists(st.integers(0, TOTAL), min_size=1),
    validate_every=st.none() | st.integers(1, TOTAL),
    layers=st.sets(st.integers(0, 1)),
)
def test_the_path_does_not_depend_on_what_is_watched(whole, steps, validate_every, layers):
    probes = {p.key: p for p in map(Activations, layers)}
    found = snapshots(a_run(validate_every=validate_every), steps=steps, probes=probes)
    assert [s.step for s in found] == sorted(set(steps))
    for snapshot in found:
        same(snapshot, whole[snapshot.step])
        for name in ("loss", "accuracy", "batch_loss", "batch_accuracy"):
            assert snapshot.metrics[name] == whole[snapshot.step].metrics[name]
        assert snapshot.probes.keys() == probes.keys()


def test_the_path_does_not_depend_on_the_validation_or_test_images(whole):
    for one, other in zip(snapshots(data=blobs(validation=0, test=0)), whole, strict=True):
        same(one, other)
        assert not any(name.startswith(("validation_", "test_")) for name in one.metrics)


def test_probes_see_the_network_of_their_snapshot(whole):
    found = snapshots(steps=[0, 7], probes={"hidden": Activations(0)})
    x = blobs().validation.take(slice(3), np.dtype(np.float32))
    for snapshot in found:
        p = snapshot.parameters
        expected = np.tanh(x @ p["0/weights"] + p["0/bias"])
        np.testing.assert_allclose(snapshot.probes["hidden"], expected, rtol=1e-5, atol=1e-6)


def test_the_seed_decides_everything(whole):
    for one, again in zip(whole, snapshots(), strict=True):
        same(one, again)
        assert one.metrics == again.metrics
    other = snapshots(seed=4)
    assert not np.array_equal(other[0].parameters["0/weights"], whole[0].parameters["0/weights"])


def test_snapshots_are_copies(whole):
    for snapshot in train(a_run(), blobs(), steps=range(TOTAL + 1), seed=3):
        same(snapshot, whole[snapshot.step])
        for parameter in snapshot.parameters.values():
            parameter.fill(np.nan)


@pytest.mark.parametrize(
    ("units", "last", "loss"),
    [
        (3, "softmax", "cross_entropy"),
        (3, "sigmoid", "binary_cross_entropy"),
        (3, "linear", "mean_squared_error"),
        (1, "sigmoid", "binary_cross_entropy"),
        (1, "sigmoid", "mean_squared_error"),
    ],
)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_learns_what_is_easy(units, last, loss, optimizer):
    lr = 0.05 if optimizer == "adam" else 0.3
    run = a_run(units, last=last, loss=loss, optimizer={"type": optimizer, "lr": lr}, epochs=30)
    data = blobs(2 if units == 1 else 3, train=200)
    start, end = snapshots(run, data, steps=[0, 30 * 13])
    assert end.metrics["final_accuracy"] > 0.95 and end.metrics["test_accuracy"] > 0.85
    assert end.metrics["final_validation_accuracy"] > 0.85
    assert end.metrics["final_loss"] < 0.5 * start.metrics["loss"]


def scores(run, split, parameters):
    """Loss and accuracy, from the textbook."""
    x = (split.images - split.offset) * split.factor
    z = np.tanh(x @ parameters["0/weights"] + parameters["0/bias"]) @ parameters["1/weights"]
    z = z + parameters["1/bias"]
    t = split.labels[:, None] if z.shape[1] == 1 else np.eye(z.shape[1])[split.labels]
    p = 1 / (1 + np.exp(-z))
    if run.loss == "cross_entropy":
        loss = -(t * np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))).sum(axis=1).mean()
    elif run.loss == "binary_cross_entropy":
        loss = -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum(axis=1).mean()
    else:
        loss = ((p - t) ** 2).mean()
    weights = (v for name, v in parameters.items() if name.endswith("weights"))
    loss += run.l2 / 2 * sum((w**2).sum() for w in weights)
    right = (p[:, 0] > 0.5) == split.labels if z.shape[1] == 1 else z.argmax(axis=1) == split.labels
    return loss, right.mean()


@pytest.mark.parametrize("l2", [0.0, 0.05])
@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "mean_squared_error"])
def test_the_last_metrics_are_over_whole_splits(loss, units, l2):
    if units == 1 and loss == "cross_entropy":
        units = 4
    last = "softmax" if loss == "cross_entropy" else "sigmoid"
    run = a_run(units, last=last, loss=loss, l2=l2, dtype="float64")
    data = blobs(2 if units == 1 else units, train=2100)  # evaluation goes in blocks of 2,000
    end = snapshots(run, data, steps=[3 * 132])[-1]
    for prefix, split in (("final_", data.train), ("final_validation_", data.validation), ("test_", data.test)):
        expected = scores(run, split, end.parameters)
        assert end.metrics[f"{prefix}loss"] == pytest.approx(expected[0], rel=1e-9)
        assert end.metrics[f"{prefix}accuracy"] == pytest.approx(expected[1], rel=1e-12)


@pytest.mark.parametrize("name", ["test_loss", "final_loss", "final_accuracy", "final_validation_loss"])
def test_whole_splits_are_scored_only_in_the_end(whole, name):
    assert [s.step for s in whole if name in s.metrics] == [TOTAL]


@pytest.mark.parametrize("name", ["loss", "accuracy"])
def test_no_line_jumps_at_the_end(whole, name):
    values = [dict(s.history[name]) for s in whole]
    assert [list(v) for v in values] == [[step] for step in range(TOTAL + 1)], "one value a step"
    assert values[-1][TOTAL] == values[-2][TOTAL - 1], "no batch came after it: the mean is what it was"
    assert whole[-1].metrics[f"final_{name}"] == pytest.approx(values[-1][TOTAL], abs=0.2)


def test_l2_decays_the_weights_and_adds_its_penalty():
    keys = {"optimizer": {"type": "sgd", "lr": 0.1}, "dtype": "float64"}
    plain, decayed = (snapshots(a_run(l2=l2, **keys), steps=[0, 1]) for l2 in (0.0, 0.3))
    start = plain[0].parameters
    for name, before in start.items():
        pull = decayed[1].parameters[name] - plain[1].parameters[name]
        expected = -0.1 * 0.3 * before if name.endswith("weights") else np.zeros_like(before)
        np.testing.assert_allclose(pull, expected, atol=1e-12, err_msg=name)
    penalty = 0.3 / 2 * sum((p**2).sum() for name, p in start.items() if name.endswith("weights"))
    difference = decayed[0].metrics["batch_loss"] - plain[0].metrics["batch_loss"]
    assert difference == pytest.approx(penalty, rel=1e-9)


def validated(found):
    return [step for s in found for step, _ in s.history.get("validation_loss", ())]


@pytest.mark.parametrize(("every", "expected"), [(1, list(range(13))), (5, [0, 5, 10, 12]), (99, [0, 12])])
def test_validate_every(every, expected):
    assert validated(snapshots(a_run(validate_every=every))) == expected


@settings(deadline=None, max_examples=20)
@given(steps=st.sets(st.integers(0, TOTAL), min_size=1), every=st.none() | st.integers(1, TOTAL))
def test_validation_does_not_depend_on_the_snapshots(steps, every):
    found = validated(snapshots(a_run(validate_every=every), steps=steps))
    whole = validated(snapshots(a_run(validate_every=every)))
    assert found == [step for step in whole if step <= max(steps)]
    assert whole[0] == 0 and whole[-1] == TOTAL


def test_validation_left_to_itself_costs_little():
    wide = blobs(validation=400)
    heavy = a_run(layers=[{"type": "dense", "units": 200_000}, {"type": "dense", "units": 3, "activation": "softmax"}])
    about = describe(heavy, wide, 3)
    assert about.validation_images == about.images("validation_loss") == 6 and about.images("loss") is None
    assert validated(snapshots(data=wide)) == list(range(TOTAL + 1))
    assert describe(a_run(), wide, 3).validation_images is None, "what takes a moment is done on all images"
    assert describe(a_run(), wide, 3).images("validation_loss") is None


@dataclass(frozen=True)
class Watched(Split):
    """A split that notes which rows are taken."""

    taken: list = field(default_factory=list)

    def take(self, rows, dtype):
        if not isinstance(rows, slice):
            self.taken.append(np.array(rows))
        return super().take(rows, dtype)


def test_an_epoch_takes_every_image_once_in_an_order_of_its_own():
    data = blobs()
    split = Watched(data.train.images, data.train.labels, data.train.offset, data.train.factor)
    snapshots(data=replace(data, train=split))
    batches = split.taken
    assert [len(rows) for rows in batches] == [16, 16, 16, 2] * 3
    epochs = [np.concatenate(batches[i : i + PER_EPOCH]) for i in range(0, TOTAL, PER_EPOCH)]
    for order in epochs:
        np.testing.assert_array_equal(np.sort(order), np.arange(TRAIN))
    assert not np.array_equal(epochs[0], epochs[1]) and not np.array_equal(epochs[1], epochs[2])


def test_batch_size_all_is_the_whole_training_set():
    data = blobs()
    run = a_run(batch_size="all")
    assert batch_size(run, data) == TRAIN and describe(run, data, 0).total_steps == 3
    found = snapshots(run, steps=range(4))
    assert [s.epoch for s in found] == [0, 1, 2, 3]
    for snapshot in found[:-1]:  # each is measured on the batch that it is about to learn from: here, on everything
        now = scores(run, data.train, snapshot.parameters)
        assert snapshot.metrics["batch_loss"] == pytest.approx(now[0], rel=1e-5)
        assert snapshot.metrics["batch_accuracy"] == pytest.approx(now[1])
    for one, other in zip(found, snapshots(a_run(batch_size=10_000), steps=range(4)), strict=True):
        same(one, other)


def diverging(**keys):
    run = a_run(hidden="relu", optimizer={"type": "sgd", "lr": 1e18}, **keys)
    found = []
    with pytest.raises(DivergedError) as caught:
        for snapshot in train(run, blobs(), steps=range(TOTAL + 1), seed=3):
            found.append(snapshot)
    return found, caught.value


def test_divergence_names_step_and_layer_after_the_snapshots_before_it():
    found, error = diverging()
    assert 0 < error.step <= TOTAL and [s.step for s in found] == list(range(error.step))
    for word in (
        f"step {error.step}",
        f"layer {error.layer} (dense)",
        "learning rate",
        "optimizer.lr = 1e+18",
    ):
        assert word in str(error)
    last = found[-1].parameters
    for i in range(error.layer):
        assert np.isfinite(last[f"{i}/weights"]).all(), "an earlier layer was not finite"
    assert np.isfinite(found[0].metrics["loss"])


def test_divergence_in_the_very_last_update_is_noticed():
    run = a_run(epochs=1, batch_size="all", optimizer={"type": "sgd", "lr": 1e39})
    with pytest.raises(DivergedError):
        snapshots(run, steps=[0, 1])


def test_the_callers_floating_point_warnings_stay_as_they_are():
    before = np.geterr()
    training = train(a_run(), blobs(), steps=range(3), seed=0)
    next(training)
    between = np.geterr()
    training.close()
    assert between == np.geterr() == before


def test_a_long_range_of_steps_takes_no_room():
    tracemalloc.start()
    next(train(a_run(), blobs(), steps=range(10**6), seed=0))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 40e6, "a set of them has 60 MB"


def test_a_training_can_go_on_in_another_thread():
    training, failures = train(a_run(), blobs(), steps=range(TOTAL + 1), seed=3), []
    next(training)

    def rest():
        try:
            assert len(list(training)) == TOTAL
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=rest)
    thread.start()
    thread.join()
    assert not failures


def test_a_probe_that_nobody_can_measure_is_named():
    with pytest.raises(TypeError, match=r"str cannot be measured; register a function for it with measure\.register"):
        snapshots(probes={"x": "x"})
