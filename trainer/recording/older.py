"""Recordings of format 1, which weightreel 0.1 wrote once a training had ended: Zarr arrays in compressed chunks.

Like those of format 2 they may come from anywhere. What describes them is held against what was written then, and
chunks are unpacked into exactly the room that they should take; so nothing in one decides which codec is run. A chunk
of zeros was not written, and nothing has checksums: what is missing there shows as zeros.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError, SceneError
from weightreel.trainer.memory import available_bytes, shown_bytes
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.attributes import FILE
from weightreel.trainer.recording.columns import Column, Columns, History, Numbers, Pairs, Series
from weightreel.trainer.recording.described import SHARE, refuse_links
from weightreel.trainer.recording.files import Files
from weightreel.trainer.recording.outline import attributes_of, read_json
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.slots import MOST_SLOTS, NUMBERS

BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
PLAIN_BYTES = {"name": "bytes"}
ZSTD = {"name": "zstd", "configuration": {"level": 0, "checksum": False}}
BLOSC = {"cname": "lz4", "clevel": 3, "shuffle": "shuffle", "blocksize": 0}
KEYS = {
    *("shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs", "attributes"),
    *("zarr_format", "node_type", "storage_transformers"),
}
OWN = {"weightreel", "name", "description", "final", "seconds", "stopped"}
LZ4, BLOSC_HEADER = 1, struct.Struct("<BBBBIII")
MOST_ARRAYS, MOST_CHUNKS = 100_000, 1_000_000
MOST_CHUNK, MOST_WHOLE = 2**26, 2**27  # bytes of a chunk of some rows, and of what is read whole


class OldArray:
    """One array, read by chunks.

    Raises:
        RecordingError: it is not as a recording of format 1 has it.
    """

    def __init__(self, files: Files, folder: str) -> None:
        self._files, self._folder, self._path = files, folder, files.folder / folder
        told = read_json(self._path)
        wrong = sorted(told.keys() ^ KEYS)
        if wrong:
            raise self._no(f"the keys {', '.join(wrong)[:80]} are missing or unknown")
        self.shape, self.chunk = _lengths(told["shape"], 0), _lengths(_grid(told["chunk_grid"]), 1)
        if not self.shape or len(self.shape) != len(self.chunk):
            raise self._no(f"shape {str(told['shape'])[:80]} in chunks of {str(told['chunk_grid'])[:80]}")
        if told["data_type"] not in NUMBERS:
            raise self._no(f"data_type {str(told['data_type'])[:80]}; a recording holds numbers: {', '.join(NUMBERS)}")
        self.dtype: np.dtype[np.number] = np.dtype(str(told["data_type"]))
        self._codec = self._codec_of(told["codecs"])
        self._refuse_rest(told)

    def _codec_of(self, codecs: object) -> str:
        """The one of the three ways in which chunks were packed."""
        first = [BYTES] if self.dtype.itemsize > 1 else [PLAIN_BYTES, BYTES]
        blosc = {"name": "blosc", "configuration": {"typesize": self.dtype.itemsize, **BLOSC}}
        for name, rest in (("", []), ("zstd", [ZSTD]), ("blosc", [blosc])):
            if any(codecs == [one, *rest] for one in first):
                return name
        raise self._no(f"codecs {str(codecs)[:200]}; a recording is packed by none, by zstd or by blosc with lz4")

    def _refuse_rest(self, told: Mapping[str, Any]) -> None:
        """All else that a writer of today's would have said otherwise."""
        encoding = {"name": "default", "configuration": {"separator": "/"}}
        own = {"zarr_format": 3, "node_type": "array", "chunk_key_encoding": encoding, "storage_transformers": []}
        for key, value in {**own, "fill_value": 0, "attributes": {}}.items():
            if told[key] != value:
                raise self._no(f"{key} is {str(told[key])[:80]}, where a recording says {value}")
        if self.chunk_bytes > MOST_CHUNK and self.chunk[0] > 1:
            raise self._no(f"chunks of {shown_bytes(self.chunk_bytes)}; those of a recording are smaller")
        if max(self._row_bytes, self.chunk_bytes // self.chunk[0]) > available_bytes() // SHARE:
            raise self._no(f"rows of {shown_bytes(self._row_bytes)}, more than there is memory for")
        if prod(self._grid) > MOST_CHUNKS:
            raise self._no(f"{prod(self._grid):,} chunks; a recording has fewer")

    def _no(self, told: str) -> RecordingError:
        return RecordingError(f"{self._path / FILE}: is no array of a recording: {told}")

    @property
    def _row_bytes(self) -> int:
        return prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def chunk_bytes(self) -> int:
        """Of a chunk, unpacked."""
        return prod(self.chunk) * self.dtype.itemsize

    @property
    def _grid(self) -> tuple[int, ...]:
        return tuple(-(-length // part) for length, part in zip(self.shape, self.chunk, strict=True))

    def read(self, number: int) -> Numbers:
        """The rows of a chunk that has whole rows."""
        return self._chunk((number,) + (0,) * (len(self.shape) - 1))

    def write(self, number: int, rows: Numbers) -> None:
        """Nothing is written to such a recording any more."""
        raise NotImplementedError

    def column(self, count: int) -> Column:
        """The first `count` rows.

        Raises:
            RecordingError: there are fewer, or chunks are parts of rows.
        """
        if self.shape[0] < count or any(c < max(1, n) for n, c in zip(self.shape[1:], self.chunk[1:], strict=True)):
            raise self._no(f"shape {self.shape} in chunks of {self.chunk}, for {count} snapshots")
        return Column.opened(self, self.shape[1:], self.dtype, rows=self.chunk[0], count=count)

    def whole(self, length: int | None = None) -> Numbers:
        """All of it.

        Raises:
            RecordingError: it has not that many rows, is too large, or damaged.
        """
        size = prod(self.shape) * self.dtype.itemsize
        if length not in (None, self.shape[0]) or size > MOST_WHOLE:
            raise self._no(f"shape {self.shape}, {shown_bytes(size)}")
        found = np.zeros(self.shape, self.dtype)
        for place in np.ndindex(*self._grid):
            ends = [
                slice(i * part, min(length, (i + 1) * part))
                for i, part, length in zip(place, self.chunk, self.shape, strict=True)
            ]
            chunk = self._chunk(place)
            found[tuple(ends)] = chunk[tuple(slice(0, end.stop - end.start) for end in ends)]
        return found

    def _chunk(self, place: tuple[int, ...]) -> Numbers:
        """One chunk; of one that was not written, zeros that take no memory."""
        name = "/".join((self._folder, "c", *map(str, place)))
        path = self._files.folder / name
        if not os.path.lexists(path):
            return np.broadcast_to(np.zeros((), self.dtype), self.chunk)
        refuse_links(path.parents[: len(place)], set())
        size = self._files.size(name)
        if size > self.chunk_bytes + 2**16:
            raise RecordingError(f"{path}: is damaged, it has {size:,} bytes; copy the recording anew")
        data = self._unpacked(self._files.read(name, 0, size), path)
        return np.frombuffer(data, self.dtype.newbyteorder("<")).reshape(self.chunk).astype(self.dtype, copy=False)

    def _unpacked(self, data: bytes, path: Path) -> bytes | NDArray[np.uint8]:
        from numcodecs.blosc import Blosc
        from numcodecs.zstd import Zstd

        room = np.empty(self.chunk_bytes, np.uint8)
        try:
            if self._codec == "zstd":
                Zstd().decode(data, out=room)
            elif self._codec == "blosc":
                _refuse_blosc(data, self.chunk_bytes)
                Blosc().decode(data, out=room)
            elif len(data) != self.chunk_bytes:
                raise ValueError(f"it has {len(data):,} bytes of {self.chunk_bytes:,}")
        except (RuntimeError, ValueError) as error:
            raise RecordingError(f"{path}: is damaged ({error}); copy the recording anew") from error
        return room if self._codec else data


def _refuse_blosc(data: bytes, whole: int) -> None:
    """See that a chunk is what its own header says: the library reads on beyond its end otherwise."""
    if len(data) < BLOSC_HEADER.size:
        raise ValueError("it is cut off")
    _, _, flags, _, size, _, packed = BLOSC_HEADER.unpack_from(data)
    if size != whole or packed != len(data) or flags >> 5 != LZ4:
        raise ValueError(f"its header says {size:,} bytes in {packed:,}, there are {whole:,} in {len(data):,}")


def _lengths(told: object, least: int) -> tuple[int, ...]:
    """The lengths of axes; () where they are none."""
    if not isinstance(told, list) or len(told) > 32:
        return ()
    fine = all(isinstance(n, int) and not isinstance(n, bool) and least <= n < 2**48 for n in told)
    return tuple(told) if fine else ()


def _grid(told: object) -> object:
    """The shape of the chunks."""
    if not isinstance(told, dict) or told.get("name") != "regular" or told.keys() != {"name", "configuration"}:
        return None
    shape = told["configuration"]
    return shape.get("chunk_shape") if isinstance(shape, dict) and shape.keys() == {"chunk_shape"} else None


def opened_older(root: Path, folder: str) -> Recording:
    """A run of a recording of format 1.

    Raises:
        RecordingError: it is damaged, or none.
    """
    path = root / folder
    attributes = attributes_of(path)
    if attributes.get("weightreel") != 1:
        raise RecordingError(f"{path}: not a recording of this version of weightreel")
    wrong = sorted(attributes.keys() - OWN)
    if wrong:
        raise RecordingError(f"{path / FILE}: has an unknown key '{wrong[0][:80]}'; a recording says none such")
    files, about = Files(path), _about(path, attributes)
    steps = OldArray(files, "steps").whole()
    if steps.ndim != 1 or len(steps) > MOST_SLOTS or (np.diff(steps) <= 0).any() or (steps < 0).any():
        raise RecordingError(f"{path / 'steps'}: is damaged, its steps do not rise; copy the recording anew")
    epochs = OldArray(files, "epochs").whole(len(steps)).astype(np.float64).reshape(len(steps))
    columns = Columns(steps=Series(steps.astype(np.int64)), epochs=Series(epochs))
    for name in _arrays(path, "history"):
        array = OldArray(files, f"history/{name}")
        columns.history[name] = History(lambda array=array: _pairs(array))  # type: ignore[misc]
    for kind in ("parameters", "probes"):
        for name in _arrays(path, kind):
            columns.arrays[f"{kind}/{name}"] = OldArray(files, f"{kind}/{name}").column(len(steps))
    return Recording(about.measuring(columns.history), columns, **_rest(path, attributes))


def _pairs(array: OldArray) -> Pairs:
    pairs = array.whole().astype(np.float64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.isfinite(pairs[:, 0]).all():
        raise array._no("it holds no steps and values")
    return pairs[:, 0].astype(np.int64), pairs[:, 1].copy()


def _about(path: Path, attributes: Mapping[str, Any]) -> About:
    try:
        return About.restored(attributes["description"])
    except (SceneError, KeyError, TypeError, ValueError, AttributeError) as error:
        told = error.findings[0].shortened() if isinstance(error, SceneError) else f"lacks {str(error)[:80]}"
        raise RecordingError(f"{path / FILE}: is damaged, its description {told}; copy the recording anew") from error


def _rest(path: Path, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The final values and the seconds."""
    final, seconds = attributes.get("final", {}), attributes.get("seconds", 0.0)
    numbers = [seconds, *final.values()] if isinstance(final, dict) else [None]
    if not all(isinstance(number, int | float) for number in numbers):
        raise RecordingError(f"{path / FILE}: is damaged, its final values are no numbers; copy the recording anew")
    return {"final": final, "seconds": float(seconds)}


def _arrays(path: Path, kind: str) -> Iterator[str]:
    """The arrays below a part of a run, by their names there, in the order of their names."""
    found = []
    if os.path.lexists(path / kind):
        refuse_links([path / kind], set())
    for above, folders, names in os.walk(path / kind):
        refuse_links([Path(above, name) for name in folders], set())
        if FILE in names and read_json(Path(above)).get("node_type") == "array":
            found.append(Path(above).relative_to(path / kind).as_posix())
            folders.clear()
        if len(found) > MOST_ARRAYS:
            raise RecordingError(f"{path}: holds more than {MOST_ARRAYS:,} arrays")
    return iter(sorted(found))
