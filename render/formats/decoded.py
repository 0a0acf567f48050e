"""The frames of a finished clip, as a player shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageSequence

from weightreel.render.drawing.canvas import PIXEL_FORMAT, Frame, rgb

PICTURES = ("GIF", "PNG", "WEBP")  # FFmpeg reads no animated WebP
SUFFIXES = (".gif", ".png", ".apng", ".webp")
STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}  # else FFmpeg paints over what it cannot read
FAILS = (av.FFmpegError, OSError, ValueError, EOFError, SyntaxError, IndexError, Image.DecompressionBombError)


def decoded(path: Path, size: tuple[int, int]) -> Iterator[Frame]:
    """The frames of a clip of `size` (width, height), in their order.

    Raises:
        ValueError: they have another size.
        FAILS: the file is damaged.
    """
    frames = _pictures(path, size) if path.suffix.lower() in SUFFIXES else _video(path, size)
    for frame in frames:
        if frame.shape[1::-1] != size:
            raise ValueError(_other_size(frame.shape[1::-1], size))
        yield frame


def _pictures(path: Path, size: tuple[int, int]) -> Iterator[Frame]:
    with Image.open(path, formats=PICTURES) as image:
        if image.size != size:  # before a pixel is made room for
            raise ValueError(_other_size(image.size, size))
        for picture in ImageSequence.Iterator(image):
            yield rgb(np.asarray(picture.convert("RGB"), np.uint8))


def _video(path: Path, size: tuple[int, int]) -> Iterator[Frame]:
    with av.open(str(path.absolute())) as container:
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise ValueError("its codec is unknown")
        if (stream.width, stream.height) != size:
            raise ValueError(_other_size((stream.width, stream.height), size))
        stream.codec_context.options = STRICT
        for picture in container.decode(stream):
            yield np.asarray(picture.to_ndarray(format=PIXEL_FORMAT), np.uint8)


def _other_size(found: tuple[int, ...], wanted: tuple[int, int]) -> str:
    return "its frames are {}x{} instead of {}x{}".format(*found, *wanted)
