"""Sizes that video can have: colour samples are shared between 2 × 2 pixels."""

from __future__ import annotations


def even_size(size: tuple[int, int]) -> tuple[int, int]:
    """The next even (width, height), for video that shares a colour sample between 2 × 2 pixels."""
    return size[0] + size[0] % 2, size[1] + size[1] % 2


def odd_size_problem(size: tuple[int, int], who: str) -> str | None:
    """Why `who` refuses a size, where it is odd."""
    for what, pixels in zip(("width", "height"), size, strict=True):
        if pixels % 2:
            return f"{what} {pixels} is odd; {who} needs even sizes, such as {pixels + 1}"
    return None
