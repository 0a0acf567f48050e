"""One's own images in IDX files, the format of MNIST, gzipped or not.

A header (two zero bytes, a type code, the number of axes, then each length as a big-endian uint32) and
the values. LeCun, Cortes and Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import gzip
import re
import zlib
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.errors import DataError
from weightreel.trainer.options import PathText
from weightreel.trainer.paths import located

_TEST = re.compile(r"t10k|(?<![a-z])test(?![a-z])")
_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class Idx(Dataset):
    """A folder with one IDX file of images and one of labels, gzipped or not; two more (t10k or test) are a test set.

    Example:
        [run.data]
        type = "idx"
        path = "fashion"
        validation = 5_000
    """

    type: Literal["idx"] = "idx"
    path: PathText = Field(description="the folder; relative to the scene file")

    def read(self, folder: Path, rng: np.random.Generator) -> Source:
        """The arrays of the two or four files; names must contain "images" or "labels"."""
        files = _files(self.path, folder / located(self.path))
        if not {"train images", "train labels"} <= files.keys():
            raise DataError(
                f"{self.path}: needs a file with 'images' and one with 'labels' in its name, "
                "as in train-images-idx3-ubyte.gz"
            )
        if ("test images" in files) != ("test labels" in files):
            raise DataError(f"{self.path}: holds only one of the two test files (images, labels)")
        arrays = {kind: read_idx(file) for kind, file in files.items()}
        return Source(
            self.path,
            arrays["train images"],
            arrays["train labels"],
            arrays.get("test images"),
            arrays.get("test labels"),
        )


def _files(name: str, folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise DataError(f"{name}: no such folder")
    found: dict[str, Path] = {}
    for file in sorted(folder.iterdir()):
        what = next((w for w in ("images", "labels") if w in file.name.lower()), None)
        if what and file.is_file():
            test = _TEST.search(file.name.lower()) is not None
            kind = f"{'test' if test else 'train'} {what}"
            if kind in found:
                raise DataError(f"{name}: {found[kind].name} and {file.name} both look like the {kind}")
            found[kind] = file
    return found


def read_idx(path: Path) -> NDArray[np.number]:
    """The array of one IDX file, in native byte order.

    Raises:
        DataError: the file is empty, truncated or not IDX.
    """
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name}: the gzip file is damaged or cut short ({error})") from error
    if not raw:
        raise DataError(f"{path.name}: the file is empty")
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in _DTYPES or len(raw) < 4 + 4 * raw[3]:
        raise DataError(f"{path.name}: not an IDX file (it starts with {raw[:4].hex(' ')})")
    shape = tuple(int(n) for n in np.frombuffer(raw, ">u4", raw[3], 4))
    dtype, start = np.dtype(_DTYPES[raw[2]]), 4 + 4 * raw[3]
    wanted = prod(shape) * dtype.itemsize
    if len(raw) - start != wanted:
        raise DataError(f"{path.name}: header says {shape}, {wanted} bytes, but {len(raw) - start} follow")
    return np.frombuffer(raw, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))
