"""What is said of data: the range that was assumed, and classes that nobody can learn, word for word."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import parse
from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.datasets.mnist import Mnist
from weightreel.trainer.errors import DataError, SceneError

N = 40
BYTES = np.random.default_rng(0).integers(0, 256, (N, 4, 3), dtype=np.uint8)
BYTES[:, 0, 0], BYTES[:, 0, 1] = 0, 255
TINTS = BYTES / np.float32(255)
Y = np.arange(N) % 3


class Given(Dataset):
    """Arrays of a test."""

    source: ClassVar[Source]

    def read(self, folder, rng):
        return self.source


def load(x=BYTES, y=Y, x_test=None, y_test=None, limits=None, **options):
    Given.source = Source("given", x, y, x_test, y_test, limits)
    return Given(**{"validation": 0} | options).load(Path(), 0)


def said(data):
    return [f"{f.level}: {f.key}: {f.message}" for f in data.findings]


def warnings(data):
    return [f.message for f in data.findings if f.level == "warning"]


OUTLIER = TINTS.copy()
OUTLIER[-1] *= 20
HALF = np.arange(N * 4, dtype=np.uint8).reshape(N, 2, 2) % 2
BIG = np.where(BYTES > 127, 1000, -200).astype(np.int16)


@pytest.mark.parametrize(
    ("x", "scale", "words"),
    [
        (BYTES, "unit", "images are uint8, 0…255; taken for 0…255: divided by 255"),
        (BYTES // 2 + 100, "unit", "images are uint8, 100…227; taken for 0…255: divided by 255"),
        (BYTES // 16, "unit", "images are uint8, 0…15; taken for 0…15: divided by 15"),
        (BYTES // 128, "unit", "images are uint8, 0…1; taken for 0…1, as they are"),
        (BYTES > 127, "unit", "images are bool, 0…1; taken for 0…1, as they are"),
        (TINTS, "unit", "images are float32, 0…1; taken for 0…1, as they are"),
        (TINTS * 16, "unit", "images are float32, 0…16; taken for 0…16: divided by 16"),
        (TINTS * 200, "unit", "images are float32, 0…200; taken for 0…255: divided by 255"),
        (TINTS * 2 - 1, "unit", "images are float32, -1…1; taken for -1…1: less -1, divided by 2"),
        (BYTES.astype(np.uint16) * 257, "unit", "images are uint16, 0…65535; taken for 0…65535: divided by 65535"),
        (BIG, "unit", "images are int16, -200…1000; taken for -200…1000: less -200, divided by 1200"),
        (BYTES // 10 + 1000.0, "unit", "images are float64, 1000…1025; taken for 1000…1025: less 1000, divided by 25"),
        (HALF, "standard", "images are uint8, 0…1; less their mean 0.5, divided by their deviation 0.5"),
        (BYTES, "minmax", "images are uint8, 0…255; each is spread over 0…1 by itself"),
    ],
)
def test_what_was_assumed(x, scale, words):
    assert said(load(x, scale=scale)) == [f"note: scale: {words}"]


@pytest.mark.parametrize("scale", ["unit", "standard", "minmax"])
def test_nothing_is_assumed_where_the_dataset_knows(scale):
    data = load(BYTES // 16, limits=(0, 255), scale=scale)
    assert said(data) == []
    if scale == "unit":
        assert data.train.take(slice(None), np.dtype(float)).max() == 15 / 255
    assert Mnist(scale=scale, train=500, validation=100).load(Path(), 0).findings == ()


def test_the_range_is_that_of_all_images_but_the_own_test_set():
    x = np.zeros((N, 2, 2), np.uint8)
    x[0] = 16
    for seed in range(8):
        Given.source = Source("given", x, Y)
        assert Given(train=4, validation=4).load(Path(), seed).train.factor == 1 / 16
    assert load(x, x_test=x * 2, y_test=Y).train.factor == 1 / 16
    assert load(x, x_test=x * 2, y_test=Y, pool=True).train.factor == 1 / 32


def test_constant_images():
    for value, words in ((np.uint8(7), "7"), (np.float32(-0.5), "-0.5"), (np.uint8(0), "0")):
        assert warnings(load(np.full((N, 2, 2), value))) == [f"every pixel is {words}; there is nothing to learn from"]


@pytest.mark.parametrize("value", [1e31, -3e300])
def test_values_too_large_to_compute_with(value):
    x = BYTES.astype(float)
    x[5, 1, 2] = value
    told = f"image 5 holds values as large as {value:.3g}; divide all to come below 1e+30"
    with pytest.raises(DataError, match=told.replace("+", r"\+")):
        load(x)


class TestTestSets:
    OUT = 'store them alike, scale each image by itself (scale = "minmax")'

    @pytest.mark.parametrize(
        ("x", "x_test", "words"),
        [
            (BYTES, TINTS, "training images are uint8, 0…255, test images float32, 0…1"),
            (TINTS, BYTES, "training images are float32, 0…1, test images uint8, 0…255"),
            (BYTES // 16, BYTES, "training images are uint8, 0…15, test images uint8, 0…255"),
            (BYTES > 9, BYTES, "training images are bool, 0…1, test images uint8, 0…255"),
            (TINTS, TINTS * 2 - 1, "training images are float32, 0…1, test images float32, -1…1"),
            (TINTS * 2 - 1, TINTS, "training images are float32, -1…1, test images float32, 0…1"),
            (TINTS * 2 - 1, BYTES, "training images are float32, -1…1, test images uint8, 0…255"),
        ],
    )
    def test_of_another_range_are_refused(self, x, x_test, words):
        for options, out in (({}, ", or leave the test set out (test = 0)"), ({"pool": True, "test": 9}, "")):
            with pytest.raises(DataError) as caught:
                load(x, Y, x_test, Y, **options)
            assert str(caught.value) == f"given: {words}; no scale suits both, so {self.OUT}{out}"
        for way_out in ({"scale": "minmax"}, {"test": 0}):
            assert len(load(x, Y, x_test, Y, **way_out).train) == N

    @pytest.mark.parametrize(
        ("x", "x_test"),
        [
            (BYTES, BYTES // 2 + 3),
            (BYTES, BYTES.astype(np.int64)),
            (BYTES, BYTES.astype(np.float32)),
            (BYTES > 9, (BYTES > 9).astype(np.float32)),
            (BYTES, BYTES[:1] * 0),
            (TINTS - 0.1, TINTS[:3]),
            (BYTES, BYTES[:3] // 5),
            (OUTLIER, OUTLIER[:20]),
        ],
    )
    def test_of_the_same_range_are_scaled_as_training_is(self, x, x_test):
        data = load(x, Y, x_test, Y[: len(x_test)])
        assert [f.level for f in data.findings] == ["note"] and data.test.factor == data.train.factor

    def test_that_are_much_darker_are_doubted(self):
        told = "training images are uint8, 0…255, test images uint8, 0…63; they are scaled alike, which is wrong if "
        assert warnings(load(BYTES, Y, BYTES // 4, Y)) == [f"{told}they were stored otherwise"]


class TestLabels:
    def test_from_one(self):
        data = load(y=Y + 1, x_test=BYTES[:3], y_test=Y[:3] + 1)
        assert data.classes == ("1", "2", "3") and data.test.labels.tolist() == [0, 1, 2]
        assert sorted(set(data.train.labels)) == [0, 1, 2]
        assert said(data)[0] == "note: : labels are 1…3: the first of the 3 units stands for class 1"
        assert load(y=(Y + 1).astype(float)).classes == ("1", "2", "3")
        assert load(y=np.where(Y == 0, 0, Y + 1)).classes == ("0", "1", "2", "3"), "a gap is none at the beginning"
        assert load(y=np.eye(4)[Y + 1]).classes == ("0", "1", "2", "3"), "one-hot rows say how many there are"

    def test_gaps(self):
        out = "number labels without gaps, or give words; units of such classes learn nothing"
        assert warnings(load(y=Y * 2)) == [f"no image is of classes 1, 3; {out}"]
        assert warnings(load(y=np.where(Y == 2, 3, Y))) == [f"no image is of class 2; {out}"]
        assert warnings(load(y=Y * 20)) == [f"no image is of classes 1, 2, 3, 4, 5, 6, 7, 8 and 30 more; {out}"]

    def test_classes_that_training_lacks(self):
        told = "no training image is of {}, though others are; train on more images"
        assert warnings(load(y=Y, x_test=BYTES[:4], y_test=np.array([0, 1, 2, 3]))) == [told.format("class 3")]
        words = np.array(["cat", "dog", "猫"])[Y]
        found = warnings(load(y=words, x_test=BYTES[:2], y_test=np.array(["Cat", "\x1b[2J"])))
        assert found == [told.format(r"classes \x1b[2J, Cat")]

    def test_a_split_that_lacks_some_is_no_news(self):
        assert warnings(load(y=Y, x_test=BYTES[:1], y_test=Y[:1], validation=1)) == []

    def test_words_come_through_whole(self):
        words = np.array(["猫", "🐕 dog", "é" * 300, "a\nb"])
        for stored in (words, np.char.encode(words, "utf-8")):
            assert set(load(y=stored[np.arange(N) % 4]).classes) == set(words.tolist())

    @pytest.mark.parametrize(
        ("y", "words"),
        [
            (np.array([b"\xe9", b"\xe8"])[Y % 2], r"the label b'\xe9' is no UTF-8; save words as y.astype(str)"),
            (np.array(["\ud800", "x"])[Y % 2], "labels hold words that are no text; save them anew"),
            (np.where(Y == 1, -1, 1), "label -1 of image 1 is out of range; labels start at 0"),
            (Y + (Y == 1) * 1e300, "label 1e+300 of image 1 is out of range; labels count classes"),
            (
                Y.astype(np.uint64) + np.uint64(2**64 - 9),
                "label 1.84467440737096e+19 of image 2 is out of range",
            ),
            (np.eye(1100)[Y], "labels of shape (40, 1100) are of more classes than images"),
        ],
    )
    def test_that_are_none(self, y, words):
        with pytest.raises(DataError) as caught:
            load(y=y)
        assert str(caught.value).startswith(f"given: {words}")


SCENE = {
    "timeline": {"seconds": 1},
    "view": [{"type": "curve", "metrics": ["loss"]}],
    "output": [{"path": "x.gif"}],
}


def scene(units=3, data=None, **more):
    layers = [{"type": "dense", "units": units, "activation": "softmax"}]
    return parse({**SCENE, "run": {"layers": layers, "data": data or Given(validation=0)}, **more})


def found_in(made):
    try:
        return [f"{f.level}: {f.key}   {f.message}" for f in prepare(made, sources_of(made)).findings]
    except SceneError as error:
        return str(error).splitlines()[1:]


class TestScenes:
    def test_say_what_was_assumed(self):
        load()
        assert found_in(scene()) == ["note: run.data.scale   images are uint8, 0…255; taken for 0…255: divided by 255"]
        assert found_in(scene(10, Mnist(train=500, validation=9))) == []

    def test_say_it_once_for_all_runs(self):
        load()
        told = "images are uint8, 0…255; taken for 0…255: divided by 255"
        made = scene(grid={"epochs": [1, 2], "optimizer.lr": [0.1, 0.2]})
        assert found_in(made) == [f"note: run.data.scale   {told}"]
        run = made.run.model_dump() | {"data": Given(validation=0)}
        runs = parse({**SCENE, "runs": {"one": run, "other": run | {"epochs": 2}}})
        assert found_in(runs) == [f"note: runs.one.data.scale   {told}"]
        by_value = scene(grid={"data.scale": ["unit", "minmax"]})
        assert found_in(by_value)[0] == f'note: grid."data.scale"[0]   {told}'

    def test_refuse_units_that_stand_for_no_class(self):
        load(y=Y + 1)
        told = "units, but the data has 3 classes (1, 2, 3); one unit a class is needed"
        assert found_in(scene(4)) == [f"  run.layers[0].units   4 {told}"]
        assert [found_in(scene(3))[0].partition("   ")[0], len(found_in(scene(3)))] == ["note: run.data", 2]
        many = scene(100, Mnist(train=500, validation=9))
        assert "10 classes (0, 1, 2, 3, 4, 5, …); one unit" in found_in(many)[0]

    def test_refuse_views_of_more_images_than_there_are(self):
        load(BYTES[:2], Y[:2])
        told = "takes 9 images, but the training set, in place of an empty test set, has 2"
        samples = [{"type": "samples"}]
        out = "take fewer, or another split"
        assert found_in(scene(2, view=samples)) == [f"  view[0]   {told}; {out}"]
        load(x_test=BYTES[:5], y_test=Y[:5])
        told = f"  view[0]   takes 9 images, but the test set has 5; {out}"
        assert found_in(scene(view=samples)) == [told]
        fitting = [{"type": "samples", "rows": 1, "columns": 5}]
        assert all(line.startswith("note") for line in found_in(scene(view=fitting)))

    def test_say_that_another_split_is_shown(self):
        load()
        told = "the data has no validation set, so the training set is shown; set run.data.validation"
        matrix = {"type": "confusion_matrix", "counts": False}
        notes = [line for line in found_in(scene(view=[matrix])) if "is shown" in line]
        assert notes == [f"note: view[0]   {told}, or take another split"]

    def test_take_what_there_is_where_nobody_says_among_how_many(self):
        load(x_test=BYTES[:5], y_test=Y[:5])
        hard = {"type": "samples", "choose": "hard", "rows": 1}
        assert all(line.startswith("note") for line in found_in(scene(view=[hard | {"columns": 5}])))
        (told,) = found_in(scene(view=[hard | {"columns": 6}]))
        assert told.startswith("  view[0]   takes 6 images, but the test set has 5")
        (told,) = found_in(scene(view=[hard | {"columns": 5, "among": 9}]))
        assert told.startswith("  view[0]   takes 9 images, but the test set has 5")

    def test_warn_of_metrics_that_nothing_is_measured_for(self):
        """Else a line, or a number, is missed in the film only."""
        load()
        figures = {"type": "figures", "on_top": True, "items": [{"label": "t", "value": "{test_loss:.2f}"}]}
        card = {"heading": "{final_validation_accuracy:.1%}"}
        made = scene(view=[{"type": "curve"}, figures, {"type": "caption", "text": "validation_loss"}], end_card=card)
        warned = [line for line in found_in(made) if line.startswith("warning")]
        assert [line.split()[1] for line in warned if "is not measured" in line] == [
            "view[0].metrics[1]",
            "view[1].items[0].value",
            "end_card.heading",
        ]
        assert warned[0].endswith("no validation set, and stays empty; name another metric, or set run.data.validation")
        held = scene(10, Mnist(train=500, validation=9), view=[{"type": "curve"}])
        assert not [line for line in found_in(held) if "is not measured" in line]

    def test_refuse_a_view_of_an_image_that_is_not_there(self):
        load(x_test=BYTES[:5], y_test=Y[:5])
        layers = [{"type": "conv2d", "filters": 2}, {"type": "flatten"}, {"type": "dense", "units": 3}]
        view = [{"type": "activation_maps", "image": 5}]
        made = parse({**SCENE, "run": {"layers": layers, "data": Given(validation=0)}, "view": view})
        assert found_in(made) == ["  view[0].image   there is no image 5; the test set has images 0 to 4"]
