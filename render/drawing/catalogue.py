"""The colour maps that there are, in groups: what they are for, and on which background they are good."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import LUMINANCE, Color, Frame, light, luminance
from weightreel.render.drawing.colormaps import MAPS, colormap_names, known, lookup_table
from weightreel.render.drawing.theme import Style, Theme

GROUNDS = {"dark": "good on dark", "light": "good on white"}  # by the theme whose background it is
OTHERS = ("cyclic", "qualitative", "miscellaneous")
FEW = "of few colours"  # the maps whose names end in how many
NEAR = 1.6  # the contrast with the background, at most, of what stands for nothing
APART = 3.0  # and of what stands for most, at least: WCAG 2.1, success criterion 1.4.11
STEPS_BACK = 1.0  # of lightness (CIELAB, 0…100) by which a map may fall on its way


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """The names of all maps by what they are for, such as "sequential, good on dark"; each stands in one group."""
    names = colormap_names()
    found: dict[str, list[str]] = {group: [] for group in (*_titles(), *OTHERS, FEW)}
    for name in names:
        found[FEW if _whole(name) in {*names} - {name} else _group(name)].append(name)
    return {group: tuple(members) for group, members in found.items()}


def families(names: Iterable[str]) -> Iterator[str]:
    """Names of maps of few colours, those of one map in a word, such as "Blues_3…9"."""
    for whole, members in groupby(names, _whole):
        few = sorted(int(name.rpartition("_")[2]) for name in members)
        yield f"{whole}_{few[0]}…{few[-1]}"


def _whole(name: str) -> str:
    """The map that has all the colours of one of few."""
    return re.sub(r"_\d+$", "", name)


def ground_of(group: str) -> Style:
    """The theme on whose background a group is good; dark where it is for none of them."""
    theme = next((theme for theme, words in GROUNDS.items() if group.endswith(words)), "dark")
    return Style((1920, 1080), Theme(name=theme))  # type: ignore[arg-type]


def suits(table: Frame, purpose: str, ground: Color) -> bool:
    """Whether a map (256, 1, 3) is good on a background for "sequential" or "diverging" values: what is nothing looks
    about like the background, what is most stands out from it, and nothing in between turns back."""
    seen = light(table)[:, 0] @ np.array(LUMINANCE, np.float32)
    middle = len(seen) // 2
    arms = [seen] if purpose == "sequential" else [seen[middle - 1 :: -1], seen[middle:]]
    behind = luminance(ground)
    begins = all(_contrast(float(arm[0]), behind) <= NEAR for arm in arms)
    return begins and all(_contrast(float(arm[-1]), behind) >= APART and _leads_away(arm) for arm in arms)


def purpose_of(name: str) -> str:
    """What a map is for, "sequential", "diverging" and others; what a theme chooses for one is for that."""
    return name if name in MAPS else str(known(name).category)


def _titles() -> Iterator[str]:
    for purpose in MAPS:
        yield from (f"{purpose}, {words}" for words in GROUNDS.values())
        yield f"{purpose}, others"


def _group(name: str) -> str:
    purpose = purpose_of(name)
    if purpose not in MAPS:
        return purpose
    good = (g for g in GROUNDS.values() if suits(lookup_table(name), purpose, ground_of(g).background))
    return f"{purpose}, {next(good, 'others')}"


def _leads_away(seen: NDArray[np.float32]) -> bool:
    """Whether lightness goes one way only."""
    lightness = 116 * np.cbrt(seen) - 16
    rising = lightness if lightness[-1] > lightness[0] else -lightness
    return bool((np.maximum.accumulate(rising) - rising).max() <= STEPS_BACK)


def _contrast(one: float, other: float) -> float:
    """The contrast ratio of WCAG 2.1 between two luminances."""
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)
