"""One's own images in IDX files, the format of MNIST, gzipped or not.

A header (two zero bytes, a type code, the number of axes, then each length as a big-endian uint32) and
the values. LeCun, Cortes and Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import gzip
import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import IO, Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.datasets._files import EACH, filled, opened, refuse_too_large
from weightreel.trainer.datasets._npy import MOST_AXES
from weightreel.trainer.errors import DataError
from weightreel.trainer.options import PathText
from weightreel.trainer.paths import located

_TEST = re.compile(r"t10k|(?<![a-z])test(?![a-z])")
_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class Idx(Dataset):
    """A folder with one IDX file of images and one of labels, gzipped or not; two more (t10k or test) are a test set.

    A file may lie in a folder of its own name, and beside a packed one of the same content.

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
    """The files of a folder by what they hold. Those of one name, packed and not, in a folder of that name and not,
    are one if they hold the same."""
    if not folder.is_dir():
        given = "is a file; give its folder" if folder.is_file() else "no such folder"
        raise DataError(f"{name}: {given}")
    found: dict[str, list[Path]] = {}
    for file in _entries(name, folder):
        what = next((w for w in ("images", "labels") if w in file.name.lower()), None)
        if what:
            test = _TEST.search(file.name.lower()) is not None
            found.setdefault(f"{'test' if test else 'train'} {what}", []).append(file)
    return {kind: _one_of(name, kind, files) for kind, files in found.items()}


def _entries(name: str, folder: Path) -> Iterator[Path]:
    """What is in a folder, unpacked files first; in place of a folder, the file of its own name in it."""
    try:
        entries = sorted(folder.iterdir(), key=lambda path: (path.suffix.lower() == ".gz", path.name))
    except PermissionError:
        raise DataError(f"{name}: may not be read; allow it, as with chmod u+rx") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue  # editors and file managers leave such beside files
        if entry.is_dir():
            yield from (path for path in (entry / entry.name, entry / f"{entry.name}.gz") if path.is_file())
        else:
            yield entry


def _one_of(name: str, kind: str, files: Sequence[Path]) -> Path:
    first, *others = files
    for other in others:
        if _plain(first.name) != _plain(other.name):
            raise DataError(f"{name}: {first.name} and {other.name} both look like the {kind}; leave one of them")
        if not np.array_equal(read_idx(first), read_idx(other)):
            raise DataError(f"{name}: two files called {_plain(first.name)} hold different {kind}; leave one of them")
    return first


def _plain(name: str) -> str:
    """A name without .gz, and with one sign for all that parts its words: t10k-images.idx3-ubyte is
    t10k-images-idx3-ubyte."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().removesuffix(".gz"))


def read_idx(path: Path) -> NDArray[np.number]:
    """The array of one IDX file, in native byte order; no more is read than its header says.

    Raises:
        DataError: the file is empty, truncated or not IDX, or larger than the memory.
    """
    with opened(path.name, path, "a file") as file:
        stored = os.fstat(file.fileno()).st_size
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return _read(path.name, file, stored, packed=False)
        try:
            with gzip.open(file) as unpacked:
                return _read(path.name, cast(IO[bytes], unpacked), stored, packed=True)
        except (OSError, EOFError, zlib.error, struct.error) as error:
            raise DataError(f"{path.name}: the gzip file is damaged or cut short ({error})") from error


def _read(name: str, file: IO[bytes], stored: int, *, packed: bool) -> NDArray[np.number]:
    dtype, shape = _header(name, file)
    wanted = prod(shape) * dtype.itemsize
    said = f"{name}: header says {shape}, {wanted} bytes, but"
    if not packed and stored - file.tell() != wanted:
        raise DataError(f"{said} {stored - file.tell()} follow")
    refuse_too_large(name, "the array", wanted + EACH * (shape[0] if shape else 1), stored if packed else None)
    raw = filled(file, wanted)
    more = bool(file.read(1))  # at the end of a gzip file its checksum is compared
    if len(raw) < wanted or more:
        raise DataError(f"{said} {'more' if more else len(raw)} follow")
    try:
        return np.frombuffer(raw, dtype).reshape(shape).astype(dtype.newbyteorder("="))
    except ValueError as error:  # axes of length 0 beside some that are too long
        raise DataError(f"{name}: header says {shape}, which no array can have") from error


def _header(name: str, file: IO[bytes]) -> tuple[np.dtype, tuple[int, ...]]:
    begin = file.read(4)
    if not begin:
        raise DataError(f"{name}: the file is empty")
    axes = begin[3] if len(begin) == 4 else 0
    lengths = file.read(4 * axes)
    if len(begin) < 4 or begin[:2] != b"\0\0" or begin[2] not in _DTYPES or len(lengths) < 4 * axes:
        raise DataError(f"{name}: not an IDX file (it starts with {begin.hex(' ')})")
    if axes > MOST_AXES:
        raise DataError(f"{name}: header says {axes} axes; images have at most 4, labels 2")
    return np.dtype(_DTYPES[begin[2]]), tuple(int(n) for n in np.frombuffer(lengths, ">u4"))
