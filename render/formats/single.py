"""A small file whose bytes are at hand, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from weightreel.render.errors import EncodeError
from weightreel.trainer.parts import Part, real
from weightreel.trainer.targets import reason, target_findings


def write_single(path: Path, data: bytes) -> None:
    """Write a file under exactly this name; through a link, that of its target.

    Raises:
        EncodeError: it cannot be written; what stood there stays.
    """
    for finding in target_findings(path):
        raise EncodeError(f"{path}: {finding.message}")
    place = real(path)
    try:
        with Part(place) as part:
            try:
                (part / "file").write_bytes(data)
                part.publish(part / "file")
            except OSError as error:  # asked for while the part still takes its room
                raise _failed(path, error, part.folder) from error
    except OSError as error:
        raise _failed(path, error, place.parent) from error


def make_folder_of(path: Path) -> None:
    """Make the folder that a file will stand in, where it is not there yet.

    Raises:
        EncodeError: it cannot be made.
    """
    folder = real(path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        there = next(f for f in folder.parents if f.is_dir())
        raise EncodeError(f"{path}: its folder could not be made ({reason(error, there)})") from error


def _failed(path: Path, error: OSError, folder: Path) -> EncodeError:
    return EncodeError(f"{path}: could not be written ({reason(error, folder)})")
