"""A finished clip in a page: within it, or where it is too large for that, its last picture and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from weightreel.render.encoders.png import png_bytes
from weightreel.render.errors import Finding, SceneError
from weightreel.render.formats.seen import Seen, seen
from weightreel.render.planning.signs import shown
from weightreel.render.showing import markup
from weightreel.trainer.errors import DataError
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.paths import located

MOST = 5_000_000  # bytes of a clip within a page: notebooks with more are slow to open and hard to keep
DEAF = "browsers do not play it; they play H.264, which weightreel.show makes of a scene"


@dataclass(frozen=True)
class Shown:
    """A clip to look at: notebooks ask it for HTML, and for the picture at its end where they cannot show that.

    `path` is where the clip stands, None where nothing but the page has it; `size` its bytes; `words` what stands
    below it.
    """

    title: str
    path: Path | None
    size: int
    words: tuple[str, ...]
    _html: str = field(repr=False)
    _png: bytes = field(repr=False)

    def _repr_html_(self) -> str:
        return self._html

    def _repr_png_(self) -> bytes:
        return self._png

    def __repr__(self) -> str:
        return f"<{shown(self.title)}: {shown('; '.join(self.words))}>"


@dataclass(frozen=True)
class Told:
    """What is said of a clip: its title, its content for those who do not see it, lines to stand below it; whether it
    `begins` by itself; whether it is `passing`, so that its place goes when it is within a page."""

    title: str
    alt: str
    words: tuple[str, ...] = ()
    begins: bool = True
    passing: bool = False


def playing(path: Path, told: Told) -> Shown:
    """A clip that is there.

    Raises:
        SceneError: it cannot be read.
    """
    place = located(path)
    try:
        clip, size = seen(place), place.stat().st_size
    except DataError as error:
        raise SceneError(str(path), [Finding("", f"cannot be shown: {error}")]) from error
    said, lacking = told.words or _in_words(clip, size), _lacking(path, size, clip, told)
    poster, words, within = png_bytes(clip.last), (*said, *lacking), not lacking
    media = _media(place.read_bytes(), clip, told) if within else _poster(poster, clip, told)
    html = markup.figure(media, told.title, words)
    return Shown(told.title, None if within and told.passing else path, size, words, html, poster)


def _in_words(clip: Seen, size: int) -> tuple[str]:
    """How long and how large a clip is."""
    seconds = f"{clip.seconds:.3g} s, " if clip.seconds else ""
    return (f"{seconds}{clip.size[0]} x {clip.size[1]}, {shown_bytes(size)}",)


def _lacking(path: Path, size: int, clip: Seen, told: Told) -> list[str]:
    """Why a clip is not within the page, and where it is; nothing where it can be."""
    if size <= MOST and clip.kind:
        return []
    place = f"its file is {path}"
    if size <= MOST:
        return [f"{place}; {DEAF}"]
    if told.passing:
        place += " while this session lasts; show(film, 'mine.mp4') keeps it, max_bytes='5 MB' makes it smaller"
    return [f"{shown_bytes(size)} are more than the {shown_bytes(MOST)} that a notebook holds well; {place}"]


def _media(data: bytes, clip: Seen, told: Told) -> str:
    if clip.kind.startswith("image/"):
        return markup.picture(data, clip.kind, clip.size, told.title, told.alt)
    return markup.video(data, clip.kind, clip.size, told.title, told.alt, begins=told.begins)


def _poster(poster: bytes, clip: Seen, told: Told) -> str:
    return markup.picture(poster, "image/png", clip.size, told.title, f"{told.alt}; its last picture")
