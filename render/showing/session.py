"""A session over one scene: its frames by their numbers, its clips, and one training for all of them."""

from __future__ import annotations

import operator
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast, overload

from weightreel.render.crews.crew import Crews
from weightreel.render.crews.hiring import hired
from weightreel.render.drawing.canvas import Frame, rgb
from weightreel.render.encoders.png import Png, png_bytes
from weightreel.render.errors import EncodeError, Finding, SceneError, WeightreelError
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.take import ALL, Take
from weightreel.render.making.film import make
from weightreel.render.making.record import record
from weightreel.render.making.report import Report, SavedReport
from weightreel.render.planning.plan import Plan, prepare
from weightreel.render.planning.recipe import NUMBERED
from weightreel.render.planning.signs import shown
from weightreel.render.planning.sources import Sources, sources_of
from weightreel.render.planning.suggested import load
from weightreel.render.scene.scene import Scene
from weightreel.render.showing import markup
from weightreel.render.work.progress import Tell, Track, seen, silent, unheard
from weightreel.trainer.recording.cache import Cache
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.values import plain

if TYPE_CHECKING:
    from weightreel.render.crews.distributed import Where


def film(
    scene: Scene | str | Path, output: int | None = None, recording: str | Path | None = None, *, cache: bool = True
) -> Session:
    """The film of a scene, to look at frame by frame, to save, to render.

        film = weightreel.film("hidden_grid")
        film[400]                              # (height, width, 3) uint8, red, green, blue
        film[-1], film[::100]                  # the last one, a list of every hundredth
        film.save("grid.gif", fps=10)
        film.render()                          # every output of the scene

    In a notebook it shows bars while it works, and as the last line of a cell its last frame; `weightreel.show(film)`
    plays it.

    Args:
        scene: a scene, the path of its file, or the name of one that ships; or the path of a recording, which has the
            scene that `weightreel inspect --scene` prints.
        output: the frames are those of this output of the scene, at its size and rate; default: at the layout's size
            and the timeline's rate.
        recording: a kept recording to draw from; without one, the runs are trained when the first frame is asked for.
        cache: whether runs that were trained before, in whatever process, are taken from the user's cache, and others
            go there; `weightreel cache` lists them.

    Raises:
        SceneError: the scene is wrong, or has no such output.
    """
    made = scene if isinstance(scene, Scene) else load(scene, recording=recording)
    return Session(made, output, recording, cache=cache, track=seen())


class Session:
    """See `film`. What is trained is kept: frames, clips and reports share one training. Only a clip that shows steps
    which no output of the scene does, because of another rate, trains once more, to the same weights; and with a cache
    not even what was trained before."""

    def __init__(
        self,
        scene: Scene,
        output: int | None = None,
        recording: str | Path | None = None,
        *,
        cache: bool = False,
        track: Track = silent,
        tell: Tell = unheard,
    ) -> None:
        count, asked = len(scene.output), plain(output)
        if asked is not None and (isinstance(asked, bool) or asked not in range(count)):
            there = f"the scene has {count}, counted from 0" if count else "the scene has none"
            raise SceneError(scene.source, [Finding("output", f"there is no output {asked!r}; {there}")])
        self.scene, self._path, self._track, self._tell = scene, recording, track, tell
        self._cache = Cache.of_user() if cache else None
        self._number = asked if isinstance(asked, int) else count
        self._trained: tuple[Plan, Recordings] | None = None

    @cached_property
    def _sources(self) -> Sources:
        return sources_of(self.scene, self._path)

    @cached_property
    def _plan(self) -> Plan:
        """Of every output of the scene, and one more for frames that are none of theirs, where those are meant."""
        outputs = (*self.scene.output, *[Png(path=NUMBERED)] * self.is_free)
        return prepare(self.scene.model_copy(update={"output": outputs}), self._sources, written=False)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Warnings and notes: what will look wrong, is left out or done differently."""
        return self._plan.findings

    @property
    def kept(self) -> bool:
        """Whether it is drawn from a kept recording, so that nothing is trained."""
        return self._sources.kept is not None

    @property
    def recordings(self) -> Recordings:
        """What was recorded of each run; trains them where that was not done yet."""
        return self._recorded(self._plan)

    def _recorded(self, plan: Plan, crews: Crews | None = None) -> Recordings:
        """Recordings that have all steps of a plan."""
        if self._sources.kept is not None:
            return self._sources.kept
        if self._trained is None or self._trained[0].lacks(plan):
            wider = self._plan.joined(plan)
            with nullcontext(crews) if crews else Crews() as crews:
                self._trained = wider, record(wider, cache=self._cache, crews=crews, track=self._track, tell=self._tell)
        return self._trained[1]

    @cached_property
    def take(self) -> Take:
        """The frames of the session, settled over what was recorded."""
        return self._plan.takes_of(self.recordings)[self._number]

    @cached_property
    def _film(self) -> Film:
        return Fits(self.scene, self.recordings).film(self.take)

    @property
    def _known(self) -> Take:
        """The same as far as it is known without training: all but its length, where a training of unknown length
        decides on that. A training that has been done may have ended before its time."""
        known = self._trained is None and not self._plan.length_is_open
        return self._plan.takes[self._number] if known else self.take

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of a frame."""
        return self._plan.takes[self._number].padded

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self._plan.takes[self._number].rate

    def __len__(self) -> int:
        return len(self._known.indices)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        """A frame, (height, width, 3) uint8 in the order red, green, blue; negative ones are counted from the end. Of a
        slice a list of frames.

        Raises:
            IndexError: there is no such frame.
        """
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        return rgb(self.frame(index))

    def frame(self, index: int) -> Frame:
        """The same with its channels in the order of `weightreel.render.drawing.canvas`, as encoders take it."""
        number = operator.index(index)
        self._place(number)  # what cannot be is said before anything is trained
        frame = self._film.buffer()
        self._film.draw(frame, self.take.indices[self._place(number)])
        return frame

    def _place(self, number: int) -> int:
        """The frame, counted from 0."""
        count = len(self)
        if not -count <= number < count:
            raise IndexError(f"no frame {number}; the film has 0 to {count - 1}")
        return number % count

    def __iter__(self) -> Iterator[Frame]:
        count = len(self.take.indices)
        return (self[i] for i in range(count))

    @property
    def title(self) -> str:
        """That of the scene, or what messages call it."""
        return self.scene.title or self.scene.source

    @property
    def alt(self) -> str:
        """What the film shows, for those who do not see it."""
        ends = [f"{name}: {int(r.steps[-1]):,} steps" for name, r in self.recordings.items()]
        trained = ends[0].partition(": ")[2] if len(ends) == 1 else f"{len(ends)} runs"
        return f"{self.title}: a film of the training of a neural network, {trained}"

    @property
    def is_free(self) -> bool:
        """Whether its frames are those of no output, so that nobody has said their size."""
        return self._number == len(self.scene.output)

    def __repr__(self) -> str:
        return f"<film of {shown(self.scene.source)}: {self._in_words()}>"

    def _in_words(self) -> str:
        """How long and how large it is, as far as that is known without training."""
        try:
            take, fresh = self._plan.takes[self._number], self._trained is None and not self.kept
        except WeightreelError:
            return "something is wrong with it, film[0] says what"
        count = 0 if fresh and self._plan.length_is_open else len(self)
        length = f"{count:,} frames, {count / self.fps:.3g} s" if count else "as long as its training turns out"
        size = f"{take.padded[0]} x {take.padded[1]} at {self.fps:g} a second"
        return f"{length}, {size}{'; not trained yet' if fresh else ''}"

    def _repr_html_(self) -> str:
        """The last frame, or what is wrong with the scene."""
        try:
            data = png_bytes(self.frame(-1))
        except WeightreelError as error:
            return markup.refusal(str(error))
        alt = f"{self.alt}; its last frame"
        media = markup.picture(data, "image/png", self.size, self.title, alt)
        return markup.figure(media, self.title, [f"{self._in_words()}; weightreel.show(film) plays it"])

    def _repr_png_(self) -> bytes | None:
        """The last frame; None where something is wrong with the scene."""
        try:
            return png_bytes(self.frame(-1))
        except WeightreelError:
            return None

    def save(
        self,
        path: str | Path,
        *,
        jobs: int | None = None,
        dask: Where | None = None,
        storage: str | None = None,
        **keys: object,
    ) -> SavedReport:
        """Write one clip of the film; the suffix chooses the format.

        Args:
            path: the file.
            jobs, dask, storage: see `render`.
            keys: those of an [[output]], such as codec, max_bytes, size, fps; size, fps and frames default to the
                session's.

        Returns:
            What was written, as `outputs` in the report has it, with the report's `findings` and `notes`.

        Raises:
            SceneError: a key is wrong, or the file cannot be written there.
            DivergedError: as from `render`.
            EncodeError: it cannot be written.
        """
        try:
            output = self._own | {"path": str(path)} | keys
            keys = {key: getattr(self.scene, key) for key in Scene.model_fields}
            scene = Scene.model_validate(keys | {"output": [output], "table": None})
            located = self.scene.model_copy(update={"output": scene.output, "table": None})
            report = self._write(located, ALL, hired(jobs, dask, storage, self._tell), recipe=True)
        except SceneError as error:
            found = [finding._replace(key=finding.key.removeprefix("output[0].")) for finding in error.findings]
            raise SceneError(str(path), found) from None
        if not report["outputs"]:
            raise EncodeError("\n".join(report["notes"]))
        clip = cast(SavedReport, report["outputs"][0])
        if "findings" in report:
            clip["findings"] = report["findings"]
        if "notes" in report:
            clip["notes"] = [*clip.get("notes", ()), *report["notes"]]
        return clip

    @property
    def _own(self) -> dict[str, object]:
        """The keys of an output that shows the session's frames."""
        if self._number == len(self.scene.output):
            return {}
        take = self._known
        own: dict[str, object] = {"size": take.size, "fps": take.fps, "thin": take.output.thin}
        return own | {"frames": (take.indices[0], take.indices[-1] + 1)}

    def render(
        self,
        *,
        frames: slice = ALL,
        recipe: bool = True,
        jobs: int | None = None,
        dask: Where | None = None,
        storage: str | None = None,
    ) -> Report:
        """Write every output of the scene.

        Args:
            frames: which frames of each output to write.
            recipe: whether the clips carry the recipe from which they can be made again.
            jobs: how many processes train, draw and write; default: as many as there are cores, where there is enough
                to do, also in notebooks. They are none of multiprocessing, so that a script needs no guard. The files
                are the same.
            dask: a Dask cluster that does it in their place: a `distributed.Client`, or the address of a scheduler.
            storage: what its machines share: a folder, or an address such as s3://bucket/films; default: all goes
                through the cluster.

        Returns:
            What `--json` prints: the clips, the runs with their final metrics, the seconds spent.

        Raises:
            SceneError: an output cannot be written, or `jobs` is no number of processes.
            DivergedError: the loss of a run stopped being finite. Its film ends there, says so, and is written; the
                report is the error's.
            EncodeError: a clip could not be written; none of its name is left behind.
        """
        return self._write(self.scene, frames, hired(jobs, dask, storage, self._tell), recipe=recipe)

    def _write(self, scene: Scene, frames: slice, who: AbstractContextManager[Crews], *, recipe: bool) -> Report:
        begun = time.perf_counter()
        with who as crews:
            plan = prepare(scene, self._sources, frames)
            recorded = partial(self._recorded, plan, crews)
            return make(plan, recorded, begun, crews, recipe=recipe, track=self._track, tell=self._tell)
