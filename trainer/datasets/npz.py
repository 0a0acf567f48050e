"""One's own images in a NumPy .npz file: arrays `x` and `y`, or `x_train`, `y_train`, `x_test`, `y_test`."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.errors import DataError
from weightreel.trainer.options import PathText
from weightreel.trainer.paths import located


class Npz(Dataset):
    """One's own images in a NumPy file: arrays x and y, or x_train, y_train, x_test, y_test.

    Images (n, height, width[, 3]) or flat (n, inputs); labels (n,), one-hot, or words.

    Example:
        [run.data]
        type = "npz"
        path = "mine.npz"
        validation = 0.1
    """

    type: Literal["npz"] = "npz"
    path: PathText = Field(description="the file; relative to the scene file")

    def read(self, folder: Path, rng: np.random.Generator) -> Source:
        """The arrays of the file; pickled objects are refused."""
        path = folder / located(self.path)
        if path.is_file() and not zipfile.is_zipfile(path):
            raise DataError(f"{self.path}: not a whole .npz file; write one with numpy.savez_compressed")
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
                return _source(self.path, {n: a for n, a in arrays.items() if isinstance(a, np.ndarray)})
        except FileNotFoundError:
            raise DataError(f"{self.path}: no such file") from None
        except IsADirectoryError:
            raise DataError(f"{self.path}: is a folder; give the .npz file") from None
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
            raise DataError(f"{self.path}: not a whole .npz file ({error})") from error
        except (ValueError, AttributeError, TypeError) as error:
            raise DataError(
                f"{self.path}: not an .npz file of plain arrays (pickled objects are refused: "
                "save words as y.astype(str))"
            ) from error


def _source(name: str, arrays: dict[str, NDArray[np.generic]]) -> Source:
    if {"x", "y"} <= arrays.keys():
        return Source(name, arrays["x"], arrays["y"])
    if {"x_train", "y_train"} <= arrays.keys():
        test = arrays.get("x_test"), arrays.get("y_test")
        if (test[0] is None) != (test[1] is None):
            raise DataError(f"{name}: holds only one of x_test and y_test; give both or neither")
        return Source(name, arrays["x_train"], arrays["y_train"], *test)
    held = ", ".join(sorted(arrays)) or "nothing"
    raise DataError(f"{name}: holds {held}; needs x and y, or x_train and y_train (x_test and y_test too)")
