"""What a recording of format 2 says of itself: the attributes of its root and of each run, as JSON with a digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.parts import sync

FORMAT = 2
FILE = "zarr.json"
LONGEST = 4 * 2**20  # bytes of JSON: ten thousand layers take less
NEW = ".zarr.json.new"  # what a killed writer leaves is overwritten by the next
KINDS = ("parameters", "gradients", "probes")  # what keys of arrays may begin with


def canonical(values: Mapping[str, Any]) -> bytes:
    """JSON that is the same for the same values."""
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode("ascii")


def digest(attributes: Mapping[str, Any]) -> str:
    """SHA-256 of all attributes but the digest itself, hexadecimal."""
    return hashlib.sha256(canonical({k: v for k, v in attributes.items() if k != "digest"})).hexdigest()


def group(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What the `zarr.json` of a group says."""
    return {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}


def text_of(values: Mapping[str, Any]) -> bytes:
    """A `zarr.json`, as it is written."""
    return json.dumps(values, indent=1).encode("ascii") + b"\n"


def write_json(folder: Path, values: Mapping[str, Any], *, hurry: bool = False) -> int:
    """Write a `zarr.json`: the old one stands until the new one is whole; its bytes. In a `hurry`, while nothing hangs
    on it yet, the disk is not waited for. The folder is there: of a recording that was deleted while it was written,
    nothing comes back.

    Raises:
        OSError: it cannot be written; the old one is as it was.
        RecordingError: it is longer than what is read again.
    """
    data = text_of(values)
    if len(data) > LONGEST:
        told = f"{shown_bytes(len(data))} describe it, of at most {shown_bytes(LONGEST)}"
        raise RecordingError(f"{folder}: {told}; record fewer layers, or fewer names of classes")
    new = folder / NEW
    try:
        new.write_bytes(data)
        if not hurry:
            sync([new])
        os.replace(new, folder / FILE)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    return len(data)


def make_folder(place: Path, values: Mapping[str, Any]) -> int:
    """A folder with the `zarr.json` that says what it is, or none; the bytes of that.

    Raises:
        OSError: it cannot be made.
        RecordingError: as of `write_json`.
    """
    place.mkdir(exist_ok=True)
    try:
        return write_json(place, values, hurry=True)
    except (OSError, RecordingError):
        with suppress(OSError):
            place.rmdir()  # which fails where something stands in it
        raise
