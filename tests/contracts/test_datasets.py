"""Laws of every dataset, with a test set of its own or without."""

from collections import Counter

import numpy as np
import pytest

from examples import cases

CASES = [
    pytest.param((kind, write), id=name if write.__name__ == "<lambda>" else f"{name}-{write.__name__}")
    for name, kind, write in cases("dataset")
]


class Example:
    """A dataset with its files; they are read once, and dealt out and scaled anew at each load."""

    def __init__(self, kind, write, folder):
        keys = write(folder)
        self.source = source = kind(**keys).read(folder, np.random.default_rng(0))

        class Once(kind):
            def read(self, folder, rng):
                return source

        self.kind, self.keys, self.folder = Once, keys, folder

    def load(self, seed=0, **options):
        return self.kind(**self.keys | options).load(self.folder, seed)


@pytest.fixture(scope="module", params=CASES)
def example(request, tmp_path_factory):
    return Example(*request.param, tmp_path_factory.mktemp("dataset"))


def splits(data):
    return {"train": data.train, "validation": data.validation, "test": data.test}


def tally(images, labels):
    return Counter((row.tobytes(), int(label)) for row, label in zip(images, labels, strict=True))


def test_shapes_and_dtypes(example):
    data = example.load(train=50, validation=20)
    assert len(data.train) == 50 and len(data.validation) == 20
    assert data.classes and all(isinstance(name, str) for name in data.classes)
    for split in splits(data).values():
        assert split.images.shape == (len(split), *data.input_shape)
        assert split.labels.shape == (len(split),) and split.labels.dtype == np.int64
        assert not len(split) or 0 <= split.labels.min() <= split.labels.max() < len(data.classes)
        for dtype in (np.float32, np.float64):
            batch = split.take(np.arange(min(4, len(split)))[::-1], np.dtype(dtype))
            assert batch.dtype == dtype and batch.shape[1:] == data.input_shape
    assert 1 <= len(data.input_shape) <= 3


def test_each_image_is_dealt_out_once_with_its_label(example):
    """So the splits share no image, and none is lost."""
    data = example.load(pool=True, validation=0.2, test=0.1)
    dealt = sum((tally(s.images, s.labels) for s in splits(data).values()), Counter())
    whole = example.load(validation=0)
    assert dealt == tally(whole.train.images, whole.train.labels) + tally(whole.test.images, whole.test.labels)
    assert min(len(s) for s in splits(data).values()) > 0


def test_the_seed_decides_the_split(example):
    one, same, other = (example.load(seed, train=60, validation=20) for seed in (3, 3, 4))
    assert one.digest == same.digest != other.digest
    for name in ("train", "validation"):
        assert not np.array_equal(splits(one)[name].images, splits(other)[name].images), name


@pytest.mark.parametrize(("kind", "write"), [case.values[0] for case in CASES], ids=[case.id for case in CASES])
def test_reading_by_the_same_numbers_gives_the_same(kind, write, tmp_path):
    dataset = kind(**write(tmp_path))
    one, same = (dataset.read(tmp_path, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.images, same.images)
    np.testing.assert_array_equal(one.labels, same.labels)


def test_the_dataset_own_test_set_stays_apart(example):
    one, other = (example.load(seed, train=60, validation=20) for seed in (3, 4))
    np.testing.assert_array_equal(one.test.images, other.test.images)
    np.testing.assert_array_equal(one.test.labels, other.test.labels)
    own = example.source.test_labels
    assert len(one.test) == (0 if own is None else len(own))


def test_unit_is_within_0_and_1(example):
    train = example.load(train=60, validation=20, scale="unit").train.take(slice(None), np.dtype(np.float64))
    assert 0 <= train.min() < 0.5 < train.max() <= 1


def test_standard_has_mean_0_and_deviation_1(example):
    data = example.load(train=60, validation=20, scale="standard")
    train = data.train.take(slice(None), np.dtype(np.float64))
    assert train.mean() == pytest.approx(0, abs=1e-9)
    assert train.std() == pytest.approx(1, abs=1e-9)
    validation = data.validation.take(slice(None), np.dtype(np.float64))
    assert abs(validation.mean()) > 1e-9, "the scaling is fitted on the training images alone"
    restored = validation / data.train.factor + data.train.offset
    np.testing.assert_allclose(restored, data.validation.images, atol=1e-9)


def test_minmax_spreads_each_image(example):
    data = example.load(train=60, validation=20, scale="minmax")
    for name, split in splits(data).items():
        if not len(split):
            continue
        part = split.take(slice(10), np.dtype(np.float64)).reshape(min(10, len(split)), -1)
        np.testing.assert_allclose(part.min(axis=1), 0, atol=1e-12, err_msg=name)
        np.testing.assert_allclose(part.max(axis=1), 1, atol=1e-12, err_msg=name)


def test_a_batch_is_the_same_rows_of_the_whole(example):
    for scale in ("unit", "standard", "minmax"):
        train = example.load(train=60, validation=20, scale=scale).train
        rows = np.array([5, 0, 59, 5])
        whole = train.take(slice(None), np.dtype(np.float32))
        np.testing.assert_array_equal(train.take(rows, np.dtype(np.float32)), whole[rows], err_msg=scale)
