"""What is in a recording: steps, layers, metrics, probes, bytes, what wrote it, in what state it is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from weightreel.render.planning.signs import shown
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.paths import located
from weightreel.trainer.recording.about import LayerAbout
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import open_recordings

STATES = {"writing": "still being written, or its writer was killed", "done": "complete", "stopped": "stopped"}
BLOCK = 512  # bytes, in which systems count what a file with holes takes


class LayerReport(TypedDict):
    """A layer; `shape` is that of its weights, inputs before outputs, `dtype` as they are handed out; null where
    unknown or none."""

    name: str
    type: str
    kind: str
    origin: str
    shape: list[int] | None
    dtype: str | None
    activation: str | None
    input_shape: list[int] | None
    output_shape: list[int] | None


class MetricReport(TypedDict):
    """A metric: what it is in words, how often it was measured, its first and its last value, and the step from which
    on it was never finite, null where it was."""

    name: str
    words: str
    measured: int
    first: float | None
    last: float | None
    lost: int | None


class ProbeReport(TypedDict):
    """An array that was taken at each snapshot."""

    key: str
    shape: list[int]
    dtype: str


class RunInspected(TypedDict):
    """A run; `steps` are (how many, first, last), `epochs` the last one, null where nobody counted."""

    state: str
    stopped: str
    snapshots: int
    steps: list[int] | None
    epochs: float | None
    seconds: float
    writer: dict[str, str]
    classes: list[str]
    layers: list[LayerReport]
    metrics: list[MetricReport]
    probes: list[ProbeReport]
    digest: str


class Inspected(TypedDict):
    """What `inspect --json` prints."""

    recording: str
    bytes: int
    runs: dict[str, RunInspected]


def inspected(path: str | Path) -> Inspected:
    """What is in the recording at a path.

    Raises:
        RecordingError: there is none, or one that cannot be read.
    """
    place = located(path)
    runs = {name: _run(recording) for name, recording in open_recordings(place).items()}
    return Inspected(recording=str(path), bytes=_bytes(place), runs=runs)


def _run(recording: Recording) -> RunInspected:
    about, steps = recording.about, recording.steps
    epoch = float(recording.epochs[-1]) if len(steps) else float("nan")
    return RunInspected(
        state=recording.state,
        stopped=recording.stopped,
        snapshots=len(steps),
        steps=[int(steps[0]), int(steps[-1])] if len(steps) else None,
        epochs=epoch if np.isfinite(epoch) else None,
        seconds=round(recording.seconds, 3),
        writer=recording.writer,
        classes=list(about.classes),
        layers=[_layer(recording, layer) for layer in about.layers],
        metrics=[_metric(recording, name) for name in recording.metric_names],
        probes=[_probe(recording, key) for key in recording.probe_names],
        digest=recording.digest(),
    )


def _layer(recording: Recording, layer: LayerAbout) -> LayerReport:
    key = f"parameters/{layer.weights}"
    return LayerReport(
        name=layer.name,
        type=layer.type,
        kind=layer.kind,
        origin=layer.origin,
        shape=_listed(layer.shape),
        dtype=str(recording.dtype(key)) if key in recording.keys else None,
        activation=layer.activation,
        input_shape=_listed(layer.input_shape),
        output_shape=_listed(layer.output_shape),
    )


def _listed(shape: tuple[int, ...] | None) -> list[int] | None:
    return None if shape is None else list(shape)


def _metric(recording: Recording, name: str) -> MetricReport:
    values = recording.metric(name)[1]
    first, last = (float(values[0]), float(values[-1])) if len(values) else (None, None)
    words = recording.about.metric(name).words
    lost = recording.lost(name)
    return MetricReport(name=name, words=words, measured=len(values), first=first, last=last, lost=lost)


def _probe(recording: Recording, key: str) -> ProbeReport:
    whole = f"probes/{key}"
    return ProbeReport(key=key, shape=list(recording.shape(whole)), dtype=str(recording.dtype(whole)))


def _bytes(place: Path) -> int:
    """What its files take of the disk; those with holes less than they are long."""
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            found = os.lstat(Path(folder) / name)
            total += min(found.st_size, BLOCK * getattr(found, "st_blocks", found.st_size))
    return total


def lines_of(found: Inspected) -> Iterator[str]:
    """For people."""
    yield f"{found['recording']}  {shown_bytes(found['bytes'])}"
    for name, run in found["runs"].items():
        yield from _run_lines(name, run)


def _run_lines(name: str, run: RunInspected) -> Iterator[str]:
    yield f"{_line(name)}: {_steps(run)}"
    why = f": {_line(run['stopped'])}" if run["stopped"] else ""
    yield f"  {STATES[run['state']]}{why}"
    if run["writer"]:
        yield f"  written by {', '.join(f'{package} {version}' for package, version in run['writer'].items())}"
    layers = [(la["name"], la["kind"], _shape(la["shape"]), la["origin"] or la["type"]) for la in run["layers"]]
    yield from _table("layers", [(*row, " ".join(_more(la))) for row, la in zip(layers, run["layers"], strict=True)])
    metrics = [
        (m["name"], m["words"] if m["words"] != m["name"] else "", f"{m['measured']:,} ×", _course(m))
        for m in run["metrics"]
    ]
    yield from _table("metrics", metrics)
    yield from _table("probes", [(p["key"], _shape(p["shape"]), p["dtype"]) for p in run["probes"]])


def _steps(run: RunInspected) -> str:
    if run["steps"] is None:
        return "no snapshot yet"
    first, last = run["steps"]
    count = run["epochs"]
    epochs = f", {count:g} epoch{'s' * (count != 1)}" if count is not None else ""
    if first == last:
        return f"1 snapshot, of step {last:,}{epochs}"
    return f"{run['snapshots']:,} snapshots of steps {first:,} to {last:,}{epochs}"


def _more(layer: LayerReport) -> Iterator[str]:
    if layer["activation"]:
        yield layer["activation"]
    if layer["dtype"] not in (None, "float32"):
        yield str(layer["dtype"])


def _course(metric: MetricReport) -> str:
    lost = "" if metric["lost"] is None else f", not finite from step {metric['lost']:,} on"
    if metric["first"] is None:
        return lost.removeprefix(", ")
    return f"{metric['first']:.4g}" + (f" to {metric['last']:.4g}" if metric["measured"] > 1 else "") + lost


def _shape(shape: list[int] | None) -> str:
    return "–" if shape is None else "×".join(map(str, shape)) or "a number"


def _table(heading: str, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows in columns as wide as they need."""
    yield f"  {heading}" if rows else f"  no {heading}"
    rows = [[shown(_line(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "    " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _line(words: str) -> str:
    """Words that stay in their line."""
    return words.replace("\n", "\\n").replace("\t", "\\t")
