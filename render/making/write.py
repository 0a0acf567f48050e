"""One clip written: the frames of a take, drawn and watched while they are encoded."""

from __future__ import annotations

from dataclasses import dataclass, replace

from weightreel.render.encoders._encoder import Clip, Encoder
from weightreel.render.frames.colors import colors_of
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.pump import pump
from weightreel.render.frames.take import Take
from weightreel.render.making.progress import Track
from weightreel.render.making.recipe import RecipeComment, recipe_of
from weightreel.render.making.segments import Assembly, Shared, draw_segment, spec_of
from weightreel.trainer.blas import one_thread


@dataclass(frozen=True)
class Writer:
    """What all takes of a scene are written with: the films that they share, whether clips carry their recipe, how
    progress is told, and whether a clip that flashes too often is refused."""

    fits: Fits
    recipe: bool
    track: Track
    strict: bool = False

    @one_thread()
    def write(self, take: Take, limit: int | None = None) -> Clip:
        """Write a clip whole.

        Raises:
            EncodeError: it cannot be written, or must not.
            TooLarge: it became larger than `limit` bytes.
        """
        film, count = self.fits.film(take), len(take.indices)
        colors = self.fits.colors(film, take.indices) if take.output.needs_colors else None
        with (
            Assembly(take, self._recipe(take), colors, limit) as assembly,
            self.track(take.output.path, count, "frame") as advance,
        ):
            for piece in assembly.pieces:
                assembly.add(piece.number, draw_segment(film, take, piece, assembly.shared, advance))
            return assembly.finish(film, strict=self.strict)

    @one_thread()
    def measure(self, take: Take) -> int:
        """Bytes of a clip that nobody keeps; its palette is made for some of its frames."""
        film = self.fits.film(take)
        colors = colors_of(film, take.indices, every=False) if take.output.needs_colors else None
        spec = spec_of(take, Shared(recipe := self._recipe(take), colors=colors))
        comment = RecipeComment(recipe, take, ()) if recipe else None
        with Encoder(take.output, replace(spec, comment=comment), trial=True) as encoder:
            pump(encoder.write, take.indices, film.draw, film.buffer)
        assert encoder.result is not None
        return encoder.result.bytes

    def _recipe(self, take: Take) -> str:
        """What the clip says of itself, but for its frames; nothing where none is wanted."""
        return recipe_of(self.fits.scene, take, self.fits.recordings) if self.recipe else ""
