"""Laws of every dataset, with a test set of its own or without."""

from collections import Counter
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from examples import cases
from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.datasets._checking import _joined
from weightreel.trainer.errors import DataError

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


class Given(Dataset):
    """Arrays of a test."""

    source: ClassVar[Source]

    def read(self, folder, rng):
        return self.source


def loaded(images, test_images=None, **options):
    """What becomes of arrays, with a class for every other image."""
    labels = [None if part is None else np.arange(len(part)) % 2 for part in (images, test_images)]
    Given.source = Source("given", images, labels[0], test_images, labels[1])
    return Given(**options).load(Path(), 0)


STORED = ["bool", "u1", "i1", "<u2", ">u2", "<i2", "<i4", ">i4", "<u4", "<i8", "<u8", "<f2", "<f4", ">f4", "<f8", "g"]
SHAPES = st.sampled_from([(4, 3), (5,), (2, 2, 3)])


@st.composite
def stored(draw, dtypes=STORED):
    """Images of any type, most of whose values lie within a range of any size and place."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = (draw(st.integers(2, 12)), *draw(SHAPES))
    if dtype.kind == "b":
        return draw(hnp.arrays(bool, shape))
    limit = 1e4 if dtype == np.float16 else 1e9
    least, most = (0, 1e9) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    low = draw(st.sampled_from([0, 0, 0, 1, -1, 100, 1000, -1000, 10**6]))
    span = draw(st.sampled_from([0, 1, 2, 16, 100, 255, 256, 4095, 65535, 10**6]))
    ends = [min(max(low + part, max(least, -limit)), min(most, limit)) for part in (0, span)]
    share = draw(hnp.arrays(np.float64, shape, elements=st.sampled_from([0, 0.01, 0.2, 0.5, 0.9, 1])))
    values = ends[0] + share * (ends[1] - ends[0])
    return values.astype(dtype) if dtype.kind == "f" else np.rint(values).astype(dtype)


def inputs(data, split="train", dtype=np.float64):
    return splits(data)[split].take(slice(None), np.dtype(dtype))


@settings(deadline=None, max_examples=200)
@given(images=stored(), wide=st.booleans())
def test_unit_makes_sensible_inputs_of_all_that_is_stored(images, wide):
    """Within 0 and 1, reaching a half, spread over a quarter; the order of the pixels stays."""
    data = loaded(images, validation=0)
    x = inputs(data, dtype=np.float64 if wide else np.float32)
    assert np.isfinite(x).all() and x.min() >= 0 and x.max() <= 1 + 1e-6
    values = data.train.images
    if values.min() != values.max():
        assert x.max() >= 0.5 and x.max() - x.min() >= 0.25 - 1e-6
        order = np.argsort(values, axis=None, kind="stable")
        assert (np.diff(x.ravel()[order]) >= 0).all()
    else:
        assert next(f.message for f in data.findings if f.level == "warning").startswith("every pixel is ")
    assert [f.key for f in data.findings if f.level == "note"] == ["scale"]


@settings(deadline=None, max_examples=150)
@given(images=stored(), wide=st.booleans())
def test_standard_and_minmax_make_sensible_inputs_of_all_that_is_stored(images, wide):
    dtype = np.float64 if wide else np.float32
    x = inputs(loaded(images, validation=0, scale="standard"), dtype=dtype)
    constant = images.min() == images.max()
    assert x.mean(dtype=np.float64) == pytest.approx(0, abs=1e-3)  # a float32 has no more of 1000.99
    assert x.std(dtype=np.float64) == pytest.approx(0 if constant else 1, abs=1e-3)
    data = loaded(images, validation=0, scale="minmax")
    rows, kept = inputs(data, dtype=dtype).reshape(len(images), -1), data.train.images.reshape(len(images), -1)
    spread = kept.min(axis=1) != kept.max(axis=1)
    assert (rows.min(axis=1) == 0).all() and np.allclose(rows.max(axis=1), spread, atol=1e-6)


def test_float32_far_from_0_keeps_its_differences():
    """Its mean lies between two neighbours among the numbers of 32 bits, which are a 16th apart there."""
    images = np.full((2, 4, 3), 1_000_000.1875, np.float32)
    images[0, 0, 0] = 1_000_000
    for scale, mean in (("standard", 0), ("unit", 23 / 24), ("minmax", 11 / 24)):
        x = inputs(loaded(images, validation=0, scale=scale), dtype=np.float32)
        assert x.mean() == pytest.approx(mean, abs=1e-6), scale


@settings(deadline=None, max_examples=100)
@given(images=stored([dtype for dtype in STORED if dtype != "bool"]), share=st.floats(0.6, 1), pool=st.booleans())
def test_a_test_set_that_is_a_little_darker_is_no_other_range(images, share, pool):
    """It is scaled by the factor of training, and nothing is said."""
    if (images < 0).any() or not images.any():
        return
    alone = loaded(images, validation=0)
    darker = (images * share).astype(images.dtype)
    if float(darker.max()) < images.max() / 2:
        return  # of whole numbers hardly any are left
    data = loaded(images, darker, validation=0, pool=pool)
    assert (data.train.factor, data.train.offset) == (alone.train.factor, alone.train.offset) or pool
    assert [f.level for f in data.findings if f.key == "scale"] == ["note"]


@settings(deadline=None, max_examples=100)
@given(
    ranges=st.permutations([("u1", 255), ("f4", 1), ("<u2", 65535), ("u1", 16)]).map(lambda all: all[:2]),
    shape=SHAPES,
    counts=st.tuples(st.integers(2, 30), st.integers(1, 30)),
    pool=st.booleans(),
)
def test_parts_of_different_ranges_are_refused_unless_each_image_is_scaled_alone(ranges, shape, counts, pool):
    def part(dtype, white, count):
        return (np.linspace(0, white, count * np.prod(shape)).reshape(count, *shape)).astype(dtype)

    parts = [part(*there, count) for there, count in zip(ranges, counts, strict=True)]
    for scale in ("unit", "standard"):
        with pytest.raises(DataError, match=r"^given: training images are .*; no scale suits both, so"):
            loaded(*parts, scale=scale, pool=pool, test=None if not pool else 0)
    assert len(loaded(*parts, scale="minmax", pool=pool, validation=0).train)
    if not pool:
        assert not len(loaded(*parts, test=0, validation=0).test)


def test_parts_that_lie_one_behind_the_other_are_not_copied():
    stored = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4)
    touching, apart, turned = (stored[:3], stored[3:]), (stored[:3], stored[4:]), (stored[3:], stored[:3])
    for parts in (touching, apart, turned, (stored[:3].copy(), stored[3:]), (stored[:3, ::2], stored[3:, ::2])):
        found = _joined(*parts)
        assert np.array_equal(found, np.concatenate(parts))
        assert np.shares_memory(found, stored) == (parts is touching)
    assert not _joined(*touching).flags.writeable
