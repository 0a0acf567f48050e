"""The network: shapes from layer to layer, weights by seed, and passes that do not disturb each other."""

import numpy as np
import pytest

from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.mathematics.initializers import He, Normal, Xavier, default_initializer
from weightreel.trainer.network import Network

LAYERS = (Dense(units=5, activation="tanh"), Dense(units=3, activation="softmax"))


def inputs(n=4, shape=(2, 3), seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape))


def network(seed=1, dtype=np.float64, layers=LAYERS):
    return Network(layers, (2, 3), seed, np.dtype(dtype))


def test_forward_is_the_layers_written_out():
    net, x = network(), inputs()
    p = net.parameters
    hidden = np.tanh(x.reshape(4, 6) @ p["0/weights"] + p["0/bias"])
    logits = hidden @ p["1/weights"] + p["1/bias"]
    np.testing.assert_allclose(net.forward(x, logits=True), logits, rtol=1e-12)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(net.forward(x), expected, rtol=1e-12)
    np.testing.assert_allclose(next(iter(net.walk(x))), hidden, rtol=1e-12)


def test_names_and_shapes():
    net = network()
    shapes = {"0/weights": (6, 5), "0/bias": (5,), "1/weights": (5, 3), "1/bias": (3,)}
    assert {name: p.shape for name, p in net.parameters.items()} == shapes
    assert {name: g.shape for name, g in net.gradients.items()} == shapes
    assert net.input_shapes == [(2, 3), (5,)] and net.output_shape == (3,)
    assert [a.shape for a in net.walk(inputs())] == [(4, 5), (4, 3)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_everywhere(dtype):
    net = network(dtype=dtype)
    outputs = net.forward(inputs().astype(dtype), training=True, logits=True)
    net.backward(np.ones_like(outputs), logits=True)
    assert {a.dtype for a in (outputs, *net.parameters.values(), *net.gradients.values())} == {np.dtype(dtype)}


def test_parameters_are_not_copies():
    net, x = network(), inputs()
    before = net.forward(x)
    net.parameters["1/bias"][0] += 1
    assert not np.allclose(net.forward(x), before)


def test_the_seed_draws_the_weights():
    for name, weights in network(1).parameters.items():
        np.testing.assert_array_equal(weights, network(1).parameters[name])
        assert name.endswith("bias") or not np.array_equal(weights, network(2).parameters[name])


def test_float32_weights_are_the_float64_ones_rounded():
    for name, weights in network(dtype=np.float32).parameters.items():
        np.testing.assert_array_equal(weights, network().parameters[name].astype(np.float32))


@pytest.mark.parametrize("logits", [False, True])
def test_looking_between_forward_and_backward_changes_no_gradient(logits):
    plain, looked = network(), network()
    for net in (plain, looked):
        outputs = net.forward(inputs(), training=True, logits=logits)
        if net is looked:
            net.forward(inputs(7, seed=5))
            list(net.walk(inputs(2, seed=6)))
        net.backward(np.sin(outputs), logits=logits)
    for name, gradient in plain.gradients.items():
        np.testing.assert_array_equal(gradient, looked.gradients[name])


def test_forward_leaves_its_inputs_alone():
    for activation in ("linear", "relu", "sigmoid", "softmax", "tanh"):
        net, x = network(layers=(Dense(units=3, activation=activation),)), inputs()
        before = x.copy()
        net.forward(x, training=True)
        np.testing.assert_array_equal(x, before)


def test_initializers_have_the_spread_of_their_papers():
    draw = {"rng": np.random.default_rng(0), "shape": (300, 200), "fan_in": 300, "fan_out": 200}
    xavier, he, normal = Xavier().draw(**draw), He().draw(**draw), Normal(std=0.3).draw(**draw)
    limit = (6 / 500) ** 0.5
    assert 0.99 * limit < np.abs(xavier).max() <= limit
    assert xavier.std() == pytest.approx(limit / 3**0.5, rel=0.02)
    assert he.std() == pytest.approx((2 / 300) ** 0.5, rel=0.02)
    assert normal.std() == pytest.approx(0.3, rel=0.02)
    for weights in (xavier, he, normal):
        assert abs(weights.mean()) < 0.02 * weights.std()


def test_relu_starts_from_he_and_the_others_from_xavier():
    assert default_initializer("relu") == He()
    assert default_initializer("sigmoid") == default_initializer("softmax") == Xavier()
    layers = [Dense(units=5, activation="relu", init=init) for init in (None, He(), Xavier())]
    default, he, xavier = (network(layers=(layer,)).parameters["0/weights"] for layer in layers)
    np.testing.assert_array_equal(default, he)
    assert not np.array_equal(default, xavier)
