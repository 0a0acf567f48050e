"""Encoders, one file each: from frames to a clip that is on disk whole or not at all.

An encoder is frozen options, a subclass of `Output`, whose `open` returns a `Sink`. `Encoder` is the context
manager around it, with the promises that hold for all of them: every frame is checked, the clip grows in a
part file beside its target, it is read back and compared with what was asked, and only then takes its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, NotRequired, TypedDict

import numpy as np

from weightreel.render.drawing.canvas import Frame
from weightreel.render.encoders._budgeted import TooLarge
from weightreel.render.encoders._output import Output
from weightreel.render.errors import EncodeError, Finding
from weightreel.render.formats.spec import Sink, Spec
from weightreel.trainer.parts import Part
from weightreel.trainer.targets import reason, shortage

GaveUp = dict[str, list[float] | list[list[int]]]  # by key, [before, after]
DRAWN_ON = "its encoder changes the frame that it takes, which the film still needs; it can change a copy"
Clock = Callable[[Literal["join", "verify"]], AbstractContextManager[None]]  # times what is done within


class FlashReport(TypedDict):
    """The most flashes in any one second of a clip; more than three are too many."""

    general: int
    red: int


class ClipReport(TypedDict):
    """A clip as `--json` has it."""

    path: str
    format: str
    codec: str
    width: int
    height: int
    fps: float
    frames: int
    bytes: int
    flashes: NotRequired[FlashReport]
    gave_up: NotRequired[GaveUp]
    notes: NotRequired[list[str]]


@dataclass(frozen=True)
class Clip:
    """What was written, as `--json` reports it. `flashes` are known of clips that were drawn, `gave_up` has [before,
    after] of what a limit of bytes cost, `notes` say in words what should be known."""

    path: str
    format: str
    codec: str
    width: int
    height: int
    fps: float
    frames: int
    bytes: int
    flashes: FlashReport | None = None
    gave_up: GaveUp = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()

    def as_dict(self) -> ClipReport:
        """The fields by name, as JSON has them; without those of which there is nothing to say."""
        report = ClipReport(
            path=self.path,
            format=self.format,
            codec=self.codec,
            width=self.width,
            height=self.height,
            fps=self.fps,
            frames=self.frames,
            bytes=self.bytes,
        )
        if self.flashes is not None:
            report["flashes"] = self.flashes
        if self.gave_up:
            report["gave_up"] = self.gave_up
        if self.notes:
            report["notes"] = [note.message for note in self.notes]
        return report


class Segment:
    """A segment being written to a file of its own: `with Segment(output, spec, path) as s: s.write(frame)`. What a
    failure leaves there is for the caller to remove.

    With a `limit` of bytes for `expected` frames, writing ends as soon as the file is larger.

    Attributes:
        frames: those that were written, without those that lead.

    Raises:
        TooLarge: it is.
        EncodeError: a frame has the wrong shape or dtype, or the library failed.
    """

    def __init__(self, output: Output, spec: Spec, path: Path, limit: int | None = None, expected: int = 1) -> None:
        self.output, self.spec, self.path, self.limit, self.expected = output, spec, path, limit, expected
        self.frames = -spec.lead
        self._sink: Sink | None = None

    def __enter__(self) -> Segment:
        try:
            self._sink = self.output.open(self.path, self.spec)
        except Exception as error:
            raise failed(self.output, error, self.path.parent) from error
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
        frame = np.ascontiguousarray(frame).view()
        frame.flags.writeable = False
        try:
            self._sink.add(frame)
        except ValueError as error:
            told = ValueError(DRAWN_ON) if "read-only" in str(error) else error
            raise failed(self.output, told, self.path.parent) from error
        except Exception as error:
            raise failed(self.output, error, self.path.parent) from error
        self.frames += 1
        check_limit(self.output, self.path, self.limit, self.frames / self.expected)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._sink is not None
        if kind is not None:
            self._sink.abort()
            return
        try:
            self._sink.close()
        except Exception as problem:
            self._sink.abort()
            raise failed(self.output, problem, self.path.parent) from problem


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
        self.result: Clip | None = None
        self._part: Part | None = None
        self._segment: Segment | None = None

    @property
    def frames(self) -> int:
        """How many were written."""
        return self._segment.frames if self._segment else 0

    def __enter__(self) -> Encoder:
        self._part = part_of(self.output, self.spec)
        path = segment_path(self.output, self._part, 0)
        segment = Segment(self.output, self.output.settled(self.spec), path, self.limit, self.expected)
        try:
            self._segment = segment.__enter__()
        finally:
            if self._segment is None:
                self._part.remove()
        return self

    def write(self, frame: Frame) -> None:
        """Add a frame: C-contiguous uint8 (height, width, 3); the caller may overwrite it afterwards."""
        assert self._segment is not None, "write belongs inside the with block"
        self._segment.write(frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._segment is not None and self._part is not None
        segment, empty = self._segment, kind is None and self._segment.frames == 0
        told = EncodeError(f"{self.output.path}: no frame was written, so there is no clip") if empty else error
        try:
            segment.__exit__(type(told) if told else None, told, trace)
            if empty and told is not None:
                raise told
            if told is None:
                self.result = complete(
                    self.output, self.spec, self._part, [segment.path], segment.frames, self.limit, trial=self.trial
                )
        finally:
            self._part.remove()


def part_of(output: Output, spec: Spec) -> Part:
    """Where a clip grows.

    Raises:
        EncodeError: it cannot be written there, or at this size.
    """
    for finding in (*output.findings_at(spec.size), *output.target_findings()):
        raise EncodeError(f"{output.path}: {finding.message}")
    try:
        return Part(output.place)
    except Exception as error:
        raise failed(output, error, output.place.parent) from error


def segment_path(output: Output, part: Part, number: int) -> Path:
    """Where a segment is written; with the suffix, from which libraries choose the format."""
    return part / f"segment-{number:05d}{Path(output.path).suffix}"


def complete(
    output: Output,
    spec: Spec,
    part: Part,
    segments: Sequence[Path],
    frames: int,
    limit: int | None = None,
    *,
    trial: bool = False,
    clock: Clock = lambda stage: nullcontext(),
) -> Clip:
    """Join the segments of a clip, read it back, and give it its name; `clock` is asked to time both.

    Raises:
        TooLarge: it is larger than `limit` bytes.
        EncodeError: it cannot be joined, or does not read back as asked.
    """
    grown = output.grows_in(part)
    try:
        with clock("join"):
            output.join(segments, grown, spec, frames)
        check_limit(output, grown, limit)
        with clock("verify"):
            output.verify(grown, spec, frames)
        count = grown.stat().st_size if trial else output.publish(grown, part, spec)
    except Exception as problem:
        raise failed(output, problem, part.folder) from problem
    return Clip(
        path=output.path,
        format=Path(output.path).suffix.lstrip(".").lower(),
        codec=output.codec_name,
        width=spec.size[0],
        height=spec.size[1],
        fps=spec.fps,
        frames=frames,
        bytes=count,
    )


def check_limit(output: Output, grown: Path, limit: int | None, share: float = 1.0) -> None:
    """TooLarge where a file, with `share` of its frames, has more than `limit` bytes."""
    if limit is not None and grown.is_file() and grown.stat().st_size > limit:
        raise TooLarge(output.path, grown.stat().st_size, share)


def failed(output: Output, error: Exception, folder: Path) -> EncodeError:
    """The libraries raise errors of many kinds; whatever it was, there is no clip."""
    if isinstance(error, TooLarge) or (isinstance(error, EncodeError) and not shortage(error, folder)):
        return error
    told = reason(error, folder)
    return EncodeError(f"{output.path}: could not be written ({told}); nothing half-written was left")


def write_all(output: Output, spec: Spec, frames: Iterable[Frame]) -> Clip:
    """Write a clip from frames at hand."""
    with Encoder(output, spec) as encoder:
        for frame in frames:
            encoder.write(frame)
    assert encoder.result is not None
    return encoder.result
