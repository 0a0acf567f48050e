"""Networks written by hand, and which axis of their weights is that of the inputs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from weightreel import Dense
from weightreel.trainer.capture.network import fetched, found, ways
from weightreel.trainer.capture.orientation import Matrix, oriented
from weightreel.trainer.errors import CaptureError
from weightreel.trainer.network import Network


def array(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


class Layer:
    """As people write it."""

    def __init__(self, inputs: int, units: int) -> None:
        self.W, self.b, self.activation = array(inputs, units), array(units), np.tanh


class Relu:
    """An activation that is a layer."""


def space(**values: object) -> SimpleNamespace:
    return SimpleNamespace(**values)


NETWORKS = {
    "layers": (space(layers=[Layer(4, 3), Layer(3, 2)]), ["0", "1"]),
    "activations between": (space(layers=[Layer(4, 3), Relu(), Layer(3, 2), Relu()]), ["0", "1"]),
    "attributes": (space(W1=array(4, 3), b1=array(1, 3), W2=array(3, 2), b2=array(2), dW1=array(4, 3)), ["W1", "W2"]),
    "moments": (space(W=array(4, 3), b=array(3), m_W=array(4, 3), v_W=array(4, 3), x=array(9, 4)), ["W"]),
    "lists": (space(layers=[4, 3], weights=[array(3, 4), array(2, 3)], biases=[array(3, 1), array(2, 1)]), ["0", "1"]),
    "dict": ({"W1": array(4, 3), "b1": array(3), "W2": array(3, 2), "b2": array(2)}, ["W1", "W2"]),
    "dict out of order": ({"W2": array(3, 2), "W1": array(4, 3), "b2": array(2)}, ["W1", "W2"]),
    "state": ({"hidden.weight": array(3, 4), "hidden.bias": array(3), "out.weight": array(2, 3)}, ["hidden", "out"]),
    "words": ({"W_hidden": array(4, 3), "b_hidden": array(3), "W_out": array(3, 2)}, ["hidden", "out"]),
    "only arrays": ({"hidden": array(4, 3), "out": array(3, 2)}, ["hidden", "out"]),
    "pairs by name": ({"hidden": (array(4, 3), array(3)), "out": (array(3, 2), array(2))}, ["hidden", "out"]),
    "dicts by name": ({"hidden": {"W": array(4, 3), "b": array(3)}}, ["hidden"]),
    "pairs": ([(array(4, 3), array(3)), (array(3, 2), array(2))], ["0", "1"]),
    "arrays in turn": ([array(4, 3), array(3), array(3, 2), array(2)], ["0", "1"]),
    "weights alone": ([array(4, 3), array(3, 2)], ["0", "1"]),
    "named": (space(layers=[space(name="hidden", weights=array(4, 3), bias=array(3))]), ["hidden"]),
    "two of one name": (space(layers=[space(name="a", w=array(4, 3)), space(name="a", w=array(3, 2))]), ["0", "1"]),
    "blocks": (space(layers=[space(layers=[Layer(4, 3), Relu()]), {"layers": [Layer(3, 2)]}]), ["0", "1"]),
    "upper and lower case": ({"W1": array(4, 3), "w1": array(3, 2)}, ["W1", "w1"]),
    "ours": (Network([Dense(units=3), Dense(units=2)], (4,), 0, np.dtype(np.float32)), ["0", "1"]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_weights_of_a_network_are_found_and_found_again(name):
    network, names = NETWORKS[name]
    layers = found(network)
    assert [layer.name for layer in layers] == names
    for key, value in fetched(network, ways(layers)).items():
        assert (min(value.shape, default=1) > 1 and value.ndim == 2) == key.endswith("/weights")


def test_a_block_that_holds_itself_ends():
    block = space(layers=[Layer(4, 3)])
    block.layers.append(block)
    assert found(block)[0].weights == ((True, "layers"), (False, 0), (True, "W"))


def test_activations_are_seen():
    def names(network: object) -> list[str | None]:
        return [layer.activation for layer in found(network)]

    assert names(space(layers=[Layer(4, 3)])) == ["tanh"]
    assert names([(array(4, 3), array(3), "relu"), (array(3, 2), array(2), lambda x: x)]) == ["relu", None]
    plain = space(layers=[space(W=array(4, 3)), Relu()])
    assert names(plain) == ["relu"]


def test_biases_are_those_of_their_layer():
    layers = found({"W1": array(4, 3), "W2": array(3, 2), "b2": array(2)})
    assert [layer.biases is not None for layer in layers] == [False, True]


def test_what_has_no_weights_is_told():
    with pytest.raises(CaptureError, match=r"no weights that are known as such, dict; give an object with \.layers, a"):
        found({"mean": array(4)})


def test_models_of_frameworks_are_sent_to_their_adapters():
    model = type("Model", (), {"__module__": "torch.nn.modules.linear"})()
    with pytest.raises(CaptureError, match=r"is a PyTorch module; use weightreel\.pytorch\.watch\(model, recorder\)"):
        found(model)


def test_a_layer_that_vanishes_is_told():
    network = {"W1": array(4, 3), "W2": array(3, 2)}
    paths = ways(found(network))
    del network["W2"]
    with pytest.raises(CaptureError, match="has not the layers that it had: 'W2' is not there"):
        fetched(network, paths)


def axes(*layers: Matrix, **said: str) -> tuple[list[str], str]:
    orders, told = oriented(layers, said)
    return list(orders.values()), told


A, B = Matrix("a", (784, 64), 64), Matrix("b", (64, 10), 10)
TURNED = Matrix("a", (64, 784), 64), Matrix("b", (10, 64), 10)
SQUARE = Matrix("s", (64, 64), 64)


def test_shapes_that_chain_say_the_order():
    assert axes(A, B) == (["io", "io"], "")
    assert axes(*TURNED) == (["oi", "oi"], "")
    assert axes(Matrix("a", (64, 784)), Matrix("b", (10, 64))) == (["oi", "oi"], "")
    assert axes(Matrix("a", (784, 10), 10)) == (["io"], "")
    assert axes(Matrix("a", (10, 784), inputs=784)) == (["oi"], "")


def test_square_ones_follow_the_others():
    assert axes(TURNED[0], SQUARE, TURNED[1]) == (["oi", "oi", "oi"], "")
    assert axes(SQUARE, Matrix("t", (64, 64), 64), s="oi") == (["oi", "oi"], "")


def test_convolutions_chain_through_what_flattens():
    conv, dense = Matrix("c", (3, 3, 1, 8), 8), Matrix("d", (8 * 26 * 26, 10), 10)
    assert axes(conv, dense) == (["hwio", "io"], "")
    assert axes(Matrix("c", (8, 1, 3, 3), 8), Matrix("d", (10, 8 * 26 * 26), 10)) == (["oihw", "oi"], "")


def test_what_can_be_read_both_ways_is_told():
    orders, told = axes(SQUARE)
    assert orders == ["io"]
    assert told == (
        "'s' (64, 64) can be read both ways; taken as 'io', the inputs before the outputs: "
        "where that is wrong, say axes={'s': 'oi'}"
    )
    assert "can be read both ways" in axes(Matrix("a", (10, 20)), Matrix("b", (20, 10)))[1]
    assert axes(SQUARE, s="io") == (["io"], "")


def test_what_does_not_chain_goes_by_its_biases():
    orders, told = axes(Matrix("q", (5, 3), 3), Matrix("k", (4, 9), 4), Matrix("v", (2, 7)))
    assert orders == ["io", "oi", "io"]
    assert told.startswith("'v' (2, 7): nothing says which axis is that of the inputs; taken as 'io'")
