"""Lines that grow: a moment's picture is that of each line drawn from its beginning, however much of it was fixed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from trainings import course_of, moment_at
from weightreel.render.drawing.canvas import Frame, Rect, blank
from weightreel.render.drawing.growing import EVERYWHERE, Growing
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.plot import SHIFT, averaged, dot, thinned
from weightreel.render.drawing.theme import Style, Theme
from weightreel.render.views._lines import BEHIND, SPARSE, FittedCurve, Line, sparse
from weightreel.render.views.curve import Curve
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.metrics import MetricAbout
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import Recordings

RNG = np.random.default_rng(0)
KINDS = {
    "means": lambda points: Growing.through_means(points, 3),
    "columns": Growing.through_columns,
    "wide columns": lambda points: Growing.through_columns(points, 3),
    "points": Growing.through_points,
}
WHOLE = {
    "means": lambda points: averaged(points, 3),
    "columns": thinned,
    "wide columns": lambda points: thinned(points, 3),
    "points": lambda points: points,
}


def walks() -> Iterator[np.ndarray]:
    """Points to the right, dense or far apart, in sixteenths of a pixel; one goes back."""
    for count, apart in ((0, 1), (1, 1), (2, 5), (3, 40), (300, 3), (400, 12), (60, 90), (200, 0)):
        x = np.cumsum(RNG.integers(0, apart + 1, count))
        yield np.stack([x, RNG.integers(0, 900, count)], axis=1).astype(np.int32)
    yield np.stack([np.r_[0:300:7, 150:400:9], RNG.integers(0, 900, 71)], axis=1).astype(np.int32)


@pytest.mark.parametrize("kind", KINDS)
def test_the_pen_goes_where_it_would_without_what_is_fixed(kind):
    for points in walks():
        growing = KINDS[kind](points)
        for count in range(len(points) + 1):
            whole, left = WHOLE[kind](points[:count]), count / 3
            np.testing.assert_array_equal(growing.places(count), whole)
            late = growing.places(count, int(left))
            np.testing.assert_array_equal(late, whole[len(whole) - len(late) :])
            assert len(late) == len(whole) or late[0, 0] <= int(left) << SHIFT


@pytest.mark.parametrize("kind", KINDS)
def test_what_stays_is_the_same_at_every_later_point(kind):
    for points in walks():
        growing, ends = KINDS[kind](points), WHOLE[kind](points)
        for count in range(len(points)):
            still, whole = growing.still(count) << SHIFT, WHOLE[kind](points[:count])
            kept = int((whole[:, 0] < still).sum())
            np.testing.assert_array_equal(whole[:kept], ends[:kept])
            assert growing.rising or still == 0
        assert growing.still(len(points)) == EVERYWHERE


def history(steps: int, every: dict[str, int], seed: int, *, epochs: str = "counted") -> Recording:
    """Metrics measured every so many steps, some not finite; epochs as a loop of somebody else may log them."""
    rng = np.random.default_rng(seed)
    known = {"steps_per_epoch": steps // 4} if epochs == "counted" else {}
    metrics = tuple(MetricAbout.named(name) for name in every)
    made = Recorder(About(layers=(), total_steps=steps, seed=0, metrics=metrics, run={"epochs": 9}, **known))
    for step in range(steps + 1):
        now = {name: float(2 * 0.99**step + rng.normal(0, 0.3) ** 2) for name, n in every.items() if step % n == 0}
        if "best_epoch" in now:
            now["best_epoch"] = float(max(0, step * 4 // steps - 1))
        if step % 31 == 30:
            now |= {name: float("nan") for name in now if name != "best_epoch"}
        epoch = step / 50 if epochs != "again" else step % 70 / 50
        made.append(Snapshot(step, epoch, {}, now, {}, {}))
    return made.finish()


EVERY = {"loss": 1, "validation_loss": 25, "batch_loss": 1}
FILMS = {
    "usual": (Curve(), [history(400, EVERY, 1)]),
    "log": (Curve(x="step", x_scale="log", y_scale="log"), [history(400, EVERY, 2)]),
    "seldom": (Curve(), [history(300, {"loss": 20, "validation_loss": 60}, 3)]),
    "both behind": (
        Curve(metrics=["loss", "accuracy", "validation_loss"], limits=(0.2, 1.0)),
        [history(300, EVERY | {"accuracy": 1, "batch_accuracy": 3}, 4)],
    ),
    "a batch each": (Curve(metrics=["batch_loss", "validation_loss"]), [history(300, EVERY, 5)]),
    "best": (Curve(), [history(300, EVERY | {"best_epoch": 75}, 6)]),
    "runs": (Curve(run="all"), [history(300, EVERY, 7), history(180, EVERY, 8)]),
    "somebody else's epochs": (Curve(x="epoch"), [history(200, EVERY, 9, epochs="logged")]),
    "epochs that begin again": (Curve(x="epoch"), [history(200, EVERY, 10, epochs="again")]),
    "again, log": (Curve(x="epoch", x_scale="log"), [history(200, EVERY, 10, epochs="again")]),
}


def drawn(made: FittedCurve, canvas: Frame, recordings: Recordings, step: int) -> None:
    """The picture of a step, every line from its beginning."""
    canvas[:] = made.background
    moment, style = moment_at(recordings, step), made.plot.style
    for line in made.lines:
        if line.behind:
            points = made.points(recordings[line.run], line.behind, moment.step(line.run))
            made.plot.line(canvas, points, style.faint(line.color), style.thin_px)
    if made.best:
        made._mark(canvas, recordings[made.best], moment.step(made.best))
    for line in sorted(made.lines, key=lambda line: line.dashed, reverse=True)[::-1]:
        one(made, canvas, line, made.points(recordings[line.run], line.metric, moment.step(line.run)))


def one(made: FittedCurve, canvas: Frame, line: Line, points: np.ndarray) -> None:
    """A line and its dots."""
    weight, plot = made.plot.style.curve_px, made.plot
    smooth = points if line.metric in BEHIND else averaged(points, weight)
    if line.dashed:
        plot.dashes(canvas, smooth, line.color, weight * line.wide)
    else:
        plot.line(canvas, smooth, line.color, weight * line.wide, whole=line.metric in BEHIND)
    radius = max(2, round(weight * 0.9))
    for point in [*sparse(points, SPARSE * radius)]:
        if plot.holds(point):
            dot(canvas, point, line.color, radius)
    if len(points) and plot.holds(points[-1]):
        dot(canvas, points[-1], line.color, plot.style.dot_px)


@pytest.mark.parametrize("size", [(700, 300), (301, 173), (70, 50)])
@pytest.mark.parametrize("name", FILMS)
def test_a_moment_is_the_picture_of_lines_drawn_from_their_beginning(name, size):
    view, histories = FILMS[name]
    recordings = Recordings({f"run {i}": recording for i, recording in enumerate(histories)})
    place = Place(Rect(0, 0, *size), Style((1920, 1080) if size[0] > 600 else (640, 360), Theme()))
    made = view.fit(recordings, place, course_of(recordings))
    last = int(recordings.steps[-1])
    assert bool(made.best) == (name == "best" and size[0] > 100)
    for step in [*range(0, 40, 3), *RNG.permutation(last + 1)[:40].tolist(), last - 1, last]:
        expected, found = blank(size, (1, 2, 3)), blank(size, (9, 8, 7))
        drawn(made, expected, recordings, step)
        made.draw(found, recordings, moment_at(recordings, step))
        assert np.array_equal(found, expected), step
