"""Can the numbers of a frame be read? `make readback`: tesseract reads them, and is compared with what was drawn.

PYTHONPATH=tests python -m readback [NAME …] [--crops FOLDER]

Frames of every shipped scene at 1920 × 1080, in each theme, from the recordings of tests/reference, and some that were
decoded from an H.264 file. A number counts as right when all of its digits, its point and its sign were read, and no
digit of a neighbour. Exit status 1 if less than 97 % are right, 2 without tesseract.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2

from kept import read
from readback import engine, words
from readback.lines import Line, lines, noted
from weightreel.render.drawing.canvas import Frame
from weightreel.render.drawing.theme import THEMES
from weightreel.render.encoders._encoder import Encoder
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import Sources
from weightreel.render.scene.file import load, shipped_scenes

SIZE = (1920, 1080)
NEEDED = 0.97
ENCODED = "hidden_grid"
ROW = "{:<34} {:>7} {:>7} {:>8}   {:>7} {:>7}"


@dataclass(frozen=True)
class Crop:
    """A line as a frame shows it, which scene and theme that is of, and what was read."""

    scene: str
    theme: str
    line: Line
    picture: Frame
    read: str = ""


def film_of(name: str, theme: str) -> tuple[Film, list]:
    """The film of a scene at full size, and what was drawn while it was fitted."""
    scene = load(name, outputs=["x.mp4"], settings=[f"layout.size={list(SIZE)}", f"theme={theme}"])
    recordings, asked = read(name), []
    plan = prepare(scene, Sources({run: r.about for run, r in recordings.items()}, {}, recordings), written=False)
    with noted(asked):
        film = Fits(scene, recordings).film(plan.takes_of(recordings)[0])
    return film, asked


def indices(film: Film) -> list[int]:
    """Frames to read: early, late and last in the film, one of each card."""
    chosen = []
    for key, begin, end in film.course.sections:
        shares = (0.3, 0.75, 1) if key == "film" else (0.5,)
        chosen += [begin + round((end - 1 - begin) * share) for share in shares]
    return chosen


def decoded(film: Film, wanted: Sequence[int]) -> list[Frame]:
    """Frames of a film after H.264; what comes between them is left out, each stands for three."""
    output = load(ENCODED, outputs=["x.mp4"]).output[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with Encoder(output.model_copy(update={"path": str(path)}), Spec(film.size, 30)) as encoder:
            for index in (i for i in wanted for _ in range(3)):
                frame = film.buffer()
                film.draw(frame, index)
                encoder.write(frame)
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)][2::3]


def crops(name: str, theme: str, *, encoded: bool = False) -> Iterator[Crop]:
    """Lines of some frames of a scene; what stands still is read once."""
    film, asked = film_of(name, theme)
    wanted, seen = indices(film), set()
    found = [lines(film, index, asked) for index in wanted]
    frames = decoded(film, wanted) if encoded else [frame for frame, _ in found]
    for frame, (_, shown) in zip(frames, found, strict=True):
        for line in shown:
            crop = line.crop(frame)
            if (line, crop.tobytes()) not in seen:
                seen.add((line, crop.tobytes()))
                yield Crop(name, f"{theme}, h264" if encoded else theme, line, engine.prepared(crop, line.size))


def answered(cut: Sequence[Crop]) -> list[Crop]:
    """Crops with what tesseract reads: lines of numbers with digits alone, single digits as single signs."""
    groups = defaultdict(list)
    for crop in cut:
        bare = words.bare(crop.line.words)
        groups[bare, bare and len(crop.line.words.strip()) == 1].append(crop)
    return [
        Crop(c.scene, c.theme, c.line, c.picture, told)
        for (digits, sign), group in groups.items()
        for c, told in zip(group, engine.read([c.picture for c in group], digits=digits, sign=sign), strict=True)
    ]


def table(told: Sequence[Crop]) -> float:
    """Print how much was read right, by scene, theme and kind of line, and give the share of all numbers."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for crop in told:
        groups = [crop.scene, crop.theme, crop.line.kind]
        for what, answers in (("numbers", words.numbers), ("words", words.words)):
            for answer in answers(crop.line.words, crop.read):
                for group in (*(f"{k}{g}" for k, g in zip(("0", "1", "2"), groups, strict=True)), "3all"):
                    counts[group][what] += 1
                    counts[group][f"{what} right"] += answer.right
    print(ROW.format("", "numbers", "right", "share", "words", "right"))
    for group in sorted(counts):
        c = counts[group]
        share = f"{100 * c['numbers right'] / c['numbers']:.1f} %" if c["numbers"] else "-"
        print(ROW.format(group[1:], c["numbers"], c["numbers right"], share, c["words"], c["words right"]))
    return counts["3all"]["numbers right"] / max(1, counts["3all"]["numbers"])


def misread(told: Sequence[Crop]) -> Iterator[tuple[Crop, str]]:
    """Crops with a number that was read wrong, and what is to be said of each."""
    for crop in told:
        wrong = [a.drawn for a in words.numbers(crop.line.words, crop.read) if not a.right]
        if wrong:
            said = f"{crop.scene}, {crop.theme}, {crop.line.kind}, {crop.line.size} px"
            yield crop, f"{said}: '{crop.line.words}' → '{crop.read}'"


def main() -> int:
    """Print the table and the misreadings; 1 if too few were right, 2 without tesseract."""
    parser = argparse.ArgumentParser(prog="readback", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenes that ship; default: all")
    parser.add_argument("--crops", metavar="FOLDER", type=Path, help="where pictures of the misreadings are left")
    arguments = parser.parse_args()
    if not engine.there():
        print(engine.MISSING, file=sys.stderr)
        return 2
    names = arguments.names or sorted(shipped_scenes())
    cut = [crop for name in names for theme in THEMES for crop in crops(name, theme)]
    if ENCODED in names:
        cut += crops(ENCODED, "dark", encoded=True)
    told = answered(cut)
    print(f"{engine.version()}, {SIZE[0]} × {SIZE[1]}")
    share = table(told)
    for number, (crop, said) in enumerate(misread(told)):
        print(said)
        if arguments.crops:
            arguments.crops.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(arguments.crops / f"{number:03}.png"), crop.picture)
    print(f"{100 * share:.2f} % of the numbers are right; {100 * NEEDED:.0f} % are needed")
    return 0 if share >= NEEDED else 1


if __name__ == "__main__":
    sys.exit(main())
