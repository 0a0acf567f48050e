"""Captions: at nine places of an area or of the frame, lines aligned with each other, numbers that do not jump."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from trainings import draw
from trainings import fitted as fitted_to
from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.lines import Align, Anchor
from weightreel.render.drawing.theme import Style
from weightreel.render.views import View
from weightreel.render.views.caption import Caption
from weightreel.render.views.figures import Figure, Figures

SIZE = (400, 240)
STYLE = Style((640, 360))


def ink(view: View, recording, step: int = 6) -> np.ndarray:
    """Where a view of words is drawn, (height, width)."""
    fitted = fitted_to(view, recording, Place(Rect(0, 0, *SIZE), STYLE))
    canvas = blank(SIZE, STYLE.background)
    draw(fitted, canvas, recording, step)
    return (canvas != STYLE.background).any(axis=2)


def spans(mask: np.ndarray) -> list[tuple[int, int]]:
    """(first, last) column of each line of text."""
    rows = mask.any(axis=1).astype(int)
    starts, ends = (np.flatnonzero(np.diff(rows, prepend=0, append=0) == d) for d in (1, -1))
    columns = [np.flatnonzero(mask[a:b].any(axis=0)) for a, b in zip(starts, ends, strict=True)]
    return [(int(c[0]), int(c[-1])) for c in columns]


@pytest.mark.parametrize("over", ["area", "frame"])
@pytest.mark.parametrize("anchor", get_args(Anchor))
def test_nine_places(recording, anchor, over):
    view = Caption(text="HHHHHH", anchor=anchor, area="a" if over == "area" else None)
    mask = ink(view, recording)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    near = 12 if over == "area" else 16  # a panel keeps off the edge of the frame
    words = anchor.split()
    assert (columns[0] < near) == ("left" in words)
    assert (columns[-1] >= SIZE[0] - near) == ("right" in words)
    assert (rows[0] < near) == ("top" in words)
    assert (rows[-1] >= SIZE[1] - near) == ("bottom" in words)
    if not {"left", "right"} & set(words):
        assert abs(columns[0] + columns[-1] - SIZE[0]) <= 4
    if not {"top", "bottom"} & set(words):
        assert abs(rows[0] + rows[-1] - SIZE[1]) <= 14


@pytest.mark.parametrize("anchor", ["top left", "center", "bottom right"])
@pytest.mark.parametrize("align", get_args(Align))
def test_lines_are_aligned_with_each_other(recording, anchor, align):
    lines = spans(ink(Caption(text="HHHHHHHHHHHH\nHH\nHHHHHHH", anchor=anchor, align=align, area="a"), recording))
    assert len(lines) == 3
    edges = {"left": [a for a, _ in lines], "right": [b for _, b in lines], "center": [a + b for a, b in lines]}
    for side, places in edges.items():
        assert (max(places) - min(places) <= 3) == (side == align)
    whole = {"top left": 0, "center": (SIZE[0] - (lines[0][1] - lines[0][0])) / 2, "bottom right": None}[anchor]
    assert SIZE[0] - lines[0][1] <= 3 if whole is None else abs(lines[0][0] - whole) <= 3


def test_lines_over_the_frame_are_aligned_too(recording):
    view = Caption(text="HHHHHHHHHHHH\nHH", anchor="top left")
    fitted = fitted_to(view, recording, Place(Rect(0, 0, *SIZE), STYLE))
    told = fitted_to(view.model_copy(update={"align": "right"}), recording, Place(Rect(0, 0, *SIZE), STYLE))
    assert fitted.box == told.box
    canvases = [blank(SIZE, STYLE.panel) for _ in range(2)]
    for canvas, drawn in zip(canvases, (fitted, told), strict=True):
        draw(drawn, canvas, recording, 3)
    (first, second), (left, right) = (spans((c != STYLE.panel).any(axis=2)) for c in canvases)
    assert first == left
    assert second[0] < first[0] + 3
    assert abs(right[1] - left[1]) <= 3


def test_aligned_lines_stand_still_while_numbers_grow(recording):
    view = Caption(text="HHH\nstep {step}", anchor="top left", align="right", area="a")
    early, late = (spans(ink(view, recording, step)) for step in (3, 12))
    assert early[0] == late[0]


def test_the_height_of_a_caption_asks_for_no_numbers(recording):
    view = Caption(text="{steps:d} {step:d} {data} {epoch:.1f}", area="a")
    assert view.natural(recording.about, Place(Rect(0, 0, *SIZE), STYLE)).height > 0


@pytest.mark.parametrize("words", ["fifths of b, d, k and l", "Über Äpfel, Ångström", "ABC"])
def test_no_letter_is_cut_at_the_top(recording, words):
    top, bottom = (ink(Caption(heading=words, anchor=a, area="a"), recording) for a in ("top left", "bottom left"))
    assert top.sum() == bottom.sum() > 0
    assert top[:4].any()


def test_no_letter_of_the_names_of_figures_is_cut(recording):
    label = "Überall b, f, l"
    view = Figures(area="a", items=(Figure(label=label, value=""),))
    low = ink(Caption(text=label, anchor="bottom left", area="a"), recording)
    assert ink(view, recording).sum() == low.sum()
