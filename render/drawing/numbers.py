"""How numbers are written in the frame: thousands apart, everywhere alike."""

from __future__ import annotations

import re

FIGURE_SPACE = "\N{FIGURE SPACE}"  # as wide as a digit
APART = "\N{NARROW NO-BREAK SPACE}"  # between thousands
_WHOLE = re.compile(rf"(?<![\d.,{FIGURE_SPACE}])[\d{FIGURE_SPACE}]{{4,}}")


def grouped(number: str) -> str:
    """A number with its thousands apart; blanks before it count as its digits, so that it takes no more room when they
    become some."""
    return _WHOLE.sub(lambda whole: re.sub(r"(?<=.)(?=(?:.{3})+$)", APART, whole[0]), number, count=1)


def spaced(count: int) -> str:
    """A whole number."""
    return grouped(str(count))
