"""One clip written: the frames of a take, drawn while they are encoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from weightreel.render.encoders._encoder import Clip, Encoder
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.colors import Colors, colors_of
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.pump import pump
from weightreel.render.frames.take import Take
from weightreel.render.making.progress import Track
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
        film, count = self.fits.film(take), len(take.indices)
        if self.fits.scene.makes_folder_of(take.output.path):
            Path(take.output.path).parent.mkdir(parents=True, exist_ok=True)
        spec = self._spec(take, self.fits.colors(film, take.indices) if take.output.needs_colors else None)
        with (
            Encoder(take.output, spec, limit, count) as encoder,
            self.track(take.output.path, count, "frame") as advance,
        ):
            pump(encoder, take.indices, film.draw, film.buffer, advance)
        assert encoder.result is not None
        return encoder.result

    def measure(self, take: Take) -> int:
        """Bytes of a clip that nobody keeps; its palette is made for some of its frames."""
        film = self.fits.film(take)
        spec = self._spec(take, colors_of(film, take.indices, every=False) if take.output.needs_colors else None)
        with Encoder(take.output, spec, trial=True) as encoder:
            pump(encoder, take.indices, film.draw, film.buffer)
        assert encoder.result is not None
        return encoder.result.bytes

    def _spec(self, take: Take, colors: Colors | None) -> Spec:
        """What the encoder is asked for."""
        comment = recipe_of(self.fits.scene, take, self.fits.recordings) if self.recipe else ""
        return Spec(take.padded, take.rate, start=take.indices[0], colors=colors, comment=comment)
