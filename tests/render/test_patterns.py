"""Names of numbered frames: after the film, or after a pattern with a place for the number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightreel.render.encoders.png import Png
from weightreel.render.errors import SceneError
from weightreel.render.formats.patterns import numbered, numbers
from weightreel.render.making.film import render
from weightreel.render.scene.file import load


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("film", "film-00012"),
        ("frame_%04d", "frame_0012"),
        ("%d", "12"),
        ("a%05db", "a00012b"),
        ("a%3d", "a012"),
        ("%1d", "12"),
        ("100%", "100%-00012"),
        ("a%sb", "a%sb-00012"),
        ("a%d.b", "a12.b"),
        ("%0100d", "%0100d-00012"),
    ],
)
def test_the_number_stands_where_the_pattern_says(stem, name):
    assert numbered(stem, 12) == name
    assert re.fullmatch(numbers(stem), name)


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1), st.integers(0, 10**7), st.integers(0, 10**7))
def test_every_frame_has_a_name_of_its_own_and_is_known_by_it(stem, one, other):
    names = {numbered(stem, one), numbered(stem, other)}
    assert len(names) == len({one, other})
    assert all(re.fullmatch(numbers(stem), name) for name in names)


def test_a_film_is_written_after_a_pattern(scene_file):
    scene = load("small.toml", outputs=["frame_%04d.png"], settings=["timeline.seconds=0.3", "timeline.hold=0"])
    report = render(scene)
    assert sorted(p.name for p in scene_file.parent.glob("*.png")) == [f"frame_{i:04d}.png" for i in range(3)]
    assert [clip["path"] for clip in report["outputs"]] == ["frame_%04d.png"]
    render(load("small.toml", settings=["output.0.at=end", "output.0.path=last_%d.png", "timeline.hold=0"]))
    assert (scene_file.parent / "last_%d.png").is_file(), "a poster has the name that it is given"


def test_two_numbers_are_refused():
    with pytest.raises(SceneError) as caught:
        Png(path="%d_%02d.png")
    told = "has two places for a number; keep one, such as frame_%04d.png"
    assert str(caught.value) == f"Png: 1 problem\n  path   {told}"
