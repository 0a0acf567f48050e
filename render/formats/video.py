"""Video files through FFmpeg: one stream written a frame at a time, and read back.

The rules that hold for every codec stand here: BT.709 in limited range and tagged so, one thread, so that the bytes do
not depend on the machine, and in mp4 the index first, so that playing starts before all of it is there.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import av
from av.container import InputContainer, OutputContainer

from weightreel.render.drawing.canvas import Frame
from weightreel.render.errors import EncodeError
from weightreel.render.formats.joined import use_up
from weightreel.render.formats.packets import read_packets, write_packets
from weightreel.render.formats.samples import BT709, LIMITED, Samples
from weightreel.render.formats.spec import Spec, compare
from weightreel.trainer.parts import real

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
    """A segment of a video being written: the next frame is converted while the one before is encoded, in a thread of
    its own, always the same. What fails there is raised by the call after."""

    def __init__(self, coding: Coding, part: Path, spec: Spec) -> None:
        self.count, self.samples = 0, Samples(coding.pixel_format, tagged=coding.tagged)
        self.container = _created(part)  # never begun: an encoder asks it what it needs
        self.stream = _stream(self.container, coding, spec)
        self.file = part.open("wb")
        self.encoder, self.pending = ThreadPoolExecutor(1), deque[Future[None]]()

    def add(self, frame: Frame) -> None:
        """Convert and encode a frame."""
        samples = self.samples.of(frame)
        self._finish(IN_FLIGHT - 1)
        self.pending.append(self.encoder.submit(self._encode, samples, self.count))
        self.count += 1

    def close(self) -> None:
        """Write what the encoder holds back."""
        self._finish(0)
        self._encode(None)
        self.encoder.shutdown()
        self.file.close()
        abandon(self.container)

    def abort(self) -> None:
        """Close, whatever the file has become."""
        self.encoder.shutdown(cancel_futures=True)
        abandon(self.file)
        abandon(self.container)

    def _encode(self, samples: av.VideoFrame | None, number: int = 0) -> None:
        if samples is not None:
            samples.pts = number  # here, since the frame before may have the same samples
        write_packets(self.file, self.stream.encode(samples))

    def _finish(self, most: int) -> None:
        """Wait until no more frames than that are being encoded."""
        while len(self.pending) > most:
            self.pending.popleft().result()


def join_video(coding: Coding, segments: Sequence[Path], part: Path, spec: Spec) -> None:
    """Put the packets of segments into one container, with the comment. What stands before them is as an encoder of
    the same coding says it, which is opened for that."""
    with _created(part) as container:
        if comment := spec.said():
            container.metadata["comment"] = comment
        stream = _stream(container, coding, spec)
        for packet in read_packets(segments):
            packet.stream, packet.time_base = stream, 1 / spec.rate
            container.mux(packet)


def _stream(container: OutputContainer, coding: Coding, spec: Spec) -> Any:
    """The stream of a container, with its encoder."""
    stream: Any = container.add_stream(coding.codec, rate=spec.rate, options=dict(coding.options))
    stream.width, stream.height = spec.size
    stream.pix_fmt = coding.pixel_format
    context = stream.codec_context
    context.thread_count = 1
    if coding.tagged:
        context.color_range, context.colorspace = LIMITED, BT709
        context.color_primaries = context.color_trc = BT709
    return stream


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


def copy_video(segments: Sequence[Path], part: Path, spec: Spec) -> None:
    """Put video files behind one another without encoding them anew, with the comment and the index first. Their
    pictures are shown in the order in which they are decoded."""
    count = 0
    with opened(segments[0]) as first, _created(part) as container:
        if comment := spec.said():
            container.metadata["comment"] = comment
        template = first.streams.video[0]
        stream = container.add_stream_from_template(template)
        stream.time_base = template.time_base  # PyAV 17.0 makes 900 frames of 15 in AVI without it
        if template.average_rate is not None:  # the template leaves it out: 29.97 in mkv would read back as 2997
            stream.codec_context.framerate = template.average_rate
        for path in segments:
            with opened(path) as source:
                for packet in source.demux(source.streams.video[0]):
                    if packet.size:
                        packet.pts = packet.dts = round(count / spec.rate / packet.time_base)
                        packet.stream = stream
                        container.mux(packet)
                        count += 1
            use_up(path)


def _created(path: Path) -> OutputContainer:
    """A new video file. The same frames give the same bytes: no number by chance, no date."""
    flags = {"fflags": "+bitexact"}
    if path.suffix.lower() in INDEX_FIRST:
        flags["movflags"] = "+faststart"
    return av.open(os.fspath(real(path)), "w", options=flags)


def opened(path: Path) -> InputContainer:
    """A video file of the kind that its suffix says: others, such as lists of places in the net, are not looked for."""
    return av.open(os.fspath(real(path)), format=FORMATS.get(path.suffix.lower()))
