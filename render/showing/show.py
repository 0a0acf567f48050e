"""A film shown where it is made: in a notebook, as a video that is part of the page."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from weightreel.render.encoders._encoder import FlashReport
from weightreel.render.encoders._presets import PRESETS, fitted
from weightreel.render.encoders.h264 import H264
from weightreel.render.errors import DivergedError, Finding, SceneError
from weightreel.render.formats.seen import SUFFIXES
from weightreel.render.frames.flashes import LIMIT
from weightreel.render.making.report import SavedReport
from weightreel.render.scene.scene import Scene
from weightreel.render.showing.playing import Shown, Told, playing
from weightreel.render.showing.session import Session, film
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.parts import Part, real

BOX = PRESETS["notebook"].box or (960, 540)


def show(
    what: Session | Scene | str | Path,
    path: str | Path | None = None,
    *,
    recording: str | Path | None = None,
    **keys: object,
) -> Shown:
    """Show a film in a notebook: as the last line of a cell it plays there, without sound, again and again.

        weightreel.show("hidden_grid")
        weightreel.show(film, "mine.mp4", fps=15)      # and keep the clip

    A film is drawn within 960 × 540 pixels unless `size` says otherwise; without `path` nothing but the page has the
    clip. Of one of more than 5 MB the page has the last picture and says where it is: it would be slow to open. One
    that flashes more than three times in a second waits to be started.

    Args:
        what: a film, a scene, the path of its file or the name of one that ships, the path of a recording, or that of a
            finished clip, which is shown as it is.
        path: where to keep the clip; H.264 unless its suffix asks for something else.
        recording: a kept recording to draw from, where `what` is a scene.
        keys: those of an [[output]], as `film.save` takes them, such as fps, size, max_bytes.

    Raises:
        SceneError: the scene is wrong, a key is, or the clip cannot be read.
        EncodeError: the clip cannot be written.
    """
    if isinstance(what, str | Path) and Path(what).suffix.lower() in SUFFIXES:
        _refuse(str(what), {"path": path, "recording": recording} | keys, "is for films; this is a finished clip")
        return playing(Path(what), Told(Path(what).name, f"The clip {Path(what).name}"))
    if isinstance(what, Session):
        _refuse(what.scene.source, {"recording": recording}, "is for scenes; this film has what it is drawn from")
    session = what if isinstance(what, Session) else film(what, recording=recording)
    if path is not None:
        return playing(Path(path), _written(session, Path(path), keys))
    return _passed(session, keys)


def _refuse(source: str, said: Mapping[str, object], why: str) -> None:
    """Words that mean nothing here."""
    found = [Finding(key, why) for key, value in said.items() if value is not None]
    if found:
        raise SceneError(source, found)


def _passed(session: Session, keys: Mapping[str, object]) -> Shown:
    """A clip that goes when it is within its page."""
    place = Path(tempfile.mkdtemp(dir=_passing())) / f"{_name(session.scene)}.mp4"
    made = None
    try:
        made = playing(place, _written(session, place, keys, passing=True))
    except SceneError as error:  # of a path that nobody has said
        raise SceneError(session.scene.source, error.findings) from None
    finally:
        if made is None or made.path is None:
            shutil.rmtree(place.parent, ignore_errors=True)
    return made


def _written(session: Session, path: Path, keys: Mapping[str, object], *, passing: bool = False) -> Told:
    """Write the clip, and what is to be said of it; a training whose loss stopped being finite has a film, too."""
    stopped: tuple[str, ...] = ()
    try:
        clip = _saved(session, path, dict(keys))
    except DivergedError as error:
        if not (error.report and error.report["outputs"]):
            raise
        clip, stopped = cast(SavedReport, error.report["outputs"][0]), (str(error).splitlines()[0],)
    length = f"{clip['frames']:,} frames, {clip['frames'] / clip['fps']:.3g} s"
    warned = [found["message"] for found in clip.get("findings", ()) if found["level"] == "warning"]
    words = (f"{length}, {shown_bytes(clip['bytes'])}", *stopped, *warned, *clip.get("notes", ()))
    flashes = clip.get("flashes", FlashReport(general=0, red=0))
    calm = max(flashes["general"], flashes["red"]) <= LIMIT
    return Told(session.title, f"{session.alt}; {length}", words, calm, passing)


def _saved(session: Session, path: Path, keys: dict[str, Any]) -> SavedReport:
    """H.264 in a size that notebooks have room for, where nothing else is said; a scene that has no room in that keeps
    its own."""
    if path.suffix.lower() in H264.suffixes and not {"codec", "type", "for"} & keys.keys():
        keys["codec"] = "h264"
    (width, height), (widest, highest) = session.size, BOX
    if not session.is_free or {"size", "for"} & keys.keys() or (width <= widest and height <= highest):
        return session.save(path, **keys)
    try:
        return session.save(path, **keys, size=fitted((width, height), BOX))
    except SceneError:
        return session.save(path, **keys)


def _name(scene: Scene) -> str:
    """A name for a file that says what it shows, of signs that all systems take."""
    return re.sub(r"[^\w-]+", "_", Path(scene.source).stem, flags=re.ASCII).strip("_")[:60] or "film"


@cache
def _passing() -> Path:
    """A folder that lasts as long as this process; what a killed one left goes with the next."""
    part = Part(real(tempfile.gettempdir()) / "shown")
    atexit.register(part.remove)
    return part.folder
