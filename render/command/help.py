"""The reference as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from weightreel.render.command.keys import ENDS, Key
from weightreel.render.command.page import Page
from weightreel.render.command.reference import topics

NARROWEST, WIDEST = 80, 120
MOST_TYPE, MOST_DEFAULT = 26, 20  # columns of a table: what is longer is broken
LEAST_TYPE, LEAST_DEFAULT = 18, 16


def overview(width: int) -> str:
    """All topics, a line each."""
    width = _bounded(width)
    lines = ["What a scene file can say. weightreel help TOPIC, or weightreel help TOPIC NAME, shows a topic.", ""]
    lines += _listed(((page.name, page.summary) for page in topics().values()), width)
    return "\n".join([*lines, "", textwrap.fill(ENDS, width), "", "For example: weightreel help view neuron_grid"])


def page_text(page: Page, width: int) -> str:
    """A page, for a terminal of `width` columns; at least 80, at most 120."""
    width = _bounded(width)
    blocks = [f"{page.name.upper()}   {page.place}", *(textwrap.fill(p, width) for p in page.words)]
    blocks += _tables(page, width)
    if page.pages:
        blocks.append("\n".join(_listed(((member.name, member.summary) for member in page.pages), width)))
        blocks.append(f"More of each: weightreel help {page.name} NAME")
    if page.example:
        blocks.append("Example\n" + textwrap.indent(page.example, "  "))
    if page.see:
        blocks.append(textwrap.fill(f"See also: weightreel help {', '.join(page.see)}", width))
    return "\n\n".join(blocks)


def _bounded(width: int) -> int:
    return max(NARROWEST, min(WIDEST, width))


def _tables(page: Page, width: int) -> Iterator[str]:
    """The keys, then those of the small tables that they hold: all that one has to know in one place."""
    if page.keys:
        yield "\n".join(_key_lines(page.keys, width))
    for table in page.tables:
        yield f"{table.place}\n" + "\n".join(_key_lines(table.keys, width))


def _key_lines(keys: Iterable[Key], width: int) -> list[str]:
    rows = [(key.name, key.takes, key.default, key.meaning) for key in keys]
    if not any(kind for _, kind, _, _ in rows):
        return _listed(((name, meaning) for name, _, _, meaning in rows), width)
    rows.insert(0, ("key", "type", "default", "meaning"))
    name = max(len(row[0]) for row in rows)
    kind = _column([row[1] for row in rows], MOST_TYPE if width > 100 else LEAST_TYPE)
    default = _column([row[2] for row in rows], MOST_DEFAULT if width > 100 else LEAST_DEFAULT)
    meaning = width - 2 - name - kind - default - 6
    return [line for row in rows for line in _row(row, (name, kind, default, meaning))]


def _column(cells: list[str], most: int) -> int:
    """The width of a column: its longest cell, as far as `most` allows, or its longest word."""
    longest_word = max(len(word) for cell in cells for word in (cell.split() or [""]))
    return min(max(most, longest_word), max(map(len, cells)))


def _row(cells: Iterable[str], widths: Iterable[int]) -> Iterator[str]:
    """The lines of one row, each cell broken within its column."""
    sized = list(zip(cells, widths, strict=True))
    broken = [textwrap.wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in sized]
    for i in range(max(map(len, broken))):
        parts = (f"{(lines[i] if i < len(lines) else ''):<{w}}" for lines, (_, w) in zip(broken, sized, strict=True))
        yield ("  " + "  ".join(parts)).rstrip()


def _listed(rows: Iterable[tuple[str, str]], width: int) -> list[str]:
    """Names with a sentence each."""
    rows = list(rows)
    name = max((len(row[0]) for row in rows), default=0)
    return [line for row in rows for line in _row(row, (name, width - name - 4))]
