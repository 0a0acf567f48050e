"""Curves that tell the truth: several runs in a plot, lines that coincide, names that lie on nothing, a best epoch."""

from __future__ import annotations

from itertools import pairwise
from math import log10

import numpy as np
import pytest

from trainings import draw, fitted, record_small, small_data, small_run
from weightreel.render.command.cli import run
from weightreel.render.drawing import text
from weightreel.render.drawing.axes import Axis, linear_axis, log_axis
from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.numbers import spaced
from weightreel.render.drawing.plot import SHIFT, Plot, dashed
from weightreel.render.drawing.theme import Style, Theme
from weightreel.render.errors import Finding, SceneError
from weightreel.render.scene.file import load
from weightreel.render.views._bar import draw_range, ends_of
from weightreel.render.views._lines import FittedCurve, sparse
from weightreel.render.views.curve import Curve
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.run import EarlyStopping, describe
from weightreel.trainer.train import train

SIZES = [(900, 500), (460, 500), (300, 240), (240, 700)]


def place(size: tuple[int, int], theme: str = "dark") -> Place:
    return Place(Rect(0, 0, *size), Style((1920, 1080), Theme(name=theme)))  # type: ignore[arg-type]


def two(**keys: object) -> Recordings:
    return Recordings({"sigmoid": record_small(), "relu": record_small(run=small_run(l2=0.05, **keys))})


def made(view: Curve, recordings: Recording | Recordings, size: tuple[int, int] = (900, 500)) -> FittedCurve:
    found = fitted(view, recordings, place(size))
    assert isinstance(found, FittedCurve)
    return found


def test_several_runs_have_a_colour_each_and_the_splits_dashes():
    found = made(Curve(run=["sigmoid", "relu"]), two())
    colors = {(line.run, line.dashed): line.color for line in found.lines}
    style = found.plot.style
    assert colors == {(r, d): style.series(i) for i, r in enumerate(("sigmoid", "relu")) for d in (False, True)}
    assert [label.words for label in found.names.labels] == [("sigmoid",), ("relu",)]
    assert [key.words for row in found.names.rows for key in row] == ["training loss", "validation loss"]
    assert made(Curve(run="all"), two()).lines == found.lines


def test_names_without_room_are_left_out_and_that_is_said():
    view, about = Curve(metrics=["loss", "validation_loss", "accuracy", "batch_loss"]), record_small().about
    assert not list(view.findings_at(about, place((900, 500))))
    note, around = view.findings_at(about, place((90, 200)))
    told = "the names of 4 lines have no room beside the plot or over it, and are left out"
    assert (note.key, note.message, note.level) == ("metrics", f"{told}; show fewer, or enlarge the area", "note")
    words = "the names of the axes, the numbers along the x axis and those along the y axis"
    assert around == Finding("area", f"has no room for {words}, which are left out; enlarge it", "note")
    (low,) = Curve(legend=False).findings_at(about, place((900, 120)))
    assert low.message == "has no room for the names of the axes, which are left out; enlarge it"
    found = made(view, record_small(), (90, 200))
    assert found.names.labels == found.names.rows == () and found.plot.rect.height > 60


def test_a_run_that_nobody_chose_is_named():
    assert [k.words for row in made(Curve(), two()).names.rows for k in row] == ["sigmoid"]
    assert made(Curve(run="relu"), two()).names.rows == ()
    assert made(Curve(), record_small()).names.rows == ()


def test_each_split_has_its_colour_whatever_else_is_shown():
    recording = record_small()
    style = place((9, 9)).style
    for metrics in (["validation_loss"], ["validation_loss", "loss"], ["loss", "validation_loss"]):
        found = {line.metric: line.color for line in made(Curve(metrics=metrics), recording).lines}
        assert all(color == style.split_color("validation" if "v" in m else "training") for m, color in found.items())
    several = made(Curve(metrics=["loss", "accuracy", "validation_loss"]), recording).lines
    assert len({line.color for line in several}) == 3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["dark", "light", "print"])
@pytest.mark.parametrize("runs", [["sigmoid"], ["sigmoid", "relu"]])
def test_names_lie_on_no_line_and_on_no_other_name(size, theme, runs):
    """What is drawn of the lines, at any moment, leaves the names alone: they are there as they were before."""
    recordings = two()
    view = Curve(run=runs, metrics=["loss", "validation_loss", "accuracy"])
    found = fitted(view, recordings, place(size, theme))
    assert isinstance(found, FittedCurve)
    rect, ground = found.plot.rect, np.array(found.plot.style.background)
    assert rect.width > 0.4 * size[0]
    canvas = blank(size, (1, 2, 3))
    for step in (0, 6, 12):
        draw(found, canvas, recordings, step)
        changed = (canvas != found.background).any(axis=2)
        assert not (changed & (found.background != ground).any(axis=2))[:, rect.x + rect.width + 20 :].any()
        assert not changed[: max(0, rect.y - 12)].any()


def test_lines_that_coincide_are_both_seen():
    """The same numbers in training and on validation, and in two runs."""
    recording = record_small()
    recording.columns.history["validation_loss"] = recording.columns.history["loss"]
    found = made(Curve(batches=False), recording)
    canvas = blank((900, 500), (0, 0, 0))
    draw(found, canvas, recording, 12)
    rect = found.plot.rect
    inside = canvas[:, rect.x : rect.x + rect.width - 30]
    seen = [int((inside == line.color).all(axis=2).sum()) for line in found.lines]
    assert min(seen) > 0.2 * max(seen)
    twins = Recordings({"one": record_small(), "other": record_small()})
    assert [line.wide for line in made(Curve(run="all", metrics=["loss"]), twins).lines] == [1, 2]
    assert {line.wide for line in made(Curve(run="all", metrics=["loss"]), two()).lines} == {1}


def test_axes_begin_where_the_data_do():
    recording = record_small()
    values = np.concatenate([recording.metric(m)[1] for m in ("loss", "validation_loss")])
    for scale, low in (("linear", 0.0), ("log", values.min())):
        y = made(Curve(y_scale=scale), recording).plot.y
        assert (y.low, y.high) == (pytest.approx(low), pytest.approx(values.max()))


def test_dashes_stay_where_they_are_while_a_line_grows():
    points = (np.array([[0, 0], [30, 40], [90, 40], [90, 100]]) << SHIFT).astype(np.int32)
    whole = dashed(points, 10, 5)
    lengths = [np.hypot(*np.diff(part, axis=0).T).sum() / (1 << SHIFT) for part in whole]
    assert lengths[:-1] == pytest.approx([10] * (len(whole) - 1), abs=0.3) and len(whole) == 12
    for one, other in zip(dashed(points[:3], 10, 5)[:-1], whole, strict=False):
        np.testing.assert_array_equal(one, other)
    assert dashed(points[:1], 10, 5) == [] and len(dashed(points[[0, 0]], 10, 5)) == 0


def test_seldom_measured_is_drawn_as_points():
    points = (np.array([[0, 0], [30, 5], [60, 9], [62, 9], [100, 0]]) << SHIFT).astype(np.int32)
    assert (sparse(points, 10)[:, 0] >> SHIFT).tolist() == [0, 30]
    assert len(sparse(points[:1], 10)) == len(sparse(points[:0], 10)) == 0


def stopped() -> Recording:
    options = small_run(epochs=40, early_stopping=EarlyStopping(patience=2), optimizer={"type": "sgd", "lr": 0.5})
    recorder = Recorder(describe(options, small_data(), 0))
    for snapshot in train(options, small_data(), steps=range(241), seed=0):
        recorder.append(snapshot)
    return recorder.finish(total_steps=snapshot.step)


def test_the_best_epoch_and_the_stop_are_marked(monkeypatch):
    recording, told = stopped(), []
    found = made(Curve(), recording)
    kind = type(found.names)
    monkeypatch.setattr(kind, "told", lambda self, canvas, plot, words, x: told.append((words, x)))
    canvas, last = blank((900, 500), (0, 0, 0)), int(recording.steps[-1])
    draw(found, canvas, recording, 3)
    assert told == [], "nothing is best before the first epoch is over"
    draw(found, canvas, recording, 7)
    best = recording.latest("best_epoch", last)
    draw(found, canvas, recording, last)
    assert [words for words, _ in told] == ["best epoch so far 1", f"best epoch {best:.0f}, stopped after {last // 6}"]
    rect = found.plot.rect
    assert told[1][1] == pytest.approx(rect.x + best * 6 / last * rect.width, abs=1)


def test_unknown_runs_are_refused_by_name(tmp_path, capsys):
    (tmp_path / "s.toml").write_text(SCENE.format(runs='["a", "c"]'))
    with pytest.raises(SceneError, match=r"view\[0\]\.run +no run 'c'; there are a, b"):
        load(tmp_path / "s.toml")
    (tmp_path / "s.toml").write_text(SCENE.format(runs='["a", "b"]').replace("colors = []", 'colors = ["red"]'))
    assert run(["check", str(tmp_path / "s.toml")]) == 2
    assert "view[0].colors   1 colors for 2 runs" in capsys.readouterr().err


SCENE = """
[runs.a]
layers = [{{ type = "dense", units = 10, activation = "softmax" }}]
data = {{ type = "mnist", train = 100, validation = 20 }}
[runs.b]
layers = [{{ type = "dense", units = 10, activation = "softmax" }}]
data = {{ type = "mnist", train = 100, validation = 20 }}
[timeline]
seconds = 1
[layout]
size = [640, 360]
[[view]]
type = "curve"
run = {runs}
colors = []
[[output]]
path = "x.gif"
"""


def test_how_many_images_a_line_is_over_is_said():
    about = describe(small_run(), small_data(), 0).model_copy(update={"validation_images": 1500})
    assert About.restored(about.stored()) == about
    assert "validation_images" not in describe(small_run(), small_data(), 0).stored()
    recording = record_small()
    recording.about = recording.about.model_copy(update={"validation_images": 1500})
    for labels in (None, ["cost", "cost on validation"]):
        words = made(Curve(labels=labels), recording).names.labels[1].words
        assert words[-1] == f"{spaced(1500)} images"


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((-0.092, 0.0928), ("0.093", "−0.092")),
        ((-0.0123, 0.5), ("0.50", "−0.01")),
        ((-1234, 2), ("2", "−1234")),
        ((-1e-7, 2.345e-5), ("2.3e−5", "−1.0e−7")),
        ((0, 0), ("0.00", "0.00")),
    ],
)
def test_both_ends_of_a_bar_are_rounded_alike(ends, words):
    assert ends_of(*ends) == words


@pytest.mark.parametrize(
    ("colormap", "limits", "marked"),
    [
        ("RdBu_r", (-1.0, 3.0), True),
        ("diverging", (-1.0, 1.0), True),
        ("gray", (-1.0, 1.0), False),
        ("RdBu", (0, 1), False),
    ],
)
def test_a_bar_has_a_mark_at_nothing_where_its_map_diverges(colormap, limits, marked):
    style, canvas = Style((1920, 1080)), blank((120, 400), (0, 0, 0))
    draw_range(canvas, Rect(0, 20, 16, 360), limits, colormap, style)
    rows = np.flatnonzero((canvas[60:340] != 0).any(axis=(1, 2)))
    assert bool(len(rows)) == marked
    if marked:
        assert abs(60 + rows.mean() - (20 + 360 * limits[1] / (limits[1] - limits[0]))) < 14


AXES = [log_axis(0.03, 2.4, widen=False), log_axis(1e-6, 900.0, widen=True), linear_axis(0.0, 1.0, 6, widen=True)]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("theme", ["dark", "print"])
def test_labels_of_a_low_plot_are_thinned_evenly_and_never_touch(axis: Axis, theme: str) -> None:
    style = place((400, 400), theme).style
    cap, across = text.metrics(style.body_px)[2], linear_axis(0.0, 10.0, 5, widen=False)
    shown = {}
    for height in range(60, 700, 7):
        plot = Plot.within((400, height), across, axis, style, ("step", ""))
        lines = plot.up()
        rows, shown[height] = [row for row, _ in lines], [label for _, label in lines]
        assert lines, height
        assert all(low - high > 1.5 * cap for low, high in pairwise(rows)), height
        taken = [axis.labels.index(label) for label in shown[height]]
        tens = axis.log and all(log10(axis.ticks[i]).is_integer() for i in taken)
        assert len({*np.diff(taken)}) < 2 or tens, shown[height]
    assert tuple(shown[max(shown)]) == axis.labels


def test_no_end_of_a_bar_is_a_minus_zero():
    """More decimals where they say something; what has none even so is 0, without a sign."""
    assert ends_of(-0.0000123, 0.09) == ("0.090", "0")
    assert ends_of(-0.0004, 0.09) == ("0.0900", "−0.0004")
    assert ends_of(-0.0, 0.09) == ("0.090", "0.000")
    assert ends_of(0.0901, 0.0902) == ("0.0902", "0.0901")
    generator = np.random.default_rng(3)
    for low, span in zip(*(generator.normal(size=(2, 500)) * 10 ** generator.uniform(-20, 8, (2, 500))), strict=True):
        ends = ends_of(low, low + abs(span))
        assert max(map(len, ends)) <= len("−0.0000") or max(abs(low), span) >= 1e-3
        assert not any(end.startswith("−") and not end.strip("−0.") for end in ends)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("value", [4.6, 0.0625, 0.4143, 0.98, 1.0, 5.0, 3e-5, 1e-30, 1e30])
@pytest.mark.parametrize("spread", [0.0, 1e-3])
def test_a_line_that_hardly_changes_lies_between_ticks(value: float, spread: float, scale: str):
    """At the very end of an axis, far from any tick, nobody could read it."""
    for metric in ("loss", "accuracy") if value <= 1 else ("loss",):
        recordings = measured_as(metric, np.minimum(value * (1 + spread * np.arange(5)), 1 if value <= 1 else np.inf))
        for size in SIZES:
            axis = made(Curve(metrics=[metric], y_scale=scale), recordings, size).plot.y  # type: ignore[arg-type]
            assert axis.ticks[0] <= value * (1 + 1e-9) and value <= axis.ticks[-1] * (1 + 1e-9)
            assert len(set(axis.labels)) == len(axis.labels) > 1
            assert max(map(len, axis.labels)) <= 9
            assert metric == "loss" or ((axis.low >= 0 and axis.high <= 1) or axis.log)


def measured_as(metric: str, values: np.ndarray) -> Recordings:
    """A recording of which a metric has these values."""
    recorder = Recorder(About(layers=(), total_steps=len(values) - 1).measuring([metric]))
    for step, value in enumerate(values):
        recorder.append(Snapshot(step, float(step), {}, {metric: float(value)}))
    return Recordings({"run": recorder.finish()})
