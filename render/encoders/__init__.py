"""Encoders, one file each: from frames to a clip that is on disk whole or not at all.

An encoder is frozen options, a subclass of `Output`, whose `open` returns a `Sink`. `Encoder` is the context
manager around it, with the promises that hold for all of them: every frame is checked, the clip grows in a
part file beside its target, it is read back and compared with what was asked, and only then takes its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from render.canvas import Frame
from render.errors import EncodeError
from trainer.options import Options, Pair


@dataclass(frozen=True)
class Spec:
    """What a clip is asked to be: (width, height) in pixels, frames a second, the number of its first frame,
    and for encoders with a palette the colours (n, 3) uint8 to be expected, in frame order, those of colour maps
    apart: they are to come out best."""

    size: tuple[int, int]
    fps: float
    start: int = 0
    colors: NDArray[np.uint8] | None = None
    maps: NDArray[np.uint8] | None = None

    @property
    def rate(self) -> Fraction:
        """Frames a second as a ratio, such as 30000/1001."""
        return Fraction(self.fps).limit_denominator(1001)


@dataclass(frozen=True)
class Clip:
    """What was written, as `--json` reports it."""

    path: str
    format: str
    codec: str
    width: int
    height: int
    fps: float
    frames: int
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


class Sink(Protocol):
    """One file being written. `close` completes it; `abort` gives up, and never raises."""

    def add(self, frame: Frame) -> None:
        """Take one frame, which may be overwritten afterwards."""
        ...

    def close(self) -> None:
        """Complete the file."""
        ...

    def abort(self) -> None:
        """Let go of the file, whatever state it is in."""
        ...


class Output(Options):
    """The keys that every output has. `size` and `fps` default to the layout's and the timeline's."""

    suffixes: ClassVar[tuple[str, ...]] = ()
    codecs: ClassVar[tuple[str, ...]] = ()
    needs_colors: ClassVar[bool] = False

    path: str = Field(description="the file to write; relative to the working directory")
    size: Pair | None = Field(default=None, description="(width, height): the film is laid out anew at this size")
    fps: float | None = Field(default=None, gt=0, le=1000)

    @property
    def codec_name(self) -> str:
        """The codec, for reports."""
        return getattr(self, "codec", None) or self.codecs[0]

    def rate(self, fps: float) -> float:
        """Frames a second, for a scene at `fps`."""
        return self.fps or fps

    def size_problem(self, size: tuple[int, int]) -> str | None:
        """Why a clip of this size cannot be written."""
        return None

    def part(self) -> Path:
        """Where the clip grows until it is whole; keeps the suffix, from which libraries choose the format."""
        path = Path(self.path)
        return path.with_name(f"{path.stem}.part{path.suffix}")

    def open(self, part: Path, spec: Spec) -> Sink:
        """Begin to write."""
        raise TypeError(f"{type(self).__name__} does not say how it writes")

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Read the file back; EncodeError where it is not what was asked."""
        raise TypeError(f"{type(self).__name__} does not say how it checks")

    def publish(self, part: Path) -> int:
        """Give the clip its name; return its bytes."""
        count = part.stat().st_size
        os.replace(part, self.path)
        return count


class Encoder:
    """A clip being written: `with Encoder(output, spec) as clip: clip.write(frame)`; then `clip.result`.

    Raises:
        EncodeError: the folder does not exist, a frame has the wrong shape or dtype, nothing was written, the
            library failed, or the file does not read back as asked. Whatever is raised inside the block, the
            target stays as it was.
    """

    def __init__(self, output: Output, spec: Spec) -> None:
        self.output, self.spec = output, spec
        self.frames = 0
        self.result: Clip | None = None
        self._sink: Sink | None = None

    def __enter__(self) -> Encoder:
        problem = self.output.size_problem(self.spec.size)
        if problem:
            raise EncodeError(f"{self.output.path}: {problem}")
        folder = Path(self.output.path).parent
        if not folder.is_dir():
            raise EncodeError(f"{self.output.path}: there is no folder {folder}; make it: mkdir -p {folder}")
        _remove(self.output.part())
        try:
            self._sink = self.output.open(self.output.part(), self.spec)
        except Exception as error:
            _remove(self.output.part())
            raise self._failed(error) from error
        return self

    def write(self, frame: Frame) -> None:
        """Add a frame: C-contiguous uint8 (height, width, 3); the caller may overwrite it afterwards."""
        width, height = self.spec.size
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise EncodeError(
                f"{self.output.path}: frame {self.frames} is {frame.shape} {frame.dtype}; "
                f"the clip takes {(height, width, 3)} uint8"
            )
        assert self._sink is not None, "write belongs inside the with block"
        try:
            self._sink.add(np.ascontiguousarray(frame))
        except Exception as error:
            raise self._failed(error) from error
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        part = self.output.part()
        assert self._sink is not None
        try:
            if kind is not None or self.frames == 0:
                self._sink.abort()
                if kind is None:
                    raise EncodeError(f"{self.output.path}: no frame was written, so there is no clip")
                return
            self._finish(part)
        finally:
            _remove(part)

    def _finish(self, part: Path) -> None:
        assert self._sink is not None
        try:
            self._sink.close()
            self.output.verify(part, self.spec, self.frames)
            count = self.output.publish(part)
        except Exception as problem:
            self._sink.abort()
            raise self._failed(problem) from problem
        width, height = self.spec.size
        self.result = Clip(
            path=self.output.path,
            format=Path(self.output.path).suffix.lstrip(".").lower(),
            codec=self.output.codec_name,
            width=width,
            height=height,
            fps=self.spec.fps,
            frames=self.frames,
            bytes=count,
        )

    def _failed(self, error: Exception) -> EncodeError:
        """The libraries raise errors of many kinds; whatever it was, there is no clip."""
        if isinstance(error, EncodeError):
            return error
        return EncodeError(f"{self.output.path}: could not be written ({error}); nothing was left there")


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink(missing_ok=True)


def verify_video(part: Path, name: str, spec: Spec, frames: int) -> None:
    """Compare a video's packets, size and rate with what was asked, and decode its first picture.

    Counting packets needs no decoding: a 12 s film takes some milliseconds.

    Raises:
        EncodeError: with both sides of what differs.
    """
    import av

    try:
        with av.open(str(part)) as container:
            stream = container.streams.video[0]
            found = {"size": (stream.width, stream.height), "fps": float(stream.average_rate or 0)}
            found["frames"] = sum(1 for packet in container.demux(stream) if packet.size)
            container.seek(0)
            next(container.decode(stream))
    except (av.FFmpegError, IndexError, StopIteration) as error:
        raise EncodeError(f"{name}: does not read back ({error}); nothing was left there") from error
    wanted = {"size": spec.size, "fps": spec.fps, "frames": frames}
    _compare(name, found, wanted)


def _compare(name: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        close = abs(found[key] - value) <= 0.01 * value if key == "fps" else found[key] == value
        if not close:
            raise EncodeError(f"{name}: reads back with {key} {found[key]} instead of {value}; it was removed")


def write_all(output: Output, spec: Spec, frames: Iterable[Frame]) -> Clip:
    """Write a clip from frames at hand."""
    with Encoder(output, spec) as encoder:
        for frame in frames:
            encoder.write(frame)
    assert encoder.result is not None
    return encoder.result
