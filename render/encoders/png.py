"""PNG: the numbered frames of a film, x-00000.png and so on; one of them as a poster; and stills."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import imageio.v3 as iio
from PIL.PngImagePlugin import PngInfo
from pydantic import Field, field_validator

from weightreel.render.drawing.canvas import Frame, rgb
from weightreel.render.encoders._output import Output
from weightreel.render.errors import EncodeError, Finding
from weightreel.render.formats.cutting import evenly
from weightreel.render.formats.numbering import Manifest, OfFilm, digest, manifest_of, publish_frames
from weightreel.render.formats.patterns import PLACE, is_frame, numbered
from weightreel.render.formats.png import comment_data, read_comment, read_size
from weightreel.render.formats.single import write_single
from weightreel.render.formats.spec import Spec
from weightreel.trainer.parts import Part, real
from weightreel.trainer.targets import target_findings

FAST_COMPRESSION = 1  # of zlib; 6 takes four times as long for files a tenth smaller
LEAST = 16  # frames of a segment
_ENDS = {"start": 0.0, "end": 1.0}


class Png(Output):
    """A file for each frame, numbered by its index in the film: x.png becomes x-00000.png and so on, x_%04d.png
    x_0000.png. With `at` one alone, a poster.

    The poster stands under exactly the output's name. Every file carries the comment, compressed. Beside numbered
    frames stands x.weightreel.json, which has a digest of each: when another film takes their place, those of them
    that nobody has changed are removed.

    Example:
        [[output]]
        path = "poster.png"
        at = "end"
    """

    suffixes: ClassVar = (".png",)
    default_for: ClassVar = (".png",)
    codecs: ClassVar = ("png",)
    bytes_a_pixel: ClassVar = 0.11

    type: Literal["png"] = "png"
    at: Literal["start", "end"] | Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="a poster: the one frame at this fraction of the film; default: all frames, numbered"
    )

    @field_validator("path")
    @classmethod
    def _one_number(cls, path: str) -> str:
        if len(PLACE.findall(Path(path).stem)) > 1:
            raise ValueError("has two places for a number; keep one, such as frame_%04d.png")
        return path

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

    @property
    def place(self) -> Path:
        """Of numbered frames the path stands for all their names, so what is called so does not matter."""
        path = Path(self.path)
        return real(path.parent) / path.name if self.numbered else super().place

    def target_findings(self, *, made: bool = False) -> Iterator[Finding]:
        """Of numbered frames the longest name is that of their manifest."""
        if not self.numbered:
            yield from super().target_findings(made=made)
            return
        stem, manifest = Path(self.path).stem, manifest_of(Path(self.path))
        wrong = next(target_findings(manifest, made=made), None)
        if wrong is not None:
            yield wrong
        elif Manifest.read(manifest, stem) is None:
            yield Finding("path", f"'{manifest}' is there and says nothing of frames; move it or choose another name")
        elif manifest.parent.is_dir():
            folders = sorted(f.name for f in manifest.parent.iterdir() if is_frame(f.name, stem) and f.is_dir())
            yield from (Finding("path", f"the frame {name} is a folder; choose another name") for name in folders[:1])

    def grows_in(self, part: Part) -> Path:
        """A folder in which the frames wait until all are there."""
        return part / "frames"

    def open(self, part: Path, spec: Spec) -> PngSink:
        """An empty folder."""
        part.mkdir()
        return PngSink(self, part, spec)

    def cuts(self, frames: int, rate: float) -> Sequence[range]:
        """Equal ones: each frame is a file."""
        return evenly(frames, LEAST)

    def join(self, segments: Sequence[Path], part: Path, spec: Spec, frames: int) -> None:
        """All files in one folder."""
        segments[0].replace(part)
        for folder in segments[1:]:
            for file in folder.iterdir():
                file.replace(part / file.name)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count the files and read the size of the first and the last."""
        files = sorted(os.listdir(part))  # their names: paths of so many files take megabytes
        if len(files) != frames:
            raise EncodeError(f"{self.path}: {len(files)} files instead of {frames}; they were removed")
        for file in (files[0], files[-1]):
            size = read_size(part / file)
            if size != spec.size:
                raise EncodeError(f"{self.path}: reads back {size} instead of {spec.size}")

    def publish(self, grown: Path, part: Part, spec: Spec) -> int:
        """Move all frames to their names; return their bytes together."""
        names = sorted(os.listdir(grown))
        count = sum((grown / name).stat().st_size for name in names)
        if self.numbered:
            film = digest(spec.film.encode()) if spec.film else ""
            publish_frames(grown, OfFilm({name: digest((grown / name).read_bytes()) for name in names}, film), part)
        else:
            part.publish(grown / names[0])
        return count

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The iTXt chunk "Comment" of one of the files."""
        return read_comment(path)


class PngSink:
    """Files in a folder, each written whole."""

    def __init__(self, output: Png, folder: Path, spec: Spec) -> None:
        self.output, self.folder, self.spec, self.count = output, folder, spec, spec.begin

    def add(self, frame: Frame) -> None:
        """Write the next number, or the poster."""
        path = Path(self.output.path)
        alone = self.output.at is not None
        name = path.name if alone else f"{numbered(path.stem, self.spec.start + self.count)}.png"
        (self.folder / name).write_bytes(png_bytes(frame, self.spec.said(None if alone else self.count)))
        self.count += 1

    def close(self) -> None:
        """Nothing is open."""

    def abort(self) -> None:
        """Nothing is open."""


def png_bytes(frame: Frame, comment: str = "") -> bytes:
    """One frame as a PNG file, with a comment as its iTXt chunk "Comment"."""
    text = PngInfo()  # imageio has no word for chunks: it hands Pillow's own on
    if comment:
        text.add(b"iTXt", comment_data(comment))
    # By way of memory: on a full disk imageio prints a traceback of its destructor beside the error.
    data: bytes = iio.imwrite(
        "<bytes>", rgb(frame), plugin="pillow", extension=".png", compress_level=FAST_COMPRESSION, pnginfo=text
    )
    return data


def write_still(path: Path, frame: Frame, comment: str = "") -> None:
    """Write one frame under exactly this name, whole or not at all.

    Raises:
        EncodeError: it cannot be written.
    """
    write_single(path, png_bytes(frame, comment))
