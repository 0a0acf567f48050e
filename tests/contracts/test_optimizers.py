"""Laws of every optimizer, and of each that comes from a paper: that it is the paper's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import cases, plugins_of

KINDS = plugins_of("optimizer")
CASES = [
    pytest.param(name, keys, id=f"{name}{'-' + '-'.join(keys) if keys else ''}") for name, _, keys in cases("optimizer")
]
every_optimizer = pytest.mark.parametrize(("name", "keys"), CASES)
# Gradients far from zero: near it, Adam's epsilon hides behind rounding.
numbers = st.floats(-10, 10).map(lambda v: v if abs(v) > 1e-3 else 0.5)


def parameters_of(dtype, seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"0/weights": (3, 3, 2, 4), "0/bias": (4,), "1/weights": (5, 2), "1/bias": (1,)}
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


@every_optimizer
@settings(deadline=None, max_examples=15)
@given(
    offset=st.lists(st.floats(1, 3) | st.floats(-3, -1), min_size=4, max_size=4),
    curvature=st.lists(st.floats(0.5, 1.5), min_size=4, max_size=4),
)
def test_lowers_a_quadratic(name, keys, offset, curvature):
    goal, curvature = np.array([1.0, -2.0, 0.0, 3.0]), np.array(curvature)
    parameters = {"w": goal + np.array(offset)}
    optimizer = KINDS[name](**keys).build(parameters)

    def height():
        return 0.5 * float((curvature * (parameters["w"] - goal) ** 2).sum())

    start = height()
    for _ in range(300):
        optimizer.step({"w": curvature * (parameters["w"] - goal)})
    assert height() < 0.9 * start


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_optimizer
def test_changes_parameters_in_place_and_keeps_their_dtype(name, keys, dtype):
    parameters = parameters_of(dtype)
    arrays, before = dict(parameters), {n: p.copy() for n, p in parameters.items()}
    optimizer = KINDS[name](**keys).build(parameters)
    for n, p in before.items():
        np.testing.assert_array_equal(parameters[n], p, err_msg="building it changed parameters")
    optimizer.step({n: np.ones_like(p) for n, p in parameters.items()})
    for n, parameter in parameters.items():
        assert parameter is arrays[n] and parameter.dtype == dtype
        assert (parameter < before[n]).all(), f"{n} did not move against its gradient"


@every_optimizer
def test_state_is_its_own(name, keys):
    options = KINDS[name](**keys)
    one, two = parameters_of(np.float64), parameters_of(np.float64)
    first = options.build(one)
    for _ in range(3):
        first.step({n: np.ones_like(p) for n, p in one.items()})
    second = options.build(two)
    for _ in range(3):
        second.step({n: np.ones_like(p) for n, p in two.items()})
    for n in one:
        np.testing.assert_array_equal(one[n], two[n])


@settings(deadline=None, max_examples=40)
@given(
    gradients=st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=12),
    lr=st.floats(1e-4, 1),
    beta1=st.floats(0, 0.99),
    beta2=st.floats(0, 0.9999),
    epsilon=st.sampled_from([1e-8, 1e-3, 0.1]),
)
def test_adam_is_algorithm_1(gradients, lr, beta1, beta2, epsilon):
    theta = np.array([1.0, -1.0, 0.5])
    parameters = {"w": theta.copy()}
    optimizer = KINDS["adam"](lr=lr, beta1=beta1, beta2=beta2, epsilon=epsilon).build(parameters)
    m, v, t = np.zeros(3), np.zeros(3), 0
    for row in gradients:
        g = np.array(row)
        t = t + 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + epsilon)
        optimizer.step({"w": g.copy()})
        np.testing.assert_allclose(parameters["w"], theta, rtol=1e-9, atol=1e-10)


@settings(deadline=None, max_examples=25)
@given(
    gradients=st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=12),
    lr=st.floats(1e-4, 1),
    momentum=st.floats(0, 0.99),
)
def test_sgd_is_polyaks(gradients, lr, momentum):
    w, v = np.array([1.0, -1.0, 0.5]), np.zeros(3)
    parameters = {"w": w.copy()}
    optimizer = KINDS["sgd"](lr=lr, momentum=momentum).build(parameters)
    for row in gradients:
        v = momentum * v - lr * np.array(row)
        w = w + v
        optimizer.step({"w": np.array(row)})
        np.testing.assert_allclose(parameters["w"], w, rtol=1e-12, atol=1e-12)
