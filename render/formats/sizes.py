"""Sizes that video can have: colour samples are shared between 2 × 2 pixels."""

from __future__ import annotations

from collections.abc import Iterator

from weightreel.render.errors import Finding


def even_size(size: tuple[int, int]) -> tuple[int, int]:
    """The next even (width, height), for video that shares a colour sample between 2 × 2 pixels."""
    return size[0] + size[0] % 2, size[1] + size[1] % 2


def odd_sides(size: tuple[int, int], who: str) -> Iterator[Finding]:
    """Why `who` refuses a size, where a side of it is odd; the first such side is enough."""
    for what, pixels in zip(("width", "height"), size, strict=True):
        if pixels % 2:
            yield Finding("size", f"{what} {pixels} is odd; {who} needs even sizes, such as {pixels + 1}")
            return
