"""A clip proved: its recipe is drawn again and compared, with the digests that it carries and with its own pixels.

Nothing is written, and nothing kept is used but a recording that was asked for. The digests say whether the same was
drawn. What a player shows of the clip is held against that too: an encoder that is exact must give every pixel back;
with one that is not, the same frames are encoded again, and the clip may be off by little more than they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Frame, cv2
from weightreel.render.errors import Finding, SceneError
from weightreel.render.formats.decoded import FAILS, decoded
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.take import Take
from weightreel.render.making.record import record
from weightreel.render.planning.plan import Plan, prepare
from weightreel.render.planning.recipe import other_recordings, read_recipe
from weightreel.render.planning.sources import sources_of
from weightreel.render.proving.encoded import encoded_again, is_strange
from weightreel.render.proving.proof import Proof, Worst
from weightreel.render.proving.suspects import EDITED, suspects, was_edited
from weightreel.render.scene.digests import Digests, digest
from weightreel.render.scene.file import document_of, parse
from weightreel.render.scene.scene import Scene
from weightreel.render.work.progress import Track, silent
from weightreel.trainer.paths import located
from weightreel.trainer.recording.store import Recordings

TIMES = 4.0  # what is usual in a clip, in a pixel: where it differs is said of those that are off by more
SHOWN = 12  # signs of a digest


def reproduce(clip: str | Path, *, recording: str | Path | None = None, track: Track = silent) -> Proof:
    """Draw a clip again from the recipe that it carries, and compare.

    Args:
        clip: the file.
        recording: a kept recording to draw from in place of training.
        track: reports progress.

    Raises:
        SceneError: it carries no recipe with digests, or what the recipe asks for is not here.
        RecordingError: there is no such recording.
        DivergedError: the loss stopped being finite.
        EncodeError: its encoder, without which its pixels cannot be judged, does not write here.
    """
    path = located(clip)
    words = read_recipe(path)
    scene, digests = _recipe(str(clip), words)
    plan = _prepared(scene, recording)
    recordings = plan.sources.kept or record(plan, track=track)
    [take] = plan.takes_of(recordings)
    fits = Fits(scene, recordings)
    again = _Again(path, fits.film(take), take, digests)
    twice = 0 if take.output.exact else len(take.indices)
    with track(str(clip), len(again.indices) + twice, "frame") as advance:
        encoded = encoded_again(str(clip), fits, take, advance) if twice else nullcontext()
        with encoded as left:
            for _ in again.frames(left):
                advance()
    found = suspects(plan, recordings, words, kept=recording is not None) if again.differ else ()
    if not again.differ and scene.recipe and was_edited(scene.recipe, words):
        again.problems.append(f"it carries a recipe {EDITED}")
    return again.proof(found)


def _recipe(source: str, words: str) -> tuple[Scene, Digests]:
    """The scene of a recipe, as `read_recipe` gives it, and the digests in it.

    Raises:
        SceneError: it needs plug-ins that are not here, or has no digests.
    """
    scene = parse(document_of(words, source), source=source)
    if scene.recipe is None or scene.recipe.frames is None:
        told = "its recipe has no digests of frames, as weightreel wrote them before; weightreel recipe prints a scene "
        raise SceneError(source, [Finding("recipe.frames", told + "to render, and to look at beside it")])
    return scene, scene.recipe.frames


def _prepared(scene: Scene, recording: str | Path | None) -> Plan:
    """The plan of a recipe, of which nothing is written.

    Raises:
        SceneError: it cannot be made here; where data are missing, with what to bring.
    """
    try:
        sources = sources_of(scene, recording)
        _refuse_another(scene, sources.kept or Recordings())
        return prepare(scene, sources, written=False)
    except SceneError as error:
        bring = "; bring the data that the clip was made from, or a recording of it with --recording"
        found = [f._replace(message=f.message + bring) if "no such" in f.message else f for f in error.findings]
        raise SceneError(scene.source, found) from None


def _refuse_another(scene: Scene, kept: Recordings) -> None:
    """What was filmed cannot be trained again: of another recording no frame is a proof.

    Raises:
        SceneError: the recording is not the one of the recipe.
    """
    wanted = scene.recipe.recording if scene.recipe else {}
    found = []
    for note in other_recordings(scene, kept):
        here, was = kept[note.key].digest()[:SHOWN], wanted[note.key][:SHOWN]
        told = f"run '{note.key}' is not the recording that the clip was drawn from: its digest is {here}…, not {was}…"
        found.append(Finding("--recording", f"{told}; one that went on since, or was thinned, is another"))
    if found:
        raise SceneError(scene.source, found)


@dataclass
class _Again:
    """A clip that is drawn again, and what is found: the digests, how far each decoded frame is off on average, which
    of them show something else than what was drawn, and what is wrong with the file itself."""

    path: Path
    film: Film
    take: Take
    digests: Digests
    drawn: list[int] = field(default_factory=list)
    off: list[float] = field(default_factory=list)
    strange: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    @property
    def indices(self) -> Sequence[int]:
        """The frames of the film that the file holds."""
        number = self.digests.number
        if number is None:
            return self.take.indices
        return [number] if number < len(self.film) else []

    def frames(self, encoded: Iterator[Frame] | None) -> Iterator[int]:
        """Draw each frame and hold the clip's own against it; `encoded` are the frames as the encoder leaves them,
        None where it is exact."""
        frame, shown = self.film.buffer(), self._shown()
        for index in self.indices:
            self.film.draw(frame, index)
            self.drawn.append(digest(frame))
            if (there := next(shown, None)) is not None:
                if is_strange(frame, there, next(encoded, frame)) if encoded else not np.array_equal(frame, there):
                    self.strange.add(len(self.off))
                self.off.append(float(np.mean(_difference(frame, there))))
            yield index
        self.decoded = len(self.off) + sum(1 for _ in shown)

    def _shown(self) -> Iterator[Frame]:
        count = 0
        try:
            for frame in decoded(self.path, self.film.size):
                count += 1
                yield frame
        except FAILS as error:
            self.problems.append(f"it cannot be decoded after {count} of its frames ({error})")

    @property
    def differ(self) -> list[range]:
        """The frames whose digests are others than the recipe's."""
        return self.digests.differing(self.drawn)

    @property
    def _differing(self) -> set[int]:
        return {number for some in self.differ for number in some}

    @property
    def _usual(self) -> float | None:
        """How far the frames that are equal are off in the clip: what its encoder did to them."""
        differing = self._differing
        return median([off for n, off in enumerate(self.off) if n not in differing] or [0.0]) if self.off else None

    def proof(self, suspected: Sequence[str]) -> Proof:
        """All that was found."""
        if not self.problems and self.decoded != self.digests.count:
            self.problems.append(
                f"it has {self.decoded} frames, its recipe {self.digests.count}: it was cut or damaged"
            )
        self.problems += self._strange()
        differ = tuple(self.differ)
        return Proof(
            clip=str(self.path),
            frames=self.digests.count,
            equal=self.digests.count - len(self._differing & set(range(self.digests.count))),
            differ=differ,
            each=self.digests.each,
            usual=self._usual,
            exact=self.take.output.exact,
            worst=self._worst(self._differing),
            problems=tuple(self.problems),
            suspects=tuple(suspected),
        )

    def _strange(self) -> Iterator[str]:
        """Frames that were drawn as the recipe says, and look otherwise in the clip."""
        strange = self.strange - self._differing
        if strange:
            worst = self._worst(strange)
            assert worst is not None
            are = "frame is not what its recipe draws" if len(strange) == 1 else "frames are not what its recipe draws"
            yield f"{len(strange)} {are}: it was changed or damaged; the worst is {worst.words}"

    def _worst(self, among: set[int]) -> Worst | None:
        """The frame that is off most of some, drawn and decoded once more to see where."""
        there = [n for n in among if n < len(self.off)]
        if not there:
            return None
        number = max(there, key=lambda n: (self.off[n], -n))
        frame = self.film.buffer()
        self.film.draw(frame, self.indices[number])
        shown = next(islice(decoded(self.path, self.film.size), number, None))
        off = _difference(frame, shown)
        # What an encoder does everywhere says nothing of where it differs.
        amounts = np.maximum(off.max(axis=2) - TIMES * (self._usual or 0.0), 0.0)
        seconds = self.take.output.moment(number, self.take.rate)
        view = self.film.where(self.indices[number], amounts)
        return Worst(number, round(seconds, 3), round(float(off.mean()), 3), int(off.max()), view)


def _difference(one: Frame, other: Frame) -> NDArray[np.uint8]:
    return np.asarray(cv2.absdiff(one, other), np.uint8)
