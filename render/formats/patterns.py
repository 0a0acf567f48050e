"""Where the number of a frame stands in the name of its file: film-00012.png, or where a pattern such as %04d says."""

from __future__ import annotations

import re

PLACE = re.compile(r"%0?(\d{0,2})d")  # as FFmpeg and C write it; any other % is one


def numbered(stem: str, number: int) -> str:
    """The name of a frame without its suffix: "frame_%04d" gives frame_0012, "film" film-00012."""
    found = PLACE.search(stem)
    if found is None:
        return f"{stem}-{number:05d}"
    return f"{stem[: found.start()]}{number:0{int(found[1] or 1)}d}{stem[found.end() :]}"


def numbers(stem: str) -> str:
    """A regular expression of all such names: what a number may be has as many digits as the pattern, or more."""
    found = PLACE.search(stem)
    if found is None:
        return rf"{re.escape(stem)}-\d{{5,}}"
    return rf"{re.escape(stem[: found.start()])}\d{{{int(found[1] or 1)},}}{re.escape(stem[found.end() :])}"


def meet(stem: str, other: str) -> bool:
    """Whether some frames of two outputs are called alike: frame_%d and frame_%04d meet at 1000."""
    pairs = ((stem, other), (other, stem))
    return any(is_frame(f"{numbered(one, n)}.png", two) for one, two in pairs for n in (0, 10**6))


def is_frame(name: str, stem: str) -> bool:
    """Whether a file beside an output is called as one of its frames is."""
    return re.fullmatch(rf"{numbers(stem)}\.png", name) is not None
