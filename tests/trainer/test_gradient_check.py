"""The check that users run: right networks pass, a wrong one is found."""

from __future__ import annotations

import numpy as np
import pytest

from trainings import small_convnet, small_data, small_run
from weightreel.trainer.gradient_check import LIMIT, check_gradients
from weightreel.trainer.layers.dense import DenseLayer
from weightreel.trainer.layers.dropout import Dropout


@pytest.mark.parametrize(
    "run",
    [
        small_run(),
        small_run(l2=0.1, loss="mean_squared_error"),
        small_convnet(),
        small_run(layers=(*small_run().layers[:1], Dropout(rate=0.5), *small_run().layers[1:])),
    ],
)
def test_right_networks_pass(run):
    rows = check_gradients(run, small_data(), 0)
    assert {(r.layer, r.parameter) for r in rows} >= {(0, "weights"), (0, "bias")}
    assert max(r.error for r in rows) < LIMIT


def test_a_wrong_gradient_is_found(monkeypatch):
    right = DenseLayer.backward

    def wrong(self, gradient, *, wants_input):
        out = right(self, gradient, wants_input=wants_input)
        self.gradients["bias"] *= 1.01
        return out

    monkeypatch.setattr(DenseLayer, "backward", wrong)
    errors = {(r.layer, r.parameter): r.error for r in check_gradients(small_run(), small_data(), 0)}
    assert errors[(0, "bias")] > LIMIT
    assert errors[(0, "weights")] < LIMIT
    assert np.isfinite(list(errors.values())).all()
