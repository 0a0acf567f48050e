"""Encoders, one file each: from frames to a clip that is on disk whole or not at all.

An encoder is frozen options, a subclass of `Output`, whose `open` returns a `Sink`. `Encoder` is the context
manager around it, with the promises that hold for all of them: every frame is checked, the clip grows in a
part file beside its target, it is read back and compared with what was asked, and only then takes its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NotRequired, TypedDict

import numpy as np

from weightreel.render.drawing.canvas import Frame
from weightreel.render.encoders._budgeted import TooLarge
from weightreel.render.encoders._output import Output
from weightreel.render.errors import EncodeError, Finding
from weightreel.render.formats.spec import Sink, Spec
from weightreel.trainer.parts import Part
from weightreel.trainer.targets import reason, shortage

GaveUp = dict[str, list[float] | list[list[int]]]  # by key, [before, after]


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
        self._part: Part | None = None

    def __enter__(self) -> Encoder:
        for finding in (*self.output.findings_at(self.spec.size), *self.output.target_findings()):
            raise EncodeError(f"{self.output.path}: {finding.message}")
        try:
            self._part = Part(self.output.place)
            self._sink = self.output.open(self._grown, self.spec)
        except Exception as error:
            raise self._failed(error) from error
        finally:
            if self._sink is None and self._part is not None:
                self._part.remove()
        return self

    @property
    def _grown(self) -> Path:
        assert self._part is not None
        return self.output.grows_in(self._part)

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
        self._check_limit(self._grown, self.frames / self.expected)

    def _check_limit(self, part: Path, share: float = 1.0) -> None:
        if self.limit is not None and part.is_file() and part.stat().st_size > self.limit:
            raise TooLarge(self.output.path, part.stat().st_size, share)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._sink is not None and self._part is not None
        try:
            if kind is not None or self.frames == 0:
                self._sink.abort()
                if kind is None:
                    raise EncodeError(f"{self.output.path}: no frame was written, so there is no clip")
                return
            self._finish(self._part, self._grown)
        finally:
            self._part.remove()

    def _finish(self, part: Part, grown: Path) -> None:
        assert self._sink is not None
        try:
            self._sink.close()
            self._check_limit(grown)
            self.output.verify(grown, self.spec, self.frames)
            count = grown.stat().st_size if self.trial else self.output.publish(grown, part, self.spec)
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
        folder = self._part.folder if self._part is not None else Path(self.output.path).parent
        if isinstance(error, TooLarge) or (isinstance(error, EncodeError) and not shortage(error, folder)):
            return error
        told = reason(error, folder)
        return EncodeError(f"{self.output.path}: could not be written ({told}); nothing half-written was left")


def write_all(output: Output, spec: Spec, frames: Iterable[Frame]) -> Clip:
    """Write a clip from frames at hand."""
    with Encoder(output, spec) as encoder:
        for frame in frames:
            encoder.write(frame)
    assert encoder.result is not None
    return encoder.result
