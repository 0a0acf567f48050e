"""A picture of all colour maps, group by group, each group on a background that it is meant for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, Rect, blank
from weightreel.render.drawing.catalogue import FEW, ground_of, groups
from weightreel.render.drawing.theme import Style

WIDTH, COLUMNS, MARGIN = 1920, 5, 32
LINE, HIGH, WIDE, SIZE = 26, 18, 160, 16  # pixels: from map to map, of a map, and of its name's type


def picture() -> Frame:
    """All maps but those of few colours, (height, 1920, 3)."""
    return np.concatenate([_section(group, names) for group, names in groups().items() if names and group != FEW])


def _section(group: str, names: Sequence[str]) -> Frame:
    """A heading, and under it the maps in columns, each with its name."""
    style, rows = ground_of(group), -(-len(names) // COLUMNS)
    section = blank((WIDTH, 2 * MARGIN + (rows + 2) * LINE), style.background)
    _write(section, (MARGIN, MARGIN), f"{group} ({len(names)})", style, "text")
    for number, name in enumerate(names):
        column, row = divmod(number, rows)
        x, y = MARGIN + column * (WIDTH - MARGIN) // COLUMNS, MARGIN + (row + 2) * LINE
        levels = np.linspace(0, 255, WIDE).round().astype(int)
        Rect(x, y, WIDE, HIGH).of(section)[:] = style.lookup_table(name)[levels, 0]
        _write(section, (x + WIDE + 10, y), name, style, "muted")
    return section


def _write(section: Frame, at: tuple[int, int], words: str, style: Style, role: str) -> None:
    """A line whose capitals are in the middle of a map that begins at y."""
    ascent, _, cap = text.metrics(SIZE)
    x, y = at[0], at[1] + (HIGH + cap) // 2 - ascent
    text.draw(section, (x, y), words, size=SIZE, color=style.color(role), background=style.background)
