"""Why a clip that is drawn again has other frames: what is different here, as far as it can be known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weightreel.render.making.differences import other_settings
from weightreel.render.making.report import not_recorded
from weightreel.render.planning.plan import Plan
from weightreel.render.planning.recipe import changed_data, versions
from weightreel.render.scene.digests import TABLE, digest_of_words
from weightreel.render.scene.scene import Recipe
from weightreel.trainer.recording.store import Recordings

EDITED = "which was edited after the clip was written"


def suspects(plan: Plan, recordings: Recordings, words: str, *, kept: bool) -> tuple[str, ...]:
    """What may be to blame, the likeliest first; one line where nothing is known.

    Args:
        plan: of the recipe.
        recordings: what it was drawn from.
        words: the recipe as the clip carries it.
        kept: whether a recording was given, so that nothing was trained.
    """
    assert plan.scene.recipe is not None
    found = [f"the recipe, {EDITED}"] if was_edited(plan.scene.recipe, words) else []
    found += [*_data(plan, recordings), *_versions(plan.scene.recipe)]
    if kept:
        notes = [*other_settings(plan.scene, recordings), *not_recorded(plan, recordings)]
        found += [f"{note.key}: {note.message}" for note in notes]
    known = found or ["none is known: the recipe, the versions and the data are those of the clip"]
    if not kept:
        known.append("or the clip was drawn from a kept recording with other steps; give it with --recording")
    return tuple(known)


def was_edited(recipe: Recipe, words: str) -> bool:
    """Whether the words of a recipe are not those its digests were written with."""
    above = words.partition(f"\n{TABLE}\n")[0]
    return recipe.frames is not None and recipe.frames.scene not in ("", digest_of_words(above))


def _data(plan: Plan, recordings: Recordings) -> Iterator[str]:
    for note in changed_data(plan.scene, {name: r.about.digest for name, r in recordings.items()}):
        yield f"the data of {note.key}, which are not those of the recipe"


def _versions(recipe: Recipe) -> Iterator[str]:
    """What drew the clip and is another version here."""
    here = _without_builds(versions())
    for name, was in _without_builds(recipe.versions).items():
        if here.get(name) != was:
            yield f"{name} {was} then, {here.get(name, 'not there')} now"


def _without_builds(versions: Mapping[str, str]) -> dict[str, str]:
    """Versions by package; OpenCV draws the same in its headless build."""
    return {name.removesuffix("-headless"): version for name, version in versions.items()}
