"""Files that two parts of a scene mean, under names that may look different: through "..", a link, another case."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from weightreel.render.errors import Finding
from weightreel.render.formats.patterns import is_frame, meet
from weightreel.render.scene.consistency import run_key
from weightreel.render.scene.scene import Scene
from weightreel.trainer.options import PATH
from weightreel.trainer.parts import real
from weightreel.trainer.paths import too_long


@dataclass(frozen=True)
class Claim:
    """A file that a scene reads or writes: the key that says it, the words there, the place that they mean; of
    numbered frames the place is what all of them are named after."""

    key: str
    words: str
    place: Path
    numbered: bool = False

    def meets(self, other: Claim) -> bool:
        """Whether a file of this one is one of the other's."""
        (folder, name), (other_folder, other_name) = (_parted(c.place) for c in (self, other))
        if self.numbered is not other.numbered:
            stem, single = (name, other_name) if self.numbered else (other_name, name)
            return folder == other_folder and is_frame(single, Path(stem).stem)
        if self.numbered:  # whatever the suffix is called, that of a frame is .png
            return folder == other_folder and meet(Path(name).stem, Path(other_name).stem)
        return (folder, name) == (other_folder, other_name) or _same(self.place, other.place)

    def replaces_in(self, other: Claim) -> bool:
        """Whether it leads, as a link, to a file in the folder that the other one reads."""
        inside = other.place.is_dir() and _parted(self.place)[0] == other.place
        return inside and self.place.suffix != Path(self.words).suffix


def findings(scene: Scene) -> Iterator[Finding]:
    """What would be written twice, or over what is read."""
    read, written = list(_read(scene)), list(_written(scene))
    for number, claim in enumerate(written):
        for other in (*read, *written[:number]):
            if claim.meets(other) or (other in read and claim.replaces_in(other)):
                told = f"'{claim.words}' is the same file as {other.key}, '{other.words}'; choose another name"
                yield Finding(claim.key, told)
                break


def between(scene: Scene, before: Scene) -> Iterator[Finding]:
    """What a scene would write over what another one writes, which is made before it."""
    there = list(_written(before))
    for claim in _written(scene):
        if any(claim.meets(other) for other in there):
            yield Finding(claim.key, f"{claim.words} is what {before.source} writes too; name another file")


def _read(scene: Scene) -> Iterator[Claim]:
    yield Claim("the scene", scene.source, real(scene.source))
    if scene.recording and scene.recording.path:
        place = real(Path(scene.folder) / os.path.expanduser(scene.recording.path))
        yield Claim("recording.path", scene.recording.path, place)
    for name, run in scene.trainings.items():
        for key, path in run.data.meant(PATH).items():
            place = real(Path(scene.folder) / os.path.expanduser(path))
            if not too_long(place):  # which is said where it is read
                yield Claim(f"{'run' if scene.grid else run_key(name)}.data.{key}", path, place)


def _written(scene: Scene) -> Iterator[Claim]:
    for i, output in enumerate(scene.output):
        yield Claim(f"output[{i}].path", output.path, output.place, output.numbered)
    if scene.table is not None:
        yield Claim("table", scene.table, real(scene.table))


def _parted(place: Path) -> tuple[Path, str]:
    """The folder and the name, as the system compares them."""
    name = place.name
    return place.parent, unicodedata.normalize("NFC", name).casefold() if _ignores_case(place.parent) else name


@cache
def _ignores_case(folder: Path) -> bool:
    """Whether a system takes names that differ in capitals for one; asked of the name of the folder itself."""
    other = folder.with_name(folder.name.swapcase()) if folder.name else folder
    return other != folder and _same(folder, other)


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
