"""What a network answers to single images, which images are hard for it, and which neurons answer nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trainings import draw, fitted, planned, record_for, small_data, small_run
from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import SceneError, Unfit, gathered
from weightreel.render.scene.file import parse
from weightreel.render.views.activation_maps import ActivationMaps
from weightreel.render.views.back_projection import BackProjection
from weightreel.render.views.image import Image
from weightreel.render.views.neuron_grid import NeuronGrid
from weightreel.render.views.probabilities import Probabilities, rows_of
from weightreel.render.views.regions import Regions
from weightreel.render.views.samples import Samples
from weightreel.trainer.datasets import Data
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Activations, Firing, Images, Labels
from weightreel.trainer.recording.probes import Probabilities as ProbabilitiesProbe
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.run import describe

STYLE = Style((1920, 1080))
DIGITS = tuple(map(str, range(10)))
LAYERS = [{"type": "dense", "units": 4}, {"type": "dense", "units": 10, "activation": "softmax"}]


def place(size: tuple[int, int]) -> Place:
    return Place(Rect(0, 0, *size), STYLE)


def said(shares: list[list[float]], label: int, classes: tuple[str, ...]) -> Recording:
    """A recording of what a network says of one image, a row a step."""
    recorder = Recorder(About(layers=(), classes=classes, total_steps=len(shares) - 1))
    for step, row in enumerate(shares):
        probes = {"probabilities/test/1": np.array([row]), "labels/test/1": np.array([label])}
        recorder.append(Snapshot(step, 0.0, {}, {}, {"loss": [(step, 1.0)]}, probes))
    return recorder.finish()


def painted(recording: Recording, step: int, size: tuple[int, int], color: tuple[int, int, int]) -> np.ndarray:
    """Where a frame of the bars has a colour, (height, width)."""
    canvas = blank(size, STYLE.background)
    draw(fitted(Probabilities(area="a"), recording, place(size)), canvas, recording, step)
    return (canvas == color).all(axis=2)


def test_probes_from_a_number_on_are_rows_of_those_from_the_first():
    many, data = Samples(rows=2, columns=4), small_data()
    recorded = record_for(many)["run"]
    one = record_for(Probabilities(image=3))["run"]
    image = record_for(Image(image=3, labels=True))["run"]
    for step in (0, 12):
        every = recorded.probe("probabilities/test/8", step)[3:4]
        assert np.allclose(one.probe("probabilities/test/1/from_3", step), every, atol=1e-12)
        assert one.probe("labels/test/1/from_3", step) == data.test.labels[3]
        assert np.array_equal(image.probe("images/test/1/from_3", step)[0], data.test.images[3])
    assert Images("test", 1).key == "images/test/1"


def test_the_largest_bar_is_an_outline_where_it_is_wrong():
    recording = said([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]], 1, ("a", "b", "c"))
    size, color = (400, 300), STYLE.split_color("test")
    rows = rows_of(("a", "b", "c"), place(size), centred=False)
    wrong, right = (painted(recording, step, size, color) for step in (0, 1))
    for mask, number, share in ((wrong, 0, 0.7), (right, 1, 0.8)):
        down, across = np.nonzero(mask)
        x, y = rows.at(number)
        assert y <= down.min() and down.max() < y + rows.pitch
        assert x + rows.left <= across.min() and across.max() == x + rows.left + round(share * rows.length) - 1
        middle = mask[(down.min() + down.max()) // 2, across.min() : across.max()]
        assert middle.all() == (number == 1)


@pytest.mark.parametrize("count", [2, 3, 10, 26, 100])
@pytest.mark.parametrize("size", [(300, 500), (700, 200), (900, 900), (160, 90), (60, 400)])
def test_rows_stand_apart_and_within(count, size):
    classes = tuple(f"c{i}" for i in range(count))
    rows = rows_of(classes, place(size), centred=False)
    assert 1 <= rows.many <= count
    if size == (60, 400):
        with pytest.raises(Unfit, match=r"a bar do not fit into 60 × 400 pixels even in type of 12"):
            Probabilities(area="a").natural(About(layers=(), classes=classes), place(size))
        return
    x = rows.at(rows.many - 1)[0]
    assert rows.whole
    assert x + rows.left + rows.length <= size[0] and rows.at(rows.down - 1)[1] + rows.pitch <= size[1]
    notes = list(Probabilities(area="a").findings_at(About(layers=(), classes=classes), place(size)))
    assert bool(notes) == (rows.many < count)


def test_classes_that_become_probable_are_shown_where_not_all_have_room():
    shares = np.full((3, 40), 1e-4)
    shares[0, 30] = shares[1, 7] = shares[2, 12] = 0.9
    recording = said(shares.tolist(), 3, tuple(f"c{i}" for i in range(40)))
    made = fitted(Probabilities(area="a"), recording, place((120, 130)))
    shown = made.shown  # type: ignore[attr-defined]
    assert len(shown) < 40 and shown == tuple(sorted(shown))
    assert {3, 7, 12, 30} <= {*shown}


def test_probabilities_that_are_no_numbers_are_drawn_as_none():
    recording = said([[0.5, 0.5], [float("nan")] * 2], 1, ("a", "b"))
    assert not painted(recording, 1, (300, 200), STYLE.split_color("test")).all()


def test_hard_images_stay_wrong_or_were_learned_last():
    view = Samples(choose="hard", among=25, rows=2, columns=3)
    recording, data = record_for(view)["run"], small_data()
    steps = np.arange(13)
    chosen = view.chosen(recording, steps, 6)
    assert chosen is not None and len({*chosen}) == 6
    guesses = np.array([recording.probe("probabilities/test/25", s).argmax(axis=1) for s in steps])
    wrong = guesses != data.test.labels[:25]
    stays = [i for i in chosen if wrong[-1, i]]
    assert stays == list(chosen[: len(stays)])
    sure = recording.probe("probabilities/test/25", 12)[np.arange(25), data.test.labels[:25]]
    assert sorted(stays, key=lambda i: sure[i]) == stays
    late = chosen[len(stays) :]
    last = [max(np.flatnonzero(wrong[:, i]), default=-1) for i in range(25)]
    others = [last[i] for i in range(25) if i not in chosen and not wrong[-1, i]]
    assert all(last[i] >= max(others, default=-1) for i in late)
    made = fitted(view, recording, place((600, 600)))
    assert np.array_equal(made.values(recording, 0)[0], data.test.images[chosen[0]].ravel())  # type: ignore[attr-defined]


def test_a_layer_fires_for_a_share_of_images():
    view = NeuronGrid(mark="dead", rows=2, columns=3)
    recording, data = record_for(view, "rectifiers")["run"], small_data()
    shares = recording.probe(Firing(0, 1000, "train").key, 12)
    x = data.train.images.reshape(60, -1) / 255
    z = x @ recording.parameter("0/weights", 12).astype(float) + recording.parameter("0/bias", 12)
    assert np.allclose(shares, (z > 1e-6).mean(axis=0), atol=1e-6)
    assert (shares == 0).sum() == 1
    assert "dead" in view.told_of(recording, np.arange(13), 6)


def test_nothing_is_said_of_dead_neurons_where_there_is_none():
    view = NeuronGrid(mark="dead", rows=2, columns=3)
    recording = record_for(view, "rectifiers")["run"]
    alive = [s for s in range(13) if (recording.probe(Firing(0, 1000, "train").key, s) > 0).all()]
    assert view.told_of(recording, np.array(alive, np.int64), 6) == ""


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (Samples(among=9), 'the first images are chosen among no others; say choose = "hard" or leave it out'),
        (Samples(choose="hard", among=8), "3 × 3 images cannot be chosen among 8; raise it or show fewer"),
    ],
)
def test_what_cannot_be_chosen_is_refused(view, expected):
    (found,) = view.findings(describe(small_run(), small_data(), 0))
    assert (found.key, found.message) == ("among", expected)


def test_only_rectifiers_die():
    (found,) = gathered(NeuronGrid(mark="dead").findings(describe(small_run(), small_data(), 0)))
    told = "layer 0 has the activation sigmoid, whose neurons are never dead: only those of relu are; leave it out"
    assert (found.key, found.message) == ("mark", told)


@pytest.mark.parametrize("kind", ["image", "probabilities"])
def test_an_image_that_is_not_there_is_refused(kind):
    run = {"layers": LAYERS, "epochs": 1, "data": {"type": "mnist", "train": 200, "validation": 50, "test": 50}}
    scene = parse({"run": run, "view": [{"type": kind, "image": 50}], "output": [{"path": "x.png"}]})
    with pytest.raises(SceneError, match=r"view\[0\].image   there is no image 50; the test set has images 0 to 49"):
        planned(scene)


def test_images_are_shared_by_number():
    about = describe(small_run(), small_data(), 0)
    keys = [{*view.probes(about)} for view in (Image(image=4), Probabilities(image=4), ActivationMaps(image=4))]
    assert keys == [
        {Images("test", 1, 4).key},
        {ProbabilitiesProbe("test", 1, 4).key, Labels("test", 1, 4).key},
        {Activations(0, 4, "test").key},
    ]


def test_the_line_under_tiles_has_the_room_that_it_needs():
    about = describe(small_run(), small_data(), 0)
    view = Samples(choose="hard", rows=2, columns=1, area="a")
    told = view.told(about, 2)
    natural = view.natural(about, place((500, 300)))
    assert text.width(told, STYLE.body_px) <= (natural.width or 0)
    with pytest.raises(Unfit, match=r"under the tiles, it needs \d+; enlarge the area"):
        view.natural(about, place((120, 300)))


@pytest.mark.parametrize("size", [(320, 420), (600, 300), (900, 900)])
def test_names_are_whole_or_refused(size):
    """Cut, a hundred names that begin alike read as one."""
    classes = tuple(f"class number {i}" for i in range(100))
    about, view = About(layers=(), classes=classes), Probabilities(area="a")
    rows = rows_of(classes, place(size), centred=False)
    assert rows.named() >= max(text.width(name, rows.size, "semibold") for name in classes)
    view.natural(about, place(size))


def test_a_name_that_has_no_room_is_refused_by_name():
    about = About(layers=(), classes=("bag", "a class of many words, and of more"))
    with pytest.raises(Unfit, match=r"the name 'a class of many words, and of more' and a bar do not fit"):
        Probabilities(area="a").natural(about, place((120, 300)))


COLORED = [Samples(rows=1, columns=2), Image(), NeuronGrid(), BackProjection(layer=1), Regions(classes=(0, 1))]


@pytest.mark.parametrize("view", COLORED, ids=lambda view: view.type)
@pytest.mark.parametrize("channels", [1, 3])
def test_no_bar_stands_beside_tiles_in_their_own_colours(view, channels):
    """It would show a map that none of their pixels has."""
    plain = small_data()
    splits = (plain.train, plain.validation, plain.test)
    colors = [replace(s, images=np.repeat(s.images[..., None], channels, 3)) for s in splits]
    about = describe(small_run(), Data("noise", *colors, plain.classes), 0)
    barred = view.model_copy(update={"colorbar": True})
    assert view.in_color(about) == (channels == 3)
    assert [f.key for f in barred.findings_at(about, place((500, 500)))] == ["colorbar"] * (channels == 3)
    assert not list(view.findings_at(about, place((500, 500))))
