"""Views of all runs, of which one diverges: axes that show the others, and numbers that stand apart."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from trainings import draw, fitted, record_small, small_run
from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.plot import SHIFT
from weightreel.render.drawing.theme import SMALLEST_TEXT_PX, Style
from weightreel.render.views import EveryRun
from weightreel.render.views import _labels as labels
from weightreel.render.views.multiples import Multiples
from weightreel.render.views.scatter import Scatter
from weightreel.render.views.table import LEAST_GAP, FittedTable, Table
from weightreel.trainer.recording.about import Stopped
from weightreel.trainer.recording.store import Recordings

STYLE = Style((640, 360))
SIZE = (400, 240)
FAR = 3e34  # a loss that float32 just holds


@cache
def runs() -> Recordings:
    """Two runs, of which the second leaves every axis with its last step and is stopped there."""
    calm, wild = record_small(), record_small(run=small_run(l2=1e-4))
    for name in ("loss", "validation_loss"):
        wild.metric(name)[1][-1] = FAR
    wild.about = wild.about.model_copy(update={"stopped": Stopped(step=13, layer=1, message="the loss is inf")})
    for made, value in ((calm, "0.0"), (wild, "1e+06")):
        made.about = made.about.model_copy(update={"settings": {"optimizer.lr": value}})
    return Recordings({"calm": calm, "wild": wild})


def drawn(view: EveryRun, size: tuple[int, int] = SIZE) -> np.ndarray:
    canvas = blank(size, STYLE.background)
    draw(fitted(view, runs(), Place(Rect(0, 0, *size), STYLE)), canvas, runs(), 12)
    return canvas


def dots(canvas: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((canvas == color).all(axis=2).sum())


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_axes_are_those_of_the_runs_that_came_to_their_end(scale):
    place = Place(Rect(0, 0, *SIZE), STYLE)
    cells, points = (fitted(v, runs(), place) for v in (Multiples(y_scale=scale), Scatter(x_scale=scale)))
    assert cells.y.high < 100  # type: ignore[attr-defined]
    assert points.plot.x.high < 100  # type: ignore[attr-defined]
    alone = Recordings({"wild": runs()["wild"]})
    assert fitted(Multiples(y_scale="log"), alone, place).y.high >= FAR  # type: ignore[attr-defined]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_what_lies_beyond_an_axis_is_not_drawn_at_its_end(scale):
    view = Scatter(x_scale=scale, labels=False)
    made = fitted(view, runs(), Place(Rect(0, 0, *SIZE), STYLE))
    out = made.plot.points(np.array([FAR]), np.array([0.5]), cut="")[0]  # type: ignore[attr-defined]
    assert out[0] >> SHIFT > SIZE[0] and not made.plot.holds(out)  # type: ignore[attr-defined]
    canvas = drawn(view)
    new = np.where((canvas == made.background).all(axis=2)[..., None], 0, canvas)  # type: ignore[attr-defined]
    painted = [dots(new, STYLE.color(role)) > 10 for role in ("muted", "text")]
    assert painted == [False, True], "one of two runs is there, the best"


def test_a_line_leaves_its_small_plot():
    made = fitted(Multiples(metrics=("loss",), columns=2), runs(), Place(Rect(0, 0, *SIZE), STYLE))
    canvas = drawn(Multiples(metrics=("loss",), columns=2))
    calm, wild = (cell.of(canvas) for cell in made.sheet.cells)  # type: ignore[attr-defined]
    lowest = [int(np.flatnonzero((part == STYLE.series(0)).all(axis=2).any(axis=1)).max()) for part in (calm, wild)]
    ends = [(part[:, -20:] == STYLE.series(0)).all(axis=2).sum(axis=0)[-8:].max() for part in (calm, wild)]
    assert all(row > 20 for row in lowest)
    assert ends[0] > ends[1], "only the line that ends within has a dot there"


def test_large_numbers_of_a_table_are_short_and_its_columns_stand_apart():
    for size in (SIZE, (230, 200)):
        made = fitted(Table(), runs(), Place(Rect(0, 0, *size), STYLE))
        assert isinstance(made, FittedTable)
        words = ["1e+06", "3e34", "3e34", "100.0%"]
        widths = [text.width(w, made.laid.size) for w in words]
        gaps = np.diff(made.rights) - widths[1:]
        assert made.laid.size >= SMALLEST_TEXT_PX
        assert gaps.min() >= STYLE.px(LEAST_GAP)
        assert made.rights[-1] <= size[0]


def test_a_table_without_room_says_so():
    table = Table()
    every = {name: run.about for name, run in runs().items()}
    assert not list(table.findings_among(every, Place(Rect(0, 0, *SIZE), STYLE)))
    (found,) = table.findings_among(every, Place(Rect(0, 0, 90, 200), STYLE))
    assert (found.key, found.level) == ("metrics", "error")
    assert found.message.endswith("pixels even in type of 12 and have 90; show fewer or give the table more room")
    (found,) = table.findings_among(every, Place(Rect(0, 0, SIZE[0], 20), STYLE))
    assert found.key == "area"
    assert found.message.endswith(
        "rows need 15 pixels each even in type of 12 and have 1; "
        "give the table more room, or show the best alone, with sort and best"
    )


def test_a_table_of_what_was_not_measured_yet_stands():
    run = record_small()
    del run.columns.history["validation_loss"]  # type: ignore[attr-defined]
    assert not run.has_metric("validation_loss")
    made = fitted(Table(), Recordings({"run": run}), Place(Rect(0, 0, *SIZE), STYLE))
    draw(made, blank(SIZE, STYLE.background), run, 12)


def test_a_label_away_from_its_dot_is_joined_to_it_past_all_others():
    room, radius = Rect(0, 0, 400, 240), 8
    rng = np.random.default_rng(0)
    joined = 0
    for _ in range(300):
        points = {str(i): (float(x), float(y)) for i, (x, y) in enumerate(rng.uniform((0, 0), (200, 120), (14, 2)))}
        for label in labels.near("0", points, 70, 14, radius, room):
            rect, own = label.at(points["0"]), np.array(points["0"])
            end = label.joined(points["0"], labels.AWAY * radius)
            nearest = np.clip(own, rect[:2], np.add(rect[:2], rect[2:]))
            if end is None:
                assert np.hypot(*(nearest - own)) <= labels.AWAY * radius
                continue
            joined += 1
            assert end == tuple(nearest)
            way = own + np.linspace(0, 1, 99)[:, None] * (np.array(end) - own)
            others = np.array([p for name, p in points.items() if name != "0"])
            assert np.hypot(*(way[:, None] - others[None]).T).min() > radius / 2 - 1
    assert joined
