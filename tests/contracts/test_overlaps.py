"""No two views of a frame paint the same pixel, at any shape, in any theme, unless one is to lie on top."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import pytest

from kept import FOLDER, read
from weightreel.render.check import room
from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.layout import shape_of
from weightreel.render.encoders._presets import PRESETS
from weightreel.render.frames.course import Course
from weightreel.render.frames.film import compose
from weightreel.render.frames.places import places
from weightreel.render.frames.take import Sizing
from weightreel.render.scene.file import load, shipped_scenes
from weightreel.render.views.caption import Caption
from weightreel.trainer.recording.about import About

KEPT = {path.stem for path in FOLDER.glob("*.npz")}
SIZES = [Sizing(size) for size in ((1920, 1080), (1080, 1920), (1080, 1080), (960, 540), (896, 896))]
SIZES += [Sizing((1080, 1920), PRESETS["story"].inside)]


@cache
def known(name: str) -> dict[str, About]:
    return {run: recording.about for run, recording in read(name).items()}


def meet(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


@pytest.mark.parametrize("theme", ["dark", "light", "print"])
@pytest.mark.parametrize("name", sorted(set(shipped_scenes()) & KEPT))
def test_no_two_views_share_a_pixel(name, theme):
    scene = load(name, settings=[f"theme={theme}"])
    for sizing in SIZES:
        stands = places(scene, sizing, known(name))
        flat = [p.rect for v, p in zip(scene.view, stands, strict=True) if p is not None and not v.lies_on_top]
        assert not any(meet(a, b) for a, b in combinations(flat, 2)), sizing
        assert all(r.x >= 0 and r.x + r.width <= sizing.size[0] for r in flat), sizing
        assert all(r.y >= 0 and r.y + r.height <= sizing.size[1] for r in flat), sizing
        found = room.findings(scene, {sizing: "here"}, known(name))
        assert [f for f in found if f.level == "error"] == []


@pytest.mark.parametrize("name", sorted(set(shipped_scenes()) & KEPT - {"lesson_9"}))
def test_what_phones_cover_of_a_story_holds_no_words(name):
    """Everything that stands in an area is within x 108–972, y 384–1536, and so are words over the frame."""
    scene, around = load(name), Rect(108, 384, 864, 1152)
    scene = scene.model_copy(update={"view": (*scene.view, Caption(text="over everything"))})
    stands = places(scene, Sizing((1080, 1920), PRESETS["story"].inside), known(name))
    for view, place in zip(scene.view, stands, strict=True):
        if place is not None and view.type != "progress":
            r = place.rect
            assert around.x <= r.x and r.x + r.width <= around.x + around.width
            assert around.y <= r.y and r.y + r.height <= around.y + around.height


def overlapping(*views: dict[str, Any], areas: tuple[str, ...] = ("a b",)) -> list[str]:
    scene = load("hidden_grid")
    made = type(scene)(run=scene.run, view=views, layout={"size": (1280, 720), "areas": areas})
    return [
        str(f.key) for f in room.findings(made, {Sizing((1280, 720)): ""}, known("hidden_grid")) if f.level == "error"
    ]


def test_views_that_paint_over_each_other_are_refused():
    curve, grid = {"type": "curve", "area": "b"}, {"type": "neuron_grid", "area": "a"}
    assert overlapping(grid, curve) == []
    assert overlapping({"type": "neuron_grid"}, curve) == ["view[0].area"]
    assert overlapping(curve, {"type": "neuron_grid"}, grid) == ["view[1].area"]
    assert overlapping(grid, curve, curve) == ["view[2].area"]
    assert overlapping(grid, curve, curve | {"on_top": True}) == []
    assert overlapping(grid, curve, {"type": "caption", "text": "over it"}, {"type": "progress"}) == []
    assert overlapping(grid, {"type": "caption", "text": "over it", "on_top": False}) == ["view[1].area"]


def test_shapes_are_told_apart_by_their_sides():
    assert [shape_of((w, 1000)) for w in (799, 800, 1250, 1251)] == ["portrait", "square", "square", "landscape"]


def test_what_lies_on_top_is_drawn_last():
    """Whatever its place in the scene: a caption that came first would be painted over."""
    recordings, scene = read("hidden_grid"), load("hidden_grid", settings=["layout.size=[960, 540]"])
    views = (Caption(text="over everything"), *scene.view)
    made = scene.model_copy(update={"view": views})
    film = compose(made, Sizing((960, 540)), Course.of(made, known("hidden_grid"), 10).over(recordings), recordings)
    assert [part.name for part in film.sections["film"]][-2:] == ["view[0] (caption)", "view[7] (progress)"]
