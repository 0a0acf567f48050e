"""The last picture of a finished clip, and what browsers call the clip."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from PIL import Image

from weightreel.render.drawing.canvas import MOST_PIXELS, PIXEL_FORMAT, Frame, rgb
from weightreel.render.formats.decoded import FAILS, PICTURES
from weightreel.render.formats.decoded import SUFFIXES as OF_PICTURES
from weightreel.render.formats.video import opened
from weightreel.trainer.errors import DataError

# What browsers play, by suffix, and with which codecs.
KINDS = {
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".png": "image/png",
    ".apng": "image/apng",
    ".mp4": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
}
SUFFIXES = (*KINDS, ".avi")
CODECS = ("h264", "libx264", "av1", "libdav1d", "libaom-av1", "vp9", "vp8")


class Seen(NamedTuple):
    """A clip as a browser takes it: its media type, "" where it does not play; (width, height); seconds, 0 where it
    does not say; the last picture."""

    kind: str
    size: tuple[int, int]
    seconds: float
    last: Frame


def seen(path: Path) -> Seen:
    """Look at a clip.

    Raises:
        DataError: there is none, it is damaged, or it is too large to look at; the message does not name it.
    """
    if not path.is_file():  # devices, and pipes that nobody writes to, among others
        raise DataError("there is no such file")
    try:
        return _picture(path) if path.suffix.lower() in OF_PICTURES else _video(path)
    except FAILS as error:
        raise DataError(f"it is damaged, or no file of the kind {path.suffix.lower()}") from error


def _picture(path: Path) -> Seen:
    with Image.open(path, formats=PICTURES) as image:
        _refuse(image.size)
        count = getattr(image, "n_frames", 1)
        milliseconds = 0.0
        for number in range(count) if count > 1 else ():
            image.seek(number)
            image.load()  # of WebP the time of a picture is known after that
            milliseconds += image.info.get("duration", 0)
        last = rgb(np.asarray(image.convert("RGB"), np.uint8))
        return Seen(KINDS[path.suffix.lower()], image.size, milliseconds / 1000, last)


def _video(path: Path) -> Seen:
    with opened(path) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        if context is None:
            raise DataError("its codec is unknown")
        size = stream.width, stream.height
        _refuse(size)
        length = container.duration or 0
        if length:
            container.seek(length)  # to the last picture that stands alone
        last = None
        for last in container.decode(stream):  # noqa: B007
            pass
        if last is None:
            raise DataError("it has no picture")
        kind = KINDS.get(path.suffix.lower(), "") if context.name in CODECS else ""
        return Seen(kind, size, length / av.time_base, np.asarray(last.to_ndarray(format=PIXEL_FORMAT), np.uint8))


def _refuse(size: tuple[int, int]) -> None:
    """A header may claim any size."""
    if size[0] * size[1] > MOST_PIXELS:
        raise DataError(f"its frames are {size[0]}x{size[1]}, more than {MOST_PIXELS:,} pixels")
