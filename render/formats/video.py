"""Video files through FFmpeg: one stream written a frame at a time, and read back.

The rules that hold for every codec stand here: colours are averaged over the square that shares a colour sample
(AREA), BT.709 in limited range and tagged so, one thread, so that the bytes do not depend on the machine, and in mp4
the index first, so that playing starts before all of it is there.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import av
from av.container import InputContainer, OutputContainer

from weightreel.render.drawing.canvas import PIXEL_FORMAT, Frame
from weightreel.render.errors import EncodeError
from weightreel.render.formats.replaced import replace_comment
from weightreel.render.formats.spec import Spec, compare
from weightreel.trainer.parts import real

BT709, LIMITED = 1, 1  # FFmpeg's numbers
IN_FLIGHT = 2  # frames converted and not yet encoded
INDEX_FIRST = (".mp4", ".mov")
FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi"}
TOLERANCE_FPS, TOLERANCE_FRAMES = 0.01, 1.5


@dataclass(frozen=True)
class Coding:
    """A codec of FFmpeg, its samples, its options; `tagged` for samples that are not RGB."""

    codec: str
    pixel_format: str
    options: Mapping[str, str] = field(default_factory=dict)
    tagged: bool = True


class VideoSink:
    """A video file being written: the next frame is converted while the one before is encoded, in a thread of its own,
    always the same. What fails there is raised by the call after."""

    def __init__(self, coding: Coding, part: Path, spec: Spec) -> None:
        self.coding, self.count = coding, 0
        self.container = _created(part)
        self.part, self.spec, self.draft = part, spec, spec.said()
        if self.draft:
            self.container.metadata["comment"] = self.draft
        stream: Any = self.container.add_stream(coding.codec, rate=spec.rate, options=dict(coding.options))
        stream.width, stream.height = spec.size
        stream.pix_fmt = coding.pixel_format
        context = stream.codec_context
        context.thread_count = 1
        if coding.tagged:
            context.color_range, context.colorspace = LIMITED, BT709
            context.color_primaries = context.color_trc = BT709
        self.stream = stream
        self.encoder, self.pending = ThreadPoolExecutor(1), deque[Future[None]]()

    def add(self, frame: Frame) -> None:
        """Convert and encode a frame."""
        picture = av.VideoFrame.from_ndarray(frame, format=PIXEL_FORMAT)
        colors = {"dst_colorspace": BT709, "dst_color_range": LIMITED} if self.coding.tagged else {}
        # The default filter, bilinear, leaves a red border at 21 dB whatever the quality; AREA keeps 53.
        samples = picture.reformat(format=self.coding.pixel_format, interpolation="AREA", **colors)
        samples.pts = self.count
        self.count += 1
        self._finish(IN_FLIGHT - 1)
        self.pending.append(self.encoder.submit(self._encode, samples))

    def close(self) -> None:
        """Write what the encoder holds back, and the index; then the comment in the place of its draft."""
        self._finish(0)
        self._encode(None)
        self.encoder.shutdown()
        self.container.close()
        replace_comment(self.part, self.draft, self.spec.said())

    def abort(self) -> None:
        """Close, whatever the file has become."""
        self.encoder.shutdown(cancel_futures=True)
        abandon(self.container)

    def _encode(self, samples: av.VideoFrame | None) -> None:
        self.container.mux(self.stream.encode(samples))

    def _finish(self, most: int) -> None:
        """Wait until no more frames than that are being encoded."""
        while len(self.pending) > most:
            self.pending.popleft().result()


class Closable(Protocol):
    """A container, or a file."""

    def close(self) -> None:
        """Let go of it."""
        ...


def abandon(container: Closable) -> None:
    """Close a container that failed or is not wanted any more."""
    with suppress(av.FFmpegError, OSError, ValueError):
        container.close()


def verify_video(part: Path, name: str, spec: Spec, frames: int, coding: Coding | None = None) -> None:
    """Compare a video's packets, size, rate, length and comment, and with `coding` its samples and colour tags, with
    what was asked; decode its first picture.

    Counting packets needs no decoding: a 12 s film takes some milliseconds.

    Raises:
        EncodeError: with both sides of what differs.
    """
    try:
        with opened(part) as container:
            found = _found(container)
    except (av.FFmpegError, IndexError, StopIteration) as error:
        raise EncodeError(f"{name}: does not read back ({error}); nothing half-written was left") from error
    wanted: dict[str, object] = {"size": spec.size, "fps": float(spec.rate), "frames": frames}
    wanted["seconds"] = frames / spec.rate
    wanted["comment"] = spec.said() or found["comment"]
    if coding:
        wanted["samples"] = coding.pixel_format
        wanted["colours"] = (BT709, BT709, BT709, LIMITED) if coding.tagged else found["colours"]
    slack = {"fps": TOLERANCE_FPS * spec.fps, "seconds": TOLERANCE_FRAMES / spec.fps}
    compare(name, found, wanted, slack)  # containers round rates and lengths


def _found(container: InputContainer) -> dict[str, object]:
    stream = container.streams.video[0]
    context = stream.codec_context
    rate = stream.average_rate or stream.guessed_rate or 0  # PyAV before 18.1 copies no average into Matroska
    found = {"size": (stream.width, stream.height), "fps": float(rate)}
    found["frames"] = sum(1 for packet in container.demux(stream) if packet.size)
    found["seconds"] = (container.duration or 0) / av.time_base
    found["samples"] = context.pix_fmt
    tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
    found["colours"] = tuple(map(int, tags))
    found["comment"] = _comment(container)
    container.seek(0)
    next(container.decode(stream))
    return found


def read_comment(path: Path) -> str | None:
    """The comment that a video file carries.

    Raises:
        av.FFmpegError: it is no video.
    """
    with opened(path) as container:
        return _comment(container)


def _comment(container: InputContainer) -> str | None:
    return {k.lower(): v for k, v in container.metadata.items()}.get("comment")


def add_comment(part: Path, comment: str) -> None:
    """Copy a video file without encoding it anew, with a comment and the index first; the old one stays beside it,
    in the folder that is removed in the end."""
    old = part.with_name(f"old{part.suffix}")
    part.replace(old)
    with opened(old) as source, _created(part) as container:
        if comment:
            container.metadata["comment"] = comment
        stream = container.add_stream_from_template(source.streams.video[0])
        stream.time_base = source.streams.video[0].time_base  # PyAV 17.0 makes 900 frames of 15 in AVI without it
        rate = source.streams.video[0].average_rate
        if rate is not None:  # the template leaves it out: 29.97 in mkv would read back as 2997
            stream.codec_context.framerate = rate
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)


def _created(path: Path) -> OutputContainer:
    """A new video file. The same frames give the same bytes: no number by chance, no date."""
    flags = {"fflags": "+bitexact"}
    if path.suffix.lower() in INDEX_FIRST:
        flags["movflags"] = "+faststart"
    return av.open(os.fspath(real(path)), "w", options=flags)


def opened(path: Path) -> InputContainer:
    """A video file of the kind that its suffix says: others, such as lists of places in the net, are not looked for."""
    return av.open(os.fspath(real(path)), format=FORMATS.get(path.suffix.lower()))
