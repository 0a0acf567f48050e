"""Encoders, one file each: from frames to a clip that is on disk whole or not at all.

An encoder is frozen options, a subclass of `Output`, whose `open` returns a `Sink`. `Encoder` is the context
manager around it, with the promises that hold for all of them: every frame is checked, the clip grows in a
part file beside its target, it is read back and compared with what was asked, and only then takes its name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, model_validator

from weightreel.render.drawing.canvas import Frame
from weightreel.render.encoders._presets import Purpose, fitted, preset_of, with_suffix
from weightreel.render.errors import EncodeError
from weightreel.render.formats.part import part_of, remove, remove_stale
from weightreel.render.making.budget import TooLarge
from weightreel.trainer.options import Count, Options, Pair


@dataclass(frozen=True)
class Spec:
    """What a clip is asked to be: (width, height) in pixels, frames a second, the number of its first frame,
    and for encoders with a palette the colours (n, 3) uint8 to be expected, in frame order, with how often each
    occurs (n,) int64. `comment` goes into the file's metadata."""

    size: tuple[int, int]
    fps: float
    start: int = 0
    colors: tuple[NDArray[np.uint8], NDArray[np.int64]] | None = None
    comment: str = ""

    @property
    def rate(self) -> Fraction:
        """Frames a second as a ratio, such as 30000/1001."""
        return Fraction(self.fps).limit_denominator(1001)


@dataclass(frozen=True)
class Clip:
    """What was written, as `--json` reports it. `gave_up` has [before, after] of what a limit of bytes cost, `notes`
    say in words what should be known."""

    path: str
    format: str
    codec: str
    width: int
    height: int
    fps: float
    frames: int
    bytes: int
    gave_up: dict[str, list[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, as JSON has them; without `gave_up` and `notes` where there is nothing to say."""
        fields = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
        return {k: v for k, v in fields.items() if k not in ("gave_up", "notes") or v}


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
    """The keys that every output has. `size` and `fps` default to those of its purpose, else to the layout's and the
    timeline's."""

    model_config = ConfigDict(serialize_by_alias=True)

    suffixes: ClassVar[tuple[str, ...]] = ()
    codecs: ClassVar[tuple[str, ...]] = ()
    needs_colors: ClassVar[bool] = False

    path: str = Field(description="the file to write; relative to the working directory")
    purpose: Purpose | None = Field(
        default=None, alias="for", description="chooses format, size, rate and budget; keys that are given win"
    )
    size: Pair | None = Field(default=None, description="(width, height): the film is laid out anew at this size")
    fps: float | None = Field(default=None, gt=0, le=1000)
    frames: Annotated[tuple[Annotated[int, Field(ge=0)], Count], Field(strict=False)] | None = Field(
        default=None, description="[a, b]: only frames a to b - 1 of the film"
    )
    thin: Count = Field(default=1, description="show every n-th frame of the film only")

    @model_validator(mode="before")
    @classmethod
    def _for_purpose(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or "for" not in value:
            return value
        filled, budget = with_suffix(value), preset_of(value["for"]).max_bytes
        if budget and "max_bytes" in cls.model_fields:
            filled.setdefault("max_bytes", budget)
        return filled

    @property
    def codec_name(self) -> str:
        """The codec, for reports."""
        return getattr(self, "codec", None) or self.codecs[0]

    def rate(self, fps: float) -> float:
        """Frames a second, for a scene at `fps`."""
        return self.fps or min(fps, preset_of(self.purpose).fps or fps)

    def size_in(self, layout: tuple[int, int]) -> tuple[int, int]:
        """(width, height) that the film is laid out at, for a scene whose layout has a size of its own."""
        box = preset_of(self.purpose).box
        return self.size or (fitted(layout, box) if box else layout)

    @property
    def numbered(self) -> bool:
        """Whether each frame becomes a file of its own."""
        return False

    @property
    def shares_color(self) -> bool:
        """Whether 2 × 2 pixels share a colour sample, as in 4:2:0 video."""
        return False

    def moments(self, frames: Sequence[int]) -> Sequence[int]:
        """Which frames of the film are shown, of those asked for; the last one always."""
        if self.frames:
            frames = [i for i in frames if self.frames[0] <= i < self.frames[1]]
        count = -(-len(frames) // self.thin)
        return [frames[i] for i in np.linspace(0, len(frames) - 1, count).round().astype(int)]

    def padded(self, size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the file's frames for a film of this size: background is added right and below."""
        return size

    def codec_problem(self) -> str | None:
        """Why this machine cannot write the codec into a file of this suffix; found before anything is trained."""
        return None

    def size_problem(self, size: tuple[int, int]) -> str | None:
        """Why frames of this size cannot be written."""
        return None

    def part(self) -> Path:
        """Where the clip grows until it is whole."""
        return part_of(Path(self.path))

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

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The comment that a file of this kind carries; None where there is none."""
        raise TypeError(f"{cls.__name__} does not say how it reads comments")


class Encoder:
    """A clip being written: `with Encoder(output, spec) as clip: clip.write(frame)`; then `clip.result`.

    With a `limit` of bytes for `expected` frames, writing ends as soon as the file is larger. A `trial` is measured,
    and gets no name.

    Raises:
        TooLarge: it is.
        EncodeError: the folder does not exist, a frame has the wrong shape or dtype, nothing was written, the
            library failed, or the file does not read back as asked. Whatever is raised inside the block, the
            target stays as it was.
    """

    def __init__(
        self, output: Output, spec: Spec, limit: int | None = None, expected: int = 1, *, trial: bool = False
    ) -> None:
        self.output, self.spec, self.limit, self.expected, self.trial = output, spec, limit, expected, trial
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
        remove_stale(Path(self.output.path))
        try:
            self._sink = self.output.open(self.output.part(), self.spec)
        except Exception as error:
            remove(self.output.part())
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
        self._check_limit(self.output.part(), self.frames / self.expected)

    def _check_limit(self, part: Path, share: float = 1.0) -> None:
        if self.limit is not None and part.is_file() and part.stat().st_size > self.limit:
            raise TooLarge(self.output.path, part.stat().st_size, share)

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
            remove(part)

    def _finish(self, part: Path) -> None:
        assert self._sink is not None
        try:
            self._sink.close()
            self._check_limit(part)
            self.output.verify(part, self.spec, self.frames)
            count = part.stat().st_size if self.trial else self.output.publish(part)
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
        return EncodeError(f"{self.output.path}: could not be written ({error}); nothing half-written was left")


def compare(
    name: str, found: Mapping[str, Any], wanted: Mapping[str, Any], slack: Mapping[str, float] | None = None
) -> None:
    """Refuse a file that is not what was asked; numbers may be off by their `slack`.

    Raises:
        EncodeError: naming the first difference.
    """
    for key, value in wanted.items():
        close = abs(found[key] - value) <= slack[key] if slack and key in slack else found[key] == value
        if not close:
            raise EncodeError(f"{name}: reads back with {key} {found[key]} instead of {value}; it was removed")


def even_size(size: tuple[int, int]) -> tuple[int, int]:
    """The next even (width, height), for video that shares a colour sample between 2 × 2 pixels."""
    return size[0] + size[0] % 2, size[1] + size[1] % 2


def odd_size_problem(size: tuple[int, int], who: str) -> str | None:
    """Why `who` refuses a size, where it is odd."""
    for what, pixels in zip(("width", "height"), size, strict=True):
        if pixels % 2:
            return f"{what} {pixels} is odd; {who} needs even sizes, such as {pixels + 1}"
    return None


def write_all(output: Output, spec: Spec, frames: Iterable[Frame]) -> Clip:
    """Write a clip from frames at hand."""
    with Encoder(output, spec) as encoder:
        for frame in frames:
            encoder.write(frame)
    assert encoder.result is not None
    return encoder.result
