"""Values of the losses: equal to the textbook formulas, and finite where those overflow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weightreel.trainer.mathematics.losses import (
    LOSSES,
    binary_cross_entropy,
    cross_entropy,
    mean_squared_error,
    predictions,
    targets,
)

FROM_LOGITS = sorted(name for name, loss in LOSSES.items() if loss.pairs_with)
small = st.floats(-8, 8)
huge = st.floats(-1e4, 1e4) | st.sampled_from([-1e4, 1e4])
relaxed = settings(deadline=None, max_examples=40)


def batches(elements, units, classes):
    """Pairs of outputs (n, units) and labels (n,)."""
    return st.integers(1, 6).flatmap(
        lambda n: st.tuples(
            arrays(np.float64, (n, units), elements=elements),
            arrays(np.int64, n, elements=st.integers(0, classes - 1)),
        )
    )


@relaxed
@given(batches(small, 4, 4))
def test_cross_entropy_is_minus_log_of_the_softmax(batch):
    z, labels = batch
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    value, gradient = cross_entropy(z, labels)
    assert value == pytest.approx(np.mean([-np.log(p[i, k]) for i, k in enumerate(labels)]), rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(gradient, (p - np.eye(4)[labels]) / len(z), atol=1e-12)


@relaxed
@given(batches(small, 1, 2) | batches(small, 3, 3))
def test_binary_cross_entropy_is_that_of_the_sigmoid(batch):
    z, labels = batch
    t = labels[:, None] if z.shape[1] == 1 else np.eye(3)[labels]
    p = 1 / (1 + np.exp(-z))
    value, gradient = binary_cross_entropy(z, labels)
    expected = -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum(axis=1).mean()
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(gradient, (p - t) / len(z), atol=1e-12)


@relaxed
@given(batches(small, 3, 3))
def test_mean_squared_error_is_a_mean_over_batch_and_units(batch):
    outputs, labels = batch
    difference = outputs - np.eye(3)[labels]
    value, gradient = mean_squared_error(outputs, labels)
    assert value == pytest.approx((difference**2).sum() / outputs.size, rel=1e-12)
    np.testing.assert_allclose(gradient, 2 * difference / outputs.size, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FROM_LOGITS)
@relaxed
@given(batch=batches(huge, 3, 3))
def test_huge_logits_stay_finite(name, dtype, batch):
    z, labels = batch
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, gradient = LOSSES[name](z.astype(dtype), labels)
    assert np.isfinite(value) and 0 <= value <= 6.1e4
    assert np.isfinite(gradient).all() and np.abs(gradient).max() <= 1


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_the_loss_of_a_huge_wrong_logit_is_the_logit(scale):
    wrong = np.array([1])
    assert cross_entropy(np.array([[abs(scale), 0.0]]), wrong)[0] == pytest.approx(1e4)
    assert binary_cross_entropy(np.array([[scale]]), np.array([int(scale < 0)]))[0] == pytest.approx(1e4)
    assert binary_cross_entropy(np.array([[scale]]), np.array([int(scale > 0)]))[0] == 0


def test_one_unit_stands_for_two_classes():
    labels = np.array([0, 1, 1])
    np.testing.assert_array_equal(targets(labels, 1, np.dtype(np.float32)), [[0], [1], [1]])
    value, gradient = binary_cross_entropy(np.zeros((3, 1)), labels)
    assert value == pytest.approx(np.log(2))
    np.testing.assert_allclose(gradient, np.array([[0.5], [-0.5], [-0.5]]) / 3)
    value, gradient = mean_squared_error(np.array([[0.0], [1.0], [0.5]]), labels)
    assert value == pytest.approx(0.25 / 3)
    np.testing.assert_allclose(gradient, [[0], [0], [-1 / 3]])


def test_predictions_cross_one_half_or_take_the_largest():
    column = np.array([[-0.1], [0.1], [0.4], [0.6]])
    np.testing.assert_array_equal(predictions(column, logits=True), [0, 1, 1, 1])
    np.testing.assert_array_equal(predictions(column, logits=False), [0, 0, 0, 1])
    found = predictions(np.array([[0.1, 0.7, 0.2], [3.0, -1.0, 2.0]]), logits=False)
    np.testing.assert_array_equal(found, [1, 0])
    assert found.dtype == np.int64


def test_targets_are_one_hot_in_the_dtype_asked_for():
    rows = targets(np.array([2, 0]), 3, np.dtype(np.float32))
    np.testing.assert_array_equal(rows, [[0, 0, 1], [1, 0, 0]])
    assert rows.dtype == np.float32
