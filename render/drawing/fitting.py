"""Words in a room: they wrap, then shrink by at most a quarter, and else do not fit. Every view of words asks here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, TypeVar

from weightreel.render.drawing import text
from weightreel.render.drawing.lines import Line
from weightreel.render.drawing.theme import SMALLEST_TEXT_PX

LEAST = 0.75  # of a type size: words shrink no further
CELL_ROOM = 2  # pixels on either side of a number in a cell, at the least
SHARES = tuple(1 - (1 - LEAST) * i / 8 for i in range(9))
T = TypeVar("T")
Read = Callable[[str], str]  # what a template is drawn as, where it is longest
Width = Callable[[str], int]  # pixels of a line
_TOKENS = re.compile(r"(?:\{[^{}]*\}|[^ ])+| +")  # a name in braces may have blanks in its format


def shrunk(lay: Callable[[float], T], fits: Callable[[T], bool]) -> tuple[T, bool]:
    """What `lay` makes of words at the largest share of their type sizes at which it fits; the smallest, and False,
    where it does not even then."""
    laid = lay(1.0)
    for share in SHARES[1:]:
        if fits(laid):
            break
        laid = lay(share)
    return laid, fits(laid)


def smaller(size: int, share: float) -> int:
    """A share of a type size; never under 12 pixels, but where it was so already."""
    return min(size, max(SMALLEST_TEXT_PX, round(size * share)))


def in_cell(words: str, side: int, most: int) -> int:
    """Type size at which a number stands in a square cell with a little room around: `most` at the most, never under 12
    pixels, where digits run into each other; 0 where the cell is too small for it."""
    sizes = range(max(most, SMALLEST_TEXT_PX), SMALLEST_TEXT_PX - 1, -1)
    room = side - 2 * CELL_ROOM
    return next((size for size in sizes if max(size, text.width(words, size)) <= room), 0)


def wrapped(words: str, width: Width, room: int) -> list[str]:
    """Lines about equally long that are no wider than a room, where blanks allow that; what stands between two blanks
    or more stays together for as long as it can."""
    return [line for part in _broken(words, width, room, 2) for line in _broken(part, width, room, 1)]


@lru_cache(maxsize=16384)
def in_lines(words: str, size: int, lines: int) -> tuple[str, ...]:
    """Words in type of so many pixels on so many lines at the most, about equally long. Kept: a layout asks for the
    same names in each of some hundred places."""
    width = partial(text.width, size=size)
    low, high = 0, width(words)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(wrapped(words, width, middle)) <= lines else (middle + 1, high)
    return tuple(wrapped(words, width, high))


def _broken(words: str, width: Width, room: int, blanks: int) -> list[str]:
    """Lines broken where so many blanks stand, or more."""
    if width(words) <= room:
        return [words]
    parts = list(_parts(words, blanks))
    count = len(_filled(parts, width, room))
    low, high = 0, room
    while low < high:  # the narrowest room in which there are no more lines
        middle = (low + high) // 2
        low, high = (low, middle) if len(_filled(parts, width, middle)) <= count else (middle + 1, high)
    return _filled(parts, width, high)


def _parts(words: str, blanks: int) -> Iterator[tuple[str, str]]:
    """Pairs (what is not broken, the blanks after it)."""
    part = ""
    for token in _TOKENS.findall(words):
        if token[0] == " " and len(token) >= blanks:
            yield part, token
            part = ""
        else:
            part += token
    yield part, ""


def _filled(parts: Sequence[tuple[str, str]], width: Width, room: int) -> list[str]:
    """Lines that take what they have room for, at least a part each."""
    lines, line, after = [], "", ""
    for part, blanks in parts:
        longer = f"{line}{after}{part}"
        if line and width(longer) > room:
            lines.append(line)
            longer = part
        line, after = longer, blanks
    return [*lines, line]


class Typeset(NamedTuple):
    """Lines as they are drawn in a room, their words still templates; `widest` is the longest of them filled in, a part
    of line number `of`, and `size` (width, height) what they take, from the top of the highest letter to the bottom of
    the last line."""

    lines: tuple[Line, ...]
    size: tuple[int, int]
    widest: Line
    of: int
    fits: bool


def typeset(lines: Sequence[Line], read: Read, room: tuple[int, int], *, fixed: int = 0) -> Typeset:
    """Lines of templates in a room (width, height) of which `fixed` pixels of the height are taken."""

    def lay(share: float) -> Typeset:
        parts = [(number, row) for number, line in enumerate(lines) for row in _rows(line, read, room[0], share)]
        rows = [row for _, row in parts]
        shown = [row._replace(words=read(row.words)) for row in rows]
        of, widest = max(enumerate(shown), key=lambda part: part[1].width)
        high = sum(row.height for row in rows) - shown[0].above + fixed
        fits = widest.width <= room[0] and high - shown[-1].below <= room[1]
        return Typeset(tuple(rows), (widest.width, high), widest, parts[of][0], fits)

    return shrunk(lay, lambda laid: laid.fits)[0]


def _rows(line: Line, read: Read, room: int, share: float) -> Iterator[Line]:
    """A line at a share of its size, wrapped."""
    small = line._replace(size=smaller(line.size, share))
    for words in wrapped(line.words, lambda part: small._replace(words=read(part)).width, room):
        yield small._replace(words=words)


def overflow(laid: Typeset, room: tuple[int, int]) -> str | None:
    """What words are too large for a room, in words; None where they fit."""
    if laid.fits:
        return None
    least = f"even in type of {laid.widest.size} pixels"
    if laid.widest.width > room[0]:
        return f"'{laid.widest.words}' is {laid.widest.width} pixels wide {least} and has {room[0]}"
    high = laid.size[1] - laid.lines[-1].below
    return f"its {len(laid.lines)} lines are {high} pixels high {least} and have {room[1]}"
