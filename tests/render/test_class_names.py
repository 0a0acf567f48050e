"""Names of classes beside cells and under tiles: none touches another, and where they have no room that is said."""

from __future__ import annotations

from itertools import pairwise

import pytest

from trainings import small_data, small_run
from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.fitting import in_lines
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Unfit
from weightreel.render.views._class_names import ClassNames
from weightreel.render.views._tile_labels import Labels
from weightreel.render.views.back_projection import BackProjection
from weightreel.render.views.confusion_matrix import ConfusionMatrix
from weightreel.render.views.neuron_grid import NeuronGrid
from weightreel.render.views.regions import Regions
from weightreel.trainer.run import describe

STYLE = Style((1920, 1080))
TWO_WORDS = ("blue triangle", "green square", "red circle")
CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
MANY = tuple(f"class number {i}" for i in range(100))


@pytest.mark.parametrize("room", [(900, 900), (700, 500), (420, 420), (300, 800)])
@pytest.mark.parametrize("names", [TWO_WORDS, CLOTHES, MANY, tuple("0123456789")], ids=len)
def test_names_are_within_their_cells_or_left_out(names, room):
    laid = ClassNames.of(names, room, STYLE)
    assert laid.left + laid.side * len(names) <= max(room[0], laid.left + len(names))
    if not laid.size:
        return
    assert laid.size >= 0.75 * STYLE.body_px
    high = sum(text.metrics(laid.size)[:2])
    for rows in laid.rows:
        assert high * len(rows) <= laid.side
        assert laid.turned or all(text.width(row, laid.size) < laid.side for row in rows)


def test_names_are_broken_before_they_shrink_and_shrink_before_they_are_turned():
    wide, broken, turned = (ClassNames.of(TWO_WORDS, (w, 900), STYLE) for w in (900, 460, 280))
    assert [max(map(len, laid.rows)) for laid in (wide, broken, turned)] == [1, 2, 1]
    assert wide.size == broken.size == STYLE.body_px
    assert turned.turned


def test_names_that_are_left_out_are_told_of():
    about = describe(small_run(), small_data(), 0).model_copy(update={"classes": MANY})
    found = list(ConfusionMatrix().findings_at(about, Place(Rect(0, 0, 700, 700), STYLE)))
    assert "100 names have no room beside cells of 6 × 6 pixels and are left out; give the matrix more room" in [
        finding.message for finding in found
    ]


@pytest.mark.parametrize(("size", "told"), [((420, 420), []), ((900, 40), ["labels"])])
def test_tiles_that_are_lost_among_their_labels_are_told_of(size, told):
    about = describe(small_run(), small_data(), 0).model_copy(update={"classes": TWO_WORDS})
    view = BackProjection(layer=1, labels=True, normalize={"over": "tile"})
    found = list(view.findings_at(about, Place(Rect(0, 0, *size), STYLE)))
    assert [finding.key for finding in found] == told


@pytest.mark.parametrize("size", [(900, 900), (420, 420), (300, 700), (700, 260)])
def test_labels_of_neighbours_do_not_touch(size):
    about = describe(small_run(), small_data(), 0).model_copy(update={"classes": TWO_WORDS})
    view = BackProjection(layer=1, labels=True)
    assert view.named(about) == list(TWO_WORDS)
    grid = view.tiles(about, Place(Rect(0, 0, *size), STYLE))
    assert grid.label_px >= 0.75 * STYLE.body_px
    assert grid.label_width <= grid.pitch[0]
    assert grid.size[0] <= size[0] and grid.size[1] <= size[1]


def test_labels_on_fewer_lines_come_first():
    ways = list(Labels.of(["× green square → blue triangle  100%"], STYLE, 1.0))
    assert [way.lines for way in ways] == [1, 2, 3]
    assert all(one.width > other.width for one, other in pairwise(ways))


def test_which_tiles_are_of_classes():
    about = describe(small_run(), small_data(), 0).model_copy(update={"classes": TWO_WORDS})
    assert NeuronGrid(layer=1, labels=True).named(about) == list(TWO_WORDS)
    assert NeuronGrid(layer=0, labels=True).named(about) == [str(i) for i in range(6)]
    assert BackProjection(layer=1, units=[2, 0], labels=True).named(about) == ["red circle", "blue triangle"]
    assert BackProjection(layer=0, units=[5, 0], labels=True).named(about) == ["5", "0"]
    assert Regions(classes=[1], labels=True).named(about) == ["green square"]


def test_breaking_names_is_done_once_for_all_places():
    """A layout that is stacked anew measures each view in some hundred places."""
    style = Style((1080, 1920))
    first = ClassNames.of(CLOTHES, (400, 400), style)
    before = in_lines.cache_info().misses
    assert ClassNames.of(CLOTHES, (400, 400), style) == first
    ClassNames.of(CLOTHES, (390, 410), style)
    list(Labels.of(CLOTHES, style, 1.0))
    missed = in_lines.cache_info().misses - before
    assert missed <= 3 * len(CLOTHES)
    list(Labels.of(CLOTHES, style, 1.0))
    assert in_lines.cache_info().misses - before == missed


@pytest.mark.parametrize("room", [(16, 4), (2, 2), (1, 200)])
def test_no_room_is_never_less_than_nothing(room):
    about = describe(small_run(), small_data(), 0)
    with pytest.raises(Unfit, match=r"do not fit into \d+ × \d+ pixels"):
        NeuronGrid(labels=True, colorbar=True).tiles(about, Place(Rect(0, 0, *room), STYLE))
