"""Laws of every layer."""

from math import prod
from typing import Literal, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import create_model

from examples import cases, plugins_of
from weightreel.trainer.errors import SceneError
from weightreel.trainer.mathematics.activations import ActivationName
from weightreel.trainer.network import Network
from weightreel.trainer.recording.about import KINDS as ABOUT_KINDS
from weightreel.trainer.recording.about import About
from weightreel.trainer.run import Run

KINDS = plugins_of("layer")
CASES = [
    pytest.param(kind, example.options, example.shape, id=f"{name}-{'x'.join(map(str, example.shape))}")
    for name, kind, example in cases("layer")
]
every_layer = pytest.mark.parametrize(("kind", "keys", "shape"), CASES)


def built(kind, keys, shape, dtype=np.float64):
    """A fresh layer; the same call gives the same layer, noise drawn while training included."""
    layer = kind(**keys).build(shape, np.random.default_rng(7), np.dtype(dtype))
    rng = np.random.default_rng(8)
    for parameter in layer.parameters.values():
        parameter += rng.normal(0, 0.1, parameter.shape).astype(dtype)
    return layer


def inputs(shape, n=3, dtype=np.float64, seed=9):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(dtype)


def slope(f, at):
    """df/d`at` by central differences; f() reads `at`, which is changed and put back entry by entry."""
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


@every_layer
def test_gradients_agree_with_central_differences(kind, keys, shape):
    x, layer = inputs(shape), built(kind, keys, shape)
    weight = np.random.default_rng(3).normal(size=layer.forward(x, training=True).shape)
    input_gradient = layer.backward(weight.copy(), wants_input=True)
    values = {name: p.copy() for name, p in layer.parameters.items()}

    def value():
        fresh = built(kind, keys, shape)
        for name, parameter in fresh.parameters.items():
            parameter[...] = values[name]
        return float((fresh.forward(x.copy(), training=True) * weight).sum())

    assert relative_error(slope(value, x), input_gradient) < 1e-6
    for name, gradient in layer.gradients.items():
        assert relative_error(slope(value, values[name]), gradient) < 1e-6, name


@pytest.mark.parametrize("activation", get_args(ActivationName))
@every_layer
def test_gradients_hold_with_each_activation_behind(kind, keys, shape, activation):
    try:
        options = kind(**keys | {"activation": activation})
    except SceneError:
        return  # the layer rules this activation out
    head = KINDS["dense"](units=2, activation="tanh")
    x, weight = inputs(shape), np.random.default_rng(4).normal(size=(3, 2))
    network = Network([options, head], shape, 5, np.float64)
    before = x.copy()
    network.forward(x, training=True)
    network.backward(weight.copy())
    np.testing.assert_array_equal(x, before)
    values = {name: p.copy() for name, p in network.parameters.items()}

    def value():
        fresh = Network([options, head], shape, 5, np.float64)
        for name, parameter in fresh.parameters.items():
            parameter[...] = values[name]
        return float((fresh.forward(x, training=True) * weight).sum())

    for name, gradient in network.gradients.items():
        assert relative_error(slope(value, values[name]), gradient) < 1e-6, name


@every_layer
def test_without_wants_input_only_the_answer_is_missing(kind, keys, shape):
    found = {}
    for wants in (True, False):
        layer = built(kind, keys, shape)
        outputs = layer.forward(inputs(shape), training=True)
        answer = layer.backward(np.cos(outputs), wants_input=wants)
        found[wants] = layer.gradients
        assert (answer is not None) == wants
        assert not wants or answer.shape == (3, *shape)
    assert found[True].keys() == found[False].keys()
    for name in found[True]:
        np.testing.assert_array_equal(found[True][name], found[False][name])


@pytest.mark.parametrize("training", [False, True])
@every_layer
def test_passes_leave_what_they_are_given_alone(kind, keys, shape, training):
    layer, x = built(kind, keys, shape), inputs(shape)
    before = x.copy()
    outputs = layer.forward(x, training=training)
    shared = np.shares_memory(outputs, x) and "activation" in kind.model_fields
    assert not shared, "an activation works in place and would overwrite the inputs"
    np.testing.assert_array_equal(x, before)
    if training:
        gradient = np.ones_like(outputs)
        layer.backward(gradient, wants_input=True)
        np.testing.assert_array_equal(x, before)


@every_layer
@settings(deadline=None, max_examples=10)
@given(n=st.integers(1, 9), training=st.booleans(), dtype=st.sampled_from([np.float32, np.float64]))
def test_shapes_and_dtypes_are_as_announced(kind, keys, shape, n, training, dtype):
    layer = built(kind, keys, shape, dtype)
    outputs = layer.forward(inputs(shape, n, dtype), training=training)
    assert outputs.shape == (n, *kind(**keys).output_shape(shape))
    assert outputs.dtype == dtype and np.isfinite(outputs).all()
    if training:
        assert layer.backward(np.ones_like(outputs), wants_input=True).dtype == dtype
    assert layer.parameters.keys() == layer.gradients.keys()
    for name, parameter in layer.parameters.items():
        assert parameter.shape == layer.gradients[name].shape
        assert parameter.dtype == layer.gradients[name].dtype == dtype


@every_layer
def test_gradients_are_written_in_place(kind, keys, shape):
    layer = built(kind, keys, shape)
    held = {**layer.parameters, **{f"d {name}": g for name, g in layer.gradients.items()}}
    layer.backward(np.ones_like(layer.forward(inputs(shape), training=True)), wants_input=False)
    now = {**layer.parameters, **{f"d {name}": g for name, g in layer.gradients.items()}}
    assert all(now[name] is held[name] for name in held)
    assert all(np.any(g) for g in layer.gradients.values())


@every_layer
def test_a_look_at_other_inputs_does_not_disturb_training(kind, keys, shape):
    results = []
    for look in (False, True):
        layer = built(kind, keys, shape)
        outputs = layer.forward(inputs(shape), training=True)
        if look:
            layer.forward(inputs(shape, 5, seed=1), training=False)
        results.append([layer.backward(np.sin(outputs), wants_input=True), *layer.gradients.values()])
    for plain, disturbed in zip(*results, strict=True):
        np.testing.assert_array_equal(plain, disturbed)


@every_layer
def test_evaluation_treats_each_image_alone(kind, keys, shape):
    layer, x = built(kind, keys, shape), inputs(shape, 4)
    together = layer.forward(x, training=False)
    alone = np.concatenate([layer.forward(x[i : i + 1], training=False) for i in range(4)])
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-14)


@every_layer
def test_the_generator_fixes_the_initial_parameters(kind, keys, shape):
    first, again, other = (
        kind(**keys).build(shape, np.random.default_rng(seed), np.dtype(np.float32)).parameters for seed in (1, 1, 2)
    )
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert not first or any(not np.array_equal(first[name], other[name]) for name in first)


@every_layer
def test_weights_are_what_the_kind_says(kind, keys, shape):
    """Views read the weights of a layer by its kind, whatever it is called."""
    options = kind(**keys)
    (about,) = Run(layers=[options]).layers_for(shape)
    parameters, out = Network([options], shape, 5, np.float64).parameters, options.output_shape(shape)
    assert about.kind == kind.kind == ABOUT_KINDS.get(about.type, kind.kind)
    assert (about.weights is None) == (kind.kind in ("shape", "other"))
    if kind.kind == "linear":
        assert parameters[about.weights].shape == (prod(shape), *out)
    elif kind.kind == "conv":
        assert parameters[about.weights].shape[2:] == (prod(shape[2:]), out[-1]) and len(out) == 3
    elif kind.kind == "shape":
        assert parameters == {}


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.kind in ("linear", "conv")])
def test_a_layer_of_another_type_is_drawn_as_its_kind(name):
    """What its file says of it comes back, though its type says nothing of it."""
    other = create_model("Other", __base__=KINDS[name], type=(Literal["other"], "other"))
    _, kind, example = next(case for case in cases("layer") if case[0] == name)
    layers = Run(layers=[other(**example.options)]).layers_for(example.shape)
    about = About(input_shape=example.shape, layers=layers)
    assert about.weights(0, kind.kind) == "0/weights"
    assert About.restored(about.stored()) == about
