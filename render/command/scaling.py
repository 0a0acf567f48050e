"""How long films take on many machines: `python -m weightreel.render.command.scaling` measures what work costs on this
machine, a minute or two, and simulates clusters of such machines."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from weightreel.render.making.costs import measured
from weightreel.render.making.scaling import Costs, Machines, Outcome, Stage, film, runs

WORKERS = (1, 2, 10, 30, 100, 300, 1000)
HOUR, SEGMENT = 60 * 60 * 60, 180  # frames
RUNS, STEPS = 10_000, 1000
UNITS = {"frame": "bytes", "snapshot": "bytes", "recording": "bytes", "packed": "bytes", "files": ""}  # else seconds


@click.command()
@click.option("--costs", type=click.Path(exists=True, dir_okay=False), help="Measured before, in place of measuring.")
@click.option("--save", type=click.Path(dir_okay=False), help="Keep what was measured, as JSON.")
@click.option("--workers", "counts", multiple=True, type=click.IntRange(1), help="How many, and one; default: several.")
@click.option("--storage", type=float, default=1000, show_default=True, help="Of what all share, in MB/s; 0: nothing.")
@click.option("--line", type=float, default=125, show_default=True, help="Of each machine, in MB/s.")
@click.option("--several", type=click.IntRange(1), default=8, show_default=True, help="Workers of a machine.")
def main(
    costs: str | None, save: str | None, counts: tuple[int, ...], storage: float, line: float, several: int
) -> None:
    """Simulate 10,000 runs, and an hour of 4K, on clusters of so many workers."""
    there = Costs(**json.loads(Path(costs).read_text())) if costs else _measured()
    if save:
        Path(save).write_text(json.dumps(asdict(there), indent=1) + "\n")
    for name, value in asdict(there).items():
        click.echo(f"{name:<10} {value:.6g} {UNITS.get(name, 's')}".rstrip())
    machines = Machines(1, storage * 1e6 or None, line * 1e6, several)
    shapes = [replace(machines, workers=count) for count in sorted({1, *(counts or WORKERS)})]
    in_place = [replace(machines, in_place=True) for machines in shapes]
    alone = [replace(machines, storage=None) for machines in shapes]
    for title, outcomes in {
        "an hour of 4K, 60 frames a second, of 4,000 snapshots": [film(there, m, HOUR, SEGMENT, 4000) for m in shapes],
        "the same, of a snapshot for every frame": [film(there, m, HOUR, SEGMENT, HOUR) for m in shapes],
        "the same, from a folder that all share": [film(there, m, HOUR, SEGMENT, HOUR) for m in in_place],
        "10,000 runs of 1,000 steps": [runs(there, m, RUNS, STEPS) for m in shapes],
        "the same, through the cluster": [runs(there, m, RUNS, STEPS) for m in alone],
    }.items():
        click.echo("\n".join(["", title, "", *table(outcomes)]))


def _measured() -> Costs:
    with tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder))


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A table of outcomes: seconds of each stage, how many times as fast as the first, and what is busy how much."""
    stages: list[Stage] = list(outcomes[0].stages)
    busy = list(outcomes[0].busy)
    yield "| " + " | ".join(["workers", "all", *stages, "times as fast", *(f"{name} busy" for name in busy)]) + " |"
    yield "| --- " * (len(stages) + len(busy) + 3) + "|"
    first = outcomes[0].seconds * outcomes[0].workers
    for one in outcomes:
        seconds = [_shown(one.seconds), *(_shown(one.stages[stage]) for stage in stages)]
        shares = [f"{share:.0%}" for share in one.busy.values()]
        yield "| " + " | ".join([f"{one.workers:,}", *seconds, f"{first / one.seconds:.3g}", *shares]) + " |"


def _shown(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


if __name__ == "__main__":
    sys.exit(main())
