"""The laws of views, over every plug-in."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from examples import cases
from trainings import draw, moment_at, record_for
from trainings import fitted as fit
from weightreel.render.drawing.canvas import Frame, Rect, parse_color
from weightreel.render.drawing.colormaps import MAPS
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style, Theme
from weightreel.render.errors import SceneError, Unfit
from weightreel.render.formats.palette import pack, unpack
from weightreel.render.frames.course import Course
from weightreel.render.views import View
from weightreel.trainer.options import Options
from weightreel.trainer.recording.store import Recordings

CASES = [
    pytest.param(options(**example.options), example.training, id=f"{name}-{number}")
    for name, group in groupby(cases("view"), key=lambda case: case[0])
    for number, (_, options, example) in enumerate(group)
]
SIZES = [(1, 1), (2, 2), (3, 7), (31, 17), (97, 61), (240, 180), (501, 333)]

pytestmark = pytest.mark.parametrize(("view", "training"), CASES)
record_once = cache(record_for)


@pytest.fixture
def recorded(view: View, training: str) -> Any:
    """The small training that a view shows, recorded once; of every run for a view of them all."""
    return record_once(view, training)


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
    return fit(view, recording, where)


def test_one_of_several_runs_is_asked_for_where_one_is_shown(view, training):
    """Of a view of every run, the name of one would mean nothing."""
    if not view.every_run:
        assert type(view)(**dict(view) | {"run": "other"}).runs(["first", "other"]) == ("other",)
        return
    with pytest.raises(SceneError, match=r"run   unknown key"):
        type(view)(**dict(view) | {"run": "first"})


def test_the_first_of_several_runs_is_not_shown_in_silence(view, training):
    """A curve names it; an image is of the data, and progress of the film."""
    found = list(view.unchosen(["first", "other"]))
    silent = not view.every_run and view.type not in {"curve", "image", "progress"}
    assert [(f.key, f.level) for f in found] == [("run", "warning")] * silent
    assert all("'first'" in f.message for f in found)
    assert not list(view.unchosen(["first"]))
    if not view.every_run:
        chosen = type(view)(**dict(view) | {"run": "other"})
        assert not list(chosen.unchosen(["first", "other"]))


def test_module_and_class_are_a_view(view, recorded):
    assert isinstance(view, View)
    assert type(view).__doc__
    assert list(view.findings(recorded.about)) == [], 'say training="convnet" in its line of tests/examples.py?'


def test_paints_inside_its_rectangle_only(view, recorded):
    for size in SIZES:
        where = place(size, 5, 3)
        drawn = fitted(view, recorded, where)
        if drawn is None:
            continue
        frame = noise((size[0] + 12, size[1] + 9), 1)
        before = frame.copy()
        draw(drawn, where.rect.of(frame), recorded, 5)
        where.rect.of(frame)[:] = where.rect.of(before)
        assert np.array_equal(frame, before), size


def test_draws_the_same_over_anything(view, recorded):
    for size in SIZES:
        drawn = fitted(view, recorded, place(size))
        if drawn is None:
            continue
        grounds = [noise(size, seed) for seed in (1, 2, 3)]
        results = [g.copy() for g in grounds]
        for result in results:
            draw(drawn, result, recorded, 7)
        untouched = np.all([(r == g).all(axis=2) for r, g in zip(results, grounds, strict=True)], axis=0)
        same = np.all([(r == results[0]).all(axis=2) for r in results], axis=0)
        assert (untouched | same).all(), size


def test_draws_alone_what_it_draws_in_sequence(view, recorded):
    canvas = noise((360, 240), 0)
    drawn = fitted(view, recorded, place((360, 240)))
    alone = noise((360, 240), 0)
    for step in (0, 1, 2, 12, 3, 9):
        draw(drawn, canvas, recorded, step)
    draw(fit(view, recorded, place((360, 240))), alone, recorded, 9)
    assert np.array_equal(canvas, alone)


def test_a_steady_view_is_all_that_its_steps_say(view, recorded):
    """It leaves no pixel as it was, and is the same in each frame that shows these steps."""
    if not view.steady:
        return
    for size in SIZES:
        drawn = fitted(view, recorded, place(size))
        if drawn is not None:
            moment = moment_at(recorded, 7)
            later = replace(moment, index=moment.index + 3, seconds=99.0, section="other", share=0.3)
            one, other = noise(size, 1), noise(size, 2)
            drawn.draw(one, recorded, moment)
            drawn.draw(other, recorded, later)
            assert np.array_equal(one, other), size


@pytest.mark.parametrize("step", [0, 1, 6])
def test_reads_nothing_after_the_step(view, recorded, step):
    drawn = fitted(view, recorded, place((360, 240)))
    whole, cut = noise((360, 240), 0), noise((360, 240), 0)
    moment = moment_at(recorded, step)
    drawn.draw(whole, recorded, moment)
    drawn.draw(cut, recorded.until(step), moment)
    assert np.array_equal(whole, cut)


def between(recordings: Any) -> Course:
    """A film that shows every third of the recorded steps, and three places between each two."""
    kept = {name: r.steps[::3] for name, r in recordings.items()}
    places = np.linspace(0, max(steps[-1] for steps in kept.values()), 17)
    wanted = {name: np.minimum(places.round().astype(np.int64), steps[-1]) for name, steps in kept.items()}
    return Course(1.0, (("film", 0, 17),), wanted, kept, places, linear=True)


@pytest.mark.parametrize("index", [0, 1, 6])
def test_reads_nothing_after_the_later_of_two_steps(view, recorded, index):
    """Between two snapshots, a frame names both."""
    course = between(recorded)
    moment = course[index]
    drawn = view.fit(recorded, place((360, 240)), course)
    grounds = [noise((360, 240), seed) for seed in (0, 0, 1, 2)]
    drawn.draw(grounds[0], recorded, moment)
    latest = {name: run.until(moment.latest(name)) for name, run in recorded.items()}
    pickle.loads(pickle.dumps(drawn)).draw(grounds[1], Recordings(latest), moment)
    assert np.array_equal(grounds[0], grounds[1])
    drawn.draw(grounds[2], recorded, course[3])  # what another moment leaves is painted over
    drawn.draw(grounds[2], recorded, moment)
    drawn.draw(grounds[3], recorded, moment)
    told = (grounds[0] != noise((360, 240), 0)).any(axis=2)
    assert np.array_equal(grounds[2][told], grounds[3][told])


def test_fitted_pickles(view, recorded):
    drawn = fitted(view, recorded, place((360, 240)))
    one, two = noise((360, 240), 0), noise((360, 240), 0)
    draw(drawn, one, recorded, 4)
    draw(pickle.loads(pickle.dumps(drawn)), two, recorded, 4)
    assert np.array_equal(one, two)


def test_takes_its_colours_from_the_theme(view, recorded):
    """With every colour of the theme another one, none of the usual ones is left."""
    usual = {parse_color(c) for c in colors_of(Theme())}
    colors = {k: v for k, v in Theme().model_dump().items() if k not in ("name", *MAPS) and not isinstance(v, float)}
    other = Theme.model_validate({k: another(v) for k, v in colors.items()})
    drawn = fit(view, recorded, Place(Rect(0, 0, 360, 240), Style((640, 360), other)))
    canvas = np.full((240, 360, 3), parse_color(other.background), np.uint8)
    draw(drawn, canvas, recorded, 7)
    assert not usual & {tuple(map(int, c)) for c in unpack(np.unique(pack(canvas)))}


def test_takes_its_colour_maps_from_the_theme(view, recorded):
    """Of both, it changes with the one that it takes, and with no other."""
    plain = in_theme(view, recorded, Theme())
    for purpose in MAPS:
        changed = not np.array_equal(plain, in_theme(view, recorded, Theme.model_validate({purpose: "turbo"})))
        assert changed == (getattr(view, "colormap", "") == purpose)


def test_red_is_for_the_borders_of_tiles_alone(view, recorded):
    """What has the colour of borders stands around tiles, or over their edges where a border is inside."""
    drawn = [in_theme(view, recorded, Theme(border=color)) for color in ("#ff0000", "#00ff00")]
    red = (drawn[0] != drawn[1]).any(axis=2)
    grid = view.tiles(recorded.about, Place(Rect(0, 0, 360, 240), Style((640, 360))))
    assert not red.any() or grid is not None
    for number in range(grid.rows * grid.columns if grid else 0):
        x, y = grid.corner(number)
        edge = grid.border.thickness if grid.border.inside else 0
        height, width = (side * grid.scale - edge for side in grid.tile)
        assert not red[y + edge : y + height, x + edge : x + width].any()


def in_theme(view: View, recorded: Any, theme: Theme) -> Frame:
    """A view of 360 × 240 in a theme."""
    canvas = np.zeros((240, 360, 3), np.uint8)
    draw(fit(view, recorded, Place(Rect(0, 0, 360, 240), Style((640, 360), theme))), canvas, recorded, 7)
    return canvas


def test_has_the_rest_of_a_table_from_its_own_default(view, recorded):
    """`help` says so, and `normalize = { over = "tile" }` must not undo that weights lie around 0."""
    for key, field in type(view).model_fields.items():
        for part in type(field.default).model_fields if isinstance(field.default, Options) else ():
            given = {part: getattr(field.default, part)}
            for said in (given, type(field.default)(**given)):
                assert getattr(type(view)(**required(view), **{key: said}), key) == field.default


def required(view: View) -> dict[str, Any]:
    """What has to be said for a view of its kind."""
    return {k: getattr(view, k) for k, field in type(view).model_fields.items() if field.is_required()}


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


def test_changes_nothing_in_the_recording(view, recorded):
    old = pickle.loads(pickle.dumps(recorded))
    drawn = fitted(view, recorded, place((360, 240)))
    draw(drawn, noise((360, 240), 0), recorded, 5)
    draw(drawn, noise((360, 240), 0), recorded, 9)
    for run, kept in zip(recorded.values(), old.values(), strict=True):
        for step in (0, 4, 6):
            assert np.array_equal(run.parameter("0/weights", step), kept.parameter("0/weights", step))
            for key in run.probe_names:
                assert np.array_equal(run.probe(key, step), kept.probe(key, step))
