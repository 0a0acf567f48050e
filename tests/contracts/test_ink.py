"""The laws of words: no ink on the edge of a box, none cut by the edge of a view, no two words on each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations

import numpy as np
import pytest

from kept import read
from trainings import course_of, record_small
from weightreel.render.check import whole
from weightreel.render.drawing import text, typeface
from weightreel.render.drawing.canvas import Frame, Rect, blank
from weightreel.render.drawing.fitting import in_cell
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import SMALLEST_TEXT_PX, THEMES, Style, Theme
from weightreel.render.frames.course import Course
from weightreel.render.frames.places import places
from weightreel.render.frames.take import Sizing
from weightreel.render.scene.file import load, shipped_scenes
from weightreel.render.views.curve import Curve
from weightreel.render.views.multiples import Multiples
from weightreel.render.views.scatter import Scatter
from weightreel.trainer.recording.store import Recordings

SHAPES = ("1920x1080", "1080x1920", "1080x1080", "960x540")
SCENES = sorted({*shipped_scenes()} - {"back_projection_500"})  # the same words as back_projection
DRAW = text.draw
kept_of = lru_cache(1)(read)  # one scene after the other
WEIGHTS = ("light", "regular", "semibold")


@dataclass(frozen=True)
class Word:
    """A line that was drawn: where its ink would be on its canvas, and how large that is."""

    words: str
    ink: Rect
    room: tuple[int, int]

    @property
    def cut(self) -> bool:
        x, y, width, height = self.ink
        return x < 0 or y < 0 or x + width > self.room[0] or y + height > self.room[1]

    def meets(self, other: Word) -> bool:
        a, b = self.ink, other.ink
        across = a.x < b.x + b.width and b.x < a.x + a.width
        return across and a.y < b.y + b.height and b.y < a.y + a.height


def box_of(words: str, size: int, weight: str) -> Frame:
    """The box of a line as it is drawn, white on black, (height, width, 3)."""
    ascent, descent, _ = text.metrics(size, weight)
    box = np.zeros((ascent + descent, text.width(words, size, weight), 3), np.uint8)
    DRAW(box, (0, 0), words, size=size, color=(255, 255, 255), background=(0, 0, 0), weight=weight)
    return box


@cache
def inked(words: str, size: int, weight: str) -> tuple[Rect | None, bool]:
    """The rectangle of the ink of a line in its box, None where it has none, and whether that reaches the edge. Views
    draw the same words in every frame."""
    box = box_of(words, size, weight)
    across, down = np.flatnonzero(box.any(axis=(0, 2))), np.flatnonzero(box.any(axis=(1, 2)))
    if not len(across):
        return None, False
    ink = Rect(int(across[0]), int(down[0]), int(np.ptp(across)) + 1, int(np.ptp(down)) + 1)
    return ink, ink.x == 0 or ink.y == 0 or ink.x + ink.width == box.shape[1] or ink.y + ink.height == box.shape[0]


def sizes() -> Iterator[int]:
    """Every size of type that a theme has at a shape, whole and shrunk."""
    for name in THEMES:
        for shape in SHAPES:
            width, height = map(int, shape.split("x"))
            style = Style((width, height), Theme(name=name))
            for size in (style.body_px, style.title_px, style.figure_px, style.text_px(1.8 * style.theme.title)):
                yield from (size, round(0.75 * size))


@pytest.mark.parametrize("weight", [w if w == "regular" else pytest.param(w, marks=pytest.mark.slow) for w in WEIGHTS])
def test_no_sign_has_ink_on_the_edge_of_its_box(weight):
    signs = [chr(n) for n in range(32, 0x3000) if not text.missing(chr(n))]
    assert len(signs) > 1000
    extremes = [*typeface.HIGHEST, *typeface.LOWEST, *"fjgÅŮß_()|/\\Wy"]
    for size in sorted({*sizes()}):
        some = signs if size == 12 else extremes
        assert [sign for sign in some if inked(sign, size, weight)[1]] == []


@pytest.mark.parametrize("words", ["0", "000", "−0.0", "1\N{NARROW NO-BREAK SPACE}000"])
def test_numbers_in_cells_have_room_and_can_be_read(words):
    """At 8 pixels half of them are misread, at 12 none."""
    sizes = {side: in_cell(words, side, side // 3) for side in range(1, 120)}
    assert not sizes[12] and sizes[119] == 39
    assert all(size == 0 or size >= SMALLEST_TEXT_PX for size in sizes.values())
    assert all(max(size, text.width(words, size)) < side - 2 for side, size in sizes.items() if size)
    assert list(sizes.values()) == sorted(sizes.values())


def watched(monkeypatch: pytest.MonkeyPatch, seen: list[Word]) -> None:
    """Note all lines that are drawn from now on."""

    def noting(canvas, xy, words, *, size, color, background, weight="regular"):
        ink, on_edge = inked(words, size, weight)
        if ink is not None:
            assert not on_edge, words
            assert size >= SMALLEST_TEXT_PX, words
            at = Rect(xy[0] + ink.x, xy[1] + ink.y, ink.width, ink.height)
            seen.append(Word(words, at, (canvas.shape[1], canvas.shape[0])))
        DRAW(canvas, xy, words, size=size, color=color, background=background, weight=weight)

    monkeypatch.setattr(text, "draw", noting)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", SCENES)
def test_no_word_is_cut_and_none_meets_another(name, shape, monkeypatch):
    """Of a scene that `check` accepts at that shape; turned words are drawn on a canvas of their own."""
    recordings = kept_of(name)
    about = {run: recording.about for run, recording in recordings.items()}
    for theme in ("dark", "print"):
        scene = load(name, outputs=["x.png"], settings=[f"layout.size={shape}", f"theme={theme}"])
        if any(f.level == "error" for f in whole.findings(scene, about, (), written=False)):
            continue
        course, style = Course.of(scene, about, scene.timeline.fps), Style(scene.layout.size, scene.theme)
        for view, place in zip(scene.view, places(scene, Sizing(style.size), about), strict=True):
            if place is None:
                continue
            for seen in written(view, recordings, place, course, monkeypatch):
                assert_apart(seen, place, view.type)


def written(view, recordings, place, course, monkeypatch) -> Iterator[list[Word]]:
    """The lines of words of three frames of a view."""
    still: list[Word] = []
    watched(monkeypatch, still)
    fitted = view.fit(recordings, place, course)
    for index in (0, len(course) * 3 // 4, len(course) - 1):
        seen = [*still]
        watched(monkeypatch, seen)
        fitted.draw(blank(place.rect[2:], place.style.background), recordings, course[index])
        yield seen
    monkeypatch.undo()


def assert_apart(seen: list[Word], place: Place, told: str) -> None:
    assert [word for word in seen if word.cut] == [], told
    room = [word for word in seen if word.room == place.rect[2:]]
    assert [pair for pair in combinations(room, 2) if pair[0].meets(pair[1])] == [], told


@pytest.mark.parametrize("shape", [(1920, 1080), (640, 360)])
@pytest.mark.parametrize(
    "view",
    [
        Curve(),
        Curve(run="all", metrics=["loss", "validation_loss", "accuracy"]),
        Curve(x_scale="log", y_scale="log"),
        Scatter(),
        Multiples(),
    ],
    ids=["curve", "curve of several", "curve, logarithmic", "scatter", "multiples"],
)
def test_a_low_or_narrow_plot_leaves_words_out_and_says_so(view, shape, monkeypatch):
    """Where it does not refuse the place: at every height down to a pixel, and in narrow ones."""
    recordings = Recordings({name: record_small() for name in ("sigmoid", "relu")})
    about, style = {name: r.about for name, r in recordings.items()}, Style(shape, Theme())
    course, line = course_of(recordings), sum(text.metrics(style.body_px)[:2])
    heights = [1, 2, 5, *range(line // 2, 12 * line, max(1, line // 3))]
    whole = 0
    for width, height in [(shape[0] // 3, h) for h in heights] + [(w * line // 2, 9 * line) for w in range(1, 24)]:
        place = Place(Rect(0, 0, width, height), style)
        found = list(view.findings_among(about, place))
        if any(f.level == "error" for f in found):
            continue
        frames = list(written(view, recordings, place, course, monkeypatch))
        for seen in frames:
            assert_apart(seen, place, f"{width} × {height}")
        whole += not found
    assert whole
