"""Themes: each can be read, its lines can be told apart by everyone, and nothing is drawn past it."""

from __future__ import annotations

import itertools
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from trainings import filming
from weightreel.render.drawing.canvas import Color, ink, parse_color
from weightreel.render.drawing.catalogue import suits
from weightreel.render.drawing.colormaps import MAPS, colorize, colormap_names, lookup_table
from weightreel.render.drawing.theme import SPLIT_ROLES, THEMES, Style, Theme, ThemeName
from weightreel.render.errors import SceneError
from weightreel.render.scene.file import load
from weightreel.trainer import plugins

READABLE = 4.5  # WCAG 2.1, 1.4.3: text of any size
APART = 10.0  # ΔE00; one is just seen side by side. The set of Okabe and Ito itself keeps 10.9
GRAY_APART = 8.0  # ΔL*

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", IEEE TVCG 15 (6), 2009: severity 1, for linear RGB.
EYES = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip
# IEC 61966-2-1: sRGB to XYZ, white D65.
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colors: NDArray) -> NDArray:
    """Linear light, 0…1, of colours (…, 3) in frame order; out comes red, green, blue."""
    c = np.asarray(colors, float)[..., ::-1] / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.1, 1…21."""
    low, high = sorted(float(linear(c) @ (0.2126, 0.7152, 0.0722)) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(light: NDArray) -> NDArray:
    """CIELAB of linear red, green, blue (…, 3)."""
    t = light @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def seen(colors: NDArray, eye: str) -> NDArray:
    """CIELAB (…, 3) of what an eye sees."""
    return lab(np.clip(linear(colors) @ np.transpose(EYES[eye]), 0, 1))


def difference(one: NDArray, other: NDArray) -> float:
    """CIEDE2000 as in G. Sharma, W. Wu, E. N. Dalal, Color Research and Application 30 (1), 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(c7 / (c7 + 25**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * stretch)) for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = np.radians(h1 + turn / 2 if c1 * c2 else h1 + h2) % (2 * np.pi)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * np.cos(hue - np.pi / 6) + 0.24 * np.cos(2 * hue)
    t += 0.32 * np.cos(3 * hue + np.radians(6)) - 0.2 * np.cos(4 * hue - np.radians(63))
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2) / (1 + 0.015 * chroma * t)
    bend = np.radians(60 * np.exp(-(((np.degrees(hue) - 275) / 25) ** 2)))
    return float(np.sqrt(dl**2 + dc**2 + dh**2 - 2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(bend) * dc * dh))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1, 2), (50, 0, 0), 2.3669),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_that_of_its_paper(one, other, expected):
    assert difference(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


@pytest.fixture(params=get_args(ThemeName))
def theme(request) -> Theme:
    return Theme(name=request.param)


def test_words_can_be_read(theme):
    for ground, word in itertools.product((theme.background, theme.panel), (theme.text, theme.muted, *theme.series)):
        assert contrast(parse_color(ground), parse_color(word)) >= READABLE, (word, ground)


@pytest.mark.parametrize("eye", EYES)
def test_everyone_can_tell_the_lines_apart(theme, eye):
    colors = seen(np.array([parse_color(c) for c in theme.series]), eye)
    for (i, one), (j, other) in itertools.combinations(enumerate(colors), 2):
        assert difference(one, other) >= APART, (theme.series[i], theme.series[j])


def test_no_line_is_as_red_as_the_borders_of_tiles(theme):
    border, *series = (seen(np.array(parse_color(c)), "normal") for c in (theme.border, *theme.series))
    assert min(difference(border, one) for one in series) >= 2 * APART


def test_lines_in_print_differ_on_gray_copies():
    lightness = seen(np.array([parse_color(c) for c in Theme(name="print").series[:4]]), "normal")[:, 0]
    assert np.diff(np.sort(lightness)).min() >= GRAY_APART


def test_views_take_the_maps_of_the_theme_or_gray():
    fields = (kind.model_fields.get("colormap") for kind in plugins.options("weightreel.render.views").values())
    assert {f.default for f in fields if f is not None} == {"gray", *MAPS}


def test_weights_on_both_sides_of_0_have_a_range_around_it():
    for kind in plugins.options("weightreel.render.views").values():
        keys = {name: field.default for name, field in kind.model_fields.items()}
        if "normalize" in keys:
            assert (keys["colormap"] == "diverging") == (keys["normalize"].range == "symmetric"), kind


def arms(theme: Theme, purpose: str) -> list[NDArray]:
    """The colours of a map of a theme, from nothing to most, on both sides of 0 where it has two."""
    table = Style((960, 540), theme).lookup_table(purpose)[:, 0]
    return [table] if purpose == "sequential" else [table[127::-1], table[128:]]


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("purpose", MAPS)
def test_colour_maps_keep_their_order(theme, purpose, eye):
    """Lightness leads away from that of the background, for everyone."""
    way = 1 if theme.name == "dark" else -1
    for arm in arms(theme, purpose):
        away = way * seen(arm, eye)[:, 0]
        assert np.diff(away).min() > -0.5
        assert np.diff(away[::8]).min() > 0


@pytest.mark.parametrize("purpose", MAPS)
def test_nothing_looks_like_the_background_and_most_does_not(theme, purpose):
    ground = parse_color(theme.background)
    for arm in arms(theme, purpose):
        assert contrast(arm[0], ground) <= 1.2
        assert contrast(arm[-1], ground) >= READABLE
    assert suits(Style((960, 540), theme).lookup_table(purpose), purpose, ground)


@pytest.mark.parametrize("eye", EYES)
def test_everyone_can_tell_both_sides_of_0_apart(theme, eye):
    low, high = (seen(arm, eye) for arm in arms(theme, "diverging"))
    assert min(difference(one, other) for one, other in zip(low[24:], high[24:], strict=True)) >= APART


def test_both_sides_of_0_are_as_light_as_each_other(theme):
    low, high = (seen(arm, "normal")[:, 0] for arm in arms(theme, "diverging"))
    assert np.abs(low - high).max() <= 12


def test_every_map_that_is_listed_can_be_drawn_with():
    levels = np.arange(256, dtype=np.uint8)[None]
    for name in colormap_names():
        colors = colorize(levels, lookup_table(name))[0]
        assert (colors[[0, -1]] == lookup_table(name)[[0, -1], 0]).all()
    assert len(np.unique(colorize(levels, lookup_table("RdBu_5"))[0], axis=0)) == 5


def test_ink_on_any_shade_can_be_read():
    named = {getattr(Theme(name=name), purpose) for name in get_args(ThemeName) for purpose in MAPS}
    for name in {"gray", "viridis", "turbo", *named}:
        for shade in lookup_table(name)[:, 0].tolist():
            assert contrast(shade, ink(tuple(shade))) >= READABLE


def test_each_theme_says_all_colours():
    colors = set(Theme.model_fields) - {"name", *(k for k, v in Theme().model_dump().items() if isinstance(v, float))}
    for name in ("light", "print"):
        assert colors <= set(THEMES[name])
    assert set(Theme.model_fields) - {"name"} == set(THEMES["print"])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([], Theme()),
        (["theme=light"], Theme(name="light")),
        (["theme.name=light"], Theme(name="light")),
        (["theme.text=#000"], Theme(text="#000")),
        (["theme=print", "theme.text=#111", "theme.curve=9"], Theme(name="print", text="#111", curve=9)),
        (["theme={name='light', series=['#000', 'navy']}"], Theme(name="light", series=("#000", "navy"))),
    ],
)
def test_settings_choose_and_change_a_theme(scene_file, settings, expected):
    assert load(scene_file, settings=settings).theme == expected


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("theme=lihgt", "theme   'lihgt' is none of 'dark', 'light' or 'print'; did you mean 'light'?"),
        ("theme.name=sepia", "theme.name   'sepia' is none of 'dark', 'light' or 'print'"),
        ("theme=3", 'theme   write a name, such as "light", or a table with one, such as name = "light", not 3'),
        ("theme.txt=#000", "theme.txt   unknown key; did you mean 'text'?"),
        ("theme.text=blakc", "theme.text   unknown colour 'blakc'; write it as '#ff0000' or as a CSS name"),
        (
            "theme.diverging=sequential",
            "theme.diverging   'sequential' is what a theme chooses; give the name of a map",
        ),
        ("theme.sequential=virdis", "theme.sequential   unknown colormap 'virdis'; did you mean 'viridis'?"),
        ("theme.series=[]", "theme.series   is too short a list; give at least 1"),
        ("theme.series=['#fff', 'x']", "theme.series[1]   unknown colour 'x'; write it as '#ff0000' or as a CSS name"),
        ("theme.body=0", "theme.body   should be greater than 0, not 0"),
    ],
)
def test_wrong_themes(scene_file, setting, words):
    with pytest.raises(SceneError) as caught:
        load(scene_file, settings=[setting])
    assert str(caught.value) == f"{scene_file}: 1 problem\n  {words}"


def test_a_film_is_drawn_in_its_theme(scene_file):
    scene = load(scene_file, settings=["theme=light", "theme.background=#fffff0"])
    film = filming(scene)
    frame = film.buffer()
    film.draw(frame, 5)
    assert frame[0, 0].tolist() == [240, 255, 255]
    assert (frame == parse_color("#fffff0")).all(axis=2).mean() > 0.3


def test_a_split_has_one_colour(theme):
    style = Style((960, 540), theme)
    assert [style.split_color(s) for s in SPLIT_ROLES] == [style.color(s) for s in SPLIT_ROLES]
    assert [style.color(s) for s in SPLIT_ROLES] == [style.series(i) for i in range(3)]
    assert style.split_color("") == style.color("text")


def test_sizes_of_a_theme_follow_the_frame():
    style = Style((960, 540), Theme(body=40, title=80, figure=60, grid=6))
    assert (style.body_px, style.title_px, style.figure_px, style.grid_px) == (20, 40, 30, 3)
