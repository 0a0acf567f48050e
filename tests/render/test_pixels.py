"""The picture is right: pixels against computations made here, apart from the code that drew them."""

from __future__ import annotations

import warnings

import cmap
import numpy as np
import pytest

from trainings import draw, planned
from trainings import fitted as fitted_to
from weightreel.render.drawing import text
from weightreel.render.drawing.axes import linear_axis, log_axis
from weightreel.render.drawing.canvas import Rect, blank, parse_color, rgb
from weightreel.render.drawing.colormaps import Normalize, to_levels
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.numbers import APART
from weightreel.render.drawing.plot import SHIFT, averaged
from weightreel.render.drawing.template import filled, values
from weightreel.render.drawing.theme import Style, Theme
from weightreel.render.formats.palette import Mapper, choose, count_colors, pack, unpack
from weightreel.render.frames.places import places
from weightreel.render.frames.take import Sizing
from weightreel.render.scene.file import load
from weightreel.render.views.caption import Caption
from weightreel.render.views.curve import Curve
from weightreel.render.views.neuron_grid import NeuronGrid

SIZE = (260, 200)


def drawn(view, recording, step, size=SIZE):
    """The frame in the order red, green, blue, and what drew it."""
    place = Place(Rect(0, 0, *size), Style(size))
    fitted = fitted_to(view, recording, place)
    canvas = blank(size, (9, 9, 9))
    draw(fitted, canvas, recording, step)
    return rgb(canvas), fitted


def expected_share(weights, over, span, gain, clip):
    """Weights as 0…1, by the words of the design."""
    axis = 0 if over == "tile" else None
    low, high = (weights.min(axis=axis), weights.max(axis=axis)) if over != "clip" else clip
    if span == "symmetric":
        high = np.maximum(np.abs(low), np.abs(high))
        low = -high
    elif span == "positive":
        low = np.zeros_like(low)
    elif isinstance(span, tuple):
        low, high = span
    low, high = low / gain, high / gain
    return np.clip((weights - low) / (high - low), 0, 1)


@pytest.mark.parametrize("colormap", ["gray", "viridis", "RdBu"])
@pytest.mark.parametrize("over", ["tile", "frame", "clip"])
@pytest.mark.parametrize("span", ["minmax", "symmetric", "positive", (-0.2, 0.3)])
@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_tiles_are_the_weights(recording, colormap, over, span, gain):
    normalize = Normalize(over=over, range=span, gain=gain)
    view = NeuronGrid(rows=2, columns=3, normalize=normalize, colormap=colormap)
    picture, fitted = drawn(view, recording, 6)
    every = [recording.parameter("0/weights", int(s)) for s in recording.steps]
    weights = recording.parameter("0/weights", 6).astype(float)
    share = expected_share(weights, over, span, gain, (np.min(every), np.max(every)))
    if colormap == "gray":
        colors = np.repeat(share[..., None] * 255, 3, axis=-1)
    else:
        colors = np.asarray(cmap.Colormap(colormap)(share))[..., :3] * 255
    s = fitted.grid.scale
    for neuron in range(6):
        x, y = fitted.grid.corner(neuron)
        tile = colors[:, neuron].reshape(8, 8, 3).repeat(s, 0).repeat(s, 1)
        shown = picture[y : y + 8 * s, x : x + 8 * s].astype(float)
        assert np.abs(shown - tile).max() <= (1 if colormap == "gray" else 3)


def test_borders_are_red_around_tiles(recording):
    picture, fitted = drawn(NeuronGrid(rows=2, columns=3), recording, 6)
    side = 8 * fitted.grid.scale
    for neuron in range(6):
        x, y = fitted.grid.corner(neuron)
        around = picture[y - 2 : y + side + 2, x - 2 : x + side + 2]
        assert (around[:2] == (255, 0, 0)).all()
        assert (around[-2:] == (255, 0, 0)).all()
        assert (around[:, :2] == (255, 0, 0)).all()
        assert (around[:, -2:] == (255, 0, 0)).all()


def test_borders_inside_lie_over_the_edge_of_tiles(recording):
    view = NeuronGrid(rows=2, columns=3, gap=0, border={"inside": True, "thickness": 1, "color": "#00ff00"})
    picture, fitted = drawn(view, recording, 6)
    x, y = fitted.grid.corner(4)
    side = 8 * fitted.grid.scale
    tile = picture[y : y + side, x : x + side]
    assert (tile[0] == (0, 255, 0)).all()
    assert (tile[:, -1] == (0, 255, 0)).all()
    assert not (tile[1:-1, 1:-1] == (0, 255, 0)).all(axis=2).any()


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (3, 4), (1, 6)])
def test_fewer_and_more_neurons_than_cells(recording, rows, columns):
    picture, fitted = drawn(NeuronGrid(rows=rows, columns=columns), recording, 6)
    red = (picture == (255, 0, 0)).all(axis=2)
    assert fitted.count == min(6, rows * columns)
    for number in range(rows * columns):
        x, y = fitted.grid.corner(number)
        assert red[y - 1, x] == (number < fitted.count)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_levels_of_flat_and_extreme_values(dtype):
    flat = np.full((4, 2), 3.0, dtype)
    assert (to_levels(flat, flat.min(axis=0), flat.max(axis=0)) == 128).all()
    edge = np.array([[0.0], [1.0], [0.5], [-5.0], [7.0]], dtype)
    assert to_levels(edge, np.array([0.0]), np.array([1.0])).ravel().tolist() == [0, 255, 128, 0, 255]


def test_the_curve_goes_through_the_metric(recording):
    """The line's pixels stand where the recording's numbers belong on the axes."""
    size = (1600, 1000)
    picture, fitted = drawn(Curve(metrics=["validation_loss"], batches=False, legend=False), recording, 12, size)
    color = tuple(int(v) for v in bytes.fromhex(Theme().series[1][1:]))
    steps, numbers = recording.metric("validation_loss")
    plot, y = fitted.plot.rect, fitted.plot.y
    for step, number in zip(steps[1:-1], numbers[1:-1], strict=True):
        px = plot.x + step / recording.steps[-1] * plot.width
        py = plot.y + (y.high - number) / (y.high - y.low) * plot.height
        assert np.abs(picture[round(py), round(px)].astype(int) - color).max() < 60


def test_a_curve_is_cut_at_its_limits_not_bent(recording):
    """What lies beyond the limits is not drawn as if it lay on them."""
    view = Curve(metrics=["validation_loss"], batches=False, legend=False, limits=(5.0, 6.0))
    picture, _ = drawn(view, recording, 12, (500, 320))
    empty, _ = drawn(
        view.model_copy(update={"metrics": ("test_loss",), "limits": (5.0, 6.0)}), recording, 0, (500, 320)
    )
    assert np.array_equal(picture, empty)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_axes_without_room_for_a_round_tick(recording, scale):
    _, fitted = drawn(Curve(metrics=["loss"], y_scale=scale, limits=(0.3012, 0.3013)), recording, 5)
    assert fitted.plot.y.labels[0] != fitted.plot.y.labels[-1]


def test_a_curve_has_nothing_right_of_its_step(recording):
    picture, fitted = drawn(Curve(legend=False), recording, 4, (500, 320))
    edge = round(fitted.plot.rect.x + 4 / 12 * fitted.plot.rect.width) + 8
    empty, _ = drawn(Curve(legend=False), recording, 0, (500, 320))
    assert np.array_equal(picture[:, edge:], empty[:, edge:])


@pytest.mark.parametrize("name", ["dark", "print"])
@pytest.mark.parametrize("size", [(1920, 1080), (640, 360), (224, 224)])
def test_the_last_dot_is_whole(recording, size, name):
    style = Style(size, Theme(name=name))
    fitted = fitted_to(Curve(metrics=["loss"], batches=False), recording, Place(Rect(0, 0, *size), style))
    point = fitted.points(recording, "loss", 12)[-1] / (1 << SHIFT)
    assert point[0] + style.dot_px < size[0] - 0.5
    assert style.dot_px > style.curve_px >= 2


def test_a_line_denser_than_its_pen_is_averaged():
    xs = np.arange(0, 640, 2)
    points = np.stack([xs, np.where(xs % 4, 100, 300)], axis=1).astype(np.int32)
    line = averaged(points, 4)
    assert np.array_equal(line[[0, -1]], points[[0, -1]])
    assert len(line) == 12
    assert np.abs(line[1:-1, 1] - 200).max() <= 4
    sparse = points[::40]
    assert np.array_equal(averaged(sparse, 4), sparse)


def test_plots_without_an_area_keep_a_margin(scene_file):
    outside = ["view.1.type=curve", "view.1.on_top=true", "layout.size=[640, 360]"]
    text = scene_file.read_text().replace('area = "loss"', "")
    scene_file.write_text(text)
    scene = load(scene_file, settings=outside)
    place = places(scene, Sizing((640, 360)), planned(scene).sources.about)[1]
    assert place.rect == Rect(14, 14, 612, 332)


def test_digits_have_one_width():
    assert len({text.width(d * 4, size) for d in "0123456789" for size in (21,)}) == 1
    assert text.width("1.11", 40) == text.width("8.08", 40)


def test_numbers_are_those_of_the_recording(recording):
    source = values(recording, 7)
    assert filled("{epoch:.2f}", source) == f"{recording.epoch(7):.2f}"
    assert filled("{loss:.4f}", source) == f"{recording.latest('loss', 7):.4f}"
    assert filled("{test_accuracy:.1%}", source) == "–"
    assert filled("{step:6d}|{{}}", source) == "\N{FIGURE SPACE}" * 3 + APART + "\N{FIGURE SPACE}" * 2 + "7|{}"


def test_a_caption_is_drawn_from_its_glyphs(recording):
    size, words = (400, 60), "epoch {epoch:.2f}"
    picture, fitted = drawn(Caption(text=words, area="a"), recording, 5, size)
    style = Style(size)
    line = blank(size, style.background)
    text.draw(
        line,
        (0, -fitted.rows[0].above),
        filled(words, values(recording, 5)),
        size=style.body_px,
        color=style.color("text"),
        background=style.background,
    )
    assert np.array_equal(picture, rgb(line))


def test_signs_that_the_typeface_lacks():
    assert text.missing("α – λ × → ≤ é 字") == "字"


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.03, 2.7), (-5, 12), (0, 3910), (1e-4, 3e-4)])
def test_linear_ticks_are_round(low, high):
    axis = linear_axis(low, high, 6, widen=True)
    assert axis.low <= low
    assert axis.high >= high
    assert 2 <= len(axis.ticks) <= 8
    assert np.allclose(np.diff(axis.ticks), axis.ticks[1] - axis.ticks[0])
    assert len(set(axis.labels)) == len(axis.labels)
    assert all(
        abs(float(label.replace("−", "-").replace(APART, "")) - tick) < 1e-9
        for label, tick in zip(axis.labels, axis.ticks, strict=True)
    )


def test_levels_of_what_is_no_number_are_the_middle():
    values = np.array([[-np.inf, -1.0, 0.0, np.nan, 1.0, np.inf]], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert to_levels(values, np.array(-1.0), np.array(1.0)).tolist() == [[0, 0, 128, 128, 255, 255]]
        wide = np.array([3e38], np.float32)
        assert to_levels(values, -wide, wide).dtype == np.uint8
        assert to_levels(values, np.array(np.nan), np.array(np.nan)).tolist() == [[128] * 6]


def test_numbers_without_end_are_written_short():
    assert linear_axis(0, 2.9e30, 4, widen=True).labels == ("0", "1e30", "2e30", "3e30")
    assert linear_axis(0, 4e6, 3, widen=True).labels == ("0", "2\u202f000\u202f000", "4\u202f000\u202f000")
    assert len(set(linear_axis(1e12, 1e12 + 5, 6, widen=True).labels)) == 6
    assert log_axis(1, 1e31, widen=False).labels[-2:] == ("1e24", "1e28")
    assert filled("{loss:.2f} {loss:8.1f}|{step:d}", {"loss": 2.5e30, "step": 10**12}.__getitem__) == (
        "2.50e+30  2.5e+30|1\u202f000\u202f000\u202f000\u202f000".replace("  ", " \N{FIGURE SPACE}")
    )


def test_log_ticks_are_powers():
    assert log_axis(0.01, 10, widen=True).labels == ("0.01", "0.1", "1", "10")
    assert log_axis(1, 3910, widen=False).labels == ("1", "10", "100", "1\u202f000")
    axis = log_axis(1, 100, widen=False)
    assert axis.place(np.array([0, 1, 10, 100, 1000]), 0, 200).tolist() == [0, 0, 100, 200, 200]
    assert log_axis(0.021, 4.5, widen=True).labels == ("0.02", "0.1", "1", "5")
    assert log_axis(0.011, 2, widen=True).labels == ("0.01", "0.1", "1")
    assert log_axis(0.06, 2.4, widen=False).labels == ("0.1", "0.2", "0.5", "1", "2")
    assert log_axis(1.3, 2.4, widen=False).labels == ("1.5", "2")
    assert log_axis(2.029, 2.764, widen=False).labels == ("2.25", "2.50", "2.75")
    assert log_axis(0.98, 1.3, widen=False).labels == ("1.0", "1.2")
    assert log_axis(0.31, 0.34, widen=False).labels == ("0.31", "0.32", "0.33", "0.34")


def test_a_logarithmic_axis_has_one_notation():
    assert log_axis(1e-7, 3, widen=False).labels == (*(f"1e−{d}" for d in range(7, 0, -1)), "1e0")
    assert log_axis(3e5, 2e7, widen=False).labels == ("5e5", "1e6", "2e6", "5e6", "1e7", "2e7")
    assert log_axis(1e-4, 1, widen=False).labels == ("0.0001", "0.001", "0.01", "0.1", "1")
    assert len(log_axis(1e-20, 1e30, widen=False).ticks) <= 9


def test_colors_are_in_frame_order():
    assert parse_color("#0a141e") == (30, 20, 10)
    assert rgb(blank((1, 1), parse_color("red"))).tolist() == [[[255, 0, 0]]]
    with pytest.raises(ValueError, match="unknown colour 'redd'"):
        parse_color("redd")


def test_colors_have_numbers():
    colors = np.random.default_rng(0).integers(0, 256, (9, 5, 3), dtype=np.uint8)
    assert np.array_equal(unpack(pack(colors)), colors)
    found, counts = count_colors(np.array([[[1, 2, 3], [1, 2, 3]], [[0, 0, 255], [1, 2, 3]]], np.uint8))
    assert sorted(zip(found.tolist(), counts.tolist(), strict=True)) == [([0, 0, 255], 1), ([1, 2, 3], 3)]


def test_a_palette_is_exact_when_it_can_be():
    colors = np.unique(np.random.default_rng(0).integers(0, 256, (255, 3), dtype=np.uint8), axis=0)
    palette = choose(colors, np.ones(len(colors), np.int64), 255)
    assert np.array_equal(palette, colors)
    assert np.array_equal(palette[Mapper(palette)(colors[None])][0], colors)


def test_a_palette_covers_what_it_cannot_hold():
    ramp = np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 3)
    rare = np.random.default_rng(0).integers(100, 140, (300, 3), dtype=np.uint8)
    flat = np.array([[0, 0, 255], [23, 17, 13]], np.uint8)
    pixels = np.concatenate([ramp.repeat(90, 0), rare, flat.repeat(9000, 0)])
    colors, counts = count_colors(pixels)
    palette = choose(colors, counts, 128)
    assert len(palette) <= 128
    for color in flat:
        assert (palette == color).all(axis=1).any(), "what covers much stays exact"
    shown = palette[Mapper(palette)(pixels[None])][0]
    assert np.abs(shown.astype(int) - pixels)[: len(ramp) * 90].max() <= 3


@pytest.mark.parametrize("weight", ["light", "regular", "semibold"])
@pytest.mark.parametrize("size", [12, 25, 33, 58])
def test_the_room_before_a_short_number_is_empty_and_as_wide_as_digits(size, weight):
    short, long = (filled("{step:6d}", lambda name, n=n: n) for n in (7, 123456))
    assert text.width(short, size, weight) == text.width(long, size, weight)
    canvas = blank((text.width(short, size, weight), 2 * size), (0, 0, 0))
    text.draw(canvas, (0, 0), short, size=size, color=(255, 255, 255), background=(0, 0, 0), weight=weight)
    edges = text.width("0", size, weight) - (text.width("00", size, weight) - text.width("0", size, weight))
    assert np.flatnonzero(canvas.any(axis=(0, 2)))[0] >= text.width("00000", size, weight) - edges
