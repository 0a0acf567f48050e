"""Runs side by side: a matrix of their settings, rows that change places, labels beside dots."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product

import numpy as np
import pytest

from trainings import draw, fitted, record_small, small_run
from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import SMALLEST_TEXT_PX, Style, Theme
from weightreel.render.views._gliding import gliding
from weightreel.render.views._labels import beside, shown
from weightreel.render.views._sheet import sheet
from weightreel.render.views.multiples import Multiples
from weightreel.render.views.table import Table
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.metrics import MEASURED
from weightreel.trainer.recording.store import Recordings

STYLE = Style((1920, 1080))
VALUES = {"optimizer.lr": ("0.1", "1", "2"), "l2": ("0.001", "0.01", "0.1"), "layers.0.units": ("14", "28")}
GRID = {str(i): dict(zip(VALUES, values, strict=True)) for i, values in enumerate(product(*VALUES.values()))}


def apart(rect: Rect, point: tuple[float, float]) -> float:
    """Pixels from a point to a rectangle."""
    x, y = np.clip(point[0], rect.x, rect.x + rect.width), np.clip(point[1], rect.y, rect.y + rect.height)
    return float(np.hypot(x - point[0], y - point[1]))


@cache
def four() -> Recordings:
    """Four runs, of two settings with two values each."""
    runs = {}
    for batch, l2 in product((10, 20), (0.0, 0.1)):
        run = record_small(run=small_run(l2=l2, batch_size=batch))
        run.about = run.about.model_copy(update={"settings": {"batch_size": str(batch), "l2": str(l2)}})
        runs[f"{batch} {l2}"] = run
    return Recordings(runs)


def meet(one: Rect, other: Rect) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def boxes(made) -> list[Rect]:
    """Everything that stands there: cells and words."""
    words = [Rect(h.x, h.y, text.width(h.words, h.size), sum(text.metrics(h.size)[:2])) for h in made.headings]
    return [*made.cells, *words]


@pytest.mark.parametrize("room", [(900, 880), (1700, 500), (500, 1500), (460, 800), (320, 420)])
@pytest.mark.parametrize("theme", ["dark", "print"])
def test_a_grid_of_settings_is_a_matrix_with_each_value_once_an_edge(room, theme):
    made = sheet(GRID, room, 60, Style((1920, 1080), Theme(name=theme)), None)
    assert len(set(made.cells)) == len(GRID)
    assert not any(meet(a, b) for a, b in combinations(boxes(made), 2))
    assert all(b.x >= 0 and b.x + b.width <= room[0] and b.y + b.height <= room[1] for b in boxes(made))
    assert all(h.size >= SMALLEST_TEXT_PX for h in made.headings)
    assert len(made.headings) < len(GRID)
    assert made.above == 0
    for name, cell in zip(GRID, made.cells, strict=True):
        beside_it = [h for h in made.headings if h.x == cell.x or h.y > min(c.y for c in made.cells)]
        assert {h.words.split()[0] for h in beside_it} <= {"lr", "l2", "units"}, name


@pytest.mark.parametrize("columns", [None, 6])
def test_a_value_stands_about_a_digit_apart_from_its_name(columns):
    """Or l2 0.1 is read as l20.1."""
    made = sheet(GRID, (1800, 900), 60, STYLE, columns)
    for words, size in {(h.words, h.size) for h in made.headings}:
        box = blank((text.width(words, size), sum(text.metrics(size)[:2])), (0, 0, 0))
        text.draw(box, (0, 0), words, size=size, color=(255, 255, 255), background=(0, 0, 0))
        inked = np.flatnonzero(box.any(axis=(0, 2)))
        wide = np.diff(inked) > 0.7 * text.width("0", size)
        assert np.count_nonzero(wide) == len(words.split()) - 1, words


def test_runs_that_are_no_whole_grid_have_titles():
    some = dict(list(GRID.items())[:-1])
    for settings, columns in ((some, None), (GRID, 6), ({"a": {}, "b": {}}, None)):
        made = sheet(settings, (1200, 800), 60, STYLE, columns)
        assert made.above > 0
        assert all(h.size >= SMALLEST_TEXT_PX for h in made.headings)
        titles = {(h.x, c) for h in made.headings for c in made.cells if c.x == h.x}
        assert titles


def test_titles_take_another_line_before_they_cannot_be_read():
    made = sheet(GRID, (700, 900), 60, STYLE, 6)
    assert max(h.size for h in made.headings) >= 0.75 * STYLE.body_px
    assert len(made.headings) > len(GRID)
    assert all(text.width(h.words, h.size) <= made.cells[0].width for h in made.headings)


def test_rows_glide_to_their_new_places_and_know_nothing_of_later_frames():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(61, 5)).cumsum(axis=0)
    places = gliding(scores, 10, 4)
    assert places[-1].tolist() == np.argsort(np.argsort(-scores[-1])).tolist()
    assert np.abs(np.diff(places[:-1], axis=0)).max() < 4
    for frame in (0, 9, 23, 40):
        other = scores.copy()
        other[frame + 1 :] = rng.normal(size=other[frame + 1 :].shape)
        assert np.array_equal(gliding(other, 10, 4)[: frame + 1], places[: frame + 1])
    settled = places[10 * np.arange(1, 6) + 4]
    assert np.array_equal(settled, settled.round())
    assert all(sorted(row) == [0, 1, 2, 3, 4] for row in settled.tolist())


def test_equal_rows_stay_and_unknown_ones_are_last():
    nan = float("nan")
    places = gliding(np.array([[nan, 1.0, 1.0], [nan, 1.0, 1.0], [2.0, nan, 1.0]]), 1, 1)
    assert places.tolist() == [[2, 0, 1], [2, 0, 1], [0, 2, 1]]


def test_a_table_sorts_by_a_column():
    (found,) = Table(metrics=["loss"], sort="accuracy").findings(About(layers=(), metrics=MEASURED))
    assert (found.key, found.message) == ("sort", "'accuracy' has no column; there are loss")


def test_rows_of_a_table_end_in_the_order_of_what_they_are_sorted_by():
    for metric, sign in (("validation_loss", 1), ("validation_accuracy", -1)):
        made = fitted(Table(sort=metric), four(), Place(Rect(0, 0, 900, 400), STYLE))
        values = [sign * run.metric(metric)[1][-1] for run in four().values()]
        order = np.argsort(made.rows[-1])  # type: ignore[attr-defined]
        assert (np.diff(np.array(values)[order]) >= 0).all()


def test_the_best_rows_alone_are_shown_where_that_is_asked_for():
    place = Place(Rect(0, 0, 900, 90), STYLE)
    every = {name: run.about for name, run in four().items()}
    (found,) = Table(sort="loss").findings_among(every, place)
    assert found.key == "area"
    view = Table(sort="loss", best=1)
    assert not [*view.findings_among(every, place)]
    made, canvas = fitted(view, four(), place), blank((900, 90), STYLE.background)
    draw(made, canvas, four(), 12)
    laid = made.laid  # type: ignore[attr-defined]
    assert (canvas[laid.head : laid.head + laid.line] == STYLE.panel).all(axis=2).any()
    assert not (canvas[laid.head + laid.line :] == STYLE.color("text")).all(axis=2).any()
    assert (canvas[laid.head + laid.line :] == STYLE.color("muted")).all(axis=2).any()
    (found,) = Table(best=2).findings(four().about)
    told = 'nothing is sorted; say sort, such as sort = "validation_accuracy"'
    assert (found.key, found.message) == ("best", told)


def test_each_cell_of_a_matrix_has_the_lines_of_its_run():
    made = fitted(Multiples(metrics=["loss"]), four(), Place(Rect(0, 0, 900, 500), STYLE))
    canvas = blank((900, 500), STYLE.background)
    draw(made, canvas, four(), 12)
    cells = made.sheet.cells  # type: ignore[attr-defined]
    xs, ys = (sorted({cell[axis] for cell in cells}) for axis in (0, 1))
    assert [len(xs), len(ys)] == [2, 2]
    assert {(xs.index(c.x), ys.index(c.y)) for c in cells} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    ends = [int(np.flatnonzero((c.of(canvas) == STYLE.series(0)).all(axis=2).any(axis=0)).max()) for c in cells]
    assert ends[0] == ends[1] > ends[2] == ends[3], "batches of twenty have half as many steps"


@pytest.mark.parametrize("seed", range(5))
def test_labels_never_touch_dots_or_each_other(seed):
    rng = np.random.default_rng(seed)
    names, room = [str(i) for i in range(20)], Rect(40, 10, 600, 400)
    points = {n: tuple(p) for n, p in zip(names, rng.uniform((50, 20), (630, 400), (20, 2)).tolist(), strict=True)}
    widths = {n: int(rng.integers(30, 120)) for n in names}
    placed = beside(names, points, widths, 24, 8, room)
    assert 5 < len(placed) <= 20
    moved = {n: (x + float(rng.normal(0, 30)), y) for n, (x, y) in points.items()}
    for labels, at in ((placed, points), (shown(placed, moved, 8, room), moved)):
        rects = [label.at(at[label.name]) for label in labels]
        assert not any(meet(a, b) for a, b in combinations(rects, 2))
        for label, rect in zip(labels, rects, strict=True):
            nearest = {n: apart(rect, point) for n, point in at.items()}
            assert min(nearest, key=lambda n: nearest[n]) == label.name
            assert min(nearest.values()) >= 8
        assert all(r.x >= 40 and r.x + r.width <= 640 for r in rects)


@pytest.mark.parametrize(("columns", "refused"), [(3, False), (18, True), (None, False)])
def test_titles_that_have_no_room_are_refused(columns, refused):
    about = {name: About(layers=(), metrics=MEASURED, settings=settings) for name, settings in GRID.items()}
    found = list(Multiples(columns=columns).findings_among(about, Place(Rect(0, 0, 900, 700), STYLE)))
    assert [f.key for f in found] == ["columns"] * refused
    if refused:
        assert "pixels even in type of 12 and have" in found[0].message
