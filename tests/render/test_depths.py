"""Weights that are no gray pictures: colours, kernels of any depth, rows; and which neurons have a tile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layered import NAME, near, recorded

from trainings import draw, fitted, together
from weightreel.render.drawing.canvas import Rect, blank, rgb
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Unfit
from weightreel.render.views._tiled import FittedTiles, TiledView
from weightreel.render.views.kernels import Kernels
from weightreel.render.views.neuron_grid import NeuronGrid
from weightreel.trainer.recording.recording import Recording

STYLE = Style((1280, 720))
CHANCE = np.random.default_rng(5)
BARE: dict[str, Any] = {
    "border": {"thickness": 0},
    "normalize": {"over": "frame", "range": [0.0, 1.0]},
    "colormap": "gray",
}


def tiles(view: TiledView, recording: Recording, size: tuple[int, int] = (1200, 700)) -> list[np.ndarray]:
    """The pictures of a view at the last step, a pixel a cell, red, green, blue."""
    made = fitted(view, recording, Place(Rect(0, 0, *size), STYLE))
    assert isinstance(made, FittedTiles)
    canvas = blank(size, (9, 9, 9))
    draw(made, canvas, recording, int(recording.steps[-1]))
    (high, wide), scale = made.grid.tile, made.grid.scale
    found = []
    for number in range(made.count):
        x, y = made.grid.corner(number)
        found.append(rgb(canvas[y : y + high * scale, x : x + wide * scale])[::scale, ::scale])
    return found


def test_inputs_of_three_channels_are_shown_in_colour_wherever_the_channels_stand():
    pictures = CHANCE.uniform(size=(4, 6, 5, 3))
    last = recorded("linear", pictures.reshape(4, -1).T, inputs=(6, 5, 3))
    first = recorded("linear", np.moveaxis(pictures, 3, 1).reshape(4, -1).T, inputs=(3, 6, 5))
    for recording in (last, first):
        assert list(NeuronGrid(**BARE).findings(recording.about)) == []
        for shown, picture in zip(tiles(NeuronGrid(**BARE), recording), pictures, strict=True):
            assert near(shown, picture)


def test_tiles_in_colour_have_an_even_scale():
    recording = recorded("linear", CHANCE.uniform(size=(48, 9)), inputs=(4, 4, 3))
    made = fitted(NeuronGrid(), recording, Place(Rect(0, 0, 90, 90), STYLE))
    assert isinstance(made, FittedTiles)
    assert made.grid.scale % 2 == 0


@pytest.mark.parametrize("inputs", [(6, 5), (6, 5, 1), (1, 6, 5), (30,), None])
def test_pictures_of_one_channel_are_known_from_the_layer_or_from_the_network(inputs):
    weights = CHANCE.uniform(size=(30, 2))
    recording = recorded("linear", weights, inputs=inputs, first=None if inputs and len(inputs) > 1 else (6, 5))
    for number, shown in enumerate(tiles(NeuronGrid(**BARE), recording)):
        assert near(shown[..., 0], weights[:, number].reshape(6, 5))


def test_few_inputs_are_a_row_and_many_are_lines():
    weights = CHANCE.uniform(size=(24, 3))
    for number, shown in enumerate(tiles(NeuronGrid(**BARE), recorded("linear", weights))):
        assert shown.shape[:2] == (3, 24)
        assert near(shown[..., 0], np.tile(weights[:, number], (3, 1)))
    for inputs, shape in ((768, (24, 32)), (784, (28, 28)), (787, (28, 29))):
        weights = CHANCE.uniform(size=(inputs, 2))
        for number, shown in enumerate(tiles(NeuronGrid(**BARE), recorded("linear", weights))):
            assert shown.shape[:2] == shape
            assert near(shown[..., 0].ravel()[:inputs], weights[:, number])
            assert (shown[..., 0].ravel()[inputs:] == 128).all()


def test_a_shape_may_be_one_of_three_channels():
    pictures = CHANCE.uniform(size=(2, 4, 6, 3))
    recording = recorded("linear", pictures.reshape(2, -1).T)
    assert near(tiles(NeuronGrid(shape=(4, 6), **BARE), recording)[1], pictures[1])
    (finding,) = NeuronGrid(shape=(4, 5)).findings(recording.about)
    assert finding.message == "4 × 5 is not the 72 inputs of the layer"


def test_kernels_of_any_depth():
    weights = CHANCE.uniform(size=(7, 7, 3, 4))
    recording = recorded("conv", weights, inputs=(224, 224, 3))
    for number in range(4):
        assert near(tiles(Kernels(channel=2, **BARE), recording)[number][..., 0], weights[:, :, 2, number])
        assert near(tiles(Kernels(channel="rgb", **BARE), recording)[number], weights[..., number])
        norm = np.sqrt(np.square(weights[..., number]).sum(axis=2))
        assert near(tiles(Kernels(channel="norm", **BARE), recording)[number][..., 0], np.minimum(norm, 1))
    flat = recorded("conv1d", weights[0])
    assert near(tiles(Kernels(channel=1, **BARE), flat)[3][..., 0], weights[:1, :, 1, 3])


@pytest.mark.parametrize(
    ("keys", "depth", "words"),
    [
        ({"channel": 3}, 3, "channel 3 is out of range; the layer's input has 0 to 2"),
        (
            {"channel": "rgb"},
            64,
            "'rgb' needs an input of 3 channels; that of the layer has 64; give the number of one, or 'norm'",
        ),
        ({"channel": "rgb", "numbers": True}, 3, "a cell has three values; leave numbers out, or show one channel"),
    ],
)
def test_channels_that_there_are_not(keys, depth, words):
    recording = recorded("conv", np.zeros((3, 3, depth, 2)))
    assert [finding.message for finding in Kernels(**keys).findings(recording.about)] == [words]


def test_kernels_of_other_layers():
    with pytest.raises(Unfit, match="layer 0 is no conv2d layer; there are none"):
        list(Kernels().findings(recorded("linear", np.zeros((3, 2))).about))


@pytest.mark.parametrize("view", [NeuronGrid, Kernels])
@pytest.mark.parametrize(
    ("choose", "chosen", "told"),
    [
        ("first", [0, 1, 2], "the first 3 of 9"),
        ("norm", [8, 7, 6], "3 of 9, by norm"),
        ("change", [2, 8, 7], "3 of 9, by change"),
        ("even", [0, 4, 8], "3 of 9, evenly"),
        (None, [0, 1, 2], ""),
    ],
)
def test_which_neurons_have_a_tile(view, choose, chosen, told):
    """At the end the last weigh most; the third has come the longest way."""
    end = np.full((4, 9), 0.5) * np.arange(9) / 8
    begin = np.zeros((4, 9))
    begin[:, 2] = -2
    if view is NeuronGrid:
        recording = recorded("linear", begin, begin, end, inputs=(2, 2))
    else:
        recording = recorded("conv", *(w.reshape(2, 2, 1, 9) for w in (begin, begin, end)))
    made = view(rows=1, columns=3, choose=choose, labels=True, **BARE)
    for shown, number in zip(tiles(made, recording), chosen, strict=True):
        assert near(shown[..., 0], np.full((2, 2), end[0, number]))
    assert made.told(recording.about, 3) == told
    place = Place(Rect(0, 0, 600, 400), STYLE)
    there = made.fit(together(recording), place, Always(recording.steps))
    assert there._words(recording, 2) == [str(number) for number in chosen]
    assert made.told(recording.about, 9) == ""
    natural, bare = (v.natural(recording.about, place) for v in (made, made.model_copy(update={"choose": None})))
    assert natural is not None
    assert bare is not None
    assert (natural.height or 0) <= 400
    assert bool(told) == (there.grid.size[1] < (natural.height or 0))


class Always:
    """A course that shows some steps."""

    tweens = False

    def __init__(self, steps: np.ndarray) -> None:
        self.steps = steps

    def shown(self, run: str) -> np.ndarray:
        return self.steps

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int) -> Any:
        raise IndexError


def test_weights_that_are_no_numbers_are_chosen_last():
    end = np.ones((4, 3))
    end[:, 0] = np.nan
    recording = recorded("linear", np.zeros((4, 3)), end, inputs=(2, 2))
    view = NeuronGrid(rows=1, columns=2, choose="change")
    assert view.chosen(recording, recording.steps, 2) == (1, 2)


def test_halves_are_shown_as_what_they_stand_for():
    weights = CHANCE.uniform(size=(4, 2))
    recording = recorded("linear", weights, inputs=(2, 2))
    column = recording.columns.arrays[f"parameters/{NAME}/weights"]
    halves = type("Halves", (), {"read": lambda self, row: column.read(row).astype(np.float16)})()
    recording.columns.arrays[f"parameters/{NAME}/weights"] = halves
    assert near(tiles(NeuronGrid(**BARE), recording)[1][..., 0], weights[:, 1].astype(np.float16).reshape(2, 2))
