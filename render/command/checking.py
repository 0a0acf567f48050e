"""The verb that validates: check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from weightreel.render.command.console import counted, given, line, output_options, scene_options

if TYPE_CHECKING:
    from weightreel.render.planning.plan import Plan
    from weightreel.trainer.recording.about import About


@click.command()
@scene_options
@output_options
@click.option("--recording", type=click.Path(), help="Check against a kept recording.")
@click.option("--gradients", is_flag=True, help="Compare back-propagation with numerical gradients, layer by layer.")
def check(
    scene: str,
    settings: tuple[str, ...],
    seed: int | None,
    outputs: tuple[str, ...],
    size: str | None,
    fps: float | str | None,
    max_bytes: int | None,
    recording: str | None,
    gradients: bool,
) -> None:
    """Validate SCENE, with its data, and say what it would make; train nothing."""
    from weightreel.render.errors import Finding, SceneError
    from weightreel.render.planning.plan import prepare
    from weightreel.render.planning.sources import sources_of
    from weightreel.render.planning.suggested import load

    keys = given(size, fps, max_bytes)
    made = load(scene, outputs=outputs, keys=keys, settings=settings, seed=seed, recording=recording)
    if gradients and not made.trainings:
        raise SceneError(made.source, [Finding("--gradients", "nothing is trained whose gradients could be compared")])
    plan = prepare(made, sources_of(made, recording))
    _settled(plan)
    for finding in plan.findings:
        click.echo(line(finding))
    if gradients and not _check_gradients(plan):
        raise click.exceptions.Exit(1)
    click.echo(f"{made.source}: ok")


def _settled(plan: Plan) -> None:
    """Print what a plan would train and write."""
    for name, about in plan.sources.about.items():
        kept = plan.sources.kept
        recorded = len(kept[name]) if kept else len(plan.recorded_steps(name))
        click.echo(f"{name}: {_layers(about)}, {counted(about.length, 'step')}, {recorded} recorded")
    for take in plan.takes:
        (width, height), count = take.size, len(take.indices)
        length = f"{counted(count, 'frame')}, {take.rate:g} fps, {count / take.rate:.2f} s"
        click.echo(f"{take.output.path}: {width}x{height}, {length}")
    if plan.scene.table is not None:
        click.echo(f"{plan.scene.table}: {counted(len(plan.scene.trainings), 'run')}")


def _layers(about: About) -> str:
    """The shapes that pass through the network, or how many layers there are where those are not all known."""
    shapes = [about.input_shape, *(layer.output_shape for layer in about.layers)]
    if None in shapes:
        return counted(len(about.layers), "layer")
    return "-".join("×".join(map(str, shape or ())) for shape in shapes)


def _check_gradients(plan: Plan) -> bool:
    """Print a table of relative errors; false where one is too large."""
    from weightreel.trainer.gradient_check import LIMIT, check_gradients

    good = True
    for name, run in plan.scene.trainings.items():
        click.echo(f"{name}: relative error of the gradients, float64, at most {LIMIT:g}")
        for row in check_gradients(run, plan.sources.data[name], plan.scene.seed):
            good &= row.error <= LIMIT
            verdict = "ok" if row.error <= LIMIT else "WRONG"
            entries = f"{row.entries} entries"
            click.echo(
                f"  layer {row.layer}  {row.type:<10} {row.parameter:<8} {entries:<11} {row.error:.1e}  {verdict}"
            )
    return good
