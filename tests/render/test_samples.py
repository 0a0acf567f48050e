"""Rows that are converted by themselves have the samples that they have in the whole frame."""

from __future__ import annotations

import av
import numpy as np
import pytest

from weightreel.render.drawing.canvas import PIXEL_FORMAT
from weightreel.render.formats.samples import BT709, LIMITED, Samples

SIZES = [(352, 272), (96, 160), (34, 62), (16, 16), (2, 2)]


def converted(frame: np.ndarray, pixel_format: str, tagged: bool) -> av.VideoFrame:
    """All of a frame at once."""
    colors = {"dst_colorspace": BT709, "dst_color_range": LIMITED} if tagged else {}
    picture = av.VideoFrame.from_ndarray(frame, format=PIXEL_FORMAT)
    return picture.reformat(format=pixel_format, interpolation="AREA", **colors)


def contents(picture: av.VideoFrame) -> list[np.ndarray]:
    """What is in each plane, and what is known of it."""
    wide = 4 if picture.format.name == "bgr0" else 1
    planes = [np.frombuffer(p, np.uint8).reshape(p.height, p.line_size)[:, : wide * p.width] for p in picture.planes]
    return [*planes, np.array([picture.width, picture.height, picture.colorspace, picture.color_range])]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("pixel_format", "tagged"), [("yuv420p", True), ("yuv444p", True), ("bgr0", False)])
def test_changed_rows_are_as_in_the_whole(pixel_format, tagged, size):
    rng, (width, height) = np.random.default_rng(0), size
    samples, frame = Samples(pixel_format, tagged=tagged), rng.integers(0, 256, (height, width, 3), np.uint8)
    for _ in range(40):
        given = frame.copy()
        found = samples.of(given)
        given[:] = 0  # the caller's again
        expected = contents(converted(frame, pixel_format, tagged))
        for ours, theirs in zip(contents(found), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        for row in rng.integers(0, height, rng.integers(0, 3)):
            strip = frame[row : row + rng.integers(1, 20), rng.integers(0, width) :]
            strip[:] = rng.integers(0, 256, strip.shape)


def test_what_was_handed_out_stays():
    """An encoder may still read it."""
    samples, frame = Samples("yuv420p", tagged=True), np.zeros((64, 64, 3), np.uint8)
    first = samples.of(frame)
    before = [plane.copy() for plane in contents(first)]
    frame[20] = 255
    second = samples.of(frame)
    assert second is not first and samples.of(frame) is second
    for now, then in zip(contents(first), before, strict=True):
        np.testing.assert_array_equal(now, then)
