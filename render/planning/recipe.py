"""The recipe of a clip: a scene file that makes the same frames again, kept in the clip's own metadata.

It is the complete scene with the one output, the seed, the versions of what drew it and a digest of the data, or of the
recording that was filmed. Nothing personal is in it: paths that are absolute or lead upward are cut down to the file's
name, and where a recording lies is not said at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from weightreel.render.errors import Finding, SceneError
from weightreel.render.formats.numbering import numbered_frames
from weightreel.render.frames.take import Take
from weightreel.render.planning.recipe_text import HEADING, parsed, written
from weightreel.render.scene.digests import table
from weightreel.render.scene.grid import without_machine
from weightreel.render.scene.outputs import all_kinds, suffixes
from weightreel.render.scene.scene import Scene
from weightreel.trainer.blas import kernels
from weightreel.trainer.fields import Loc, meant
from weightreel.trainer.options import PATH
from weightreel.trainer.paths import bare
from weightreel.trainer.recording.store import Recordings

NUMBERED = "frames.png"
PACKAGES = ("weightreel", "numpy", "opencv-python", "opencv-python-headless", "pillow", "av")
RESOLVED = ("max_bytes", "give_up", "purpose")  # the recipe has what came of them


def recipe_of(scene: Scene, take: Take, recordings: Recordings) -> str:
    """The recipe as TOML.

    Args:
        scene: what was drawn.
        take: the output with its final settings.
        recordings: what it was drawn from; they know what was trained, even where the scene has changed since.
    """
    about = {name: r.about for name, r in recordings.items()}
    document = scene.model_dump(mode="json", exclude_none=True, exclude={"output", "recipe", "run", "runs"})
    if scene.run is not None:
        trained = None if scene.grid else about["run"].run
        document["run"] = trained or scene.run.model_dump(mode="json", exclude_none=True)
    for name, run in scene.runs.items():
        document.setdefault("runs", {})[name] = about[name].run or run.model_dump(mode="json", exclude_none=True)
    seed = next(iter(about.values())).seed
    document["seed"] = scene.seed if seed is None else seed
    document |= {"output": [_resolved(take)], "recipe": {"versions": versions()}}
    if scene.recording is not None:  # wherever it lies: what it is says its digest
        document["recording"] = {"runs": list(recordings)}
        document["recipe"]["recording"] = {name: r.digest() for name, r in recordings.items()}
    digests = {name: d.digest for name, d in about.items() if d.digest}
    if digests and scene.recording is None:
        document["recipe"]["data"] = digests
    document = deepcopy(document)  # the recordings go on to say where their data were
    for at, path in list(meant(Scene, document, PATH)):
        if isinstance(path, str):
            _put(document, at, bare(path))
    if scene.run is not None and scene.grid:
        document["grid"] = without_machine(scene.run, document["grid"])
    return written(document)


class RecipeComment:
    """The recipe of a clip with the digests of its frames, as far as they were drawn; see
    `weightreel.render.formats.spec.Comment`."""

    def __init__(self, recipe: str, take: Take, digests: Sequence[int], begin: int = 0) -> None:
        """For a `recipe` without digests; `digests`, from that of frame `begin` on, grow while frames are drawn."""
        self.recipe, self.indices, self.digests, self.begin = recipe, take.indices, digests, begin

    def __call__(self, number: int | None = None) -> str:
        """The words for all frames, or for one that has a file of its own."""
        if number is not None:
            at = number - self.begin
            return self.recipe + table(self.recipe, self.digests[at : at + 1], self.indices[number])
        missing = len(self.indices) - len(self.digests)
        return self.recipe + table(self.recipe, [*self.digests, *[0] * missing])


def _resolved(take: Take) -> dict[str, object]:
    """The output with everything said that it takes from elsewhere. A numbered frame is the same file whether it was
    asked for alone or with others, and under any name."""
    output = take.output
    own: dict[str, object] = {"path": NUMBERED if output.numbered else Path(output.path).name}
    own |= {"size": take.size, "fps": take.fps}
    if output.numbered:
        own["frames"] = None
    elif take.cut is not None:
        own["frames"] = (take.cut[0], take.cut[-1] + 1)
    return output.model_copy(update=own).model_dump(mode="json", exclude_none=True, exclude=set(RESOLVED))


@cache
def versions() -> dict[str, str]:
    """The versions of what decides on pixels and bytes, and the kernels of matrix products."""
    found = {"kernels": kernels()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _put(node: Any, at: Loc, value: str) -> None:
    for part in at[:-1]:
        node = node[part]
    node[at[-1]] = value


def read_recipe(path: Path) -> str:
    """The recipe that a clip carries, as `recipe_text.written` writes it: whoever made the clip, it is a scene, and
    nothing is hidden in it.

    Raises:
        SceneError: there is no such file, it cannot be read, or it carries none.
    """
    if not path.is_file():
        frames = numbered_frames(path)
        hint = f"; of its {len(frames):,} numbered frames give one, such as {frames[0]}" if frames else ""
        raise SceneError(str(path), [Finding("", f"no such file{hint}")])
    kinds = [kind for kind in all_kinds().values() if path.suffix.lower() in kind.suffixes]
    if not kinds:
        own = "a scene file is no clip, and its own recipe" if path.suffix.lower() == ".toml" else ""
        told = own or f"unknown suffix '{path.suffix}'; known are {' '.join(suffixes())}"
        raise SceneError(str(path), [Finding("", told)])
    for kind in kinds:
        try:
            found = kind.comment(path)
        except Exception as error:  # of the libraries, each of which has kinds of its own for what is damaged
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise SceneError(str(path), [Finding("", f"cannot be read as {path.suffix[1:]} ({reason})")]) from None
        if found and found.startswith(HEADING):
            return parsed(found, str(path))
    told = "carries no recipe; it was written with --no-recipe, or by something else"
    raise SceneError(str(path), [Finding("", told)])


def other_recordings(scene: Scene, recordings: Recordings) -> list[Finding]:
    """A note for each run that is filmed and is not the one of the scene's recipe."""
    wanted = scene.recipe.recording if scene.recipe else {}
    told = "the recording is not the one of the recipe, so the frames differ; take [recipe] out if that is intended"
    return [
        Finding(name, told, "note")
        for name, digest in wanted.items()
        if name in recordings and recordings[name].digest() != digest
    ]


def changed_data(scene: Scene, digests: Mapping[str, str]) -> list[Finding]:
    """A note for each run whose data are not those of the scene's recipe."""
    wanted = scene.recipe.data if scene.recipe else {}
    told = "the data are not those of the recipe, so the frames differ; take [recipe] out if that is intended"
    return [
        Finding(name, told, "note") for name, digest in wanted.items() if name in digests and digests[name] != digest
    ]
