"""Bare encoders, fed ready-made frames: what a film is held against.

Frames are drawn some at a time, and only their encoding is timed. Samples are converted as films have them converted,
in the thread that encodes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from benchmarks.measuring import Spent, cpu_seconds
from weightreel.render.drawing.canvas import PIXEL_FORMAT
from weightreel.render.encoders.h264 import H264
from weightreel.render.formats.video import BT709, LIMITED
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.scene import Scene

BLOCK = 60
Frames = list[np.ndarray]


class Mp4v:
    """OpenCV's writer, one thread."""

    def __init__(self, path: Path, size: tuple[int, int], rate: float) -> None:
        self._writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, size)

    def write(self, frame: np.ndarray) -> None:
        """Encode a frame."""
        self._writer.write(frame)

    def close(self) -> None:
        """End the file."""
        self._writer.release()


class X264:
    """libx264 with the settings of our films; `threads` 0 are as many as it takes by itself."""

    def __init__(self, path: Path, size: tuple[int, int], rate: float, threads: int) -> None:
        coding = H264(path=str(path)).coding
        self._container = av.open(str(path), "w")
        self._stream: Any = self._container.add_stream(
            coding.codec, rate=Fraction(rate).limit_denominator(), options=dict(coding.options)
        )
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = coding.pixel_format
        self._stream.codec_context.thread_count = threads
        self._number = 0

    def write(self, frame: np.ndarray) -> None:
        """Convert and encode a frame."""
        picture = av.VideoFrame.from_ndarray(frame, format=PIXEL_FORMAT)
        samples = picture.reformat(
            format="yuv420p", interpolation="AREA", dst_colorspace=BT709, dst_color_range=LIMITED
        )
        samples.pts, self._number = self._number, self._number + 1
        self._container.mux(self._stream.encode(samples))

    def close(self) -> None:
        """End the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()


BARE: dict[str, Callable[[Path, tuple[int, int], float], Any]] = {
    "mp4v": Mp4v,
    "x264, one thread": lambda path, size, rate: X264(path, size, rate, 1),
    "x264, its own threads": lambda path, size, rate: X264(path, size, rate, 0),
}


def bare_seconds(kind: str, film: Film, indices: list[int], path: Path) -> Spent:
    """What nothing but encoding takes."""
    wall = cpu = 0.0
    writer = BARE[kind](path, film.size, film.course.fps)
    for frames in _blocks(film, indices):
        begun, cpu_begun = time.perf_counter(), cpu_seconds()
        for frame in frames:
            writer.write(frame)
        wall, cpu = wall + time.perf_counter() - begun, cpu + cpu_seconds() - cpu_begun
    begun, cpu_begun = time.perf_counter(), cpu_seconds()
    writer.close()
    return Spent(wall + time.perf_counter() - begun, cpu + cpu_seconds() - cpu_begun)


def _blocks(film: Film, indices: list[int]) -> Iterator[Frames]:
    """Some frames at a time, drawn on the same few buffers."""
    buffers = [film.buffer() for _ in range(BLOCK)]
    for start in range(0, len(indices), BLOCK):
        some = indices[start : start + BLOCK]
        for buffer, index in zip(buffers, some, strict=False):
            film.draw(buffer, index)
        yield buffers[: len(some)]


def film_of(scene: Scene, recording: Path) -> tuple[Film, list[int]]:
    """The film of a scene's first output, and the numbers of its frames."""
    plan = prepare(scene, sources_of(scene, recording), written=False)
    assert plan.sources.kept is not None
    take = plan.takes_of(plan.sources.kept)[0]
    return Fits(scene, plan.sources.kept).film(take), list(take.indices)
