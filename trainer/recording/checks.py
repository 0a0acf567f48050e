"""What is known of a row beside its bytes: whether they are those that were written, and between which numbers they
lie."""

from __future__ import annotations

import google_crc32c
import numpy as np
from numpy.typing import NDArray

FEW = 500  # rows that are sooner done one by one


def check(step: int, row: bytes | NDArray[np.generic]) -> int:
    """CRC-32C of a step, as eight bytes, and the bytes of a row, which is C-contiguous."""
    found: int = google_crc32c.extend(google_crc32c.value(step.to_bytes(8, "little", signed=True)), row)
    return found


def checks(steps: NDArray[np.int64], rows: NDArray[np.generic]) -> NDArray[np.uint32]:
    """The same of many short rows at once, (rows,)."""
    if not len(steps):
        return np.empty(0, np.uint32)
    data = np.concatenate([_bytes(steps), _bytes(rows)], axis=1)
    if len(data) < FEW:
        text, size = data.tobytes(), data.shape[1]
        return np.array([google_crc32c.value(text[at : at + size]) for at in range(0, len(text), size)], np.uint32)
    found = np.full(len(data), _ONES, np.uint32)
    for column in data.T:
        found = _TABLE[(found ^ column) & 0xFF] ^ (found >> 8)
    return found ^ _ONES


def _bytes(rows: NDArray[np.generic]) -> NDArray[np.uint8]:
    little = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(len(rows), -1)


_ONES, _POLYNOMIAL = np.uint32(0xFFFFFFFF), np.uint32(0x82F63B78)
_TABLE = np.arange(256, dtype=np.uint32)
for _bit in range(8):
    _TABLE = np.where(_TABLE & 1, (_TABLE >> 1) ^ _POLYNOMIAL, _TABLE >> 1).astype(np.uint32)


def span(values: NDArray[np.number]) -> tuple[float, float]:
    """The smallest and the largest finite number; NaN, NaN where there is none."""
    if not values.size:
        return np.nan, np.nan
    low, high = float(values.min()), float(values.max())
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)


def to_bytes(values: NDArray[np.number], low: float, high: float) -> NDArray[np.uint8]:
    """Numbers as 0 … 255 between two; what is not finite becomes the nearest, not-a-number the lower."""
    if not high > low:
        return np.zeros(values.shape, np.uint8)
    scaled = (np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low) - low) * (255 / (high - low))
    return np.rint(scaled).astype(np.uint8)


def from_bytes(values: NDArray[np.uint8], low: float, high: float) -> NDArray[np.float32]:
    """The numbers again, each within half a 255th of what lies between the two."""
    if not high > low:
        return np.full(values.shape, low, np.float32)
    with np.errstate(all="ignore"):  # of a span that nobody has written
        return (low + values * ((high - low) / 255)).astype(np.float32)
