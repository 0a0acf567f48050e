"""Areas and tiles: inside the frame, apart from each other, on even coordinates, as large as fits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Layout, Natural, Place
from weightreel.render.drawing.theme import Style
from weightreel.render.drawing.tiles import Border, fit_tiles

AREAS = [
    ("a",),
    ("a b",),
    ("a", "b"),
    ("a b", "a c"),
    ("a a b", "c d b"),
    ("t t", "a b", "a c", ". c"),
]


def inside(rect: Rect, size: tuple[int, int]) -> bool:
    return rect.x >= 0 and rect.y >= 0 and rect.x + rect.width <= size[0] and rect.y + rect.height <= size[1]


def apart(a: Rect, b: Rect) -> bool:
    return a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y


@given(st.sampled_from(AREAS), st.integers(60, 2000), st.integers(60, 2000), st.booleans())
def test_areas_are_even_apart_and_inside(areas, width, height, tiled):
    size = (width - width % 2, height - height % 2)
    naturals = {"a": [lambda place: Natural(place.rect.width * 2 // 3, place.rect.height * 2 // 3, 2)]} if tiled else {}
    rects = Layout(size=size, areas=areas).rects(Style(size), naturals)
    assert set(rects) == {n for row in areas for n in row.split()} - {"."}
    assert all(inside(r, size) for r in rects.values())
    assert all(r.x % 2 == 0 and r.y % 2 == 0 for r in rects.values())
    assert all(apart(a, b) for a, b in itertools.combinations(rects.values(), 2))


def test_weights_share_the_room():
    size = (1000, 600)
    rects = Layout(size=size, areas=["a b"], columns=[3, 1], margin=0, gutter=0).rects(Style(size))
    assert (rects["a"].width, rects["b"].width) == (750, 250)


def test_neighbours_share_the_edges_of_a_grid_of_tiles():
    size = (1920, 1080)
    natural = {"grid": [lambda place: Natural(956, 956, 2)]}
    rects = Layout(size=size, areas=["grid words", "grid loss"]).rects(Style(size), natural)
    grid, words, loss = (rects[n] for n in ("grid", "words", "loss"))
    assert (grid.width, grid.height) == (956, 956)
    assert grid.y == words.y
    assert grid.y + grid.height == loss.y + loss.height
    assert (grid.x + 2) % 8 == 0
    assert (grid.y + 2) % 8 == 0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"areas": ["a b", "a"]}, "different numbers of names"),
        ({"areas": ["a b", "b a"]}, "not a rectangle"),
        ({"areas": ["a b"], "columns": [1, 2, 3]}, "3 weights for 2 columns"),
    ],
)
def test_problems(keys, words):
    assert words in Layout(**keys).findings()[0].message


borders = st.builds(Border, thickness=st.integers(0, 4), inside=st.booleans())


@given(
    st.integers(20, 1200),
    st.integers(20, 1200),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 32),
    st.integers(1, 32),
    borders,
    st.one_of(st.none(), st.integers(0, 9)),
)
def test_tiles_fit_at_the_largest_whole_scale(width, height, rows, columns, th, tw, border, gap):
    grid = fit_tiles((width, height), rows, columns, (th, tw), border, gap=gap)
    edge = 2 * border.outside
    if grid is None:
        least = (columns * (tw + edge) + (columns - 1) * (gap or 0), rows * (th + edge) + (rows - 1) * (gap or 0))
        assert least[0] > width - 2 or least[1] > height - 2 or th % 2 or tw % 2
        return
    assert grid.size[0] <= width
    assert grid.size[1] <= height
    larger = grid.scale + (2 if (th % 2 or tw % 2) else 1)
    tight = (
        columns * (tw * larger + edge) + (columns - 1) * (8 if gap is None else gap),
        rows * (th * larger + edge) + (rows - 1) * (8 if gap is None else gap),
    )
    assert tight[0] > width or tight[1] > height or grid.scale >= 1


@given(st.integers(300, 1900), st.integers(300, 1000), st.integers(0, 50), st.integers(0, 50))
def test_tiles_of_even_sizes_stand_on_even_coordinates(width, height, x, y):
    rect = Rect(2 * x, 2 * y, width, height)
    grid = fit_tiles((width, height), 8, 8, (28, 28), Border())
    assume(grid is not None)
    placed = grid.within(rect)
    for number in (0, 9, 63):
        at = placed.corner(number)
        assert (rect.x + at[0]) % 2 == 0
        assert (rect.y + at[1]) % 2 == 0
        assert at[0] >= 2
        assert at[0] + 28 * placed.scale + 2 <= width


def test_the_grid_of_the_readme():
    grid = fit_tiles((990, 996), 8, 8, (28, 28), Border())
    assert (grid.scale, grid.pitch, grid.size) == (4, (120, 120), (956, 956))


def test_put_draws_each_pixel_as_a_square():
    grid = fit_tiles((200, 120), 2, 3, (5, 4), Border(thickness=0), gap=2)
    placed = grid.within(Rect(0, 0, 200, 120))
    mosaic = np.random.default_rng(0).integers(0, 256, (10, 12, 3), dtype=np.uint8)
    canvas = blank((200, 120), (0, 0, 0))
    placed.put(canvas, mosaic)
    s = placed.scale
    for number in range(6):
        x, y = placed.corner(number)
        row, column = divmod(number, 3)
        tile = mosaic[row * 5 : row * 5 + 5, column * 4 : column * 4 + 4]
        assert np.array_equal(canvas[y : y + 5 * s, x : x + 4 * s], tile.repeat(s, 0).repeat(s, 1))


def test_sizes_of_type_follow_the_frame():
    large, small = Style((1920, 1080)), Style((640, 360))
    assert large.body_px > small.body_px >= 12
    assert Place(Rect(0, 0, 1, 1), small).style.title_px >= small.body_px
