"""Golden pictures: what the views drew last time, from a recording that is kept with the tests.

`make golden` accepts today's pictures. When one differs, expected, actual and difference are written to
tests/golden/failed/.
"""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from weightreel.render.drawing.canvas import Frame, Rect, blank, rgb
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.template import values
from weightreel.render.drawing.theme import THEMES, Style, Theme
from weightreel.render.views._card import Card
from weightreel.trainer import plugins
from weightreel.trainer.recording.store import Recordings, open_recordings

HERE = Path(__file__).parent
RECORDING = HERE.parent / "data" / "recording"
SIZE = (280, 180)
# name: (view, its options, step)
PICTURES = {
    "neuron_grid_gray": ("neuron_grid", {"rows": 2, "columns": 3}, 12),
    "neuron_grid_untrained": ("neuron_grid", {"rows": 2, "columns": 3}, 0),
    "neuron_grid_labels": (
        "neuron_grid",
        {"rows": 2, "columns": 4, "labels": True, "colormap": "RdBu", "normalize": {"range": "symmetric"}},
        12,
    ),
    "neuron_grid_inside": ("neuron_grid", {"gap": 0, "border": {"inside": True, "thickness": 1}}, 6),
    "curve": ("curve", {}, 9),
    "curve_log": ("curve", {"x": "step", "x_scale": "log", "y_scale": "log"}, 12),
    "curve_accuracy": ("curve", {"metrics": ["accuracy", "validation_accuracy"]}, 12),
    "caption": ("caption", {"heading": "Heading", "text": "epoch {epoch:.2f}\nloss {loss:.4f}", "area": "a"}, 7),
    "caption_panel": ("caption", {"text": "step {step} of {steps}", "anchor": "bottom right"}, 7),
    "back_projection": ("back_projection", {"layer": 1, "rows": 1, "columns": 3, "colorbar": True}, 12),
    "regions": ("regions", {"classes": [0, 1, 2], "labels": ["zero", "one", "two"], "colorbar": True}, 12),
    "kernels": ("kernels", {"numbers": True, "columns": 3, "colormap": "viridis"}, 12),
    "activation_maps": ("activation_maps", {"columns": 3}, 12),
    "samples": ("samples", {"rows": 1, "columns": 4}, 12),
    "confusion_matrix": ("confusion_matrix", {"area": "a"}, 12),
    "scatter": ("scatter", {}, 9),
    "table": ("table", {}, 9),
    "multiples": ("multiples", {"columns": 2}, 9),
    "figures": ("figures", {}, 7),
    "curve_light": ("curve", {}, 9),
    "curve_print": ("curve", {"y_scale": "log"}, 12),
    "caption_panel_light": ("caption", {"text": "step {step} of {steps}\nmore", "anchor": "top", "align": "center"}, 7),
    "samples_print": ("samples", {"rows": 1, "columns": 4}, 12),
    "confusion_matrix_print": ("confusion_matrix", {"area": "a"}, 12),
    "multiples_light": ("multiples", {"columns": 2, "y_scale": "log"}, 9),
    "progress": ("progress", {"thickness": 40}, 7),
}


@pytest.fixture(scope="module")
def kept():
    return open_recordings(RECORDING)


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name, kept, request):
    kind, options, step = PICTURES[name]
    view = plugins.options("weightreel.render.views")[kind](**options)
    style = Style((640, 360), theme_of(name))
    frame = blank(SIZE, style.background)
    recording = kept["convnet" if kind in ("kernels", "activation_maps") else "run"]
    if view.every_run:
        recording = Recordings({n: kept[n] for n in ("run", "decayed")})
    view.fit(recording, Place(Rect(0, 0, *SIZE), style)).draw(frame, recording, step)
    compare(frame, name, request)


def compare(frame: Frame, name: str, request: pytest.FixtureRequest) -> None:
    """Hold a frame to the golden picture of this name."""
    actual, path = rgb(frame), HERE / f"{name}.png"
    if request.config.getoption("--accept-golden"):
        iio.imwrite(path, actual)
    expected = iio.imread(path)
    difference = np.abs(actual.astype(int) - expected)
    if difference.max() > 1:
        failed = HERE / "failed"
        failed.mkdir(exist_ok=True)
        for what, picture in (("expected", expected), ("actual", actual), ("difference", difference.astype(np.uint8))):
            iio.imwrite(failed / f"{name}-{what}.png", picture)
    assert difference.max() <= 1, f"see {HERE / 'failed'}; `make golden` accepts"


@pytest.mark.parametrize("theme", THEMES)
def test_card(theme, kept, request):
    style = Style(SIZE, Theme(name=theme))
    card = Card(heading="{steps} steps", text="validation loss\n{validation_loss:.3f}", anchor="left")
    frame = blank(SIZE, (9, 9, 9))
    card.fit(style, values(kept["run"], 12)).draw(frame)
    compare(frame, f"card_{theme}", request)


def theme_of(name: str) -> Theme:
    """The theme that a picture's name ends in; dark for the others."""
    last = name.rpartition("_")[2]
    return Theme(name=last) if last in THEMES else Theme()


def test_every_view_has_a_picture():
    assert {kind for kind, _, _ in PICTURES.values()} == set(plugins.names("weightreel.render.views"))
