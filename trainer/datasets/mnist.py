"""MNIST, which ships with the package: 60,000 handwritten digits to train on, 10,000 to test on.

The file and its notice stand in `files/`. LeCun, Bottou, Bengio and Haffner, "Gradient-based learning
applied to document recognition" (1998).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.options import Pair


class Mnist(Dataset):
    """28 × 28 gray images of ten digits; never downloaded.

    Example:
        [run.data]
        type = "mnist"
        train = 50_000
        validation = 10_000
        scale = "standard"
    """

    type: Literal["mnist"] = "mnist"

    crop: Pair | None = Field(
        default=None,
        title="[height, width]",
        description="cut each image to this around its ink; default: the whole image",
    )

    def read(self, folder: Path, rng: np.random.Generator) -> Source:
        """Images uint8 (60000 + 10000, 28, 28), read-only where they are not cropped."""
        x, y = _unpacked()
        if self.crop is not None:
            x = around_ink(x, self.crop)
        return Source("mnist", x[:60_000], y[:60_000], x[60_000:], y[60_000:], limits=(0, 255))


@cache
def _unpacked() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The arrays of the file, unpacked once a process: it takes about 0.3 s, and they hold 55 MB from then on."""
    with np.load(Path(__file__).parent / "files" / "mnist.npz", allow_pickle=False) as file:
        arrays = file["images"], file["labels"]
    for array in arrays:
        array.setflags(write=False)
    return arrays


def around_ink(images: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Windows (n, *shape) of images (n, height, width), each with the box of its ink in the middle, as far as the
    image reaches. MNIST's digits were made to fit a box of 20 × 20."""
    starts = []
    for axis, size in zip((2, 1), shape, strict=True):
        length = images.shape[3 - axis]
        inked = np.asarray(images.any(axis=axis))
        first, last = inked.argmax(axis=1), length - 1 - inked[:, ::-1].argmax(axis=1)
        starts.append(np.clip((first + last + 1 - size) // 2, 0, max(0, length - size)))
    sides = min(shape[0], images.shape[1]), min(shape[1], images.shape[2])
    windows = np.lib.stride_tricks.sliding_window_view(images, sides, axis=(1, 2))
    cut: NDArray[np.uint8] = windows[np.arange(len(images)), *starts]
    return cut
