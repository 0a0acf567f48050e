"""What a frame has changed against the one before: no pixel is left out, and what is known of the rest is right."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Literal

import numpy as np
import pytest

from kept import FOLDER, filmed
from weightreel.render.drawing.canvas import Rect
from weightreel.render.frames.film import Film, Part
from weightreel.render.frames.flashes import cells_of
from weightreel.render.frames.watch import Watch
from weightreel.render.scene.digests import digest
from weightreel.render.views.neuron_grid import NeuronGrid

KEPT = sorted(path.stem for path in FOLDER.glob("*.npz"))
CORNER, BESIDE = Rect(8, 8, 24, 24), Rect(40, 0, 24, 48)
SIZES = [(1920, 1080), (640, 360), (230, 311), (7, 1000)]


@pytest.mark.parametrize("name", KEPT)
def test_nothing_changes_outside_of_what_a_film_says(name):
    """On buffers that are used again and again, as by a writer; each frame is that of a buffer of its own."""
    film, watch = filmed(name), Watch()
    buffers, draw = [film.buffer() for _ in range(3)], watch.over(film)
    some = np.linspace(0, len(film) - 1, 12).round().astype(int)
    indices = sorted({int(i) for at in some for i in (at, at + 1) if i < len(film)})
    before = frame = film.buffer()
    for number, index in enumerate(indices):
        draw(buffers[number % 3], index)
        film.draw(frame := film.buffer(), index)
        assert np.array_equal(buffers[number % 3], frame), index
        assert watch.digests[-1] == digest(frame)
        if number in watch.light:
            assert np.array_equal(watch.light[number], cells_of(frame))
        if number:
            other = (frame != before).any(axis=2)
            for rect in film.changed(indices[number - 1], index):
                rect.of(other)[:] = False
            assert not other.any(), index
        before = frame


@pytest.mark.parametrize("size", SIZES)
def test_what_is_known_of_a_frame_by_the_one_before_is_what_is_known_of_it_alone(size):
    rng, watch = np.random.default_rng(0), Watch()
    frame = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
    watch.see(frame)
    for _ in range(30):
        y, height = int(rng.integers(0, size[1])), int(rng.integers(0, size[1] // 2))
        rect = Rect(0, y, size[0], min(height, size[1] - y))
        part = rect.of(frame)
        part[:] = rng.integers(0, 256, part.shape, np.uint8)
        watch.see(frame, [rect])
        assert watch.digests[-1] == digest(frame)
        if (number := len(watch.digests) - 1) in watch.light:
            assert np.array_equal(watch.light[number], cells_of(frame))
        else:
            assert watch.digests[-1] == watch.digests[-2]


def plain(canvas, recordings, moment):
    canvas[:] = 200


def veil(canvas, recordings, moment):
    canvas //= 2


def blinking(canvas, recordings, moment):
    canvas[:: 1 + moment.index % 3] = 255


@pytest.mark.parametrize("over", [veil, blinking])
def test_what_shows_through_a_view_is_drawn_under_it(over):
    """Frames that are held: nothing but the view on top is another in each, and what it leaves is of what is below."""
    course = [SimpleNamespace(index=i, section="film", at={"run": 0}) for i in range(8)]
    drawn: list[str] = []

    def part(draw, rect, *, steady):
        def noting(*given):
            drawn.append(name)
            draw(*given)

        name = f"{draw.__name__} {rect.x}"
        return Part(SimpleNamespace(draw=noting), rect, rect, name, steady)

    parts = (
        part(plain, CORNER, steady=True),
        part(plain, BESIDE, steady=True),
        part(over, CORNER, steady=False),
    )
    film = Film((64, 48), (0, 0, 0), {"film": parts}, course, {})
    frame = film.buffer()
    for index in (0, 1, 2, 5, 4, 7):
        film.draw(frame, index)
        film.draw(alone := film.buffer(), index)
        assert np.array_equal(frame, alone), index
    drawn.clear()
    film.draw(frame, 6)
    assert f"plain {BESIDE.x}" not in drawn  # nothing lies over it


def test_a_view_made_of_a_steady_one_says_so_anew():
    class Tinted(NeuronGrid):
        type: Literal["tinted"] = "tinted"

    class Blinking(NeuronGrid):
        type: Literal["blinking"] = "blinking"

        def fit(self, recordings, place, course):
            raise NotImplementedError

    assert NeuronGrid.steady and Tinted.steady and not Blinking.steady
