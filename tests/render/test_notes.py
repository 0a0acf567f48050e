"""What views must cut or leave out is said, word for word, and stops no film."""

from __future__ import annotations

import pytest

from trainings import planned, small_convnet, small_data, small_run
from weightreel.render.command.cli import run
from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style
from weightreel.render.scene.file import load
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
            (100, 60),
            ("text", f"'{LONG}' is 273 pixels wide and cut at 100; shorten it or give its column more room"),
        ),
        (
            Caption(heading=LONG, text="x", area="a"),
            (100, 60),
            ("heading", f"'{LONG}' is 376 pixels wide and cut at 100; shorten it or give its column more room"),
        ),
        (
            Caption(text="1\n2\n3", area="a"),
            (100, 30),
            ("text", "the lines are 41 pixels high and cut at 30; take some out or give their row more room"),
        ),
        (
            Figures(),
            (100, 60),
            (
                "items",
                "the numbers need 208 pixels and have 100: they touch or are cut; "
                "show fewer or give their column more room",
            ),
        ),
        (
            ConfusionMatrix(),
            (80, 80),
            (
                "counts",
                "cells of 16 × 16 pixels have no room for counts, which are left out; give the matrix more room",
            ),
        ),
    ],
)
def test_what_has_no_room(view, size, expected):
    assert noted(view, size) == [(*expected, "note")]
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


def test_check_says_them_for_every_size(scene_file, capsys):
    text = f"view.2.text={LONG}"
    plan = planned(load(scene_file, settings=[text, "output.0.size=[640, 360]"]))
    assert [n.key for n in plan.findings] == ["view[2].text"]
    assert plan.findings[0].message.startswith("at 320 × 180: 'a line")
    assert run(["check", str(scene_file), "--set", text]) == 0
    assert "note: view[2].text   output[0] at 320 × 180: 'a line" in capsys.readouterr().out
