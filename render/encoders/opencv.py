"""Video through OpenCV's `VideoWriter`, by fourcc.

`mp4v` is MPEG-4 part 2: VLC and OpenCV play it, browsers, notebooks and slides do not, so that a scene must ask for
it. What the wheel's FFmpeg can write differs between platforms, so a codec is tried when the file is opened.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import av
from pydantic import Field

from weightreel.render.drawing.canvas import Frame, cv2
from weightreel.render.encoders._output import Output
from weightreel.render.errors import EncodeError, Finding
from weightreel.render.formats.cutting import evenly
from weightreel.render.formats.sizes import odd_sides
from weightreel.render.formats.spec import Spec
from weightreel.render.formats.video import copy_video, read_comment, verify_video
from weightreel.trainer import plugins

DISK = "is the disk full or failing?"
# Frames of a group of pictures, and of a segment: its first are coarser until the bit rate is found, at 1080p 0.03 dB
# on average, and 0.14 with segments of 60.
GROUP, LEAST = 12, 120
IN_ORDER = ("mp4v", "XVID", "MJPG", "FFV1", "HFYU", "png ")
LOSSLESS = ("FFV1", "HFYU", "png ")


class OpenCV(Output):
    """mp4, mov, avi or mkv; `codec` is a fourcc such as mp4v, XVID, MJPG or FFV1.

    Example:
        [[output]]
        path = "film.avi"
        codec = "MJPG"
    """

    suffixes: ClassVar = (".mp4", ".mov", ".avi", ".mkv")
    default_for: ClassVar = (".avi",)
    codecs: ClassVar = ("mp4v",)
    any_codec: ClassVar = True

    type: Literal["opencv"] = "opencv"
    codec: Annotated[str, Field(min_length=4, max_length=4)] = Field(
        default="mp4v", description="asks for this encoder: a fourcc that this machine's OpenCV can write"
    )

    @property
    def shares_color(self) -> bool:
        """All do but the lossless ones."""
        return self.codec not in LOSSLESS

    @property
    def exact(self) -> bool:
        """The lossless ones are."""
        return self.codec in LOSSLESS

    def findings(self) -> Iterator[Finding]:
        """OpenCV says what it can write only when it is tried."""
        if self.codec == "mp4v":
            return
        with tempfile.TemporaryDirectory() as folder:
            writer = self.writer(Path(folder) / f"trial{Path(self.path).suffix}", Spec((64, 64), 25))
            opened = writer.isOpened()
            writer.release()
        if not opened:
            yield Finding("codec", _refused(self))

    def findings_at(self, size: tuple[int, int]) -> Iterator[Finding]:
        """OpenCV crops odd sizes without a word."""
        return odd_sides(size, "video")

    def writer(self, path: Path, spec: Spec) -> cv2.VideoWriter:
        """OpenCV's writer, whether it has opened or not."""
        # No quality is asked for: the bit rate is fixed, and a property that its FFmpeg does not know refuses to open.
        code = cv2.VideoWriter.fourcc(*self.codec)
        return cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, float(spec.rate), spec.size)

    def open(self, part: Path, spec: Spec) -> OpenCVSink:
        """A `VideoWriter` that has opened, or EncodeError."""
        return OpenCVSink(self, part, spec)

    def cuts(self, frames: int, rate: float) -> Sequence[range]:
        """Equal ones that begin where OpenCV's groups of pictures do; one of a codec that may be shown in another
        order than it is decoded."""
        return evenly(frames, LEAST, GROUP) if self.codec in IN_ORDER else super().cuts(frames, rate)

    def join(self, segments: Sequence[Path], part: Path, spec: Spec, frames: int) -> None:
        """Copied, also one: OpenCV writes no metadata, and numbers by chance into mkv."""
        try:
            copy_video(segments, part, spec)
        except av.error.InvalidDataError as error:  # OpenCV says nothing of a call that failed
            raise EncodeError(f"{self.path}: what OpenCV wrote cannot be read back; {DISK}") from error

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count the packets of the finished file."""
        verify_video(part, self.path, spec, frames)

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The `comment` tag."""
        return read_comment(path)


class OpenCVSink:
    """A video file being written by OpenCV."""

    def __init__(self, output: OpenCV, part: Path, spec: Spec) -> None:
        self.name, self.count = output.path, 0
        self.writer = output.writer(part, spec)
        if not self.writer.isOpened():
            refused = next(iter(output.findings()), None)
            raise EncodeError(
                f"{output.path}: {refused.message if refused else 'OpenCV could not begin to write; ' + DISK}"
            )

    def add(self, frame: Frame) -> None:
        """Write a frame; OpenCV answers False for one that it drops."""
        if self.writer.write(frame) is False:
            raise EncodeError(f"{self.name}: OpenCV dropped frame {self.count}; {DISK}")
        self.count += 1

    def close(self) -> None:
        """Write the index and close."""
        self.writer.release()

    def abort(self) -> None:
        """Close; what is on disk is the caller's to remove."""
        self.writer.release()


def _refused(output: OpenCV) -> str:
    suffix = Path(output.path).suffix
    kinds: Any = plugins.options("weightreel.render.encoders")
    known = next((k for k in kinds.values() if output.codec.lower() in k.codecs), None)
    if known is None or known is OpenCV:
        hint = "use codec 'h264', 'mp4v', or with .avi MJPG or XVID"
    elif suffix in known.suffixes:
        hint = f"did you mean '{output.codec.lower()}'?"
    else:
        hint = f"'{output.codec.lower()}' goes into {' '.join(known.suffixes)}"
    return f"this OpenCV cannot write '{output.codec}' into {suffix}; {hint}"
