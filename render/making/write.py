"""One clip written: the frames of a take, drawn while they are encoded."""

from __future__ import annotations

from dataclasses import dataclass, replace

from weightreel.render.encoders._encoder import Clip, Encoder
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.pump import pump
from weightreel.render.frames.take import Take
from weightreel.render.making.progress import Advance, Track
from weightreel.render.making.recipe import recipe_of


@dataclass(frozen=True)
class Writer:
    """What all takes of a scene are written with: the films that they share, whether clips carry their recipe, and how
    progress is told."""

    fits: Fits
    recipe: bool
    track: Track

    def write(self, take: Take, limit: int | None = None) -> Clip:
        """Write a clip whole.

        Raises:
            EncodeError: it cannot be written.
            TooLarge: it became larger than `limit` bytes.
        """
        spec, count = self._spec(take, every=True), len(take.indices)
        with Encoder(take.output, spec, limit, count) as encoder, self.track(take.output.path, count) as advance:
            self._draw(take, encoder, advance)
        assert encoder.result is not None
        return replace(encoder.result, notes=tuple(take.output.padding(take.size)))

    def measure(self, take: Take) -> int:
        """Bytes of a clip that nobody keeps."""
        with Encoder(take.output, self._spec(take, every=False), trial=True) as encoder:
            self._draw(take, encoder)
        assert encoder.result is not None
        return encoder.result.bytes

    def _spec(self, take: Take, *, every: bool) -> Spec:
        """What the encoder is asked for; with `every`, the colours of all frames where it wants colours."""
        comment = recipe_of(self.fits.scene, take, self.fits.recordings) if self.recipe else ""
        colors = self.fits.colors(take, every=every) if take.output.needs_colors else None
        return Spec(take.padded, take.rate, start=take.indices[0], colors=colors, comment=comment)

    def _draw(self, take: Take, encoder: Encoder, advance: Advance = lambda: None) -> None:
        film = self.fits.film(take)
        pump(encoder, take.indices, film.draw, film.buffer, advance)
