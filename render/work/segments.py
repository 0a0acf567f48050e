"""A clip made of segments: each is drawn and encoded by itself, in whatever process, and then they are joined.

What goes there and comes back is plain data beside the files of the segments: `Piece` and `Shared`, `Seen`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from weightreel.render.encoders._budgeted import TooLarge
from weightreel.render.encoders._encoder import Clip, Segment, complete, part_of, segment_path
from weightreel.render.errors import EncodeError
from weightreel.render.formats.spec import Palette, Spec
from weightreel.render.frames.colors import Colors
from weightreel.render.frames.film import Film
from weightreel.render.frames.flashes import Cells, Flashes
from weightreel.render.frames.pump import pump
from weightreel.render.frames.take import Take
from weightreel.render.frames.watch import Watch, packed, unpacked
from weightreel.render.planning.recipe import RecipeComment
from weightreel.render.work.flashing import flashes_found
from weightreel.render.work.stages import Stages
from weightreel.trainer.blas import one_thread

BROKEN_OFF = 0.999  # the share of a clip's frames that are known where its last segment was broken off
ABOUT = 1.02  # the file of a segment has little more bytes than it adds to the clip


@dataclass(frozen=True)
class Shared:
    """What all segments of a clip are written with: the recipe, the palette, the most bytes that the clip may have.
    `colors` are for encoders that choose a palette themselves, and write clips whole."""

    recipe: str = ""
    palette: Palette | None = None
    limit: int | None = None
    colors: Colors | None = None

    @classmethod
    def chosen(cls, take: Take, recipe: str, colors: Colors | None = None, limit: int | None = None) -> Shared:
        """What the encoder of a clip makes of it, for frames of these `colors`."""
        shared = cls(recipe, None, limit, colors)
        palette = take.output.settled(spec_of(take, shared)).palette
        return replace(shared, palette=palette, colors=None if palette else colors)

    def plain(self) -> dict[str, Any] | None:
        """As JSON can hold it; None where that cannot be."""
        if self.colors is not None:
            return None
        palette = self.palette and [self.palette.colors.tolist(), self.palette.exact]
        return {"recipe": self.recipe, "palette": palette, "limit": self.limit}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Shared:
        """From what `plain` said."""
        palette = plain["palette"]
        if palette is not None:
            palette = Palette(np.array(palette[0], np.uint8), palette[1])
        return cls(plain["recipe"], palette, plain["limit"])


@dataclass(frozen=True)
class Piece:
    """A segment to be made: its number, which frames of the clip it has, its file, and whether nothing follows it."""

    number: int
    frames: range
    path: Path
    last: bool

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        frames = [self.frames.start, self.frames.stop]
        return {"number": self.number, "frames": frames, "path": str(self.path), "last": self.last}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Piece:
        """From what `plain` said."""
        return cls(plain["number"], range(*plain["frames"]), Path(plain["path"]), plain["last"])


@dataclass(frozen=True)
class Seen:
    """What is known of a segment that was made: digests of its frames, the light of those that differ from the one
    before by their numbers, bytes of its file, seconds of drawing and of encoding, which may have gone on together. One
    that became larger than the whole clip may be is not `whole`."""

    digests: list[int]
    light: Mapping[int, Cells]
    bytes: int
    draw: float
    encode: float
    whole: bool = True

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return vars(self) | {"light": packed(self.light)}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Seen:
        """From what `plain` said."""
        return cls(**plain | {"light": dict(unpacked(plain["light"]))})


@one_thread()
def draw_segment(
    film: Film,
    take: Take,
    piece: Piece,
    shared: Shared,
    advance: Callable[[], object] = lambda: None,
    *,
    pumps: bool = True,
) -> Seen:
    """Draw the frames of a segment, and encode them into its file.

    Args:
        film: that the take shows.
        take: the clip.
        piece: which segment.
        shared: what it has in common with the others.
        advance: is called after each frame.
        pumps: whether frames are drawn while others are encoded.

    Raises:
        EncodeError: it cannot be written.
    """
    watch, begin, lead = Watch(), piece.frames.start, min(take.output.lead, piece.frames.start)
    comment = RecipeComment(shared.recipe, take, watch.digests, begin) if shared.recipe else None
    spec = replace(spec_of(take, shared), comment=comment, begin=begin, lead=lead, last=piece.last)
    segment, whole = Segment(take.output, spec, piece.path, shared.limit), True
    drawing, encoding = Clocked(watch.over(film, lead)), Clocked(segment.write)
    ended = time.perf_counter()
    try:
        with segment:
            indices = take.indices[begin - lead : piece.frames.stop]
            told = (lambda: advance() if watch.digests else None) if lead else advance
            pump(encoding, indices, drawing, film.buffer, told, beside=pumps)
            ended = time.perf_counter()
    except TooLarge:
        whole = False
    closing = time.perf_counter() - ended
    return Seen(watch.digests, watch.light, _bytes(piece.path), drawing.seconds, encoding.seconds + closing, whole)


def spec_of(take: Take, shared: Shared) -> Spec:
    """What the encoder of a clip is asked for."""
    start = take.indices[0]
    return Spec(take.padded, take.rate, start=start, colors=shared.colors, film=shared.recipe, palette=shared.palette)


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


class Clocked:
    """A function, and the seconds that its calls took together."""

    def __init__(self, function: Callable[..., None]) -> None:
        self.function, self.seconds = function, 0.0

    def __call__(self, *given: Any) -> None:
        begun = time.perf_counter()
        self.function(*given)
        self.seconds += time.perf_counter() - begun


class Assembly:
    """A clip that is being made of segments: `pieces` are drawn by whoever, what was seen in each is added in any
    order, and `finish` joins them. The clip gets its name there or not at all; at the end of the block nothing else is
    left.

    Attributes:
        pieces: the segments, in the order of the clip.
        shared: what they are drawn with.

    Raises:
        EncodeError: nothing can be written there.
    """

    def __init__(self, take: Take, recipe: str, colors: Colors | None = None, limit: int | None = None) -> None:
        self.take = take
        self._digests: list[int] = []
        self._flashes, self._bytes = Flashes(), 0
        self._waiting: dict[int, Seen] = {}
        self._next = 0
        self.seconds = {"draw": 0.0, "encode": 0.0}
        comment = RecipeComment(recipe, take, self._digests) if recipe else None
        self.shared = Shared.chosen(take, recipe, colors, limit)
        self._spec = replace(spec_of(take, self.shared), comment=comment)
        cuts = take.output.cuts(len(take.indices), take.rate)
        self._part = part_of(take.output, self._spec)
        try:
            self.pieces = [
                Piece(number, cut, segment_path(take.output, self._part, number), number == len(cuts) - 1)
                for number, cut in enumerate(cuts)
            ]
        except BaseException:  # of a long film there are many, and a signal may come
            self._part.remove()
            raise

    def __enter__(self) -> Assembly:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part.remove()

    def add(self, number: int, seen: Seen) -> None:
        """Take what was seen in a segment.

        Raises:
            TooLarge: the clip is already larger than it may be; which segments that is said of does not depend on the
                order in which they come.
        """
        self._waiting[number] = seen
        while (following := self._waiting.pop(self._next, None)) is not None:
            self._follow(following)
            self._next += 1

    def _follow(self, seen: Seen) -> None:
        for number, cells in seen.light.items():
            self._flashes.see(cells, self.take.output.moment(len(self._digests) + number, self.take.rate))
        self._digests.extend(seen.digests)
        self._bytes += seen.bytes
        self.seconds["draw"] += seen.draw
        self.seconds["encode"] += seen.encode
        limit, piece = self.shared.limit, self.pieces[self._next]
        if limit is not None and not (seen.whole and (piece.last or self._bytes <= ABOUT * limit)):
            share = piece.frames.stop / len(self.take.indices)
            raise TooLarge(self.take.output.path, self._bytes, min(share, BROKEN_OFF))

    def finish(self, film: Film, stages: Stages, *, strict: bool) -> Clip:
        """Join the segments, read the clip back and give it its name.

        Args:
            film: that the take shows.
            stages: counts the seconds of both.
            strict: whether a clip that flashes too often is refused.

        Raises:
            TooLarge: it is.
            EncodeError: it cannot be written, or must not.
        """
        assert self._next == len(self.pieces), "all segments are there"
        flashes, warnings = flashes_found(self._flashes, film, self.take)
        if warnings and strict:
            raise EncodeError(f"{self.take.output.path}: {warnings[0].message}; --strict leaves nothing of it")
        paths = [piece.path for piece in self.pieces]
        output, count, limit = self.take.output, len(self._digests), self.shared.limit
        clock = partial(stages.spent, part=output.path)
        clip = complete(output, self._spec, self._part, paths, count, limit, clock=clock)
        return replace(clip, flashes=flashes, notes=(*clip.notes, *warnings))
