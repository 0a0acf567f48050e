"""Areas and tiles: inside the frame, apart from each other, on even coordinates, as large as fits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kept import read
from weightreel.render.check import room
from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Layout, Natural, Place
from weightreel.render.drawing.theme import Style
from weightreel.render.drawing.tiles import Border, fit_tiles
from weightreel.render.errors import SceneError
from weightreel.render.frames.places import about_of, places
from weightreel.render.frames.take import Sizing
from weightreel.render.scene.file import load
from weightreel.render.scene.scene import Scene
from weightreel.render.views.neuron_grid import NeuronGrid
from weightreel.trainer.recording.about import About

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


@pytest.mark.parametrize("count", [1, 3, 5, 6])
def test_put_draws_each_pixel_as_a_square(count):
    placed = fit_tiles((200, 120), 2, 3, (5, 4), Border(thickness=0), gap=2).within(Rect(0, 0, 200, 120))
    images = np.random.default_rng(0).integers(0, 256, (count, 5, 4, 3), dtype=np.uint8)
    canvas, expected = blank((200, 120), (0, 0, 0)), blank((200, 120), (0, 0, 0))
    s = placed.scale
    placed.put(canvas, images.repeat(s, axis=2), canvas.copy())
    for number, image in enumerate(images):
        x, y = placed.corner(number)
        expected[y : y + 5 * s, x : x + 4 * s] = image.repeat(s, 0).repeat(s, 1)
    assert np.array_equal(canvas, expected)


def test_sizes_of_type_follow_the_frame():
    large, small = Style((1920, 1080)), Style((640, 360))
    assert large.body_px > small.body_px >= 12
    assert Place(Rect(0, 0, 1, 1), small).style.title_px >= small.body_px


def known(name: str) -> dict[str, About]:
    return {run: recording.about for run, recording in read(name).items()}


def shown(name: str, *settings: str) -> Scene:
    """A scene that ships; "plain" is hidden_grid with a grid and a plot, and no areas but for wide frames."""
    if name != "plain":
        return load(name, settings=list(settings))
    scene = load("hidden_grid")
    views = tuple(view for view in scene.view if view.area not in ("digit", "answers"))
    layout = Layout(size=(1920, 1080), areas=["grid title", "grid figures", "grid loss"])
    return scene.model_copy(update={"view": views, "layout": layout})


def standing(name: str, size: tuple[int, int], *settings: str) -> dict[str, Place]:
    """Where the views of a scene that ships stand, by their areas."""
    scene = shown(name, *settings)
    stands = places(scene, Sizing(size), known("hidden_grid" if name == "plain" else name))
    return {v.area: p for v, p in zip(scene.view, stands, strict=True) if v.area and p is not None}


def scale(name: str, size: tuple[int, int], area: str) -> int:
    scene, about = shown(name), known("hidden_grid" if name == "plain" else name)
    view = next(v for v in scene.view if v.area == area)
    grid = view.tiles(about_of(view, about), standing(name, size)[area])
    assert grid is not None
    return grid.scale


def test_a_shape_has_areas_of_its_own():
    own = Layout(size=(1920, 1080), areas=["a b"], columns=[3, 1], margin=20, portrait={"areas": ["b", "a"]})
    assert own.at((1920, 1080)) is own
    assert own.at((1080, 1080)) is own, "a square has none"
    upright = own.at((1080, 1920))
    assert (upright.areas, upright.columns, upright.margin) == (("b", "a"), None, 20)
    rects = upright.rects(Style((540, 960)))
    assert rects["b"].x == 10
    assert rects["b"].y < rects["a"].y
    assert [own.turned(size) for size in ((1920, 1080), (1080, 1080), (1080, 1920))] == [False, True, False]


def test_lengths_alone_leave_the_areas_to_be_stacked():
    own = Layout(size=(1920, 1080), areas=["a b"], square={"margin": 8})
    assert own.turned((1080, 1080))
    assert (own.at((1080, 1080)).areas, own.at((1080, 1080)).margin) == (("a b",), 8)


def test_what_is_wrong_with_the_areas_of_a_shape_is_said_there():
    found = Layout(areas=["a"], portrait={"areas": ["a b", "a"]}, square={"rows": [1]}).findings()
    assert [f.key for f in found] == ["portrait.areas", "square.rows"]


def test_a_view_without_an_area_in_a_shape_is_told_of():
    scene = load("hidden_grid", settings=["layout.portrait={areas=['title', 'grid', 'figures']}"])
    sizes = {Sizing(size): name for size, name in (((1920, 1080), "wide"), ((1080, 1920), "upright"))}
    found = list(room.findings(scene, sizes, known("hidden_grid")))
    told = [f"upright: frames of this shape have no area '{n}': the view is not shown there" for n in ("digit", "loss")]
    assert {(f.message, f.level) for f in found} >= {(words, "note") for words in told}
    assert "loss" not in standing("hidden_grid", (1080, 1920), "layout.portrait={areas=['title', 'grid', 'figures']}")
    with pytest.raises(
        SceneError, match=r"no area 'loss'; layout.areas names 'grid', 'title', 'figures', 'digit', 'answers'"
    ):
        areas = "['grid title', 'grid figures', 'grid digit', 'grid answers']"
        load("hidden_grid", settings=[f"layout={{areas={areas}}}"])


def test_what_is_the_same_at_every_size_is_said_once():
    scene = load("hidden_grid", settings=["view.0.rows=9", "view.0.columns=9"])
    sizes = {Sizing(size): f"{size[0]}" for size in ((1920, 1080), (1280, 720))}
    (found,) = room.findings(scene, sizes, known("hidden_grid"))
    assert found.message.startswith("9 × 9 cells for 64: 17 stay empty; leave rows and columns out")
    assert found.level == "warning"


@pytest.mark.parametrize(
    ("size", "largest"), [((1080, 1920), 4), ((1080, 1080), 2), ((896, 896), 2), ((1920, 1080), 4)]
)
def test_tiles_take_the_largest_scale_when_the_frame_turns(size, largest):
    assert scale("plain", size, "grid") == largest
    stands = standing("plain", size)
    assert len(stands) == 4, "everything is still shown"
    filled = sum(p.rect.width * p.rect.height for p in stands.values())
    assert filled > 0.5 * size[0] * size[1], "and the frame is filled"


def test_upright_it_is_the_words_the_tiles_and_the_rest():
    stands = {area: place.rect for area, place in standing("plain", (1080, 1920)).items()}
    assert sorted(stands, key=lambda area: (stands[area].y, stands[area].x)) == ["title", "figures", "grid", "loss"]
    assert len({stands[area].x for area in ("title", "grid", "loss")}) == 1, "one left edge for all"
    assert len({stands[area].x + stands[area].width for area in ("figures", "grid", "loss")}) == 1
    assert stands["grid"].width == 956


def test_a_layout_that_stands_upright_is_stacked_for_wide_frames():
    upright = Layout(size=(1080, 1920), areas=["title", "grid", "figures", "loss"])
    scene = shown("plain").model_copy(update={"layout": upright})
    stands = places(scene, Sizing((1280, 720)), known("hidden_grid"))
    wide = {v.area: p for v, p in zip(scene.view, stands, strict=True) if p is not None}
    assert wide["grid"].rect.width >= 508
    assert wide["loss"].rect.x > wide["grid"].rect.x + wide["grid"].rect.width


def test_labels_stay_with_their_tiles():
    stands = {area: p.rect for area, p in standing("mlp_16_16", (1920, 1080)).items()}
    label, tiles = stands["two"], stands["second"]
    assert label.x == tiles.x
    assert 0 <= tiles.y - label.y - label.height < 40


def test_neighbours_share_edges():
    samples = standing("relu_64", (1920, 1080))
    assert len({samples[area].rect.x for area in ("title", "figures", "samples")}) == 1
    by_hand = {area: p.rect for area, p in standing("by_hand", (1920, 1080)).items()}
    assert len({by_hand[area].x for area in ("title", "figures", "cost", "three")}) == 1
    assert by_hand["three"].y == by_hand["regions"].y and by_hand["three"].height == by_hand["regions"].height


@pytest.mark.parametrize(
    ("count", "room", "shape"), [(24, (596, 864), (6, 4)), (24, (864, 596), (4, 6)), (64, (960, 960), (8, 8))]
)
def test_rows_and_columns_follow_the_shape_of_the_area(count, room, shape):
    about = known("hidden_grid")["run"]
    layer = about.layers[0].model_copy(update={"output_shape": (count,), "shape": (784, count)})
    other = about.model_copy(update={"layers": (layer, *about.layers[1:])})
    view = NeuronGrid(area="x")
    grid = view.tiles(other, Place(Rect(0, 0, *room), Style((1920, 1080))))
    assert (grid.rows, grid.columns) == shape
