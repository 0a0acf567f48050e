"""What stands beside numbered frames and says which they are: x.weightreel.json, beside x-00000.png, x-00001.png ….

    {"weightreel": 1, "whole": true, "frames": {"x-00000.png": {"9a0fd241": "5be2c3f0"}, …}}

Of each frame it has the crc32c of its bytes, and for each the crc32c of the recipe, which all frames of one film share.
When other frames take their place, those that it names and that nobody has changed since go; of the same film they
stay, so that a film may be written in pieces. While frames are being replaced, it names the old ones and the new ones
and is not "whole": whoever is killed there leaves nothing that the next run does not know.
"""

from __future__ import annotations

import errno
import json
import os
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import google_crc32c

from weightreel.render.formats.patterns import is_frame
from weightreel.trainer.parts import Part, sync, sync_folder

FORMAT = 1
LARGEST = 2**26  # bytes; a million frames have fewer
Digests = Mapping[str, str]  # of a frame's bytes, each with that of its film


def digest(data: bytes) -> str:
    """The crc32c of bytes, in eight digits; 10 GB a second."""
    return f"{google_crc32c.value(data):08x}"


class OfFilm(Mapping[str, Digests]):
    """Frames of one film, by the names of their files: a digest each, since a dictionary each takes megabytes."""

    def __init__(self, digests: Mapping[str, str], film: str) -> None:
        self._digests, self._film = digests, film

    def __getitem__(self, name: str) -> Digests:
        return {self._digests[name]: self._film}

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)


@dataclass(frozen=True)
class Manifest:
    """Which frames are ours, and of what film: by the names of their files."""

    frames: Mapping[str, Digests] = field(default_factory=dict)
    whole: bool = True

    @classmethod
    def read(cls, path: Path, stem: str) -> Manifest | None:
        """The manifest at a path, an empty one where nothing is; None where something else is.

        A stranger may have written it: it only ever speaks of frames beside it.
        """
        try:
            if path.stat().st_size > LARGEST:
                return None
            told = json.loads(path.read_bytes())
            if told["weightreel"] != FORMAT:
                return None
            frames = {str(n): {str(d): str(f) for d, f in of.items()} for n, of in told["frames"].items()}
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return cls({name: of for name, of in frames.items() if is_frame(name, stem)}, bool(told.get("whole")))

    def with_new(self, new: Mapping[str, Digests]) -> Manifest:
        """What is ours while new frames take the places of the old."""
        both = {n: {**of, **new[n]} for n, of in self.frames.items() if n in new}
        return Manifest(_either(both, new, self.frames), False)

    def lines(self) -> Iterator[bytes]:
        """As it stands in its file, a line a frame."""
        ends = f'{{"weightreel": {FORMAT}, "whole": {json.dumps(self.whole)}, "frames": {{\n'
        for name in sorted(self.frames):
            yield f"{ends}  {json.dumps(name)}: {json.dumps(self.frames[name], sort_keys=True)}".encode()
            ends = ",\n"
        yield b"\n}}\n"


def manifest_of(path: Path) -> Path:
    """The manifest of numbered frames; `path` is that of the output, such as x.png."""
    return path.with_name(f"{path.stem}.weightreel.json")


def numbered_frames(path: Path) -> list[Path]:
    """The frames that were written for an output, such as x.png, and are still there; none for any other path."""
    manifest = Manifest.read(manifest_of(path), path.stem) if path.suffix.lower() == ".png" else None
    frames = (path.with_name(name) for name in (manifest.frames if manifest else ()))
    return sorted(frame for frame in frames if frame.is_file())


def publish_frames(folder: Path, made: Mapping[str, Digests], part: Part) -> None:
    """Give frames their names, and take those away that were there before and are not theirs any more.

    Args:
        folder: where they are, within that of `part`.
        made: their digests, by name.
        part: of the output.

    Raises:
        OSError: a frame could not be put in its place; then all are as they were.
    """
    target = manifest_of(part.target)
    before = Manifest.read(target, part.target.stem) or Manifest()
    sync(folder / name for name in made)
    _write(before.with_new(made), target, part)
    try:
        _replace(folder, made, part)
    except BaseException:
        with suppress(OSError):
            _write(before, target, part)
        raise
    # From here on the film is there: what cannot be tidied up now stays named, and is tidied up by the next run.
    with suppress(OSError):
        _write(Manifest(_either(made, _remaining(before, made, target.parent))), target, part)
    sync_folder(target.parent)


def _either(*parts: Mapping[str, Digests]) -> Mapping[str, Digests]:
    """What the first of several says of a frame that says something."""
    return ChainMap(*cast("list[MutableMapping[str, Digests]]", parts))  # they are only read


def _write(manifest: Manifest, target: Path, part: Part) -> None:
    if not manifest.frames:
        target.unlink(missing_ok=True)
        return
    grown = part / "manifest"
    with grown.open("wb") as file:
        file.writelines(manifest.lines())
    sync([grown])
    os.replace(grown, target)


def _replace(folder: Path, names: Collection[str], part: Part) -> None:
    """Put all frames in their places, or none: what stood there waits in the private folder."""
    for place in (part.target.with_name(name) for name in names):
        if place.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(place))
    old = part / "old"
    old.mkdir()
    try:
        for name in names:
            place = part.target.with_name(name)
            _set_aside(place, old / name)
            os.replace(folder / name, place)
    except BaseException:
        for name in names:
            _put_back(folder / name, old / name, part.target.with_name(name))
        raise


def _set_aside(place: Path, old: Path) -> None:
    """Give what stands there a second name, so that there is no moment without it; where there are no such names, move
    it."""
    try:
        os.link(place, old, follow_symlinks=False)
    except FileNotFoundError:
        return
    except (OSError, NotImplementedError):
        os.replace(place, old)


def _put_back(file: Path, old: Path, place: Path) -> None:
    """What is on the disk says how far it came: an interrupt may fall between any two steps."""
    with suppress(OSError):
        if os.path.lexists(old):
            os.replace(old, place)
        elif not file.exists():
            place.unlink()


def _remaining(before: Manifest, made: Mapping[str, Digests], folder: Path) -> dict[str, Digests]:
    """The frames of the same film that are still there; those of another, which nobody has changed, are removed."""
    films = {film for of in made.values() for film in of.values() if film}
    kept: dict[str, Digests] = {}
    for name, known in before.frames.items():
        if name in made:
            continue
        found = _digest_of(folder / name)
        if found is None or found not in known:
            continue
        if known[found] in films or not _unlinked(folder / name):
            kept[name] = {found: known[found]}
    return kept


def _unlinked(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _digest_of(path: Path) -> str | None:
    """That of a plain file; None for all else."""
    try:
        if path.is_symlink() or not path.is_file():
            return None
        return digest(path.read_bytes())
    except OSError:
        return None
