"""Which views show a recording well, by the kinds and shapes of its layers and by what its metrics are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isqrt, prod
from typing import Any

import numpy as np

from weightreel.render.drawing import text
from weightreel.render.drawing.template import is_name
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.metrics import MetricAbout
from weightreel.trainer.recording.recording import Recording

ROOM = 600  # pixels across and down that tiles have
MOST_TILES = 8  # across and down; or one fewer, where they fill a quarter more then
HEIGHT, FRAME = 644, 8  # pixels that a column of tiles has, and those of a tile's border and gap
LEAST_SIDE = 5  # of inputs that are taken for a square picture where nobody says so
MOST_WEIGHTS, MOST_LINES, MOST_NUMBERS = 2, 4, 3
FAR = 30.0  # times the smallest loss that the largest is where a log scale shows more
ATTENTION = re.compile(r"attn|attention|(^|[._/])(q|k|v|qkv|query|key|value)(_?proj)?([._/]|$)", re.IGNORECASE)
# What people call an embedding that they record by hand, where every matrix is taken for a dense layer.
EMBEDDING = re.compile(r"^(?!.*patch).*(embed|(^|[._/])(wte|wpe|(\w+_)?emb)([._/]|$))", re.IGNORECASE)


@dataclass(frozen=True)
class Shown:
    """A view as a scene says it, without its area, and why it is there."""

    keys: dict[str, Any]
    why: str
    weights: bool = field(default=True)


def weights_of(about: About) -> list[Shown]:
    """Views of weights, the one that says most first: what the first layer looks for in pictures, embeddings, the
    matrices of attention; else any matrix that there is."""
    found = [*_pictures(about), *_embedding(about), *_attention(about)]
    return (found or matrices_of(about))[:MOST_WEIGHTS]


def _pictures(about: About) -> Iterator[Shown]:
    """The first layer of images: kernels, or neurons whose inputs are a picture."""
    for number, layer in enumerate(about.layers):
        if layer.weights is None or layer.shape is None:
            continue
        if layer.kind == "embedding" or _is_embedding(layer):
            return  # what comes in are no pictures
        if layer.kind in ("conv", "conv1d") and prod(layer.shape[:-2]) > 1:
            yield _kernels(about, number, layer)
            return
        if layer.kind == "linear":
            shape = _laid_out(about, number, layer)
            if shape is not None:
                side = shape["shape"] if "shape" in shape else _sides(about, layer)
                told = "the weights of each neuron, laid out as its inputs"
                yield Shown({"type": "neuron_grid", **_which(about, number), **shape, **_tiles(side, layer)}, told)
            return


def _kernels(about: About, number: int, layer: LayerAbout) -> Shown:
    shape = layer.tensor
    channels, size = shape[-2], shape[-4:-2] if len(shape) == 4 else (1, shape[0])
    channel: dict[str, Any] = {} if channels == 1 else {"channel": "rgb" if channels == 3 else "norm"}
    return Shown(
        {"type": "kernels", **_which(about, number), **channel, **_tiles(size, layer)}, "the kernel of each filter"
    )


def _laid_out(about: About, number: int, layer: LayerAbout) -> dict[str, Any] | None:
    """What a view of neurons must say so that their inputs are a picture; None where they are none."""
    inputs = prod(layer.tensor[:-1])
    known = layer.input_shape if len(layer.input_shape or ()) > 1 else about.input_shape if number == 0 else None
    if known is not None and len(known) in (2, 3) and prod(known) == inputs:
        return {} if len(known) == 2 or {known[0], known[2]} & {1, 3} else None
    side = isqrt(inputs)
    return {"shape": [side, side]} if side * side == inputs and side >= LEAST_SIDE else None


def _sides(about: About, layer: LayerAbout) -> tuple[int, ...]:
    """(height, width) of the picture that a layer takes."""
    shape = layer.input_shape if len(layer.input_shape or ()) > 1 else about.input_shape
    sides = tuple(shape or (1, 1))
    return sides[1:] if len(sides) == 3 and sides[0] in (1, 3) and sides[2] not in (1, 3) else sides[:2]


def _tiles(size: tuple[int, ...], layer: LayerAbout) -> dict[str, Any]:
    """Rows and columns, where not all neurons have room; then those whose weights moved most."""
    rows, columns = (max(1, min(MOST_TILES, ROOM // (side + 6))) for side in size)
    count = layer.tensor[-1]
    if count <= min(rows, columns) ** 2:
        return {}
    if rows == columns == MOST_TILES and 4 * _across(rows - 1, max(size)) >= 5 * _across(rows, max(size)):
        rows = columns = MOST_TILES - 1
    return {"rows": rows, "columns": columns} | ({"choose": "change"} if count > rows * columns else {})


def _across(tiles: int, side: int) -> int:
    """How much of a column of tiles is pictures, over their height; a weight is whole pixels."""
    return tiles * ((HEIGHT // tiles - FRAME) // side)


def _embedding(about: About) -> Iterator[Shown]:
    for number, layer in enumerate(about.layers):
        if layer.weights is not None and layer.shape is not None and _is_embedding(layer):
            axes = {} if layer.kind == "embedding" else {"down": "entries", "across": "dimensions"}
            yield Shown({"type": "matrix", **_which(about, number), **axes}, "a row for each entry of the embedding")
            return


def _is_embedding(layer: LayerAbout) -> bool:
    """By its kind; by its name where no framework knows it and nobody said that pictures go in."""
    unknown = layer.kind == "linear" and not layer.origin and len(layer.input_shape or ()) < 2
    return layer.kind == "embedding" or (unknown and EMBEDDING.search(layer.name) is not None)


def _attention(about: About) -> Iterator[Shown]:
    for number, layer in enumerate(about.layers):
        if layer.kind == "linear" and layer.weights is not None and ATTENTION.search(layer.name):
            yield Shown({"type": "matrix", **_which(about, number)}, "a matrix of attention")
            return


def matrices_of(about: About) -> list[Shown]:
    """The first layer with a matrix, if any; norms and biases have none."""
    for number, layer in enumerate(about.layers):
        if layer.weights is not None and layer.shape is not None and len(layer.shape) == 2 and min(layer.shape) > 1:
            return [Shown({"type": "matrix", **_which(about, number)}, "the weights as they are, a cell each")]
    return []


def _which(about: About, number: int) -> dict[str, Any]:
    """A layer by its name; by its number where it has none of its own, or another one has it too."""
    name = about.layers[number].name
    own = name and not name.isdecimal() and about.place(name) == number and len(name) <= 200
    return {"layer": name if own else number}


def curves_of(recording: Recording) -> list[Shown]:
    """Lines of losses, and of shares; of anything else that was measured where there are none of these."""
    about = recording.about
    there = [m for m in about.metrics if _is_line(recording, m)]
    kinds = {"low": "what should fall", "high": "what should rise", "neither": "what was measured"}
    groups = {better: [m.name for m in there if m.better == better][:MOST_LINES] for better in kinds}
    if groups["low"] or groups["high"]:
        groups["neither"] = []
    found = []
    for better, names in groups.items():
        if names:
            scale = {"y_scale": "log"} if better == "low" and _falls_far(recording, names) else {}
            found.append(Shown({"type": "curve", "metrics": names, **scale}, kinds[better], weights=False))
    return found


def _is_line(recording: Recording, metric: MetricAbout) -> bool:
    single = metric.name.startswith("batch_")
    return not single and recording.has_metric(metric.name) and len(recording.metric(metric.name)[0]) > 1


def _falls_far(recording: Recording, names: list[str]) -> bool:
    values = np.concatenate([recording.metric(name)[1] for name in names])
    return bool(values.min() > 0 and values.max() > FAR * values.min())


def headings_of(recording: Recording, heading: str) -> list[list[Shown]]:
    """What says how far it is: a caption over large numbers; a caption alone, for where those have no room."""
    numbers = figures_of(recording)
    lines = caption_of(recording, heading)
    return [[caption_of(recording, heading, most=0), numbers], [lines]] if numbers else [[lines]]


def caption_of(recording: Recording, heading: str, most: int = MOST_NUMBERS) -> Shown:
    """The step, and up to so many numbers, each with what it is."""
    about = recording.about
    epochs = np.isfinite(recording.epochs).all() or about.steps_per_epoch is not None
    first = "step {step} of {steps}" + ("  epoch {epoch:.2f}" if epochs else "")
    lines = [f"{_plain(metric.words)}  {{{metric.name}}}" for metric in _named(recording)[:most]]
    keys = {"type": "caption", "heading": _plain(heading), "text": "\n".join([first, *lines])}
    return Shown(keys, "how far it is", weights=False)


def figures_of(recording: Recording) -> Shown | None:
    """What should fall and what should rise, of each the one that is nearest to what has never been seen."""
    seen = ("test", "validation", "training", "")
    groups = [[m for m in _named(recording) if m.better == better] for better in ("low", "high")]
    chosen = [min(group, key=lambda m: seen.index(m.split)) for group in groups if group]
    items = [{"label": _plain(m.words), "value": f"{{{m.name}}}", "color": m.split or "text"} for m in chosen]
    return Shown({"type": "figures", "items": items}, "how well it does", weights=False) if items else None


def _named(recording: Recording) -> list[MetricAbout]:
    """The lines that words can name, what should fall first."""
    named = [m for m in recording.about.metrics if _is_line(recording, m) and is_name(m.name)]
    return sorted(named, key=lambda metric: ("low", "high", "neither").index(metric.better))


def _plain(words: str) -> str:
    """Words that a caption can show as they are."""
    lost = text.missing(words)
    return "".join(c for c in words if c not in lost and c.isprintable()).replace("{", "{{").replace("}", "}}") or "–"
