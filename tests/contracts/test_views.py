"""The laws of views, over every plug-in."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from weightreel.render.drawing.canvas import Frame, Rect, parse_color
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style, Theme
from weightreel.render.errors import Unfit
from weightreel.render.views import View
from weightreel.trainer import plugins

sys.path.insert(0, str(Path(__file__).parents[1]))
from conftest import record_for

# Options for the views that cannot do without; a view with defaults needs no line here.
EXAMPLES: dict[str, list[dict]] = {
    "caption": [
        {"text": "epoch {epoch:.2f}  {validation_accuracy:.1%}", "area": "a"},
        {"text": "step {step}", "anchor": "top right"},
        {"heading": "Words", "text": "loss {loss:8.4f}\nmore", "area": "a", "anchor": "bottom"},
    ],
    "neuron_grid": [
        {},
        {"rows": 2, "columns": 4, "labels": True, "border": {"inside": True, "thickness": 1}},
        {"rows": 1, "columns": 3, "gap": 3, "colormap": "viridis", "normalize": {"over": "clip", "range": "symmetric"}},
        {"layer": 1, "shape": [2, 3], "normalize": {"over": "frame", "range": [-1.0, 1.0], "gain": 2.0}},
    ],
    "back_projection": [{}, {"layer": 1, "units": [2, 0], "colorbar": True, "normalize": {"over": "clip"}}],
    "regions": [{"classes": [0, 2], "colorbar": True}],
    "kernels": [{"numbers": True}, {"colorbar": True, "columns": 5, "colormap": "viridis"}],
    "activation_maps": [{}, {"layer": 1, "columns": 5, "colorbar": True}],
    "samples": [{}, {"rows": 1, "columns": 4}],
    "confusion_matrix": [{"area": "a"}, {"counts": False}],
    "table": [{}, {"metrics": ["validation_loss"]}],
    "curve": [{}, {"x": "step", "x_scale": "log", "y_scale": "log"}, {"metrics": ["accuracy", "validation_accuracy"]}],
}
VIEWS = plugins.options("weightreel.render.views")
CASES = [
    pytest.param(kind(**example), id=f"{name}-{i}")
    for name, kind in VIEWS.items()
    for i, example in enumerate(EXAMPLES.get(name, [{}]))
]
SIZES = [(1, 1), (2, 2), (3, 7), (31, 17), (97, 61), (240, 180), (501, 333)]

pytestmark = pytest.mark.parametrize("view", CASES)


@pytest.fixture(scope="module")
def recordings() -> Callable[[View], Any]:
    """A small training for each view, made once."""
    return cache(record_for)


def place(size: tuple[int, int], x: int = 0, y: int = 0) -> Place:
    return Place(Rect(x, y, *size), Style((640, 360)))


def noise(size: tuple[int, int], seed: int) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)


def fitted(view: View, recording: Any, where: Place):
    """The view, or None where the place is too small for it and it says so."""
    try:
        view.natural(recording.about, where)
    except Unfit as error:
        assert "fit" in str(error)
        return None
    return view.fit(recording, where)


def test_module_and_class_are_a_view(view, recordings):
    assert isinstance(view, View)
    assert type(view).__doc__
    assert list(view.findings(recordings(view).about)) == []


@pytest.mark.parametrize("size", SIZES)
def test_paints_inside_its_rectangle_only(view, recordings, size):
    where, recording = place(size, 5, 3), recordings(view)
    drawn = fitted(view, recording, where)
    if drawn is None:
        return
    frame = noise((size[0] + 12, size[1] + 9), 1)
    before = frame.copy()
    drawn.draw(where.rect.of(frame), recording, 5)
    where.rect.of(frame)[:] = where.rect.of(before)
    assert np.array_equal(frame, before)


@pytest.mark.parametrize("size", SIZES)
def test_draws_the_same_over_anything(view, recordings, size):
    recording = recordings(view)
    drawn = fitted(view, recording, place(size))
    if drawn is None:
        return
    grounds = [noise(size, seed) for seed in (1, 2, 3)]
    results = [g.copy() for g in grounds]
    for result in results:
        drawn.draw(result, recording, 7)
    untouched = np.all([(r == g).all(axis=2) for r, g in zip(results, grounds, strict=True)], axis=0)
    same = np.all([(r == results[0]).all(axis=2) for r in results], axis=0)
    assert (untouched | same).all()


def test_draws_alone_what_it_draws_in_sequence(view, recordings):
    recording = recordings(view)
    canvas = noise((360, 240), 0)
    drawn = fitted(view, recording, place((360, 240)))
    alone = noise((360, 240), 0)
    for step in (0, 1, 2, 12, 3, 9):
        drawn.draw(canvas, recording, step)
    view.fit(recording, place((360, 240))).draw(alone, recording, 9)
    assert np.array_equal(canvas, alone)


@pytest.mark.parametrize("step", [0, 1, 6])
def test_reads_nothing_after_the_step(view, recordings, step):
    recording = recordings(view)
    drawn = fitted(view, recording, place((360, 240)))
    whole, cut = noise((360, 240), 0), noise((360, 240), 0)
    drawn.draw(whole, recording, step)
    drawn.draw(cut, recording.until(step), step)
    assert np.array_equal(whole, cut)


def test_fitted_pickles(view, recordings):
    recording = recordings(view)
    drawn = fitted(view, recording, place((360, 240)))
    one, two = noise((360, 240), 0), noise((360, 240), 0)
    drawn.draw(one, recording, 4)
    pickle.loads(pickle.dumps(drawn)).draw(two, recording, 4)
    assert np.array_equal(one, two)


def test_takes_its_colours_from_the_theme(view, recordings):
    """With every colour of the theme another one, none of the usual ones is left."""
    usual = {parse_color(c) for c in colors_of(Theme())}
    other = Theme.model_validate(
        {k: another(v) for k, v in Theme().model_dump().items() if k != "name" and not isinstance(v, float)}
    )
    drawn = view.fit(recordings(view), Place(Rect(0, 0, 360, 240), Style((640, 360), other)))
    canvas = np.full((240, 360, 3), parse_color(other.background), np.uint8)
    drawn.draw(canvas, recordings(view), 7)
    assert not usual & {tuple(map(int, c)) for c in np.unique(canvas.reshape(-1, 3), axis=0)}


def colors_of(theme: Theme) -> list[str]:
    """All colours of a theme."""
    return [
        c
        for v in theme.model_dump().values()
        for c in ([v] if isinstance(v, str) else v if isinstance(v, tuple) else [])
        if c[0] == "#"
    ]


def another(color):
    """Each colour a little greener or less green."""
    if not isinstance(color, str):
        return [another(c) for c in color]
    green = int(color[3:5], 16)
    return f"{color[:3]}{green + 9 if green < 128 else green - 9:02x}{color[5:]}"


def test_changes_nothing_in_the_recording(view, recordings):
    recording = recordings(view)
    old = pickle.loads(pickle.dumps(recording))
    drawn = fitted(view, recording, place((360, 240)))
    drawn.draw(noise((360, 240), 0), recording, 5)
    drawn.draw(noise((360, 240), 0), recording, 9)
    pairs = zip(recording.values(), old.values(), strict=True) if view.every_run else [(recording, old)]
    for run, kept in pairs:
        for step in (0, 4, 6):
            assert np.array_equal(run.parameter("0/weights", step), kept.parameter("0/weights", step))
            for key in run.probe_names:
                assert np.array_equal(run.probe(key, step), kept.probe(key, step))
