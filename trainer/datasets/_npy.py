"""Arrays in NumPy's own format (NEP 1), read after their headers have been looked at.

NumPy reads them too, but takes the memory that a header asks for before it knows whether the bytes are there.
"""

from __future__ import annotations

import ast
import re
import warnings
from math import prod
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets._files import filled
from weightreel.trainer.errors import DataError

LONGEST = 10_000  # bytes of a header; NumPy's own limit
MOST_AXES = 8
_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}


class Header(NamedTuple):
    """What a header says; `start` is where the values begin."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool
    start: int

    @property
    def size(self) -> int:
        """Bytes of the values."""
        return prod(self.shape) * self.dtype.itemsize

    @property
    def rows(self) -> int:
        """Images, or labels."""
        return self.shape[0] if self.shape else 1


def read_header(name: str, file: IO[bytes]) -> Header:
    """The header at the beginning of a file.

    Raises:
        DataError: it is none, or it tells of something else than numbers or words.
    """
    begin = file.read(8)
    if len(begin) < 8 or begin[:6] != b"\x93NUMPY":
        raise DataError(f"{name} is no NumPy array (it starts with {begin[:4].hex(' ') or 'nothing'})")
    version = begin[6], begin[7]
    if version not in _LENGTH_BYTES:
        raise DataError(f"{name} is of version {version[0]}.{version[1]} of NumPy's format; save it as 1.0")
    length = int.from_bytes(file.read(_LENGTH_BYTES[version]), "little")
    if length > LONGEST:
        raise DataError(f"{name} has a header of {length} bytes; it may have {LONGEST}")
    said = _said(name, file.read(length).decode("latin1"))
    return Header(*_checked(name, said), start=8 + _LENGTH_BYTES[version] + length)


def _said(name: str, text: str) -> dict[str, object]:
    try:
        said = ast.literal_eval(re.sub(r"(?<=\d)L\b", "", text).strip())  # Python 2 wrote 60000L
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.keys() != {"descr", "fortran_order", "shape"}:
        raise DataError(f"{name} has a header that cannot be read; save it again with numpy.savez_compressed")
    return said


def _checked(name: str, said: dict[str, object]) -> tuple[np.dtype, tuple[int, ...], bool]:
    shape = said["shape"]
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise DataError(f"{name} has a header with the shape {str(shape)[:60]}; lengths are whole numbers from 0")
    if len(shape) > MOST_AXES:
        raise DataError(f"{name} has {len(shape)} axes; images have at most 4, labels 2")
    return _dtype(name, said["descr"]), shape, bool(said["fortran_order"])


def _dtype(name: str, descr: object) -> np.dtype:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            dtype = np.dtype(descr) if isinstance(descr, str) else None
    except (TypeError, ValueError, SyntaxError, Warning):
        dtype = None
    if dtype is not None and dtype.hasobject:
        raise DataError(
            f"{name} holds Python objects, which are refused, as reading them can run any program; "
            "save words as y.astype(str)"
        )
    if dtype is None or dtype.names or dtype.subdtype or not dtype.itemsize or dtype.kind == "V":
        raise DataError(f"{name} has the dtype {str(descr)[:60]}; it must be plain numbers or words")
    return dtype


def read_values(name: str, file: IO[bytes], header: Header) -> NDArray[np.generic]:
    """The values after a header, C-contiguous, in native byte order.

    Raises:
        DataError: there are fewer.
    """
    raw = filled(file, header.size)
    if len(raw) < header.size:
        raise DataError(f"{name} is cut short: {header.size} bytes were stored, but {len(raw)} follow")
    try:
        flat: NDArray[np.generic] = np.frombuffer(raw, header.dtype)
        array = flat.reshape(header.shape, order="F" if header.fortran else "C")
    except ValueError as error:  # axes of length 0 beside some that are too long
        raise DataError(f"{name} has the impossible shape {header.shape}") from error
    return np.ascontiguousarray(array, dtype=header.dtype.newbyteorder("=")).reshape(header.shape)
