"""One meaning a colour: splits, what is wrong, what is nothing; in every theme."""

from __future__ import annotations

import re
from typing import get_args

import numpy as np
import pytest

from trainings import draw, fitted, record_for
from weightreel.render.drawing.canvas import READABLE, Rect, blank, contrast
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.text import metrics
from weightreel.render.drawing.theme import Style, Theme, ThemeName
from weightreel.render.scene.file import load, shipped_scenes
from weightreel.render.views.confusion_matrix import ConfusionMatrix
from weightreel.render.views.kernels import Kernels
from weightreel.render.views.samples import Samples
from weightreel.trainer.recording.probes import ConfusionMatrix as Counts
from weightreel.trainer.recording.probes import Labels, Probabilities

SPLITS = {"training": "first", "validation": "second", "test": "third"}
STEP = 7


@pytest.fixture(params=get_args(ThemeName))
def style(request) -> Style:
    return Style((960, 540), Theme(name=request.param))


def drawn(view, style, size=(420, 420)):
    recordings = record_for(view)
    made = fitted(view, recordings, Place(Rect(0, 0, *size), style))
    canvas = blank(size, style.background)
    draw(made, canvas, recordings, STEP)
    return canvas, made, recordings["run"]


def test_a_matrix_of_nothing_is_no_slab(style):
    """Cells of nothing look like the background, and lines show that they are cells."""
    canvas, made, recording = drawn(ConfusionMatrix(counts=False), style)
    counts = recording.probe(Counts("validation").key, STEP)
    side = made.rect.width // 3
    assert counts.any()
    for (row, column), count in np.ndenumerate(counts):
        x, y = made.rect.x + column * side, made.rect.y + row * side
        (shade,) = np.unique(canvas[y : y + side - 2, x : x + side - 2].reshape(-1, 3), axis=0)
        share = count / counts[row].sum()
        assert tuple(shade) == tuple(style.lookup_table("sequential")[min(255, int(256 * share)), 0])
        assert contrast(tuple(shade), style.background) <= 1.2 if count == 0 else True
        for line in (canvas[y - 2 : y, x : x + side - 2], canvas[y : y + side - 2, x + side - 2 : x + side]):
            assert (line == style.color("line")).all()


def test_counts_can_be_read_on_every_shade(style):
    made = drawn(ConfusionMatrix(), style)[1]
    for shade in map(tuple, style.lookup_table("sequential")[:, 0].tolist()):
        assert all(contrast(made._ink(count, shade), shade) >= READABLE for count in (0, 1))
    nothing = tuple(style.lookup_table("sequential")[0, 0].tolist())
    assert made._ink(0, nothing) == style.color("muted") != made._ink(1, nothing)


def test_what_is_wrong_has_two_borders_of_which_one_is_seen_on_any_image(style):
    canvas, made, recording = drawn(Samples(rows=2, columns=3), style)
    guesses = recording.probe(Probabilities("test", 6).key, STEP).argmax(axis=1)
    wrong = guesses != recording.probe(Labels("test", 6).key, STEP)
    assert wrong.any() and not wrong.all()
    thick, side = style.even_px(5), made.grid.tile[0] * made.grid.scale
    for number, marked in enumerate(wrong):
        x, y = (at - made.grid.border.outside for at in made.grid.corner(number))
        edge = canvas[y + side // 2, x : x + 2 * thick]
        outer, inner = (edge[:thick] == style.color("text")).all(), (edge[thick:] == style.background).all()
        assert (outer and inner) == marked


@pytest.mark.parametrize("side", [20, 36, 60, 150])
def test_the_borders_of_what_is_wrong_leave_the_image_to_be_seen(style, side):
    """However small it is."""
    view, style = Samples(rows=1, columns=6, labels=False), Style((1080, 1080), style.theme)
    _, made, recording = drawn(view, style, (6 * side, side))
    tile = made.grid.tile[0] * made.grid.scale
    canvas = np.full((side, 6 * side, 3), 77, np.uint8)
    view.annotate(canvas, made, recording, STEP)
    corners = [made.grid.corner(number) for number in range(6)]
    kept = [(canvas[y : y + tile, x : x + tile] == 77).all(axis=2).mean() for x, y in corners]
    assert min(kept) >= 0.5


def test_words_beside_a_matrix_without_names_leave_its_outer_lines(style):
    made = drawn(ConfusionMatrix(), style, (80, 80))[1]
    assert made.rect.y - made._gap == sum(metrics(style.body_px)[:2]) == made.rect.x - made._gap
    lines = made.background[made.rect.y - made._gap, made.rect.x : made.rect.x + made.rect.width]
    assert (lines == style.color("line")).all()


def test_norms_are_from_nothing_to_much():
    assert Kernels(channel="norm").normalize.range == "positive"
    assert Kernels(channel="norm", normalize={"over": "tile"}).normalize.range == "positive"
    assert (Kernels(channel="norm").colormap, Kernels().colormap) == ("sequential", "diverging")
    assert Kernels(channel="norm", colormap="magma", normalize={"range": "minmax"}).normalize.range == "minmax"


@pytest.mark.parametrize("name", shipped_scenes())
def test_figures_have_the_colours_of_their_splits(name):
    for view in load(name).view:
        for item in getattr(view, "items", ()):
            for split in SPLITS:
                of_it = r"\{(batch_)?(loss|accuracy)" if split == "training" else rf"\{{(\w+_)?{split}_"
                if re.search(of_it, item.value):
                    assert item.color in ("text", split, SPLITS[split]), item
