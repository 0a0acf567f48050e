"""Golden pictures: what the views drew last time, from a recording that is kept with the tests.

`make golden` accepts today's pictures. When one differs, expected, actual and difference are written to
tests/golden/failed/ (tests/pictures.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

import pictures
from examples import pictures as pictured
from kept import unpack
from trainings import draw, fitted, moment_at, together
from weightreel.render.drawing.canvas import Frame, Rect, blank, rgb
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.template import values
from weightreel.render.drawing.theme import THEMES, Style, Theme
from weightreel.render.views._card import Card
from weightreel.trainer.recording.store import Recordings, open_recordings

HERE = Path(__file__).parent
RECORDING = HERE.parent / "data" / "recording"
SIZE = (280, 180)
PICTURES = {name: rest for name, *rest in pictured()}


@pytest.fixture(scope="module")
def kept():
    return open_recordings(RECORDING)


@pytest.fixture(scope="module")
def answers():
    return unpack(RECORDING.with_name("answers.npz"))


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name, kept, answers, request):
    kind, example, step = PICTURES[name]
    view = kind(**example.options)
    style = Style((640, 360), theme_of(name))
    frame = blank(SIZE, style.background)
    recording = Recordings({n: kept[n] for n in ("run", "decayed")}) if view.every_run else None
    recording = recording or next(
        held[example.training]
        for held in (kept, answers)
        if example.training in held and not list(view.lacking(held[example.training]))
    )
    draw(fitted(view, recording, Place(Rect(0, 0, *SIZE), style)), frame, recording, step)
    compare(frame, name, request)


def compare(frame: Frame, name: str, request: pytest.FixtureRequest) -> None:
    """Hold a frame to the golden picture of this name."""
    pictures.compare(rgb(frame), HERE / f"{name}.png", accept=request.config.getoption("--accept-golden"))


@pytest.mark.parametrize("theme", THEMES)
def test_card(theme, kept, request):
    style = Style(SIZE, Theme(name=theme))
    card = Card(heading="{steps} steps", text="validation loss\n{validation_loss:.3f}", anchor="left")
    frame = blank(SIZE, (9, 9, 9))
    recordings = together(kept["run"])
    card.fit(style, values(kept["run"], 12)).draw(frame, recordings, moment_at(recordings, 12))
    compare(frame, f"card_{theme}", request)


def theme_of(name: str) -> Theme:
    """The theme that a picture's name ends in; dark for the others."""
    last = name.rpartition("_")[2]
    return Theme(name=last) if last in THEMES else Theme()


def test_every_picture_is_of_something():
    drawn = {*PICTURES, *(f"card_{theme}" for theme in THEMES)}
    left = sorted({p.stem for p in HERE.glob("*.png")} - drawn)
    assert not left, f"no example in tests/examples.py names these pictures of tests/golden; remove them: {left}"
