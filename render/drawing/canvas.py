"""The pixels of a frame: colour order, colours, rectangles.

A frame is a C-contiguous uint8 array (height, width, 3). Its channels are in the order of OpenCV, blue, green,
red, because the fastest encoder takes that without a copy; this module is the only one that says so.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field

from weightreel.render.errors import SetupError
from weightreel.trainer.bounds import MOST_NAME
from weightreel.trainer.options import Pair

try:
    import cv2 as cv2  # exported: whoever takes it from here gets the message below where it is missing
except ImportError as error:
    raise SetupError(
        f"OpenCV cannot be loaded ({error}): install its system library (Debian: apt-get install libgl1)\n"
        "or the build that needs none: pip uninstall opencv-python; pip install opencv-python-headless"
    ) from error

Frame = NDArray[np.uint8]
Color = tuple[int, int, int]

PIXEL_FORMAT = "bgr24"  # the same order, in FFmpeg's words
LUMINANCE = (0.0722, 0.7152, 0.2126)  # of each channel's light, what WCAG 2.1 counts as relative luminance
RED = (0, 0, 1)  # which channel it is

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # what matters is raised, with the file named
cv2.setNumThreads(1)  # its thread pool costs more than it gains on strips of this size
# glibc gives memory that was freed back to the system, and takes it again page by page, 0.6 ms a frame. Once a
# piece was freed that is larger than those of a frame, it keeps them.
np.empty(1 << 24, np.uint8)


class Rect(NamedTuple):
    """A rectangle in pixels; x and y are its top left corner."""

    x: int
    y: int
    width: int
    height: int

    def of(self, frame: Frame) -> Frame:
        """The rectangle's part of a frame, as a view that can be drawn on."""
        return frame[self.y : self.y + self.height, self.x : self.x + self.width]

    def meets(self, other: Rect) -> bool:
        """Whether they share a pixel."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height


@cache
def parse_color(name: str) -> Color:
    """Channels of a colour in frame order, from "#rrggbb", "#rgb" or a CSS name.

    Raises:
        ValueError: not a colour.
    """
    import cmap

    try:
        red, green, blue = cmap.Color(name).rgba8[:3]
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"unknown colour '{name}'; write it as '#ff0000' or as a CSS name") from None
    return int(blue), int(green), int(red)


def _valid_color(name: str) -> str:
    parse_color(name)
    return name


MOST_PIXELS = 7680 * 4320  # of a frame: 8K, whichever way its sides are


def _within_8k(size: tuple[int, int]) -> tuple[int, int]:
    if size[0] * size[1] > MOST_PIXELS:
        told = f"{size[0]} × {size[1]} are {size[0] * size[1] / 1e6:.1f} million pixels"
        raise ValueError(f"{told}; a frame has at most {MOST_PIXELS / 1e6:.1f} million, such as 7680 × 4320")
    return size


def _of_words(value: object) -> object:
    """ "640x360", as people write sizes in the command, is [640, 360]."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*", value) if isinstance(value, str) else None
    return value if found is None else [int(found[1]), int(found[2])]


FrameSize = Annotated[Pair, AfterValidator(_within_8k), BeforeValidator(_of_words)]
ColorName = Annotated[str, Field(max_length=MOST_NAME), AfterValidator(_valid_color), Field(title="colour")]


def blank(size: tuple[int, int], color: Color) -> Frame:
    """A new frame of `size` (width, height) in one colour."""
    frame = np.empty((size[1], size[0], 3), np.uint8)
    fill(frame, color)
    return frame


def fill(canvas: Frame, color: Color) -> None:
    """Paint all of a canvas in one colour; row by row, which is many times faster than pixel by pixel."""
    canvas[:] = np.full((canvas.shape[1], 3), color, np.uint8)


def rgb(frame: Frame) -> Frame:
    """A copy of a frame with its channels in the order red, green, blue."""
    return np.ascontiguousarray(frame[..., ::-1])


def rgba(frame: Frame) -> Frame:
    """A copy of a frame as opaque red, green, blue, alpha, (height, width, 4)."""
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGBA), np.uint8)


def mix(a: Color, b: Color, share: float) -> Color:
    """The colour at `share` (0…1) of the way from a to b."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


@cache
def ink(ground: Color) -> Color:
    """Black or white, whichever has more contrast with a ground: black from a relative luminance (WCAG 2.1) of
    √(1.05 × 0.05) − 0.05 on."""
    return (0, 0, 0) if luminance(ground) >= (1.05 * 0.05) ** 0.5 - 0.05 else (255, 255, 255)


READABLE = 4.5  # the contrast that words need, WCAG 2.1, success criterion 1.4.3


def luminance(color: Color) -> float:
    """Relative luminance, 0…1, as WCAG 2.1 defines it."""
    return sum(share * _linear(c / 255) for share, c in zip(LUMINANCE, color, strict=True))


def _linear(channel: float) -> float:
    """The light of a channel, both 0…1, as sRGB defines it."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


_LIGHT = np.array([_linear(value / 255) for value in range(256)], np.float32)


def light(frame: Frame) -> NDArray[np.float32]:
    """The linear light of each channel, 0…1, (height, width, 3)."""
    return np.asarray(cv2.LUT(frame, _LIGHT), np.float32)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.1, 1…21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def even(value: float) -> int:
    """The largest even whole number not above `value`."""
    return int(value // 2) * 2
