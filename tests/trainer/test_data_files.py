"""Data files, good and bad: what they become, and what the message says."""

import gzip
import re
from dataclasses import dataclass

import numpy as np
import pytest

from weightreel.trainer.datasets.idx import Idx, read_idx
from weightreel.trainer.datasets.npz import Npz
from weightreel.trainer.errors import DataError

N = 12
X = np.random.default_rng(0).integers(0, 256, (N, 4, 3), dtype=np.uint8)
Y = np.arange(N) % 3


@dataclass
class Files:
    """A folder to write files into and load them from."""

    folder: object

    def npz(self, options=None, **arrays):
        np.savez_compressed(self.folder / "own.npz", **arrays)
        return Npz(path="own.npz", **({"validation": 0} | (options or {}))).load(self.folder, 0)

    def idx(self, **raw):
        for name, content in raw.items():
            (self.folder / name.replace("_", "-")).write_bytes(content)
        return Idx(path=".", validation=0).load(self.folder, 0)


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def idx(array, code=8, dtype=">u1"):
    return bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(dtype).tobytes()


def in_order(split):
    """Images and labels in an order that does not depend on the shuffling."""
    order = np.lexsort(split.images.reshape(len(split), -1).T)
    return split.images[order], split.labels[order]


def same_images(split, images, labels):
    order = np.lexsort(np.reshape(images, (len(labels), -1)).T)
    found = in_order(split)
    np.testing.assert_array_equal(found[0], np.asarray(images)[order])
    np.testing.assert_array_equal(found[1], np.asarray(labels)[order])


class TestGoodNpz:
    def test_x_and_y(self, files):
        data = files.npz(x=X, y=Y)
        same_images(data.train, X, Y)
        assert data.classes == ("0", "1", "2") and data.input_shape == (4, 3) and data.name == "own.npz"
        assert len(data.validation) == len(data.test) == 0 and data.train.images.dtype == np.uint8

    def test_training_and_test_arrays(self, files):
        data = files.npz(x_train=X, y_train=Y, x_test=X[:2] // 2, y_test=Y[:2])
        same_images(data.train, X, Y)
        np.testing.assert_array_equal(data.test.images, X[:2] // 2)
        np.testing.assert_array_equal(data.test.labels, Y[:2])
        assert len(files.npz(x_train=X, y_train=Y).test) == 0

    def test_flat_square_images_become_images(self, files):
        flat = np.arange(N * 9, dtype=np.uint8).reshape(N, 9)
        same_images(files.npz(x=flat, y=Y).train, flat.reshape(N, 3, 3), Y)
        assert files.npz(x=flat[:, :7], y=Y).input_shape == (7,)

    def test_colour_images_keep_their_channels_and_a_single_one_goes(self, files):
        colour = np.random.default_rng(1).integers(0, 256, (N, 4, 5, 3), dtype=np.uint8)
        same_images(files.npz(x=colour, y=Y).train, colour, Y)
        assert files.npz(x=colour[..., :1], y=Y).input_shape == (4, 5)

    def test_words_become_classes_in_alphabetic_order(self, files):
        words = np.array(["dog", "cat", "owl"])[Y]
        data = files.npz(x=X, y=words)
        assert data.classes == ("cat", "dog", "owl")
        same_images(data.train, X, np.array([1, 0, 2])[Y])

    def test_words_as_bytes_are_words(self, files):
        assert files.npz(x=X, y=np.array([b"dog", b"cat", b"owl"])[Y]).classes == ("cat", "dog", "owl")

    @pytest.mark.parametrize("labels", [np.eye(3)[Y], np.eye(3, dtype=bool)[Y], Y.astype(float), Y[:, None]])
    def test_other_ways_to_write_labels(self, files, labels):
        data = files.npz(x=X, y=labels)
        same_images(data.train, X, Y)
        assert data.train.labels.dtype == np.int64 and data.classes == ("0", "1", "2")

    def test_one_hot_labels_know_of_classes_without_images(self, files):
        assert files.npz(x=X, y=np.eye(5)[Y]).classes == ("0", "1", "2", "3", "4")

    def test_black_and_white(self, files):
        train = files.npz(x=X > 100, y=Y).train.take(slice(None), np.dtype(np.float32))
        assert set(np.unique(train)) == {0, 1}

    def test_floats_in_0_to_1_stay_and_others_are_fitted(self, files):
        unit = X / 300
        split = files.npz(x=unit, y=Y).train
        np.testing.assert_array_equal(split.take(slice(None), np.dtype(np.float64)), split.images)
        wide = files.npz(x=X / 10 - 9, y=Y).train.take(slice(None), np.dtype(np.float64))
        assert wide.min() == 0 and wide.max() == pytest.approx(1)

    @pytest.mark.parametrize("dtype", [np.int64, np.int32])
    def test_wide_integers_use_the_whole_unit_range(self, files, dtype):
        """NumPy's own integers are int64; pixels of 0 to 255 in them are not all but black."""
        train = files.npz(x=X.astype(dtype), y=Y).train.take(slice(None), np.dtype(np.float64))
        assert train.min() >= 0 and 0.5 < train.max() <= 1

    def test_signed_integers_stay_in_the_unit_range(self, files):
        train = files.npz(x=X.astype(np.int8), y=Y).train.take(slice(None), np.dtype(np.float64))
        assert train.min() >= 0 and train.max() <= 1

    @pytest.mark.parametrize("scale", ["unit", "standard", "minmax"])
    def test_constant_images_stay_finite(self, files, scale):
        for value in (np.uint8(7), 3.5):
            split = files.npz({"scale": scale}, x=np.full_like(X, value, dtype=type(value)), y=Y).train
            assert np.isfinite(split.take(slice(None), np.dtype(np.float32))).all()


NAN = np.where(np.arange(N)[:, None, None] == 7, np.nan, X / 255)
BAD_ARRAYS = {
    "no x": ({"pictures": X, "y": Y}, "holds pictures, y; needs x and y, or x_train and y_train"),
    "nothing": ({}, "holds nothing; needs x and y"),
    "no y_test": (
        {"x_train": X, "y_train": Y, "x_test": X},
        "only one of x_test and y_test; give both or neither",
    ),
    "no x_test": (
        {"x_train": X, "y_train": Y, "y_test": Y},
        "only one of x_test and y_test; give both or neither",
    ),
    "short labels": ({"x": X, "y": Y[:5]}, "12 images but 5 labels; there must be one each"),
    "short test": ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y[:3]}, "12 images but 3 labels"),
    "test borrows": (
        {"x_train": X, "y_train": Y[:9], "x_test": X[:9], "y_test": Y},
        "12 images but 9 labels",
    ),
    "other size": (
        {"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y},
        "(4, 3), test images (2, 3)",
    ),
    "no images": ({"x": X[:0], "y": Y[:0]}, "holds no images"),
    "no pixels": ({"x": X[:, :0], "y": Y}, "holds no images"),
    "NaN": ({"x": NAN, "y": Y}, "image 7 holds values that are not finite (NaN or infinity)"),
    "infinity": ({"x": np.where(X > 200, np.inf, X), "y": Y}, "not finite (NaN or infinity)"),
    "complex": ({"x": X * 1j, "y": Y}, "images have dtype complex128; they must be numbers"),
    "text": ({"x": X.astype(str), "y": Y}, "they must be numbers"),
    "one axis": ({"x": X[:, 0, 0], "y": Y}, "images have shape (12,); expected (n, height, width)"),
    "two channels": ({"x": X[..., None].repeat(2, -1), "y": Y}, "images have shape (12, 4, 3, 2); expected"),
    "five axes": ({"x": X[..., None, None], "y": Y}, "expected (n, height, width), (n, height, width, 3) or"),
    "negative label": (
        {"x": X, "y": np.where(Y == 2, -3, Y)},
        "label -3 of image 2 is out of range; labels start",
    ),
    "huge label": ({"x": X, "y": Y + 5000 * (Y == 1)}, "label 5001 of image 1 is out of range; labels count"),
    "fractions": ({"x": X, "y": Y + 0.5}, "labels must be whole numbers, 0 for the first class"),
    "NaN label": ({"x": X, "y": Y * np.nan}, "labels must be whole numbers"),
    "not one-hot": ({"x": X, "y": np.ones((N, 3))}, "labels of shape (12, 3) are not one-hot"),
    "soft labels": ({"x": X, "y": np.full((N, 2), 0.5)}, "labels of shape (12, 2) are not one-hot"),
    "label cube": (
        {"x": X, "y": np.ones((N, 2, 2))},
        "labels have shape (12, 2, 2); expected (n,) or (n, classes)",
    ),
    "scalar label": ({"x": X, "y": np.array(1)}, "label"),
    "scalar image": ({"x": np.array(1.0), "y": Y}, "images have shape ()"),
    "words in rows": ({"x": X, "y": np.array([["a", "b"]] * N)}, "labels have shape (12, 2)"),
    "training from 1": (
        {"x_train": X, "y_train": Y + 1, "x_test": X, "y_test": Y},
        "training labels are 1…3, test labels 0…2; number the classes of both alike",
    ),
    "test from 1": (
        {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y + 1.0},
        "training labels are 0…2, test labels 1…3; number the classes of both alike",
    ),
    "few of a test from 1": (
        {"x_train": X, "y_train": Y, "x_test": X[:2], "y_test": np.array([1, 3])},
        "training labels are 0…2, test labels 1…3; number the classes of both alike",
    ),
    "few of a test from 0": (
        {"x_train": X, "y_train": Y + 1, "x_test": X[:2], "y_test": np.array([0, 1])},
        "training labels are 1…3, test labels 0…1; number the classes of both alike",
    ),
    "one-hot, and a test from 1": (
        {"x_train": X, "y_train": np.eye(3)[Y], "x_test": X, "y_test": Y + 1},
        "training labels are 0…2, test labels 1…3; number the classes of both alike",
    ),
    "mixed labels": ({"x_train": X, "y_train": Y.astype(str), "x_test": X, "y_test": Y}, "words in one part"),
}


class TestBadNpz:
    @pytest.mark.parametrize("case", BAD_ARRAYS)
    def test_arrays(self, files, case):
        arrays, words = BAD_ARRAYS[case]
        with pytest.raises(DataError, match=re.escape(words)) as caught:
            files.npz(**arrays)
        assert str(caught.value).startswith("own.npz: ")

    def load(self, files, content=None):
        if content is not None:
            (files.folder / "bad.npz").write_bytes(content)
        with pytest.raises(DataError) as caught:
            Npz(path="bad.npz").load(files.folder, 0)
        assert str(caught.value).startswith("bad.npz: ")
        return str(caught.value)

    def test_missing(self, files):
        assert "no such file" in self.load(files)

    def test_a_folder(self, files):
        (files.folder / "bad.npz").mkdir()
        assert "is a folder; give the .npz file" in self.load(files)

    def test_empty_and_foreign(self, files):
        assert "not a whole .npz file" in self.load(files, b"")
        told = "not a whole .npz file (File is not a zip file); write one with numpy.savez_compressed"
        assert told in self.load(files, b"x,y\n1,2\n")

    def test_a_single_array(self, files):
        np.save(files.folder / "one.npy", X)
        assert "not a whole .npz file" in self.load(files, (files.folder / "one.npy").read_bytes())

    def test_pickled_objects_are_refused(self, files, tmp_path):
        class Trap:
            def __reduce__(self):
                return (tmp_path.joinpath("sprung").write_text, ("!",))

        np.savez(files.folder / "bad.npz", x=np.array([Trap()] * N, dtype=object), y=Y)
        told = "x holds Python objects, which are refused, as reading them can run any program; "
        assert self.load(files) == f"bad.npz: {told}save words as y.astype(str)"
        assert not tmp_path.joinpath("sprung").exists()

    @pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
    def test_cut_short_anywhere(self, files, save):
        save(files.folder / "whole.npz", x=X[:3], y=Y[:3])
        whole = (files.folder / "whole.npz").read_bytes()
        for length in range(0, len(whole) - 1, 7):
            assert "not a" in self.load(files, whole[:length])

    @pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
    def test_one_wrong_byte_never_ends_in_a_traceback(self, files, save):
        save(files.folder / "whole.npz", x=X[:3], y=Y[:3])
        whole, refused = (files.folder / "whole.npz").read_bytes(), 0
        for at in range(len(whole)):
            wrong = whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :]
            (files.folder / "bad.npz").write_bytes(wrong)
            try:
                Npz(path="bad.npz").load(files.folder, 0)
            except DataError as error:
                refused += 1
                assert str(error).startswith("bad.npz: ")
        assert refused > len(whole) / 4


class TestGoodIdx:
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_training_and_test_files(self, files, pack):
        data = files.idx(
            train_images_idx3_ubyte=pack(idx(X)),
            train_labels_idx1_ubyte=pack(idx(Y)),
            t10k_images_idx3_ubyte=pack(idx(X[:4])),
            t10k_labels_idx1_ubyte=pack(idx(Y[:4])),
            readme=b"not looked at",
        )
        same_images(data.train, X, Y)
        np.testing.assert_array_equal(data.test.images, X[:4])
        np.testing.assert_array_equal(data.test.labels, Y[:4])

    def test_two_files_are_enough(self, files):
        data = files.idx(**{"Images.idx": idx(X), "Labels.idx": idx(Y)})
        same_images(data.train, X, Y)
        assert len(data.test) == 0

    @pytest.mark.parametrize(
        ("code", "dtype"), [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
    )
    def test_every_type_comes_in_native_order(self, tmp_path, code, dtype):
        values = np.array([[0, 1, 2], [100, -100 if dtype[1] != "u" else 200, 127]])
        (tmp_path / "images").write_bytes(idx(values, code, dtype))
        found = read_idx(tmp_path / "images")
        np.testing.assert_array_equal(found, values)
        assert found.dtype == np.dtype(dtype).newbyteorder("=") and found.dtype.isnative
        assert found.flags.writeable


IMAGES, LABELS = idx(X), idx(Y)
BAD_FILES = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello, world", "not an IDX file (it starts with 68 65 6c 6c)"),
    "short header": (IMAGES[:9], "not an IDX file"),
    "unknown type": (b"\0\0\x07\x03" + IMAGES[4:], "not an IDX file (it starts with 00 00 07 03)"),
    "short values": (IMAGES[:-5], "header says (12, 4, 3), 144 bytes, but 139 follow"),
    "long values": (IMAGES + b"12", "header says (12, 4, 3), 144 bytes, but 146 follow"),
    "truncated gzip": (gzip.compress(IMAGES)[:-20], "the gzip file is damaged or cut short"),
    "damaged gzip": (
        gzip.compress(IMAGES)[:40] + b"?" + gzip.compress(IMAGES)[41:],
        "the gzip file is damaged",
    ),
    "empty gzip": (gzip.compress(b""), "the file is empty"),
}


class TestBadIdx:
    @pytest.mark.parametrize("case", BAD_FILES)
    def test_files(self, files, case):
        content, words = BAD_FILES[case]
        with pytest.raises(DataError, match=re.escape(words)) as caught:
            files.idx(train_images=content, train_labels=LABELS)
        assert str(caught.value).startswith("train-images: ")

    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            ({"train_images": IMAGES}, "needs a file with 'images' and one with 'labels' in its name"),
            ({}, "needs a file with 'images' and one with 'labels'"),
            ({"images": IMAGES, "labels": LABELS, "test_images": IMAGES}, "only one of the two test files"),
            (
                {"images": IMAGES, "more_images": IMAGES, "labels": LABELS},
                "images and more-images both look like the train images; leave one of them",
            ),
            ({"images": IMAGES, "labels": LABELS[:7] + b"\x05" + LABELS[8:13]}, "12 images but 5 labels"),
            ({"images": LABELS, "labels": IMAGES}, "images have shape (12,)"),
            ({"images": IMAGES, "labels": b"\0\0\x08\0\x01"}, "label"),
        ],
    )
    def test_folders(self, files, raw, words):
        with pytest.raises(DataError, match=re.escape(words)) as caught:
            files.idx(**raw)
        assert str(caught.value).startswith(".: ")

    def test_no_folder(self, files):
        (files.folder / "file").write_text("")
        for name, told in (("missing", "no such folder"), ("file", "is a file; give its folder")):
            with pytest.raises(DataError, match=f"^{name}: {told}"):
                Idx(path=name).load(files.folder, 0)

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_one_wrong_byte_never_ends_in_a_traceback(self, tmp_path, pack):
        whole, refused = pack(idx(X[:2])), 0
        for at in range(len(whole)):
            (tmp_path / "images").write_bytes(whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :])
            try:
                read_idx(tmp_path / "images")
            except DataError as error:
                refused += 1
                assert str(error).startswith("images: ")
        assert refused >= 16
