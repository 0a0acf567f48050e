"""What a clip is asked to be, what writes it, and how a finished file is compared with what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Frame
from weightreel.render.errors import EncodeError


class Comment(Protocol):
    """What a file says of itself and of its frames, which is known once they are drawn."""

    def __call__(self, number: int | None = None) -> str:
        """The words for the whole file or, where each frame is a file of its own, for that of frame `number`, counted
        from 0. Asked before all frames were added, they are as many bytes of UTF-8 as they will be."""
        ...


class Palette(NamedTuple):
    """Colours (n, 3) uint8 to which a clip is kept, and whether it has no others."""

    colors: NDArray[np.uint8]
    exact: bool


@dataclass(frozen=True)
class Spec:
    """What a clip is asked to be: (width, height) in pixels, frames a second, the number of its first frame,
    and for encoders with a palette the colours (n, 3) uint8 to be expected, in frame order, with how often each
    occurs (n,) int64. `comment` goes into the file's metadata; encoders ask for it with `said`. `film` is what
    all files of one film share, words or nothing: numbered frames may be written in pieces.

    Of a segment, `begin` is how many frames of the clip come before it, `lead` how many of those its sink is given
    first, so that it sees what changes after them, and `last` says that nothing follows. `palette` is what
    `Output.settled` made of the colours."""

    size: tuple[int, int]
    fps: float
    start: int = 0
    colors: tuple[NDArray[np.uint8], NDArray[np.int64]] | None = None
    comment: Comment | None = None
    film: str = ""
    begin: int = 0
    lead: int = 0
    last: bool = True
    palette: Palette | None = None

    def said(self, number: int | None = None) -> str:
        """The comment, "" where there is none; see `Comment`."""
        return self.comment(number) if self.comment else ""

    @property
    def rate(self) -> Fraction:
        """Frames a second as a ratio, such as 30000/1001."""
        return Fraction(self.fps).limit_denominator(1001)


class Sink(Protocol):
    """One file being written. `close` completes it; `abort` gives up, and never raises."""

    def add(self, frame: Frame) -> None:
        """Take one frame, which is read-only, and overwritten afterwards by others."""
        ...

    def close(self) -> None:
        """Complete the file."""
        ...

    def abort(self) -> None:
        """Let go of the file, whatever state it is in."""
        ...


def compare(
    name: str, found: Mapping[str, Any], wanted: Mapping[str, Any], slack: Mapping[str, float] | None = None
) -> None:
    """Refuse a file that is not what was asked; numbers may be off by their `slack`.

    Raises:
        EncodeError: naming the first difference.
    """
    for key, value in wanted.items():
        close = abs(found[key] - value) <= slack[key] if slack and key in slack else found[key] == value
        if not close:
            raise EncodeError(f"{name}: reads back with {key} {found[key]} instead of {value}; it was removed")
