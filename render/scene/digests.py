"""The digests of a clip's frames, as its recipe keeps them.

A digest is the CRC-32C of a frame as it was drawn: its bytes from the top left, channels in the order of the canvas,
with the padding that the file has, before any encoder. CRC-32C and not SHA-256, which costs ten times as much: this
notices other pixels, not forgers. Where there are too many frames, `each` consecutive ones share a digest, that of
their digests in order: frames that were drawn apart, in runs of `each`, are put together without a look at a pixel.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Self

import google_crc32c
import numpy as np
import tomli_w
from numpy.typing import NDArray
from pydantic import Field, model_validator

from weightreel.render.formats.numbering import digest as crc32c
from weightreel.trainer.options import Count, Options

TABLE = "[recipe.frames]"
PACKED_BYTES = 2048  # of text, which is 409 digests
CHARACTERS = 5  # of base85 for the four bytes of a digest
MOST = PACKED_BYTES // CHARACTERS

BAND = 32  # rows of a frame that are digested in one piece

Pixels = NDArray[np.uint8]


class Digests(Options):
    """What the frames of a clip were when it was made: `weightreel reproduce` draws them again and compares.

    Example:
        [recipe.frames]
        count = 2
        crc32c = "6hnxvVsp4a"
    """

    count: Count = Field(description="how many frames the file has")
    each: Count = Field(default=1, description="how many consecutive frames share a digest")
    number: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="which frame of the film it is, where a file holds one; default: as the output says"
    )
    crc32c: str = Field(description="CRC-32C of each frame, four bytes, most significant first, in base85")
    scene: str = Field(default="", description="CRC-32C of the recipe above, in hexadecimal")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        groups = -(-self.count // self.each)
        if len(self.crc32c) != CHARACTERS * groups:
            told = f"crc32c has {len(self.crc32c)} characters; {self.count} frames by {self.each}"
            raise ValueError(f"{told} have {groups} digests, {CHARACTERS * groups} characters")
        if len(self.crc32c) > PACKED_BYTES or not _is_base85(self.crc32c):
            raise ValueError(f"crc32c is not base85 of at most {PACKED_BYTES} characters")
        return self

    def differing(self, drawn: Sequence[int]) -> list[range]:
        """Which frames, counted from 0, have other digests than those `drawn`, as ranges that are not next to each
        other; frames that share a digest differ together."""
        was, now = _unpacked(self.crc32c), rolled(drawn, self.each)
        found: list[range] = []
        for group in range(max(len(was), len(now))):
            if was[group : group + 1] != now[group : group + 1]:
                begin, end = group * self.each, min((group + 1) * self.each, max(self.count, len(drawn)))
                joined = found.pop().start if found and found[-1].stop == begin else begin
                found.append(range(joined, end))
        return found


def digest(pixels: Pixels) -> int:
    """The CRC-32C of a frame, (height, width, 3) C-contiguous: 0.3 ms at 1920 × 1080."""
    return int(google_crc32c.value(pixels))


class Digesting:
    """Digests of frames of one size, each from what is known of the one before: that of its upper rows."""

    def __init__(self) -> None:
        self._above: list[int] = []  # the digest of the rows above each band

    def of(self, pixels: Pixels, changed: range) -> int:
        """The `digest` of a frame that is the same as the one before but in some rows; of the first one all changed."""
        first = changed.start // BAND
        above = self._above[first] if self._above else 0
        del self._above[first:]
        for top in range(first * BAND, len(pixels), BAND):
            self._above.append(above)
            above = int(google_crc32c.extend(above, pixels[top : top + BAND]))
        return above


def sharing(count: int) -> int:
    """How many of `count` frames must share a digest, so that all of them have room."""
    return max(1, -(-count // MOST))


def rolled(digests: Sequence[int], each: int) -> list[int]:
    """One digest for each group of consecutive frames; those of the frames themselves where `each` is 1."""
    if each == 1:
        return list(digests)
    groups = (digests[i : i + each] for i in range(0, len(digests), each))
    return [int(google_crc32c.value(_bytes(group))) for group in groups]


def table(words: str, digests: Sequence[int], number: int | None = None) -> str:
    """What is added to a recipe of these `words`; it has as many bytes whatever the digests are."""
    each = sharing(len(digests))
    said: dict[str, object] = {"count": len(digests), "each": each}
    if number is not None:
        said["number"] = number
    said["crc32c"] = base64.b85encode(_bytes(rolled(digests, each))).decode()
    said["scene"] = digest_of_words(words)
    return "\n" + tomli_w.dumps({"recipe": {"frames": said}})


def digest_of_words(words: str) -> str:
    """The digest of a recipe's words, from which it is known whether somebody changed them."""
    return crc32c(words.encode())


def _bytes(digests: Sequence[int]) -> bytes:
    return np.asarray(digests, ">u4").tobytes()


def _unpacked(text: str) -> list[int]:
    return [int(d) for d in np.frombuffer(base64.b85decode(text), ">u4")]


def _is_base85(text: str) -> bool:
    try:
        base64.b85decode(text)
    except ValueError:
        return False
    return text.isascii()
