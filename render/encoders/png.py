"""PNG: the numbered frames of a film, x-00000.png and so on; one of them as a poster; and stills."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import imageio.v3 as iio
from PIL.PngImagePlugin import PngInfo
from pydantic import Field

from weightreel.render.drawing.canvas import Frame, rgb
from weightreel.render.encoders._output import Output
from weightreel.render.errors import EncodeError
from weightreel.render.formats.part import part_of, remove, remove_stale
from weightreel.render.formats.png import comment_data, read_comment
from weightreel.render.formats.spec import Spec

FAST_COMPRESSION = 1  # of zlib; 6 takes four times as long for files a tenth smaller
_ENDS = {"start": 0.0, "end": 1.0}


class Png(Output):
    """A file for each frame, numbered by its index in the film; with `at` one alone, a poster.

    The poster stands under exactly the output's name. Every file carries the comment, compressed.

    Example:
        [[output]]
        path = "poster.png"
        at = "end"
    """

    suffixes: ClassVar = (".png",)
    default_for: ClassVar = (".png",)
    codecs: ClassVar = ("png",)

    type: Literal["png"] = "png"
    at: Literal["start", "end"] | Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="a poster: the one frame at this fraction of the film; default: all frames, numbered"
    )

    @property
    def numbered(self) -> bool:
        """All but posters."""
        return self.at is None

    @property
    def exact(self) -> bool:
        """PNG is lossless."""
        return True

    def chosen(self, frames: Sequence[int]) -> Sequence[int]:
        """All frames, or the poster's."""
        frames = super().chosen(frames)
        if self.at is None:
            return frames
        share = _ENDS[self.at] if isinstance(self.at, str) else self.at
        index = round(share * (len(frames) - 1))
        return frames[index : index + 1]

    def part(self) -> Path:
        """A folder in which the frames wait until all are there."""
        return part_of(Path(self.path), suffix="")

    def open(self, part: Path, spec: Spec) -> PngSink:
        """An empty folder."""
        part.mkdir()
        return PngSink(self, part, spec)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count the files and read the size of the first and the last."""
        files = sorted(part.iterdir())
        if len(files) != frames:
            raise EncodeError(f"{self.path}: {len(files)} files instead of {frames}; they were removed")
        for file in (files[0], files[-1]):
            height, width = iio.improps(file, plugin="pillow").shape[:2]
            if (width, height) != spec.size:
                raise EncodeError(f"{self.path}: reads back {(width, height)} instead of {spec.size}")

    def publish(self, part: Path) -> int:
        """Move all frames to their names; return their bytes together."""
        taken = [f for f in part.iterdir() if Path(self.path).with_name(f.name).is_dir()]
        if taken:
            raise EncodeError(f"{self.path}: {taken[0].name} is a folder; no frame was replaced")
        count = 0
        for file in sorted(part.iterdir()):
            count += file.stat().st_size
            os.replace(file, Path(self.path).with_name(file.name))
        return count

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The iTXt chunk "Comment" of one of the files."""
        return read_comment(path)


class PngSink:
    """Files in a folder, each written whole."""

    def __init__(self, output: Png, folder: Path, spec: Spec) -> None:
        self.output, self.folder, self.spec, self.count = output, folder, spec, 0

    def add(self, frame: Frame) -> None:
        """Write the next number, or the poster."""
        path = Path(self.output.path)
        numbered = self.output.at is None
        name = f"{path.stem}-{self.spec.start + self.count:05d}.png" if numbered else path.name
        write_png(self.folder / name, frame, self.spec.said(self.count if numbered else None))
        self.count += 1

    def close(self) -> None:
        """Nothing is open."""

    def abort(self) -> None:
        """Nothing is open."""


def write_png(path: Path, frame: Frame, comment: str = "") -> None:
    """Write one frame as a PNG file, with a comment as its iTXt chunk "Comment"."""
    text = PngInfo()  # imageio has no word for chunks: it hands Pillow's own on
    if comment:
        text.add(b"iTXt", comment_data(comment))
    # By way of memory: on a full disk imageio prints a traceback of its destructor beside the error.
    data = iio.imwrite(
        "<bytes>", rgb(frame), plugin="pillow", extension=".png", compress_level=FAST_COMPRESSION, pnginfo=text
    )
    path.write_bytes(data)


def write_still(path: Path, frame: Frame, comment: str = "") -> None:
    """Write one frame under exactly this name, whole or not at all.

    Raises:
        EncodeError: it cannot be written.
    """
    part = part_of(path)
    remove_stale(path)
    try:
        write_png(part, frame, comment)
        os.replace(part, path)
    except OSError as error:
        raise EncodeError(f"{path}: could not be written ({error})") from error
    finally:
        remove(part)
