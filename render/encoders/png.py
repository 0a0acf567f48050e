"""PNG: the numbered frames of a film, x-00000.png and so on; and stills."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Literal

import imageio.v3 as iio

from render.canvas import Frame, rgb
from render.encoders import Output, Spec
from render.errors import EncodeError

FAST_COMPRESSION = 1  # of zlib; 6 takes four times as long for files a tenth smaller


class Png(Output):
    """One lossless file a frame, numbered by the frame's index in the film."""

    suffixes: ClassVar = (".png",)
    codecs: ClassVar = ("png",)

    type: Literal["png"] = "png"

    def part(self) -> Path:
        """A folder in which the frames wait until all are there."""
        return Path(self.path).with_suffix(".part")

    def open(self, part: Path, spec: Spec) -> PngSink:
        """An empty folder."""
        part.mkdir()
        return PngSink(part, Path(self.path).stem, spec.start)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count the files and read the size of the first and the last."""
        files = sorted(part.iterdir())
        if len(files) != frames:
            raise EncodeError(f"{self.path}: {len(files)} files instead of {frames}; they were removed")
        for file in (files[0], files[-1]):
            height, width = iio.improps(file).shape[:2]
            if (width, height) != spec.size:
                raise EncodeError(f"{self.path}: reads back {(width, height)} instead of {spec.size}")

    def publish(self, part: Path) -> int:
        """Move all frames to their names; return their bytes together."""
        count = 0
        for file in sorted(part.iterdir()):
            count += file.stat().st_size
            os.replace(file, Path(self.path).with_name(file.name))
        return count


class PngSink:
    """Numbered files in a folder."""

    def __init__(self, folder: Path, stem: str, start: int) -> None:
        self.folder, self.stem, self.number = folder, stem, start

    def add(self, frame: Frame) -> None:
        """Write the next number."""
        write_png(self.folder / f"{self.stem}-{self.number:05d}.png", frame)
        self.number += 1

    def close(self) -> None:
        """Nothing is open."""

    def abort(self) -> None:
        """Nothing is open."""


def write_png(path: Path, frame: Frame) -> None:
    """Write one frame as a PNG file."""
    iio.imwrite(path, rgb(frame), extension=".png", compress_level=FAST_COMPRESSION)


def write_still(path: Path, frame: Frame) -> None:
    """Write one frame under exactly this name, whole or not at all.

    Raises:
        EncodeError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        write_png(part, frame)
        os.replace(part, path)
    except OSError as error:
        raise EncodeError(f"{path}: could not be written ({error})") from error
    finally:
        part.unlink(missing_ok=True)
