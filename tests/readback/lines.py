"""Which words stand where in a frame: what the drawing of text is asked for, found again in the pixels."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, Rect
from weightreel.render.frames.film import Film, Part

DRAW = text.draw
# What is read, by the file that has it drawn; other files are kinds of their own.
KINDS = {"plot": "axes", "_bar": "colour bar", "_card": "card", "tiles": "labels", "_class_names": "confusion_matrix"}
SHOWN = 0.5  # of the ink of a line: with less, something else stands in its place
# What stands between signs that the reader does not know, such as arrows, is read by itself.
PIECES = re.compile(r"[^→←✓×· ](?:[^→←✓×·]*[^→←✓×· ])?")


@dataclass(frozen=True)
class Asked:
    """A call of `text.draw`, or what it draws between two signs that the reader does not know: the box of its line, and
    where that, (height, width), has ink of the words."""

    canvas: Frame
    at: tuple[int, int]
    words: str
    size: int
    kind: str
    box: Frame
    mask: NDArray[np.bool_]

    def inside(self, whole: Frame) -> tuple[int, int] | None:
        """The corner of the box in an array whose memory the canvas is part of; None where it is of none."""
        offset = _address(self.canvas) - _address(whole)
        if not whole.flags.c_contiguous or not 0 <= offset < whole.nbytes:
            return None
        y, x = divmod(offset // whole.itemsize // whole.shape[2], whole.shape[1])
        return x + self.at[0], y + self.at[1]


@dataclass(frozen=True)
class Line:
    """A line that a frame shows: its words, their kind and type size, the rectangle of its ink, whether it runs
    upwards, by a quarter turn against the clock (1), or downwards (3), and how much of its ink is there."""

    words: str
    kind: str
    size: int
    ink: Rect
    turns: int
    share: float

    def crop(self, frame: Frame) -> Frame:
        """The line in a frame that shows it, upright, with a margin in which neighbours may not stand."""
        near, (x, y, width, height) = max(2, self.size // 6), self.ink
        part = frame[max(0, y - near) : y + height + near, max(0, x - near) : x + width + near]
        return np.ascontiguousarray(np.rot90(part, -self.turns))


@contextmanager
def noted(asked: list[Asked]) -> Iterator[None]:
    """Note what is drawn."""

    def noting(canvas: Frame, xy: tuple[int, int], words: str, *, size: int, **colors: Any) -> None:
        DRAW(canvas, xy, words, size=size, **colors)
        weight = colors.get("weight", "regular")
        box = np.zeros((sum(text.metrics(size, weight)[:2]), text.width(words, size, weight), 3), np.uint8)
        DRAW(box, (0, 0), words, size=size, **colors)
        caller = Path(sys._getframe(1).f_code.co_filename).stem
        kind = KINDS.get(caller, caller.strip("_"))
        for piece in PIECES.finditer(words):
            mask = _inked(box)
            mask[:, : max(0, text.width(words[: piece.start()], size, weight) - 1)] = False
            mask[:, text.width(words[: piece.end()], size, weight) + 1 :] = False
            if mask.any():
                asked.append(Asked(canvas, xy, piece[0], size, kind, box, mask))

    text.draw = noting
    try:
        yield
    finally:
        text.draw = DRAW


def lines(film: Film, index: int, before: Sequence[Asked]) -> tuple[Frame, list[Line]]:
    """A frame, and the lines that it shows; `before` was drawn while the film was fitted."""
    frame, found = film.buffer(), []
    now: list[Asked] = []
    with noted(now):
        film.draw(frame, index)
    for asked in (*before, *now):
        for line in _stands(asked, frame, film.sections[film.course[index].section]):
            found.append(line)
    shown: list[Line] = []
    for line in sorted(found, key=lambda line: (-line.share, -line.ink.width)):  # half of 1.0 is in 3.0, all of 0 in 10
        if not any(_covers(better.ink, line.ink) for better in shown):
            shown.append(line)
    return frame, sorted(shown, key=lambda line: (line.ink.y, line.ink.x))


def _covers(a: Rect, b: Rect) -> bool:
    """Whether a rectangle covers more than half of another."""
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return across > 0 and down > 0 and 2 * across * down > b.width * b.height


def _stands(asked: Asked, frame: Frame, parts: Sequence[Part]) -> Iterator[Line]:
    """Where a frame shows what was drawn: on the frame, on a background of a view, or on a strip of its own."""
    root = _root(asked.canvas)
    if (corner := asked.inside(frame)) is not None:
        yield from _shown(asked, frame, [corner], 0)
        return
    corner = asked.inside(root)
    if corner is None:
        return
    sized = [part.rect for part in parts if part.rect[2:] == root.shape[1::-1]]
    yield from _shown(asked, frame, [(r.x + corner[0], r.y + corner[1]) for r in sized], 0)
    if not sized and root.size < frame.size:
        for turns in (0, 1, 3):
            yield from _shown(asked, frame, _places(np.rot90(asked.box, turns), frame), turns)


def _shown(asked: Asked, frame: Frame, corners: Sequence[tuple[int, int]], turns: int) -> Iterator[Line]:
    """The lines at those corners that are there by more than half of their ink."""
    box, mask = np.rot90(asked.box, turns), np.rot90(asked.mask, turns)
    ink = _around(mask)
    for x, y in corners:
        part = frame[max(0, y + ink.y) : y + ink.y + ink.height, max(0, x + ink.x) : x + ink.x + ink.width]
        wanted = ink.of(box)
        if part.shape != wanted.shape:
            continue
        share = float((part == wanted).all(axis=2)[ink.of(mask)].mean())
        if share >= SHOWN:
            yield Line(asked.words, asked.kind, asked.size, Rect(x + ink.x, y + ink.y, *ink[2:]), turns, share)


def _inked(box: Frame) -> NDArray[np.bool_]:
    """Where a box of a line has ink, (height, width); there is none on its edge."""
    return (box != box[:1, :1]).any(axis=2)


def _around(mask: NDArray[np.bool_]) -> Rect:
    """The rectangle around what is true."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return Rect(int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)


def _places(box: Frame, frame: Frame) -> list[tuple[int, int]]:
    """Every corner at which a frame has the row of a box that has most ink."""
    row = int(_inked(box).sum(axis=1).argmax())
    wanted, pixels, found = box[row].tobytes(), frame.tobytes(), []
    at = pixels.find(wanted)
    while at >= 0:
        y, x = divmod(at // 3, frame.shape[1])
        if at % 3 == 0 and x + box.shape[1] <= frame.shape[1]:
            found.append((x, y - row))
        at = pixels.find(wanted, at + 1)
    return found


def _root(array: Frame) -> Frame:
    """The array whose memory a part of it shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _address(array: Frame) -> int:
    return int(array.__array_interface__["data"][0])
