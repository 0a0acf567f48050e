"""The keys that every output of a scene has, and what an encoder answers to its writer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field, field_validator, model_validator

from weightreel.render.drawing.canvas import FrameSize, Rect
from weightreel.render.encoders._presets import Purpose, inside, preset_of, size_for, with_suffix
from weightreel.render.errors import Finding
from weightreel.render.formats.rates import Rate
from weightreel.render.formats.spec import Sink, Spec
from weightreel.trainer import plugins
from weightreel.trainer.options import Count, Options, PathText
from weightreel.trainer.parts import Part, real
from weightreel.trainer.targets import target_findings


class Output(Options):
    """A clip to write: the keys that every output has. The suffix of its path, or what it is for, chooses the encoder.

    Example:
        [[output]]
        path = "film.mp4"

        [[output]]
        path = "film.gif"
        size = [640, 360]
        fps = 12.5
    """

    model_config = ConfigDict(serialize_by_alias=True)

    suffixes: ClassVar[tuple[str, ...]] = ()
    default_for: ClassVar[tuple[str, ...]] = ()  # of its suffixes, those that mean it where nothing else is said
    codecs: ClassVar[tuple[str, ...]] = ()
    any_codec: ClassVar[bool] = False  # whether it also tries a codec that no encoder claims
    needs_colors: ClassVar[bool] = False
    lead: ClassVar[int] = 0  # frames that the sink of a segment is given of the one before, see `Spec`
    bytes_a_pixel: ClassVar[float] = 0.02  # of a frame, on average over films of tiles and lines; for estimates

    path: PathText = Field(
        description="the file to write, relative to the working directory; default: where for is given, named after "
        "the scene file (in Python: scene) and the purpose, such as scene-web.mp4; else required"
    )
    purpose: Purpose | None = Field(
        default=None,
        alias="for",
        description="what it is for: chooses format, size, rate and budget; keys that are given win",
    )
    size: FrameSize | None = Field(
        default=None,
        title="[width, height]",
        description="in pixels: the film is laid out anew at it; default: that of its purpose, else the layout's",
    )
    fps: Rate | None = Field(
        default=None, description="frames a second; default: those of its purpose, else the timeline's"
    )
    frames: Annotated[tuple[Annotated[int, Field(ge=0)], Count], Field(strict=False)] | None = Field(
        default=None,
        title="[first, end]",
        description="only these frames of the film, the end not included; default: all",
    )
    thin: Annotated[int, Field(gt=0, le=1000)] = Field(default=1, description="show every n-th frame of the film only")

    @model_validator(mode="before")
    @classmethod
    def _for_purpose(cls, value: object) -> object:
        if not isinstance(value, Mapping) or "for" not in value:
            return value
        filled = with_suffix(value)
        filled.setdefault("path", f"scene{next(iter(cls.suffixes), '')}")  # of a wrong purpose, which says so itself
        if "codec" not in value and "codec" not in cls.model_fields:
            filled.pop("codec", None)
        return filled

    @field_validator("path")
    @classmethod
    def _of_its_kind(cls, path: str) -> str:
        suffix = Path(path).suffix
        if cls.suffixes and suffix.lower() not in cls.suffixes:
            told = f"unknown suffix '{suffix}'" if suffix else "has no suffix"
            raise ValueError(f"{told}; known are {' '.join(cls.suffixes)}")
        return path

    @classmethod
    def unknown_kind(cls, given: object, there: Sequence[str]) -> Finding:
        """It is the suffix of the path that says which encoder writes."""
        package = "weightreel.render.encoders"
        encoders: Any = (*plugins.options(package).values(), *plugins.installed(package).values())
        known = sorted({suffix for encoder in encoders for suffix in encoder.suffixes})
        path = given.get("path") if isinstance(given, Mapping) else given
        suffix = Path(path).suffix if isinstance(path, str) else ""
        told = f"unknown suffix '{suffix}'" if suffix else "has no path with a suffix"
        return Finding("path" if isinstance(given, Mapping) else "", f"{told}; known are {' '.join(known)}")

    @property
    def codec_name(self) -> str:
        """The codec, for reports."""
        return getattr(self, "codec", None) or self.codecs[0]

    def rate(self, fps: float) -> float:
        """Frames a second, for a scene at `fps`."""
        return self.fps or min(fps, preset_of(self.purpose).fps or fps)

    def size_in(self, layout: tuple[int, int]) -> tuple[int, int]:
        """(width, height) that the film is laid out at, for a scene whose layout has a size of its own."""
        return self.size or size_for(self.purpose, layout)

    def inside(self, size: tuple[int, int]) -> Rect | None:
        """The part of a frame of this size that areas stand in; None for all of it but the margins."""
        return inside(self.purpose, size)

    @property
    def numbered(self) -> bool:
        """Whether each frame becomes a file of its own."""
        return False

    @property
    def shares_color(self) -> bool:
        """Whether 2 × 2 pixels share a colour sample, as in 4:2:0 video."""
        return False

    @property
    def exact(self) -> bool:
        """Whether every pixel of the file is as it was drawn, whatever was drawn."""
        return False

    def moment(self, number: int, fps: float) -> float:
        """When frame `number` of a file of `fps` frames a second begins, in seconds."""
        return number / fps

    def chosen(self, frames: Sequence[int]) -> Sequence[int]:
        """Which frames of the film are shown, of those asked for; the last one always."""
        if self.frames:
            frames = [i for i in frames if self.frames[0] <= i < self.frames[1]]
        if self.thin == 1:
            return frames
        count = -(-len(frames) // self.thin)
        return [frames[i] for i in np.linspace(0, len(frames) - 1, count).round().astype(int)]

    def padded(self, size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the file's frames for a film of this size: background is added right and below."""
        return size

    def padding(self, size: tuple[int, int]) -> list[Finding]:
        """A note where the file's frames are larger than a film of this size."""
        padded = self.padded(size)
        if padded == size:
            return []
        told = f"{size[0]}x{size[1]} is odd: padded to {padded[0]}x{padded[1]} with the background"
        return [Finding("size", told, "note")]

    def findings(self) -> Iterable[Finding]:
        """What this machine cannot write, such as the codec into a file of this suffix; looked for before anything is
        trained."""
        return ()

    def findings_at_rate(self, rate: float) -> Iterator[Finding]:
        """Why so many frames a second cannot be written; the rate is that of the file."""
        if not Spec((2, 2), rate).rate:
            yield Finding("fps", f"{rate:g} frames a second are too few; at least 0.001 can be written")

    def findings_at(self, size: tuple[int, int]) -> Iterable[Finding]:
        """Why frames of this size cannot be written; the size is that of the file, see `padded`."""
        return ()

    @property
    def place(self) -> Path:
        """The path, absolute; an output that is a link is written through."""
        return real(self.path)

    def target_findings(self, *, made: bool = False) -> Iterator[Finding]:
        """Why nothing can be written at the path; `made` says that a folder which is missing will be made."""
        return target_findings(self.path, made=made)

    def grows_in(self, part: Part) -> Path:
        """Where the clip grows until it is whole; keeps the suffix, from which libraries choose the format."""
        return part / f"clip{Path(self.path).suffix}"

    def cuts(self, frames: int, rate: float) -> Sequence[range]:
        """How a clip of so many frames is cut into segments, each written by itself: by the film alone, so that the
        bytes are the same whoever writes them. One segment, where nothing else is known of `join`."""
        return [range(frames)]

    def settled(self, spec: Spec) -> Spec:
        """What is asked, with what all segments share chosen from it once, such as a palette."""
        return spec

    @abstractmethod
    def open(self, part: Path, spec: Spec) -> Sink:
        """Begin to write a segment; of a clip that is not cut, the clip."""

    def join(self, segments: Sequence[Path], part: Path, spec: Spec, frames: int) -> None:
        """Make one file of the segments, which may be used up, without encoding anything again."""
        segments[0].replace(part)

    @abstractmethod
    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Read the file back; EncodeError where it is not what was asked."""

    def publish(self, grown: Path, part: Part, spec: Spec) -> int:
        """Give the clip its name; return its bytes."""
        count = grown.stat().st_size
        part.publish(grown)
        return count

    @classmethod
    @abstractmethod
    def comment(cls, path: Path) -> str | None:
        """The comment that a file of this kind carries; None where there is none."""
