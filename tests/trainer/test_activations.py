"""Activations against their formulas, their derivatives against differences, and far from zero."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from weightreel.trainer.mathematics.activations import ACTIVATIONS, ActivationName

FORMULAS = {
    "linear": lambda z: z,
    "relu": lambda z: np.where(z > 0, z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
}
every = pytest.mark.parametrize("name", ACTIVATIONS)
shapes = array_shapes(min_dims=2, max_dims=4, max_side=4)
relaxed = settings(deadline=None, max_examples=30)
# Away from the kink of relu, where differences across it mean nothing.
numbers = st.floats(-6, 6).map(lambda v: v if abs(v) > 1e-3 else 0.7)


def test_each_has_a_name_and_a_formula():
    assert set(get_args(ActivationName)) == set(ACTIVATIONS) == set(FORMULAS)


@every
@relaxed
@given(z=arrays(np.float64, shapes, elements=numbers))
def test_equals_its_formula(name, z):
    np.testing.assert_allclose(ACTIVATIONS[name].forward(z.copy()), FORMULAS[name](z), rtol=1e-9, atol=1e-14)


@every
@relaxed
@given(z=arrays(np.float64, shapes, elements=numbers), seed=st.integers(0, 100))
def test_backward_agrees_with_central_differences(name, z, seed):
    weight = np.random.default_rng(seed).normal(size=z.shape)
    found = ACTIVATIONS[name].backward(FORMULAS[name](z), weight.copy())
    expected = np.empty_like(z)
    for i in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[i] = 1e-5
        expected[i] = ((FORMULAS[name](z + step) - FORMULAS[name](z - step)) * weight).sum() / 2e-5
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every
@relaxed
@given(data=st.data())
def test_far_from_zero_without_a_warning(name, dtype, data):
    z = np.array(data.draw(st.lists(st.sampled_from([-1e30, -1e4, -1.0, 0.0, 1.0, 1e4, 1e30]), min_size=2)), dtype)
    with np.errstate(all="raise", under="ignore"):
        a = ACTIVATIONS[name].forward(z.copy())
        gradient = ACTIVATIONS[name].backward(a, np.ones_like(a))
    assert a.shape == gradient.shape == z.shape and a.dtype == gradient.dtype == dtype
    assert np.isfinite(a).all() and np.isfinite(gradient).all()
    if name in ("sigmoid", "softmax"):
        assert a.min() >= 0 and a.max() <= 1
    if name == "softmax":
        assert a.sum() == pytest.approx(1, rel=1e-6)


@every
def test_backward_leaves_its_inputs_alone(name):
    a = FORMULAS[name](np.random.default_rng(0).normal(size=(3, 4)))
    gradient = np.random.default_rng(1).normal(size=(3, 4))
    kept = a.copy(), gradient.copy()
    ACTIVATIONS[name].backward(a, gradient)
    np.testing.assert_array_equal(a, kept[0])
    np.testing.assert_array_equal(gradient, kept[1])
