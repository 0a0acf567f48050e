"""One clip written: the frames of a take, drawn and watched while they are encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from weightreel.render.encoders._encoder import Clip, Encoder
from weightreel.render.errors import EncodeError
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.colors import Colors, colors_of
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.pump import pump
from weightreel.render.frames.take import Take
from weightreel.render.frames.watch import Watch
from weightreel.render.making.flashing import flashes_found
from weightreel.render.making.progress import Advance, unseen
from weightreel.render.making.recipe import RecipeComment, recipe_of
from weightreel.render.making.stages import Stages
from weightreel.render.making.timed import timed
from weightreel.trainer.blas import one_thread


@dataclass(frozen=True)
class Writer:
    """What all takes of a scene are written with: the films that they share, whether clips carry their recipe, what is
    told of frames that are drawn, whether a clip that flashes too often is refused, and the clock of it all."""

    fits: Fits
    recipe: bool
    advance: Advance = unseen
    strict: bool = False
    stages: Stages = field(default_factory=Stages)

    @one_thread()
    def write(self, take: Take, limit: int | None = None) -> Clip:
        """Write a clip whole.

        Raises:
            EncodeError: it cannot be written, or must not.
            TooLarge: it became larger than `limit` bytes.
        """
        film, count = self._film(take), len(take.indices)
        watch = Watch(film.size, lambda number: take.output.moment(number, take.rate))
        colors = self.fits.colors(film, take.indices) if take.output.needs_colors else None
        with Encoder(take.output, self._spec(take, colors, watch.digests), limit, count) as encoder:
            pump(encoder, take.indices, watch.over(film.draw), film.buffer, self.advance)
            flashes, warnings = flashes_found(watch.flashes, film, take)
            if warnings and self.strict:
                raise EncodeError(f"{take.output.path}: {warnings[0].message}; --strict leaves nothing of it")
        assert encoder.result is not None
        return replace(encoder.result, flashes=flashes, notes=(*encoder.result.notes, *warnings))

    @one_thread()
    def measure(self, take: Take) -> int:
        """Bytes of a clip that nobody keeps; its palette is made for some of its frames."""
        film = self._film(take)
        colors = colors_of(film, take.indices, every=False) if take.output.needs_colors else None
        with Encoder(take.output, self._spec(take, colors), trial=True) as encoder:
            pump(encoder, take.indices, film.draw, film.buffer, self.advance)
        assert encoder.result is not None
        return encoder.result.bytes

    def _film(self, take: Take) -> Film:
        with self.stages.spent("fit"):
            return timed(self.fits.film(take), self.stages)

    def _spec(self, take: Take, colors: Colors | None, digests: Sequence[int] = ()) -> Spec:
        """What the encoder is asked for."""
        recipe = recipe_of(self.fits.scene, take, self.fits.recordings) if self.recipe else ""
        comment = RecipeComment(recipe, take, digests) if recipe else None
        return Spec(take.padded, take.rate, start=take.indices[0], colors=colors, comment=comment, film=recipe)
