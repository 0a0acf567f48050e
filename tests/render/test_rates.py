"""Frames a second as people write them, NTSC among them."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from weightreel.render.encoders._encoder import write_all
from weightreel.render.encoders.h264 import H264
from weightreel.render.errors import SceneError
from weightreel.render.formats.rates import NTSC, exact
from weightreel.render.formats.spec import Spec
from weightreel.render.scene.file import load
from weightreel.render.scene.outputs import output_kinds
from weightreel.render.scene.timeline import Timeline

FILM, VIDEO = 24000 / 1001, 30000 / 1001


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("24000/1001", FILM), (" 30000 / 1001 ", VIDEO), (23.976, FILM), (23.98, FILM), (23.976023976023978, FILM),
        (29.97, VIDEO), (59.94, 60000 / 1001), (119.88, 120000 / 1001), (Fraction(24000, 1001), FILM), ("25/1", 25),
        (np.float32(29.97), VIDEO), ("2997/100", VIDEO), (24, 24), (24.0, 24), (23.9, 23.9), (12.5, 12.5), (29.9, 29.9),
    ],
)  # fmt: skip
def test_rates_are_what_was_meant(given, meant):
    assert Timeline(fps=given).fps == meant
    assert Timeline(fps=meant).fps == meant


@pytest.mark.parametrize("kind", output_kinds().values())
def test_every_output_takes_them(kind):
    assert kind(path=f"x{kind.suffixes[0]}", fps="24000/1001").fps == FILM


def test_a_fraction_needs_no_quotes_in_a_setting(scene_file):
    assert load("small.toml", settings=["timeline.fps=24000/1001"]).timeline.fps == FILM


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("24000/0", "'24000/0' divides by 0; write a fraction such as '24000/1001'"),
        ("fast", "should be a number, not 'fast'"),
        ("-24/1", "should be a number, not '-24/1'"),
        ("9000/1", "should be less than or equal to 1,000, not 9000.0"),
        (0, "should be greater than 0, not 0"),
        (True, "should be a number, not true"),
    ],
)
def test_what_is_no_rate_is_said(given, told):
    with pytest.raises(SceneError) as caught:
        Timeline(fps=given)
    assert str(caught.value) == f"Timeline: 1 problem\n  fps   {told}"


@pytest.mark.parametrize("base", NTSC)
def test_files_have_the_exact_ratio(tmp_path, base):
    rate = exact(round(base * 1000 / 1001, 3))
    path = tmp_path / "x.mp4"
    clip = write_all(H264(path=str(path), codec="h264"), Spec((64, 64), rate), np.zeros((6, 64, 64, 3), np.uint8))
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == Fraction(base * 1000, 1001)
    assert clip.fps == rate
