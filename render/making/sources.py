"""Where a film comes from: a kept recording, or the data that its runs are to be trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weightreel.render.errors import DataError, Finding, SceneError
from weightreel.render.scene.consistency import run_key
from weightreel.render.scene.scene import Scene
from weightreel.trainer.datasets import Data, Dataset
from weightreel.trainer.options import PATH
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.store import Recordings, open_recordings
from weightreel.trainer.run import describe


@dataclass(frozen=True)
class Sources:
    """What a film is made of: `about` says of each run what is known of its training, `data` what it is to be trained
    on; `kept` are the recordings where there are some already, which then need no data."""

    about: Mapping[str, About]
    data: Mapping[str, Data]
    kept: Recordings | None = None
    findings: tuple[Finding, ...] = ()


def sources_of(scene: Scene, recording: str | Path | None = None) -> Sources:
    """Open the recording of a scene's runs or, without one, load their data.

    Raises:
        SceneError: with all that is wrong with the data, the shapes of the layers, or the recording.
        RecordingError: there is no recording at the path.
    """
    if recording is not None:
        kept = _kept(scene, open_recordings(Path(recording)))
        return Sources({name: r.about for name, r in kept.items()}, {}, kept)
    problems: list[Finding] = []
    data = _load(scene, problems)
    about = _described(scene, data, problems)
    if problems:
        raise SceneError(scene.source, problems)
    return Sources(about, data)


def _described(scene: Scene, data: Mapping[str, Data], problems: list[Finding]) -> dict[str, About]:
    """What each run will be; shapes that do not go together are problems."""
    about = {}
    for name, (run, settings) in scene.variants.items():
        if name in data:
            found = run.findings(data[name].input_shape, len(data[name].classes))
            problems += [finding.under(run_key(name)) for finding in found]
            if not found:
                about[name] = describe(run, data[name], scene.seed).model_copy(update={"settings": settings})
    return about


def _load(scene: Scene, problems: list[Finding]) -> dict[str, Data]:
    """The data of every run; runs that ask for the same share it."""
    loaded: dict[Dataset, Data] = {}
    data = {}
    for name, run in scene.trainings.items():
        try:
            if run.data not in loaded:
                loaded[run.data] = run.data.load(Path(scene.folder), scene.seed)
            data[name] = loaded[run.data]
        except DataError as error:
            place = ".".join([run_key(name), "data", *list(run.data.meant(PATH))[:1]])
            hint = f"; paths start at {Path(scene.folder).resolve()}" if "no such" in str(error) else ""
            problems.append(Finding(place, f"{error}{hint}"))
    return data


def _kept(scene: Scene, kept: Recordings) -> Recordings:
    """The recordings of a scene's runs, in the order of the scene.

    Raises:
        SceneError: a run is not there, or was trained with other layers.
    """
    problems = []
    for name, run in scene.trainings.items():
        if name not in kept:
            problems.append(Finding("--recording", f"has no run '{name}', only {', '.join(kept)}"))
        elif not run.matches(kept[name].about):
            layers = ", ".join(f"{layer.type} {layer.output_shape[-1]}" for layer in kept[name].about.layers)
            problems.append(Finding("--recording", f"run '{name}' was trained with other layers: {layers}"))
    if problems:
        raise SceneError(scene.source, problems)
    return Recordings({name: kept[name] for name in scene.trainings})
