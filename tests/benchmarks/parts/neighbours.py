"""The grid of the first source document, ÷ the ways in which people make such films."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image

from benchmarks import filmed
from benchmarks.measuring import Lines, Skipped, Spent, alone, per_second, ratio, rounds
from weightreel.render.encoders.opencv import OpenCV
from weightreel.render.frames.fits import Fits
from weightreel.render.work.write import Writer

FRAMES, FEW = 2000, 50
TILES, SIDE, RATE = 8, 28, 70
LARGE, SMALL = 896, 224


def lines() -> Lines:
    """Frames a second of films of 64 tiles."""
    if find_spec("matplotlib"):
        yield from _against("matplotlib FuncAnimation, libx264", by_matplotlib, LARGE, FEW, 25.0)
    else:
        yield Skipped(f"ours ÷ matplotlib, {LARGE}²", "it is not installed; make bench installs it")
    yield from _against("Pillow tile by tile, mp4v", by_pillow, SMALL, FRAMES, 3.5)


def _against(said: str, other: Callable[..., Any], side: int, frames: int, goal: float) -> Lines:
    mine, theirs = [], []
    for _ in range(rounds(3)):
        mine.append(Spent(*alone(ours, side, FRAMES)))
        each = FRAMES / frames
        theirs.append(Spent(*(each * seconds for seconds in alone(other, side, frames))))
    words = f"{per_second(FRAMES, mine):.0f} frames a second, {per_second(FRAMES, theirs):.1f}"
    yield ratio(f"ours ÷ {said}, {side}²", theirs, mine, words, floor=goal)


def ours(side: int, frames: int) -> list[float]:
    """A clip of the grid, whole, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "grid.mp4")
        scene, recordings, take = filmed.grid_take(OpenCV(path=path), side, frames)
        writer = Writer(Fits(scene, recordings), recipe=False)
        return _timed(lambda: writer.write(take))


def by_pillow(side: int, frames: int) -> list[float]:
    """An image of each tile, put on a canvas, one after the other."""
    weights, scale = weights_of(frames), side // (TILES * SIDE)
    with tempfile.TemporaryDirectory() as folder:

        def film() -> None:
            path = str(Path(folder) / "grid.mp4")
            writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"mp4v"), RATE, (side, side))
            for snapshot in weights:
                canvas = Image.new("RGB", (side, side), "red")
                for number, tile in enumerate(_scaled(snapshot)):
                    picture = Image.fromarray(tile).resize((SIDE * scale - 2, SIDE * scale - 2), Image.NEAREST)
                    row, column = divmod(number, TILES)
                    canvas.paste(picture, (column * SIDE * scale + 1, row * SIDE * scale + 1))
                writer.write(cv2.cvtColor(np.asarray(canvas), cv2.COLOR_RGB2BGR))
            writer.release()

        return _timed(film)


def by_matplotlib(side: int, frames: int) -> list[float]:
    """An `imshow` for each tile, whose data FuncAnimation exchanges; the writer is libx264, through PyAV."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot
    from matplotlib.animation import AbstractMovieWriter, FuncAnimation

    class ThroughPyAV(AbstractMovieWriter):
        """What FFMpegWriter does, without the program."""

        def setup(self, fig: Any, outfile: str, dpi: float | None = None) -> None:
            super().setup(fig, outfile, dpi)
            self._container = av.open(outfile, "w")
            self._stream: Any = self._container.add_stream("libx264", rate=Fraction(RATE))
            self._stream.width = self._stream.height = side
            self._stream.pix_fmt = "yuv420p"

        def grab_frame(self, **_: Any) -> None:
            self.fig.canvas.draw()
            pixels = np.ascontiguousarray(np.asarray(self.fig.canvas.buffer_rgba())[..., :3])
            self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))

        def finish(self) -> None:
            self._container.mux(self._stream.encode(None))
            self._container.close()

    weights = weights_of(frames)
    figure, axes = pyplot.subplots(TILES, TILES, figsize=(side / 100, side / 100), dpi=100)
    images = [
        ax.imshow(tile, cmap="gray", vmin=0, vmax=255) for ax, tile in zip(axes.flat, _scaled(weights[0]), strict=True)
    ]
    for ax in axes.flat:
        ax.axis("off")

    def update(number: int) -> list[Any]:
        for image, tile in zip(images, _scaled(weights[number]), strict=True):
            image.set_data(tile)
        return images

    animation = FuncAnimation(figure, update, frames=frames, blit=False)
    with tempfile.TemporaryDirectory() as folder:
        return _timed(lambda: animation.save(str(Path(folder) / "grid.mp4"), writer=ThroughPyAV(RATE), dpi=100))


def weights_of(frames: int) -> list[np.ndarray]:
    """Drifting weights (64, 28, 28), one array a frame."""
    rng = np.random.default_rng(0)
    weights, found = rng.normal(0, 0.05, (TILES * TILES, SIDE, SIDE)).astype(np.float32), []
    for _ in range(frames):
        weights = weights + rng.normal(0, 0.004, weights.shape).astype(np.float32)
        found.append(weights)
    return found


def _scaled(weights: np.ndarray) -> np.ndarray:
    """Each tile from its smallest weight, black, to its largest, white."""
    low, high = weights.min((1, 2), keepdims=True), weights.max((1, 2), keepdims=True)
    return (255 * (weights - low) / (high - low)).astype(np.uint8)


def _timed(work: Callable[[], object]) -> list[float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return [time.perf_counter() - wall, time.process_time() - cpu]
