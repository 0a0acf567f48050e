"""The list of colour maps, its picture, and what `check` says of maps that are made for another background."""

from __future__ import annotations

import re
from typing import get_args

import imageio.v3 as iio
import numpy as np
import pytest

from weightreel.render.command.cli import run
from weightreel.render.drawing.canvas import parse_color, rgb
from weightreel.render.drawing.catalogue import FEW, families, ground_of, groups, purpose_of, suits
from weightreel.render.drawing.colormaps import MAPS, colormap_names, lookup_table
from weightreel.render.drawing.theme import Theme, ThemeName


def test_each_map_stands_in_one_group():
    names = [name for group in groups().values() for name in group]
    assert sorted(names) == sorted(colormap_names())
    assert not {*MAPS} & {*names}
    assert all(groups().values())


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("viridis", "sequential, good on dark"),
        ("gray", "sequential, good on dark"),
        ("Blues", "sequential, good on white"),
        ("spring", "sequential, others"),
        ("icefire", "diverging, good on dark"),
        ("RdBu", "diverging, good on white"),
        ("managua", "diverging, others"),
        ("twilight", "cyclic"),
        ("tab10", "qualitative"),
        ("jet", "miscellaneous"),
        ("RdBu_5", FEW),
    ],
)
def test_groups_are_what_people_expect(name, group):
    assert name in groups()[group]


@pytest.mark.parametrize("theme", get_args(ThemeName))
@pytest.mark.parametrize("purpose", MAPS)
def test_the_maps_of_a_theme_are_good_on_it(theme, purpose):
    chosen = Theme(name=theme)
    group = next(g for g, names in groups().items() if getattr(chosen, purpose).removesuffix("_r") in names)
    assert group.startswith(purpose)
    assert ground_of(group).background == parse_color(chosen.background)


def test_a_sequential_map_reversed_changes_its_background():
    dark, white = (groups()[f"sequential, good on {ground}"] for ground in ("dark", "white"))
    ground = ground_of("good on white").background
    assert np.mean([suits(lookup_table(f"{name}_r"), "sequential", ground) for name in dark]) > 0.7
    assert not any(suits(lookup_table(name), "sequential", ground) for name in dark)
    assert not {*dark} & {*white}


def test_families_are_whole():
    names = {*colormap_names()}
    for family in families(groups()[FEW]):
        whole, first, last = re.fullmatch(r"(.*)_(\d+)…(\d+)", family).groups()
        assert whole in names and {f"{whole}_{n}" for n in range(int(first), int(last) + 1)} <= names


def test_the_list_has_every_name_in_its_group(capsys):
    assert run(["list", "colormaps"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("sequential: ice (theme dark), Blues (theme light), Blues (theme print)\ndiverging: icefire")
    parts = dict(re.findall(r"^(\w.*) \(\d+\):\n((?:  .*\n)+)", said, re.MULTILINE))
    for group, names in groups().items():
        assert parts[group].replace(",", " ").split() == list(families(names) if group == FEW else names)
    assert max(map(len, said.splitlines())) <= 100


def test_the_picture_has_each_map_on_its_background(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["list", "colormaps", "-o", "maps.png"]) == 0
    assert capsys.readouterr().err == "maps.png  written\n"
    picture = iio.imread("maps.png")
    assert picture.shape[1] == 1920
    colors = {tuple(c) for c in picture[:, ::16].reshape(-1, 3).tolist()}
    assert {tuple(ground_of(g).background[::-1]) for g in ("good on dark", "good on white")} <= colors
    shown = picture[:, 32 : 32 + 160].astype(int)  # the first column of maps
    for names in groups().values():
        if "_" not in names[0]:
            strip = (
                rgb(lookup_table(names[0])).reshape(256, 3)[np.linspace(0, 255, 160).round().astype(int)].astype(int)
            )
            assert (np.abs(shown - strip).max(axis=(1, 2)) == 0).sum() >= 18, names[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list", "views", "-o", "x.png"], "-o writes a picture of colour maps: weightreel list colormaps -o maps.png"),
        (["list", "-o", "x.png"], "-o writes a picture of colour maps"),
        (["list", "colormaps", "-o", "x.gif"], "-o   'x.gif' is no .png file"),
    ],
)
def test_pictures_that_cannot_be(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    assert told in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["viridis", "viridis_r", "matplotlib:viridis", "sequential"])
def test_names_have_a_purpose(name):
    assert purpose_of(name) == "sequential"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["view.0.colormap=viridis"], ""),
        (["theme=light"], ""),
        (["theme=light", "view.0.colormap=sequential"], ""),
        (["theme=light", "view.0.colormap=twilight"], ""),
        (
            ["theme=light", "view.0.colormap=viridis"],
            "note: view[0].colormap   'viridis' is made for a dark background; write \"sequential\" for the theme's "
            "own, or choose another: weightreel list colormaps",
        ),
        (["theme=print", "view.0.colormap=matplotlib:magma"], "'matplotlib:magma' is made for a dark background"),
        (["view.0.colormap=RdBu_r"], "'RdBu_r' is made for a light background; write \"diverging\""),
        (
            ["theme={name='light', sequential='viridis'}", "view.0.colormap=sequential"],
            "warning: theme.sequential   'viridis' is not made for this background; choose another: "
            "weightreel list colormaps",
        ),
        (["theme={name='light', sequential='viridis'}"], ""),
        (["theme.background=#ffffff", "view.0.colormap=diverging"], "warning: theme.diverging   'icefire'"),
    ],
)
def test_check_names_maps_that_are_made_for_another_background(scene_file, capsys, settings, told):
    run(["check", str(scene_file), *[w for s in settings for w in ("--set", s)]])
    said = capsys.readouterr().out
    assert told in said
    assert told or "background" not in said
