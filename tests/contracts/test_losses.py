"""Laws of every loss, with every activation that it allows on the last layer."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.trainer.mathematics.activations import ActivationName
from weightreel.trainer.mathematics.losses import LOSSES, LossName, predictions, targets
from weightreel.trainer.network import Network
from weightreel.trainer.run import Run


def run_with(loss, activation, units):
    layers = [
        {"type": "dense", "units": 5, "activation": "tanh"},
        {"type": "dense", "units": units, "activation": activation},
    ]
    return Run.model_validate({"layers": layers, "loss": loss, "dtype": "float64"})


def classes_of(units):
    return 2 if units == 1 else units


ALLOWED = [
    (loss, activation, units)
    for loss in LOSSES
    for activation in get_args(ActivationName)
    for units in (1, 3)
    if not run_with(loss, activation, units).findings((4,), classes_of(units))
]


def slope(f, at):
    result = np.zeros_like(at)
    for i in np.ndindex(at.shape):
        kept, values = at[i], []
        for h in (1e-5, -1e-5):
            at[i] = kept + h
            values.append(f())
        at[i] = kept
        result[i] = (values[0] - values[1]) / 2e-5
    return result


def relative_error(a, b):
    return np.linalg.norm(a - b) / max(np.linalg.norm(a) + np.linalg.norm(b), 1e-8)


def test_every_loss_can_be_named_and_ends_some_network():
    assert set(LOSSES) == set(get_args(LossName)) == {loss for loss, *_ in ALLOWED}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("loss", "activation", "units"), ALLOWED)
def test_the_whole_network_agrees_with_central_differences(loss, activation, units, seed):
    run, rng = run_with(loss, activation, units), np.random.default_rng(seed)
    network = Network(run.layers, (4,), seed, np.float64)
    x, labels = rng.normal(size=(6, 4)), rng.integers(0, classes_of(units), 6)

    def value():
        return LOSSES[loss](network.forward(x, logits=run.from_logits), labels)[0]

    outputs = network.forward(x, training=True, logits=run.from_logits)
    network.backward(LOSSES[loss](outputs, labels)[1], logits=run.from_logits)
    for name, gradient in network.gradients.items():
        assert relative_error(slope(value, network.parameters[name]), gradient) < 1e-6, name


@pytest.mark.parametrize("loss", LOSSES)
@settings(deadline=None, max_examples=25)
@given(data=st.data(), units=st.sampled_from([1, 2, 5]), n=st.integers(1, 5))
def test_gradient_of_the_outputs(loss, data, units, n):
    if units == 1 and LOSSES[loss].pairs_with == "softmax":
        units = 2  # a softmax over one unit is always 1
    outputs = np.array(data.draw(st.lists(st.floats(-5, 5), min_size=n * units, max_size=n * units)))
    outputs = outputs.reshape(n, units)
    count = classes_of(units)
    labels = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=n, max_size=n)))
    before = outputs.copy(), labels.copy()
    value, gradient = LOSSES[loss](outputs, labels)
    np.testing.assert_array_equal(outputs, before[0])
    np.testing.assert_array_equal(labels, before[1])
    assert type(value) is float and value >= 0
    numeric = slope(lambda: LOSSES[loss](outputs, labels)[0], outputs)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_mean_over_the_batch_in_the_dtype_of_the_outputs(loss, dtype):
    rng = np.random.default_rng(0)
    outputs, labels = rng.normal(size=(4, 3)).astype(dtype), np.array([0, 2, 1, 1])
    value, gradient = LOSSES[loss](outputs, labels)
    twice, halves = LOSSES[loss](np.tile(outputs, (2, 1)), np.tile(labels, 2))
    assert twice == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(halves[:4], gradient / 2, rtol=1e-5)
    assert gradient.shape == outputs.shape and gradient.dtype == dtype


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_right_outputs_cost_less_than_wrong_ones(loss, units):
    if units == 1 and LOSSES[loss].pairs_with == "softmax":
        units = 2
    labels = np.arange(6) % classes_of(units)
    from_logits = LOSSES[loss].pairs_with is not None
    wanted = targets(labels, units, np.float64)
    right = 8 * (wanted - 0.5) if from_logits else wanted
    wrong = -right if from_logits else 1 - right
    assert LOSSES[loss](right, labels)[0] < 0.1 < LOSSES[loss](wrong, labels)[0]
    np.testing.assert_array_equal(predictions(right, logits=from_logits), labels)
    assert not (predictions(wrong, logits=from_logits) == labels).any()
