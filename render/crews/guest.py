"""Work for somebody on another machine: what comes from there, where it is kept meanwhile, who does it.

Each worker of a cluster has a `Lodging` for each film that is made on it. It goes when the film is done or, at the
latest, with its process.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import tempfile
import threading
import time
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, SupportsIndex

from weightreel.render.crews.luggage import SCENES, below, moved
from weightreel.render.crews.pool import Pool
from weightreel.render.crews.storage import Storage, files_below
from weightreel.render.errors import WeightreelError
from weightreel.render.work.parcel import Parcel
from weightreel.render.work.progress import Advance
from weightreel.render.work.tasks import Plain, Task

PIECE = 32 * 2**20  # bytes of files that travel together through the cluster
BLOCK, BLOCKS = 1024, 32  # bytes, and how many of so many of a piece are looked at to see whether packing pays
FORGOTTEN = 600.0  # seconds after which nobody comes back who did not say that the film is done
# Packages whose version decides on the pixels or bytes of a film.
DECIDING = ("numpy", "opencv-python", "pillow", "imageio", "av", "cmap", "font-source-sans-pro")
Part = tuple[str, int, int]  # the name of a file, where in it these bytes begin, and how many they are


@dataclass(frozen=True)
class Sent:
    """A file or a folder that was sent.

    Attributes:
        name: what tells it from all others.
        path: where it is for whoever sent it or, of data, what its scene calls it.
        data: whether it is data that runs are trained on.
        stored: where to get it; None: it is in pieces that come with the task.
        pieces: how many of them, after those of what is named before it.
    """

    name: str
    path: str
    data: bool = False
    stored: Storage | None = None
    pieces: int = 0


@dataclass(frozen=True)
class Job:
    """A task on its way.

    Attributes:
        film: what tells the work on it from that for others.
        number: what the one who sent it knows it by.
        plain: the kind, key and payload of the task but for its film, as JSON; nobody looks into it on the way.
        reads: what was sent for it.
        writes: the paths that it writes, as whoever sent it knows them.
        storage: where to leave those; None: they go back with the result.
        installed: what is installed where it comes from.
    """

    film: str
    number: int
    plain: str
    reads: tuple[Sent, ...]
    writes: tuple[str, ...]
    storage: Storage | None
    installed: Mapping[str, str]


class Piece:
    """Some bytes of files on their way. Wherever they come they stand in a file that has no name and goes with them: a
    cluster keeps what it is given in memory, and recordings are large.

    Args:
        parts: which bytes of which files these are, one after the other.
        data: the bytes.
        packed: whether by zlib.
    """

    def __init__(self, parts: Sequence[Part], data: bytes | memoryview, packed: bool) -> None:
        self.parts, self._packed = parts, packed
        self._lock, self._file = threading.Lock(), tempfile.TemporaryFile()  # noqa: SIM115
        self._file.write(data)

    def _read(self) -> bytes:
        with self._lock:
            self._file.seek(0)
            return self._file.read()

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        data = self._read()
        return Piece, (self.parts, pickle.PickleBuffer(data) if int(protocol) >= 5 else data, self._packed)

    def unpack(self, target: Path) -> None:
        """Put the bytes where they belong: below a folder, or in the file that `target` is."""
        read, at = self._read(), 0
        data = memoryview(zlib.decompress(read) if self._packed else read)
        for name, offset, size in self.parts:
            file = target / name if name else target
            file.parent.mkdir(parents=True, exist_ok=True)
            with open(file, "r+b" if file.exists() else "wb") as opened:
                opened.seek(offset)
                opened.write(data[at : at + size])
            at += size


def pieces_of(path: Path) -> Iterator[tuple[list[Part], bytes, bool]]:
    """A file, or all files of a folder, in pieces, as `Piece` takes them; an empty file is one too. They are packed
    where that pays: of a recording of metrics most is room for more, of weights and clips nothing can be saved."""
    for parts, data in _cut(path):
        step = max(BLOCK, len(data) // BLOCKS)
        sample = b"".join(data[at : at + BLOCK] for at in range(0, len(data), step))
        pays = len(zlib.compress(sample, 1)) < len(sample) / 2
        yield parts, zlib.compress(data, 1) if pays else data, pays


def _cut(path: Path) -> Iterator[tuple[list[Part], bytes]]:
    parts: list[Part] = []
    data = bytearray()
    for name in [""] if path.is_file() else files_below(path):
        with open(path / name, "rb") as opened:
            offset = 0
            while True:
                read = opened.read(PIECE - len(data))
                if read or not offset:
                    parts.append((name, offset, len(read)))
                    data += read
                    offset += len(read)
                if len(data) < PIECE:
                    break
                yield parts, bytes(data)
                parts, data = [], bytearray()
    if parts:
        yield parts, bytes(data)


class Lodging:
    """Where the tasks of one film are done on one worker."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._brought: dict[str, Path] = {}
        self._pools: dict[int, Pool] = {}
        self._parcels: dict[tuple[object, ...], Parcel] = {}
        self._inside, self._left_at = 0, time.monotonic()

    @contextmanager
    def entered(self) -> Iterator[Lodging]:
        """Somebody is in it."""
        with self._lock:
            self._inside += 1
        try:
            yield self
        finally:
            with self._lock:
                self._inside, self._left_at = self._inside - 1, time.monotonic()

    @property
    def forgotten(self) -> bool:
        """Whether nobody is in it, or was for long."""
        return not self._inside and time.monotonic() - self._left_at > FORGOTTEN

    def bring(self, sent: Sequence[Sent], pieces: Sequence[Piece]) -> dict[str, str]:
        """See that what was sent is here; where it is, by where it was, but for data."""
        places, rest = {}, list(pieces)
        with self._lock:
            for one in sent:
                own, rest = rest[: one.pieces], rest[one.pieces :]
                if one.name not in self._brought:
                    self._brought[one.name] = self._arrived(one, own)
                if not one.data:
                    places[one.path] = str(self._brought[one.name])
        return places

    def parcel(self, film: str, places: Mapping[str, str], *, with_data: bool) -> Parcel:
        """What a film is made of, here; the same object for the same film, which processes are then told once."""
        key = film, *places.items()
        with self._lock:
            if key not in self._parcels:
                parcel = moved(json.loads(film), places)
                if with_data:
                    self.scenes.mkdir(parents=True, exist_ok=True)
                    parcel["folder"] = str(self.scenes)
                self._parcels = {key: parcel}
            return self._parcels[key]

    @property
    def scenes(self) -> Path:
        """The folder that stands for that of the scene, where data was sent."""
        return self._data / SCENES

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _arrived(self, one: Sent, pieces: Sequence[Piece]) -> Path:
        place = below(one.path) if one.data else None
        target = self._data / place if place else self._folder / one.name / Path(one.path).name
        if one.stored is not None and (here := one.stored.folder) is not None and not one.data:
            if not here.exists():
                raise WeightreelError(f"{here} is not there for a worker; give a --storage that all machines see")
            return here
        if one.stored is not None:
            one.stored.get("", target)
        for piece in pieces:
            piece.unpack(target)
        return target

    def out(self, paths: Sequence[str]) -> dict[str, str]:
        """Where to write what belongs at other paths; names stay, since what is written may depend on them."""
        return {path: str(self._new() / Path(path).name) for path in paths}

    def _new(self) -> Path:
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        return folder

    def do(self, task: Task, advance: Advance) -> Plain:
        """Do a task, in a process that this thread has for it."""
        with self._lock:
            pool = self._pools.setdefault(threading.get_ident(), Pool(1))
        ((_, result),) = pool.run([task], advance)
        return result

    def leave(self) -> None:
        """Nobody comes back."""
        for pool in self._pools.values():
            pool.close()
        shutil.rmtree(self._folder, ignore_errors=True)


_lodgings: dict[str, Lodging] = {}
_lock = threading.Lock()


def lodging_for(film: str, scratch: Path) -> Lodging:
    """That of a film on this worker; those that were forgotten go."""
    with _lock:
        for name in [name for name, other in _lodgings.items() if other.forgotten]:
            _lodgings.pop(name).leave()
        if film not in _lodgings:
            _lodgings[film] = Lodging(scratch / f"weightreel-{film}")
        return _lodgings[film]


def leave(film: str) -> None:
    """A film is done."""
    with _lock:
        lodging = _lodgings.pop(film, None)
    if lodging is not None:
        lodging.leave()


def done_here(job: Job, film: str, pieces: Sequence[Piece], lodging: Lodging, advance: Advance) -> dict[str, Any]:
    """Do a job: its result, and what it wrote, by path: the name in its storage, or all files.

    Args:
        job: what is to be done.
        film: the parcel of its film, as JSON.
        pieces: of what it reads, in the order of `job.reads`.
        lodging: where it is done.
        advance: is told how far it is.
    """
    plain, places, outs = json.loads(job.plain), lodging.bring(job.reads, pieces), lodging.out(job.writes)
    parcel = lodging.parcel(film, places, with_data=any(one.data for one in job.reads))
    task = Task(plain["kind"], plain["key"], moved(plain["payload"], outs) | {"film": parcel})
    result = lodging.do(task, advance)
    written = {path: _handed(Path(out), job.storage) for path, out in outs.items() if Path(out).exists()}
    for out in outs.values():
        shutil.rmtree(Path(out).parent, ignore_errors=True)
    return {"result": moved(result, {new: old for old, new in outs.items()}), "written": written}


def _handed(path: Path, storage: Storage | None) -> Any:
    if storage is None:
        return list(pieces_of(path))
    name = uuid.uuid4().hex
    storage.put(path, name)
    return name


@cache
def installed() -> dict[str, str]:
    """Versions of what decides on the bytes of a film; of weightreel itself the code too, which may have been changed
    where it is installed from a checkout."""
    return {"weightreel": _version("weightreel"), "weightreel's code": _code()} | {n: _version(n) for n in DECIDING}


def _version(name: str) -> str:
    """Of a package; OpenCV has several that are the same but for windows."""
    for other in (name, f"{name}-headless", f"{name.replace('-python', '-contrib-python')}"):
        try:
            return metadata.version(other)
        except metadata.PackageNotFoundError:
            continue
    return "none"


def _code() -> str:
    import weightreel.render
    import weightreel.trainer

    found = hashlib.sha256()
    for package in (weightreel.render, weightreel.trainer):
        folder = Path(package.__path__[0])
        for name in files_below(folder):
            if name.endswith(".py"):
                found.update(f"{name} ".encode() + (folder / name).read_bytes())
    return found.hexdigest()[:12]


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """The first thing that is installed otherwise there, in words; "" where all is the same."""
    for name, version in here.items():
        other = there.get(name, "none")
        if other != version:
            return f"has {other} of {name}, and here it is {version}" if other != "none" else f"has no {name}"
    return ""
