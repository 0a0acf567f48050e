"""Numbers and words of a line, and which of them stand in what was read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from weightreel.render.drawing.numbers import APART, FIGURE_SPACE

NUMBER = re.compile(r"(?<![\w.])(?:(?<![\w\]-])-)?\d+(?:\.\d+)?")
WORD = re.compile(r"[A-Za-z]{3,}")
DASHES = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "~": "-"})


class Answer(NamedTuple):
    """A number or a word that was drawn, and whether it was read so."""

    drawn: str
    right: bool


def plain(words: str) -> str:
    """Words with one sign for all dashes, thousands together."""
    return words.replace(APART, "").replace(FIGURE_SPACE, " ").translate(DASHES)


def bare(words: str) -> bool:
    """Whether a line is a number and nothing else."""
    return re.fullmatch(r" *-?[\d.]+ ?%? *", plain(words)) is not None


def numbers(drawn: str, read: str) -> Iterator[Answer]:
    """Every number of a line, and whether it stands in what was read, whole and in its turn."""
    read, begin = read.translate(DASHES), 0
    for number in NUMBER.findall(plain(drawn)):
        # where thousands stand apart a blank may be read
        found = re.compile(r"(?<![\d.])" + r" ?".join(map(re.escape, number)) + r"(?!\d|\.\d)").search(read, begin)
        begin = found.end() if found else begin
        yield Answer(number, found is not None)


def words(drawn: str, read: str) -> Iterator[Answer]:
    """Every word of a line of three letters and more, and whether it was read."""
    for word in WORD.findall(drawn):
        yield Answer(word, re.search(rf"(?<![A-Za-z]){word}(?![A-Za-z])", read) is not None)
