"""One clip written: its segments are drawn, watched and encoded by whoever works on the film, and joined."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

from weightreel.render.encoders._encoder import Clip, Encoder
from weightreel.render.frames.colors import Colors, Counted, colors_of, counted_in
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.pump import pump
from weightreel.render.frames.take import Take
from weightreel.render.planning.recipe import RecipeComment, recipe_of
from weightreel.render.work.progress import Advance, unseen
from weightreel.render.work.sampling import Sample
from weightreel.render.work.segments import Assembly, Piece, Seen, Shared, draw_segment, spec_of
from weightreel.render.work.stages import Stages
from weightreel.render.work.tasks import Hands, Plain, Task, array_of
from weightreel.render.work.timed import timed
from weightreel.trainer.blas import one_thread


@dataclass(frozen=True)
class Writer:
    """What all takes of a scene are written with: the films that they share, whether clips carry their recipe, what is
    told of frames that are drawn, whether a clip that flashes too often is refused, the clock of it all, and who draws
    and encodes in place of this process. `pumps` says whether frames are drawn while others are encoded."""

    fits: Fits
    recipe: bool
    advance: Advance = unseen
    strict: bool = False
    stages: Stages = field(default_factory=Stages)
    hands: Hands | None = None
    pumps: bool = True

    @one_thread()
    def write(self, take: Take, limit: int | None = None) -> Clip:
        """Write a clip whole.

        Raises:
            EncodeError: it cannot be written, or must not.
            TooLarge: it became larger than `limit` bytes.
        """
        film = self._film(take)
        colors = self._colors(film, take) if take.output.needs_colors else None
        with Assembly(take, self._recipe(take), colors, limit) as assembly:
            with closing(self._segments(assembly)) as segments:
                for number, seen in segments:
                    assembly.add(number, seen)
            return assembly.finish(film, self.stages, strict=self.strict)

    def _colors(self, film: Film, take: Take) -> Colors:
        """The colours of a take, for a palette."""
        return self.fits.colors(film, take.indices, lambda: colors_of(partial(self._counted, film, take)))

    def _counted(self, film: Film, take: Take, every: bool) -> Iterator[Counted]:
        """Those of some frames, or of every one."""
        if self.hands is None or len(parts := take.output.cuts(len(take.indices), take.rate)) == 1:
            with self.stages.spent("encode", take.output.path):
                yield counted_in(self.fits.film(take), take.indices, range(len(take.indices)), every=every)
            return
        about = {"film": self.hands.film, "every": every, **shown(self.fits, take)}
        payloads = [about | {"part": [part.start, part.stop]} for part in parts]
        tasks = [Task("colors", f"{take.output.path}, its colours", payload) for payload in payloads]
        for result in self._done(tasks):
            yield Counted(*(array_of(values) for values in result["colors"]))

    def _done(self, tasks: Sequence[Task]) -> Iterator[Plain]:
        """The results of tasks, as they come; the seconds that they took are counted."""
        assert self.hands is not None
        with closing(self.hands.crew.run(tasks, unseen)) as done:
            for _, result in done:
                self.stages.merge(result["stages"])
                yield result

    def _segments(self, assembly: Assembly) -> Generator[tuple[int, Seen]]:
        """Each segment of a clip, as it is done: by the crew, where there is one that can be told what to do."""
        shared = assembly.shared.plain()
        if self.hands is None or shared is None or len(assembly.pieces) == 1:
            for piece in assembly.pieces:
                yield piece.number, self.segment(assembly.take, piece, assembly.shared)
            return
        about = {"film": self.hands.film, "shared": shared, **shown(self.fits, assembly.take)}
        tasks = [
            Task("segment", assembly.take.output.path, about | {"piece": piece.plain(), "path": str(piece.path)})
            for piece in assembly.pieces
        ]
        with closing(self.hands.crew.run(tasks, self.advance)) as done:
            for task, result in done:
                self.stages.merge(result["stages"])
                yield task.payload["piece"]["number"], Seen.of(result["seen"])

    def segment(self, take: Take, piece: Piece, shared: Shared) -> Seen:
        """Draw and encode one segment of a clip into its file.

        Raises:
            EncodeError: it cannot be written.
        """
        own = Stages()
        with own.spent("fit"):
            film = timed(self.fits.film(take), own)
        seen = draw_segment(film, take, piece, shared, self.advance, pumps=self.pumps)
        own.add("draw", max(0.0, seen.draw - own.seconds("draw")), "digests and flashes")
        own.add("encode", seen.encode, take.output.path)
        self.stages.merge(own.plain())
        return seen

    @one_thread()
    def measure(self, take: Take, sample: Sample, shared: Shared) -> int:
        """Bytes of a sample of a clip, which nobody keeps."""
        film, spec = self._film(take), spec_of(take, shared)
        draw, buffer = film.draw, film.buffer
        indices = sample.indices[: sample.count]
        if sample.every:
            bands = self.fits.banded(take, sample.indices, sample.every)
            draw, buffer, indices = partial(bands.draw, film), bands.buffer, range(sample.count)
            spec = replace(spec, size=bands.size)
        self.advance(0, more=sample.count)
        with Encoder(take.output, spec, trial=True) as encoder:
            pump(encoder.write, indices, draw, buffer, self.advance, beside=self.pumps)
        assert encoder.result is not None
        return encoder.result.bytes

    def measure_all(self, take: Take, samples: Sequence[Sample]) -> list[int]:
        """Likewise of several, without what a clip says of itself."""
        shared = Shared.chosen(take, "", self._colors(self._film(take), take) if take.output.needs_colors else None)
        told = shared.plain()
        if self.hands is None or told is None:
            return [self.measure(take, sample, shared) for sample in samples]
        about = {"film": self.hands.film, "shared": told, **shown(self.fits, take)}
        tasks = [
            Task("measure", f"{take.output.path} {number}", about | {"sample": sample.plain()})
            for number, sample in sorted(enumerate(samples), key=lambda pair: -pair[1].count)  # the longest begin
        ]
        found = {}
        with closing(self.hands.crew.run(tasks, self.advance)) as done:
            for task, result in done:
                self.stages.merge(result["stages"])
                found[task.key] = result["bytes"]
        return [found[f"{take.output.path} {number}"] for number in range(len(samples))]

    def said(self, take: Take) -> int:
        """Bytes of what a clip says of itself."""
        recipe = self._recipe(take)
        return len(RecipeComment(recipe, take, ())().encode()) if recipe else 0

    def _film(self, take: Take) -> Film:
        with self.stages.spent("fit"):
            return timed(self.fits.film(take), self.stages)

    def _recipe(self, take: Take) -> str:
        """What the clip says of itself, but for its frames; nothing where none is wanted."""
        return recipe_of(self.fits.scene, take, self.fits.recordings) if self.recipe else ""


def shown(fits: Fits, take: Take) -> dict[str, object]:
    """What a take shows, as plain data: the number of its output in the scene, and the keys of that which were changed
    since."""
    number = int(take.key.removeprefix("output[").removesuffix("]"))
    before, now = fits.scene.output[number], take.output
    changed = {key: getattr(now, key) for key in type(now).model_fields if getattr(now, key) != getattr(before, key)}
    return {"output": number, "changed": changed}
