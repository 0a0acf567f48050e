"""Areas stacked anew for a frame of another shape: the arrangements that come into question, as layouts.

What belongs together stays so: words over tiles of the same columns are their label. The title comes first, then tiles
in the order in which they are read, then words and the rest; or words before tiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from weightreel.render.drawing.areas import Cells, Natural
from weightreel.render.drawing.layout import Layout, Shape

Kind = Literal["words", "tiles", "rest"]
Block = tuple[str, ...]  # areas that stand over each other
Row = tuple[tuple[Block, ...], ...]  # what stands side by side: a stack of blocks in each column
MOST_BLOCKS = 8  # of which rows are tried out; more stand one over the other
SIDE_BY_SIDE: Mapping[int, Sequence[tuple[float, ...]]] = {
    1: ((1,),),
    2: ((1, 1), (2, 1), (1, 2)),
    3: ((1, 1, 1),),
}


@dataclass(frozen=True)
class Blocks:
    """The areas of a layout by what they hold."""

    title: tuple[Block, ...]
    tiles: tuple[Block, ...]
    words: tuple[Block, ...]
    rest: tuple[Block, ...]

    @classmethod
    def of(cls, grid: Cells, known: Mapping[str, Natural]) -> Blocks:
        """Sorted by the natural sizes of what they hold; those that hold nothing have none, and are left out."""
        kinds = {name: _kind(known[name]) for name in grid.names if name in known}
        labels = {_labelled(grid, n, known, kinds): n for n in kinds if kinds[n] == "words"}
        labels.pop(None, None)
        alone = [n for n in kinds if kinds[n] != "tiles" and n not in labels.values()]
        words = sorted((n for n in alone if kinds[n] == "words"), key=lambda n: known[n].role != "title")
        tiles = [(labels[n], n) if n in labels else (n,) for n in kinds if kinds[n] == "tiles"]
        rest = [(n,) for n in alone if kinds[n] == "rest"]
        return cls(_each(words[:1]), tuple(tiles), _each(words[1:]), tuple(rest))


def _each(names: Sequence[str]) -> tuple[Block, ...]:
    return tuple((name,) for name in names)


def _kind(size: Natural) -> Kind:
    if size.inset is not None or size.width is not None:
        return "tiles"
    return "rest" if size.height is None else "words"


def _labelled(grid: Cells, name: str, known: Mapping[str, Natural], kinds: Mapping[str, Kind]) -> str | None:
    """The tiles that words are the label of."""
    under = grid.under(name)
    return under if under and kinds.get(under) == "tiles" and known[name].role == "label" else None


def stacked(layout: Layout, blocks: Blocks, shape: Shape) -> Iterator[Layout]:
    """The layouts that come into question for a shape; the first has all blocks one over the other."""
    for rows in dict.fromkeys(_rows(blocks, shape)):
        columns = max((len(row) for row in rows), default=1)
        areas = tuple(line for row in rows for line in _lines(row, columns))
        for weights in SIDE_BY_SIDE[columns]:
            yield layout.model_copy(update={"areas": areas, "rows": None, "columns": weights if columns > 1 else None})


def _rows(blocks: Blocks, shape: Shape) -> Iterator[tuple[Row, ...]]:
    title, tiles, words, rest = blocks.title, blocks.tiles, blocks.words, blocks.rest
    head: tuple[Row, ...] = ((title,),) if title else ()
    orders = (*tiles, *words, *rest), (*words, *tiles, *rest), (*tiles, *rest, *words)
    for order in orders:
        yield (*head, *(((block,),) for block in order))
    for columns, order in product((2, 3), orders):
        for sizes in _compositions(len(order), columns) if len(order) <= MOST_BLOCKS else ():
            yield (*head, *_cut(order, sizes))
            if title and columns == 2 and words and order[0] == words[0] and sizes[0] == 1:
                yield ((title, order[:1]), *_cut(order[1:], sizes[1:]))
    if shape != "portrait" and tiles:
        beside = (*words, *rest)
        if beside:
            yield (*head, (tiles, beside))
            yield ((tiles, (*title, *beside)),)


def _compositions(count: int, columns: int) -> Iterator[tuple[int, ...]]:
    """The ways in which so many blocks stand in rows of one or of `columns`."""
    if count == 0:
        yield ()
    for first in (1, columns):
        if first <= count:
            yield from ((first, *others) for others in _compositions(count - first, columns))


def _cut(order: Sequence[Block], sizes: Sequence[int]) -> Iterator[Row]:
    begin = 0
    for size in sizes:
        yield tuple((block,) for block in order[begin : begin + size])
        begin += size


def _lines(row: Row, columns: int) -> Iterator[str]:
    """The lines of areas of a row: one for each area of the highest stack; the last area of a lower one takes what is
    left, and a single stack takes all columns."""
    stacks = [[area for block in stack for area in block] for stack in row]
    stacks = stacks if len(stacks) > 1 else stacks * columns
    for i in range(max(map(len, stacks))):
        yield " ".join(stack[min(i, len(stack) - 1)] for stack in stacks)
