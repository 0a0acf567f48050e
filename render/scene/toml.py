"""TOML within bounds: what Python's reader would take for ever over, or end in a traceback, is found beforehand."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from weightreel.trainer.bounds import MOST_DEPTH

MOST_LETTERS = 250_000  # of a scene file; the longest that ships has 3,000
MOST_PARTS = 32  # of a dotted key: the reader's time grows with their square
# Texts and comments, whose brackets and dots say nothing. One that does not end is taken to the end of its line.
_WORDS = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*+(?:"|[^\n]*)|\'[^\'\n]*(?:\'|)|#[^\n]*', re.DOTALL
)

_LONG_NUMBER = re.compile(r"(?<![\w.-])0[xob]\w{400}")  # which Python reads, and cannot write
TOO_MANY_DIGITS = "has a whole number of more digits than can be read"


def loads(words: str, *, keyed: bool = True) -> dict[str, Any]:
    """The document that is written in TOML.

    Args:
        words: of the document.
        keyed: whether there may be dotted keys, so that dots count: in a bare word such as ../.. they do not.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML.
        ValueError: it goes beyond what a scene needs: too long, too deep, too many digits.
    """
    if len(words) > MOST_LETTERS:
        raise ValueError(f"has more than {MOST_LETTERS:,} letters; a scene is a short text")
    bare = _WORDS.sub('""', words)
    if _depth(bare) > MOST_DEPTH:
        raise ValueError(f"has lists or tables more than {MOST_DEPTH} deep within one another; a scene needs 6")
    if _LONG_NUMBER.search(bare):
        raise ValueError(TOO_MANY_DIGITS)
    if keyed and any(part.count(".") >= MOST_PARTS for part in re.split(r"[\n=,{}\[\]]", bare)):
        raise ValueError(f"has a key of more than {MOST_PARTS} parts; a scene needs 5")
    try:
        return tomllib.loads(words)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:
        if "digits" not in str(error):
            raise
        raise ValueError(TOO_MANY_DIGITS) from None


def _depth(bare: str) -> int:
    """How many brackets are open at most."""
    depth = most = 0
    for bracket in re.findall(r"[\[\]{}]", bare):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        most = max(most, depth)
    return most
