"""How many images go into each split: numbers, fractions, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.errors import DataError, SceneError


class Numbered(Dataset):
    """Images that show their own number, so that one can see where each has gone."""

    own: int
    own_test: int = 0

    def read(self, folder, rng):
        x = np.arange(self.own + self.own_test, dtype=np.uint16).reshape(-1, 1, 1)
        y = np.arange(len(x)) % 2
        if not self.own_test:
            return Source("numbers", x, y, limits=(0, 255))
        return Source("numbers", x[: self.own], y[: self.own], x[self.own :], y[self.own :], limits=(0, 255))

    def sizes(self, tmp_path="."):
        data = self.load(tmp_path, 0)
        return len(data.train), len(data.validation), len(data.test)


amounts = st.integers(0, 30) | st.floats(0, 0.6).map(lambda v: round(v, 2))


@settings(deadline=None, max_examples=150)
@given(
    own=st.integers(2, 60),
    own_test=st.integers(0, 20),
    train=st.none() | amounts.filter(bool),
    validation=amounts,
    test=st.none() | amounts,
    pool=st.booleans(),
    seed=st.integers(0, 5),
)
def test_amounts_are_kept_to_or_refused(own, own_test, train, validation, test, pool, seed):
    options = Numbered(own=own, own_test=own_test, train=train, validation=validation, test=test, pool=pool)
    try:
        data = options.load(".", seed)
    except DataError as error:
        assert str(error).startswith("numbers: asked for ") and "ask for fewer" in str(error)
        return
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    rows = {name: part.images.ravel().astype(int) for name, part in parts.items()}
    together = np.concatenate(list(rows.values()))
    assert len(set(together)) == len(together) and len(rows["train"]) > 0
    for name, asked in (("train", train), ("validation", validation), ("test", test)):
        np.testing.assert_array_equal(parts[name].labels, rows[name] % 2)
        if asked is not None and asked >= 1:
            assert len(rows[name]) == asked, name
    if own_test and not pool:
        assert all(rows["test"] >= own) and all(rows["train"] < own) and all(rows["validation"] < own)
    if train is None and (test is None or pool or not own_test):
        assert len(together) == own + own_test


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, (90, 10, 0)),
        ({"validation": 0}, (100, 0, 0)),
        ({"validation": 30}, (70, 30, 0)),
        ({"validation": 0.25, "train": 0.5}, (50, 25, 0)),
        ({"validation": 0.25, "train": 0.5, "test": 0.2}, (40, 20, 20)),
        ({"test": 20, "validation": 20, "train": 60}, (60, 20, 20)),
        ({"test": 1, "validation": 1, "train": 1}, (1, 1, 1)),
        ({"own_test": 10}, (90, 10, 10)),
        ({"own_test": 10, "test": 4}, (90, 10, 4)),
        ({"own_test": 10, "test": 0.5}, (90, 10, 5)),
        ({"own_test": 10, "test": 0}, (90, 10, 0)),
        ({"own_test": 100, "pool": True, "test": 0.5}, (90, 10, 100)),
        ({"own_test": 100, "pool": True}, (180, 20, 0)),
    ],
)
def test_numbers_and_fractions(options, sizes):
    assert Numbered(own=100, **options).sizes() == sizes


@pytest.mark.parametrize(
    "options",
    [
        {"train": 101, "validation": 0},
        {"train": 91, "validation": 10},
        {"train": 0.95},
        {"validation": 100},
        {"validation": 101},
        {"test": 101},
        {"test": 100, "validation": 0},
        {"own_test": 10, "test": 15},
    ],
)
def test_too_much_is_refused(options):
    with pytest.raises(DataError, match=r"^numbers: asked for .*; ask for fewer") as caught:
        Numbered(own=100, **options).sizes()
    assert "None" not in str(caught.value)


@pytest.mark.parametrize("train", [0, 0.001])
def test_a_training_set_of_nothing_is_refused(train):
    with pytest.raises((DataError, SceneError)):
        Numbered(own=100, train=train).sizes()


@pytest.mark.parametrize("amount", [-1, 1.5, float("nan"), float("inf"), "10", True])
@pytest.mark.parametrize("key", ["train", "validation", "test"])
def test_amounts_that_make_no_sense(key, amount):
    with pytest.raises(SceneError):
        Numbered(own=100, **{key: amount})


def test_generated_data_follow_the_seed_and_leave_the_split_alone():
    class Generated(Dataset):
        def read(self, folder, rng):
            return Source("generated", rng.random((40, 3)), np.arange(40) % 2)

    one, same, other = (Generated(validation=0).load(Path(), seed) for seed in (1, 1, 2))
    assert one.digest == same.digest != other.digest
    drawn = np.random.default_rng([1, 3]).random((40, 3))
    order = np.arange(40)
    np.random.default_rng([1, 0]).shuffle(order)
    np.testing.assert_array_equal(one.train.images, drawn[order])
