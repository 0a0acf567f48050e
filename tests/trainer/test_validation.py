"""When a training is validated, and on which images."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weightreel.trainer.datasets import Split
from weightreel.trainer.recording.metrics import MetricAbout, reached
from weightreel.trainer.validation import CALL, FREE, IMAGE, PASSES, POINTS, SHARE, STEP, Validation, stratified

HEAVY = 10**12  # multiplications: nothing is free


@given(st.integers(1, 10**6), st.integers(1, 500), st.integers(1, 10**5))
def test_often_enough_for_a_film_and_on_no_more_images_than_are_paid_for(total, batch, held):
    found = Validation.spread(total, batch, held, HEAVY)
    assert {0, total} <= found.steps and len(found.steps) <= 2 * POINTS + 1
    assert min(found.steps) == 0 and max(found.steps) == total
    assert found.images == 1 or found.images * len(found.steps) <= 1.001 * PASSES * SHARE * total * batch
    linear = np.diff(sorted(found.steps)).max() / total
    logarithmic = np.diff(np.log(np.array(sorted(found.steps)) + 1)).max() / np.log(total + 1)
    assert linear <= max(1 / total, 1 / (POINTS - 1)) + 2 / total
    assert logarithmic <= 1.01 / (POINTS - 1) or total < 10 * POINTS or logarithmic <= np.log(2) / np.log(total + 1)


@given(st.integers(1, 10**5), st.integers(1, 500), st.integers(1, 10**5), st.integers(1, 10**7))
def test_calls_are_paid_for_too_and_a_short_training_has_fewer(total, batch, held, products):
    found = Validation.spread(total, batch, held, products)
    spent = len(found.steps) * (CALL + found.images * (products + IMAGE))
    training = total * (STEP + PASSES * batch * (products + IMAGE))
    assert found.images == 1 or spent <= SHARE * training + FREE
    assert len(found.steps) * CALL <= 0.55 * (SHARE * training + FREE)


def test_a_training_that_ends_early_is_validated_after_each_epoch():
    found = Validation.spread(40, 10, 100, HEAVY, epoch=10)
    assert {0, 10, 20, 30, 40} <= found.steps


def test_nothing_held_back_is_never_looked_at():
    assert Validation.spread(100, 10, 0, 1) == Validation.over_all(100, 5, 0) == Validation(frozenset(), 0)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 70), st.integers(0, 3))
def test_a_stratified_part_has_of_each_class_its_share(labels, count, seed):
    n = len(labels)
    offset = np.arange(n, dtype=np.float64)[:, None]
    split = Split(np.arange(n)[:, None], np.array(labels, np.int64), offset, np.array(2.0))
    part = stratified(split, count, seed)
    again = stratified(split, count, seed)
    assert len(part) == min(count, n) and (part.images == again.images).all()
    rows = part.images[:, 0]
    assert len(set(rows.tolist())) == len(part)
    assert (part.labels == split.labels[rows]).all() and (part.offset[:, 0] == rows).all()
    for label in set(labels):
        share = labels.count(label) * len(part) / n
        assert abs(int((part.labels == label).sum()) - share) <= 1 + 1e-9


def test_what_a_training_reached_goes_by_the_names_of_its_lines():
    final = {"loss": 0.3, "final_loss": 0.2, "validation_loss": 0.5, "final_validation_loss": 0.4, "test_loss": 0.6}
    assert reached(final) == {"loss": 0.2, "validation_loss": 0.4, "test_loss": 0.6}
    assert reached({"loss": 0.3, "final_rank": 7.0}) == {"loss": 0.3, "final_rank": 7.0}


def test_a_metric_says_what_images_it_is_over():
    said = {
        "loss": "training",
        "batch_loss": "training",
        "validation_loss": "validation",
        "val_acc": "validation",
        "eval/loss": "validation",
        "train/loss": "training",
        "test_accuracy": "test",
        "final_validation_loss": "validation",
        "lr": "",
        "grad_norm": "",
    }
    assert {name: MetricAbout.named(name).split for name in said} == said
