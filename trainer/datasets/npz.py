"""One's own images in a NumPy .npz file: arrays `x` and `y`, or `x_train`, `y_train`, `x_test`, `y_test`."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.datasets._files import EACH, opened, refuse_too_large
from weightreel.trainer.datasets._npy import Header, read_header, read_values
from weightreel.trainer.errors import DataError
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.options import PathText
from weightreel.trainer.paths import located

LARGEST_DIRECTORY = 2**20


class Npz(Dataset):
    """One's own images in a NumPy file: arrays x and y, or x_train, y_train, x_test, y_test.

    Images (n, height, width[, 3]) or flat (n, inputs); labels (n,) from 0 or 1, one-hot, or words. Other
    arrays are not read.

    Example:
        [run.data]
        type = "npz"
        path = "mine.npz"
        validation = 0.1
    """

    type: Literal["npz"] = "npz"
    path: PathText = Field(description="the file; relative to the scene file")

    def read(self, folder: Path, rng: np.random.Generator) -> Source:
        """The arrays of those names; whatever else the file holds is left alone. Pickled objects are refused."""
        path = folder / located(self.path)
        with opened(self.path, path, "the .npz file") as file:
            try:
                with zipfile.ZipFile(_Measured(file)) as archive:
                    return _source(self.path, archive)
            except _DAMAGE as error:
                raise DataError(
                    f"{self.path}: not a whole .npz file ({error}); write one with numpy.savez_compressed"
                ) from error


# What zipfile raises, from the directory to the last byte of a member.
_DAMAGE = (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, struct.error)


class _Measured(io.BufferedReader):
    """A file that gives no more at once than a directory of members may take; who asks for more follows a number in
    the file that cannot be right."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(io.FileIO(file.fileno(), closefd=False))

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


def _source(name: str, archive: zipfile.ZipFile) -> Source:
    members = [info.filename.removesuffix(".npy") for info in archive.infolist()]
    wanted = next((pair for pair in (("x", "y"), ("x_train", "y_train")) if {*pair} <= {*members}), None)
    if wanted is None:
        held = ", ".join(repr(member[:40])[1:-1] for member in sorted(members)[:20]) or "nothing"
        raise DataError(f"{name}: holds {held}; needs x and y, or x_train and y_train (x_test and y_test too)")
    test = [array for array in ("x_test", "y_test") if array in members and wanted[0] != "x"]
    if len(test) == 1:
        raise DataError(f"{name}: holds only one of x_test and y_test; give both or neither")
    for array in (*wanted, *test):
        if members.count(array) > 1:
            raise DataError(f"{name}: holds {array} twice; write the file anew")
    infos, names = dict(zip(members, archive.infolist(), strict=True)), (*wanted, *test)
    found = dict(zip(names, _arrays(name, archive, infos, names), strict=True))
    return Source(name, found[wanted[0]], found[wanted[1]], found.get("x_test"), found.get("y_test"))


def _arrays(
    name: str, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], wanted: Sequence[str]
) -> Iterator[NDArray[np.generic]]:
    """The arrays of those names: all of them are looked at before the first is read."""
    headers = {array: _looked_at(f"{name}: {array}", archive, members[array]) for array in wanted}
    packed = sum(members[array].compress_size for array in wanted)
    size = sum(header.size + EACH * header.rows for header in headers.values())
    refuse_too_large(name, " and ".join(wanted[:2]), size, packed)
    for array, header in headers.items():
        with archive.open(members[array]) as file:
            file.read(header.start)
            values = read_values(f"{name}: {array}", file, header)
            file.read(1)  # at the end the checksum is compared
        yield values


def _looked_at(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Header:
    """The header of an array, which must be as long as it says."""
    if member.flag_bits & 1:
        raise DataError(f"{name} is encrypted; store it without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{name} is packed by another method than NumPy's; write it with numpy.savez_compressed")
    with archive.open(member) as file:
        header = read_header(name, file)
    if header.size != member.file_size - header.start:
        raise DataError(
            f"{name} is {header.dtype} of {_shape(header)}, {shown_bytes(header.size)}, "
            f"but {shown_bytes(max(0, member.file_size - header.start))} follow"
        )
    return header


def _shape(header: Header) -> str:
    return " × ".join(map(str, header.shape)) or "no axes"
