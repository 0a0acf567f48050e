"""Matrices as heat maps: each cell some whole pixels, or each pixel the mean of some cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layered import near, recorded

from trainings import draw, fitted
from weightreel.render.drawing.canvas import Rect, blank, rgb
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Unfit
from weightreel.render.views._reduced import Cells
from weightreel.render.views.matrix import FittedMatrix, Matrix

STYLE = Style((1280, 720))
GRAY: dict[str, Any] = {"colormap": "gray", "normalize": {"range": [0.0, 1.0]}}
sides = st.integers(1, 400)


def picture(view: Matrix, recording, size=(900, 600), style: Style = STYLE) -> tuple[np.ndarray, FittedMatrix]:
    """What is drawn where the matrix stands, and the fitted view."""
    made = fitted(view, recording, Place(Rect(0, 0, *size), style))
    assert isinstance(made, FittedMatrix)
    canvas = blank(size, (9, 9, 9))
    draw(made, canvas, recording, int(recording.steps[-1]))
    return rgb(made.laid.picture.of(canvas)), made


@pytest.mark.parametrize(("kind", "shape"), [("linear", (30, 20)), ("embedding", (26, 4)), ("other", (5, 60))])
def test_every_weight_is_a_cell_of_whole_pixels(kind, shape):
    weights = np.random.default_rng(1).uniform(size=shape)
    for transpose in (False, True):
        shown, made = picture(Matrix(transpose=transpose, **GRAY), recorded(kind, weights))
        down, across = made.laid.cells.scale
        assert down % 2 == across % 2 == 0
        assert made.laid.picture.x % 2 == made.laid.picture.y % 2 == 0
        cells = shown[::down, ::across]
        assert near(cells[..., 0], weights.T if transpose else weights)
        assert np.array_equal(shown, cells.repeat(down, axis=0).repeat(across, axis=1))


@given(st.tuples(sides, sides), st.tuples(sides, sides))
def test_cells_have_room_and_are_the_same_in_the_room_that_they_fill(shape, room):
    cells = Cells.of(shape, room)
    size = cells.size(shape)
    assert all(0 < s <= r for s, r in zip(size, room, strict=True))
    assert Cells.of(shape, size) == cells
    assert all(min(pair) == 1 for pair in zip(*cells, strict=True))
    matrix = np.arange(shape[0] * shape[1], dtype=np.float64).reshape(shape)
    means = cells.values(matrix)
    assert tuple(n * s for n, s in zip(means.shape, cells.scale, strict=True)) == size
    rows, columns = (slice(0, m) for m in cells.means)
    assert means[0, 0] == pytest.approx(matrix[rows, columns].mean())
    last = [(n - 1) // m * m for n, m in zip(shape, cells.means, strict=True)]
    assert means[-1, -1] == pytest.approx(matrix[last[0] :, last[1] :].mean())


def test_a_matrix_larger_than_its_area_is_said_to_be_reduced():
    weights = np.random.default_rng(1).uniform(size=(768, 3072))
    shown, made = picture(Matrix(**GRAY), recorded("linear", weights))
    assert made.laid.cells.means == (2, 4)
    assert made.laid.told == "each pixel is the mean of 2 × 4 weights"
    assert near(shown[..., 0], weights.reshape(384, 2, 768, 4).mean(axis=(1, 3)))
    _, small = picture(Matrix(**GRAY), recorded("linear", weights), (200, 120), Style((320, 180)))
    assert small.laid.told == "means of 10 × 24"


@pytest.mark.parametrize(
    ("size", "frame", "words"),
    [
        ((120, 50), (96, 64), "the names of the axes"),
        ((120, 300), (640, 360), "the colour bar"),
        ((30, 20), (96, 64), "the names of the axes and the colour bar"),
    ],
)
def test_what_has_no_room_beside_a_matrix_is_told(size, frame, words):
    about, place = recorded("linear", np.zeros((768, 3072))).about, Place(Rect(0, 0, *size), Style(frame))
    (finding,) = Matrix().findings_at(about, place)
    width, height = size
    told = f"{width} × {height} pixels have no room for {words}, left out; give the matrix more room"
    assert (finding.message, finding.level) == (told, "note")


def test_vocabularies_are_as_wide_as_they_can_be_seen():
    cells = Cells.of((50257, 768), (900, 1600))
    assert cells == ((56, 1), (1, 2))
    assert Cells.of((50257, 2), (900, 1600)).scale == (1, 112)


def test_the_range_is_that_of_the_clip():
    weights = [np.full((2, 3), value) for value in (0.0, -4.0, 1.0)]
    assert picture(Matrix(), recorded("linear", *weights))[1].limits == (-4.0, 4.0)
    own = Matrix(normalize={"over": "frame"})
    assert picture(own, recorded("linear", *weights))[1].limits is None


def test_what_was_not_recorded_is_said():
    recording = recorded("linear", np.zeros((3, 4)))
    (finding,) = Matrix(parameter="a.b/c/biases").lacking(recording)
    assert finding.message == "'a.b/c/biases' was not recorded; did you mean 'a.b/c/weights'?"
    assert list(Matrix().lacking(recording)) == []


def test_axes_are_named_by_the_layer_or_the_scene():
    embedding = recorded("embedding", np.zeros((26, 4)))
    assert picture(Matrix(), embedding)[1].laid.names == ("entries", "dimensions")
    assert picture(Matrix(transpose=True), embedding)[1].laid.names == ("dimensions", "entries")
    assert picture(Matrix(down="letters"), embedding)[1].laid.names == ("letters", "dimensions")
    assert picture(Matrix(), recorded("other", np.zeros((3, 4))))[1].laid.names == ("rows", "columns")


def test_it_fills_what_it_takes_of_an_area():
    recording = recorded("linear", np.zeros((63, 17)))
    view, whole = Matrix(area="a"), Place(Rect(0, 0, 801, 603), STYLE)
    natural = view.natural(recording.about, whole)
    assert natural is not None
    width, height = natural.width or 0, natural.height or 0
    assert width % 2 == height % 2 == 0
    again = view.natural(recording.about, Place(Rect(0, 0, width, height), STYLE))
    assert again == natural


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"parameter": "a.b/c/wieghts"}, "no parameter 'a.b/c/wieghts'; did you mean 'a.b/c/weights'?"),
        ({"parameter": "x"}, "no parameter 'x'; there are a.b/c/weights, and biases"),
        ({"layer": 1}, "layer 1 is out of range; the run has layers 0 to 0"),
    ],
)
def test_parameters_that_there_are_not(keys, words):
    with pytest.raises(Unfit) as raised:
        list(Matrix(**keys).findings(recorded("linear", np.zeros((3, 4))).about))
    assert raised.value.message == words
    assert list(Matrix(parameter="a.b/c/weights").findings(recorded("linear", np.zeros((3, 4))).about)) == []


def test_weights_of_more_axes_are_no_matrix():
    (finding,) = Matrix().findings(recorded("conv", np.zeros((7, 7, 3, 64))).about)
    assert finding.message == "its weights are 7 × 7 × 3 × 64, and no matrix; a matrix has rows and columns"
    assert finding.key == "layer"
