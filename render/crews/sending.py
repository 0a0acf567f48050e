"""What tasks read, sent to where they are done: over shared storage or, piece by piece, through a cluster."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weightreel.render.crews.guest import Piece, Sent, pieces_of
from weightreel.render.crews.luggage import data_of, recordings_of, state_of
from weightreel.render.crews.storage import Storage
from weightreel.render.errors import Finding
from weightreel.render.work.progress import Tell, unheard
from weightreel.trainer.memory import shown_bytes

MUCH = 16 * 2**20  # bytes: of fewer nobody needs to know


@dataclass(frozen=True)
class Film:
    """What tasks of one film share, on its way: the text of its parcel, and what they read."""

    parcel: Mapping[str, Any]
    with_data: bool
    text: Any
    reads: tuple[Sent, ...]
    pieces: tuple[Any, ...]


class Sender:
    """Sends each file once.

    Args:
        storage: where all machines look; None: there is none.
        submit: hands something in to be done in the cluster, and be kept there: what it is, a function, its arguments.
        tell: is told how much is copied.
    """

    def __init__(self, storage: Storage | None, submit: Callable[..., Any], tell: Tell = unheard) -> None:
        self._storage, self._submit, self._tell = storage, submit, tell
        self._sent: dict[tuple[str, bool], tuple[object, Sent, tuple[Any, ...]]] = {}
        self._last: Film | None = None

    def film(self, parcel: Mapping[str, Any], *, with_data: bool) -> Film:
        """What of a film was sent, or is sent now. All tasks of a film have the same parcel."""
        if self._last is None or self._last.parcel is not parcel or self._last.with_data != with_data:
            recordings, data = recordings_of(parcel), data_of(parcel) if with_data else {}
            sent = [self._send(path, str(path)) for path in recordings]
            self._say_copied([path for path, (one, _) in zip(recordings, sent, strict=True) if not self._seen(one)])
            sent += [self._send(path, name, data=True) for name, path in data.items()]
            reads, pieces = tuple(one for one, _ in sent), tuple(piece for _, pieces in sent for piece in pieces)
            text = self._submit("film", str, json.dumps(parcel))
            self._last = Film(parcel, with_data, text, reads, pieces)
        return self._last

    @staticmethod
    def _seen(one: Sent) -> bool:
        """Whether all machines read it where it is."""
        return one.stored is not None and one.stored.folder is not None

    def _say_copied(self, paths: Sequence[Path]) -> None:
        """Recordings are copied whole, whatever part of them a worker draws."""
        size = sum(size for path in paths for _, size, _ in state_of(path))
        if size >= MUCH:
            through = self._storage.where if self._storage else "the cluster"
            told = f"the recordings, {shown_bytes(size)}, go through {through} to each worker, whole"
            self._tell(Finding("--dask", f"{told}; those in a --storage folder that all see are read there", "note"))

    def _send(self, path: Path, name: str, data: bool = False) -> tuple[Sent, tuple[Any, ...]]:
        """Send a file or folder, unless it was sent as it is."""
        state, known = list(state_of(path)), self._sent.get((str(path), data))
        if known is None or known[0] != state:
            known = self._sent[str(path), data] = (state, *self._sending(path, name, data))
        return known[1], known[2]

    def _sending(self, path: Path, name: str, data: bool) -> tuple[Sent, tuple[Any, ...]]:
        unique = uuid.uuid4().hex
        if self._storage is not None:
            folder = self._storage.folder
            if folder is not None and folder.parent in path.resolve().parents:
                return Sent(unique, name, data, Storage(str(path.resolve()))), ()
            self._storage.put(path, unique)
            return Sent(unique, name, data, self._storage.below(unique)), ()
        pieces = tuple(self._submit("piece", Piece, *piece) for piece in pieces_of(path))
        return Sent(unique, name, data, pieces=len(pieces)), pieces
