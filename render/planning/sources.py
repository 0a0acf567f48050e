"""Where a film comes from: a kept recording, or the data that its runs are to be trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weightreel.render.check import recorded
from weightreel.render.errors import DataError, Finding, SceneError
from weightreel.render.planning import enough, filmed
from weightreel.render.scene.consistency import run_key
from weightreel.render.scene.grid import placed
from weightreel.render.scene.scene import Scene
from weightreel.trainer.datasets import Data, Dataset
from weightreel.trainer.options import PATH
from weightreel.trainer.paths import located
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.store import Recordings, open_recordings
from weightreel.trainer.run import describe


@dataclass(frozen=True)
class Sources:
    """What a film is made of: `about` says of each run what is known of its training, `data` what it is to be trained
    on; `kept` are the recordings where there are some already, which then need no data.

    `findings` is what is wrong with all that; runs that it leaves in the dark are in none of the others.
    """

    about: Mapping[str, About]
    data: Mapping[str, Data]
    kept: Recordings | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def first(self) -> int:
        """The first step that there is of any run: 0, unless a recording begins in the middle of a training."""
        return int(self.kept.steps[0]) if self.kept else 0


def sources_of(scene: Scene, recording: str | Path | None = None) -> Sources:
    """Open the recording of a scene's runs or, without one, load their data; what is wrong is among the findings.

    Raises:
        RecordingError: there is no recording at the path that was given.
    """
    if scene.recording is not None:
        return _filmed(scene, filmed.opened(scene, recording))
    if recording is not None:
        return _kept(scene, open_recordings(located(recording)))
    found: dict[str, list[Finding]] = {name: [] for name in scene.trainings}
    data = _load(scene, found)
    about = _described(scene, data, found)
    return Sources(about, data, findings=(*_placed(scene, found), *enough.findings(scene, about, data)))


def _placed(scene: Scene, found: Mapping[str, list[Finding]]) -> list[Finding]:
    """Findings of runs at the keys of the scene."""
    if scene.run is not None and scene.grid:
        return placed(found, scene.grid)
    return [finding.under(run_key(name)) for name, there in found.items() for finding in there]


def _described(scene: Scene, data: Mapping[str, Data], found: Mapping[str, list[Finding]]) -> dict[str, About]:
    """What each run will be; shapes that do not go together are found, and what training needs and the data lack."""
    about = {}
    for name, (run, settings) in scene.variants.items():
        if name in data:
            wrong = run.findings(data[name].input_shape, len(data[name].classes))
            if not wrong and len(data[name].train):
                about[name] = describe(run, data[name], scene.seed).model_copy(update={"settings": settings})
            found[name] += [*wrong, *run.data_findings(data[name])]
    return about


def _load(scene: Scene, found: Mapping[str, list[Finding]]) -> dict[str, Data]:
    """The data of every run; runs that ask for the same share it, or what is wrong with it."""
    loaded: dict[Dataset, Data | Finding] = {}
    data, told = {}, set()
    for name, run in scene.trainings.items():
        if run.data not in loaded:
            loaded[run.data] = _loaded(run.data, Path(scene.folder), scene.seed)
        there = loaded[run.data]
        if isinstance(there, Finding):
            found[name].append(there.under("data"))
        else:
            data[name] = there
            if scene.grid or run.data not in told:  # of a grid, what all runs share is said once elsewhere
                found[name] += [finding.under("data") for finding in there.findings]
            told.add(run.data)
    return data


def _loaded(dataset: Dataset, folder: Path, seed: int) -> Data | Finding:
    try:
        return dataset.load(folder, seed)
    except SceneError as error:  # of a path that is none
        return error.findings[0]._replace(key=next(iter(dataset.meant(PATH)), ""))
    except DataError as error:
        hint = f"; paths start at {folder.resolve()}" if "no such" in str(error) else ""
        return Finding(next(iter(dataset.meant(PATH)), ""), f"{error}{hint}")
    except OSError as error:  # such as a name that is too long
        return Finding(next(iter(dataset.meant(PATH)), ""), f"cannot be read ({error.strerror})")


def _filmed(scene: Scene, there: Recordings | Finding) -> Sources:
    """The recording of a scene that trains nothing."""
    if isinstance(there, Finding):
        return Sources({}, {}, findings=(there,))
    fitting, found = filmed.chosen(scene, there)
    if any(finding.level == "error" for finding in found):
        return Sources({}, {}, findings=found)
    about = {name: recording.about for name, recording in fitting.items()}
    return Sources(about, {}, fitting, (*found, *recorded.findings(scene, fitting)))


def _kept(scene: Scene, kept: Recordings) -> Sources:
    """The recordings of a scene's runs, in the order of the scene; a run that is not there, or was trained with other
    layers, is among the findings."""
    found, fitting = [], {}
    for name, run in scene.trainings.items():
        if name not in kept:
            found.append(Finding("--recording", f"has no run '{name}', only {', '.join(kept)}"))
            continue
        other = run.differs(kept[name].about)
        if other:
            found.append(Finding("--recording", f"run '{name}' was trained with other layers: {other}"))
        else:
            kept[name].about = run.named(kept[name].about)
            found += filmed.told(name, kept[name], "--recording")
            fitting[name] = kept[name]
    about, recordings = {name: recording.about for name, recording in fitting.items()}, Recordings(fitting)
    return Sources(about, {}, recordings, (*found, *recorded.findings(scene, recordings)))
