"""Pictures that are kept with the tests, and those that differ from them."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from weightreel.render.drawing.canvas import Frame


def compare(actual: Frame, path: Path, *, accept: bool, apart: int = 1) -> None:
    """Hold a picture, its channels red, green, blue, to the one that is kept; no channel may be further `apart`."""
    if accept and not (path.exists() and np.array_equal(iio.imread(path), actual)):
        iio.imwrite(path, actual, optimize=True)
    if not path.exists():
        _show(path, {"actual": actual})
        pytest.fail(f"{path.name} is missing; run `make golden`, look at {path} and commit it")
    expected = iio.imread(path)
    if expected.shape != actual.shape:
        _show(path, {"expected": expected, "actual": actual})
        pytest.fail(f"the size has changed, see {path.parent / 'failed'}; `make golden` accepts")
    difference = np.abs(actual.astype(int) - expected)
    if difference.max() > apart:
        shown = np.minimum(difference * 8, 255).astype(np.uint8)
        _show(path, {"expected": expected, "actual": actual, "difference": shown})
        count = int((difference.max(axis=-1) > apart).sum())
        told = f"{count} pixels differ, by up to {difference.max()} of 255"
        pytest.fail(f"{told}; see {path.parent / 'failed'}; `make golden` accepts")


def _show(path: Path, found: dict[str, np.ndarray]) -> None:
    """Keep pictures to look at."""
    folder = path.parent / "failed"
    folder.mkdir(exist_ok=True)
    for what, picture in found.items():
        iio.imwrite(folder / f"{path.stem}-{what}.png", picture)
