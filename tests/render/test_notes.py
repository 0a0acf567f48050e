"""What views must leave out is said, word for word; words that have no room are refused."""

from __future__ import annotations

import pytest

from trainings import small_convnet, small_data, small_run
from weightreel.render.command.cli import run
from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style
from weightreel.render.views.caption import Caption
from weightreel.render.views.confusion_matrix import ConfusionMatrix
from weightreel.render.views.figures import Figures
from weightreel.render.views.kernels import Kernels
from weightreel.trainer.run import describe

LONG = "a line of many words, more than the area has room for"


def noted(view, size, run=None):
    about = describe(run or small_run(), small_data(), 0)
    return list(view.findings_at(about, Place(Rect(0, 0, *size), Style((640, 360)))))


@pytest.mark.parametrize(
    ("view", "size", "expected"),
    [
        (
            Caption(text=LONG, area="a"),
            (100, 30),
            (
                "text",
                "its 4 lines are 64 pixels high even in type of 12 pixels and have 30; shorten it, or give its area "
                "more room",
                "error",
            ),
        ),
        (
            Caption(heading="Supercalifragilistic", text="x", area="a"),
            (100, 60),
            (
                "heading",
                "'Supercalifragilistic' is 103 pixels wide even in type of 13 pixels and has 100; shorten it, or give "
                "its area more room",
                "error",
            ),
        ),
        (
            Caption(text="1\n2\n3", area="a"),
            (100, 30),
            (
                "text",
                "its 3 lines are 46 pixels high even in type of 12 pixels and have 30; shorten it, or give its area "
                "more room",
                "error",
            ),
        ),
        (
            Figures(),
            (100, 60),
            (
                "items",
                "the numbers need 144 × 50 pixels even in small type and have 100 × 60; show fewer or give their area "
                "more room",
                "error",
            ),
        ),
        (
            ConfusionMatrix(),
            (90, 90),
            (
                "counts",
                "cells of 20 × 20 pixels have no room for counts, which are left out; give the matrix more room",
                "note",
            ),
        ),
    ],
)
def test_what_has_no_room(view, size, expected):
    assert noted(view, size) == [expected]
    assert noted(view, (640, 360)) == []


def test_numbers_in_kernels():
    view = Kernels(numbers=True)
    assert noted(view, (640, 360), small_convnet()) == []
    assert noted(Kernels(), (60, 60), small_convnet()) == []
    assert noted(view, (60, 60), small_convnet()) == [
        (
            "numbers",
            "cells of 4 × 4 pixels have no room for numbers, which are left out; "
            "show fewer kernels or give their area more room",
            "note",
        )
    ]


@pytest.mark.parametrize("verb", [["check"], ["still", "-o", "x.png"], ["render"]], ids=lambda verb: verb[0])
def test_words_without_room_are_refused_before_a_training_is_spent(verb, scene_file, monkeypatch, capsys):
    monkeypatch.setattr("weightreel.render.showing.session.record", None)
    text = "view.2.text=" + "-".join(LONG.split())
    assert run([verb[0], str(scene_file), *verb[1:], "--set", text]) == 2
    told = capsys.readouterr().err
    where = "" if verb[0] == "still" else "output[0] "
    assert f"view[2].text   {where}at 320 × 180: 'a-line" in told
