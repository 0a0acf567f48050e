"""What an encoder does to the frames of a clip: they are encoded once more, and a clip's own pixels may be off by
little more than that, anywhere. A clip is not judged by itself: one of another film is off everywhere alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Frame, cv2
from weightreel.render.errors import EncodeError
from weightreel.render.formats.decoded import decoded
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.take import Take
from weightreel.render.work.progress import Advance
from weightreel.render.work.write import Writer

BLOCK = 8  # pixels; codecs work in blocks of four to 64, and words are a few times as high
# Of 255: how many times as much as here another release of an encoder may be off, and so much beside; in a block, and
# on average over a frame.
TIMES, BESIDE = 3.0, 8.0
TIMES_ALL, BESIDE_ALL = 2.0, 1.0


@contextmanager
def encoded_again(clip: str, fits: Fits, take: Take, advance: Advance) -> Iterator[Iterator[Frame]]:
    """The frames of a clip's take as its encoder leaves them, by way of a temporary file.

    Raises:
        EncodeError: this encoder does not write here.
    """
    with TemporaryDirectory(prefix="weightreel-again-") as folder:
        path = Path(folder) / f"again{Path(take.output.path).suffix}"
        output = take.output.model_copy(update={"path": str(path)})
        try:
            Writer(fits, False, advance).write(replace(take, output=output))
        except EncodeError as error:
            told = f"is needed to judge its pixels: {str(error).removeprefix(f'{path}: ')}"
            raise EncodeError(f"{clip}: its encoder, {output.codec_name}, {told}") from error
        yield decoded(path, take.padded)


def is_strange(drawn: Frame, shown: Frame, encoded: Frame) -> bool:
    """Whether a clip shows something else than what was drawn.

    Args:
        drawn: the frame, (height, width, 3).
        shown: as the clip has it.
        encoded: as its encoder leaves it.
    """
    off, usual = (np.asarray(cv2.absdiff(drawn, other), np.uint8) for other in (shown, encoded))
    if off.mean() > TIMES_ALL * usual.mean() + BESIDE_ALL:
        return True
    # Another release may do in the next block what it does in this one here.
    most = cv2.dilate(_blocks(usual), np.ones((3, 3), np.uint8))
    return bool((_blocks(off) > TIMES * most + BESIDE).any())


def _blocks(off: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean over each block of pixels, of the channel in which it is largest."""
    height, width = off.shape[:2]
    size = -(-width // BLOCK), -(-height // BLOCK)
    return np.asarray(cv2.resize(off.astype(np.float32), size, interpolation=cv2.INTER_AREA).max(axis=2), np.float32)
