"""The verb that looks into recordings: inspect."""

from __future__ import annotations

import json

import click

from weightreel.render.command.console import say, tell
from weightreel.trainer.paths import located


@click.command()
@click.argument("recording", type=click.Path(), metavar="PATH")
@click.option("--scene", "as_scene", is_flag=True, help="Print a scene that films it.")
@click.option("--verify", is_flag=True, help="Read all of it, and say what is damaged or missing.")
@click.option("-o", "output", metavar="PATH.png", type=click.Path(), help="Write a strip of thumbnails over time.")
@click.option("--json", "as_json", is_flag=True, help="Print what is in it as one line of JSON.")
def inspect(recording: str, as_scene: bool, verify: bool, output: str | None, as_json: bool) -> None:
    """Say what is in the recording at PATH: steps, layers, metrics, probes, and what wrote it."""
    if sum([as_scene, verify, as_json]) > 1:
        raise click.UsageError("--scene, --verify and --json each print something else; give one of them")
    if output is not None:
        from weightreel.render.showing.strip import write_strip

        say(f"{output}  {write_strip(recording, output, tell)} thumbnails")
    if as_scene:
        from weightreel.render.planning.suggested import scene_of

        click.echo(scene_of(recording), nl=False)
    elif verify:
        _verified(recording)
    elif as_json or output is None:
        _told(recording, as_json)


def _verified(recording: str) -> None:
    """Say that all is as it was written, or fail with each thing that is not."""
    from weightreel.render.errors import RecordingError
    from weightreel.trainer.recording.store import verify

    wrong = list(verify(located(recording)))
    if wrong:
        raise RecordingError("\n".join(wrong))
    click.echo(f"{recording}: all of it can be read, and is as it was written")


def _told(recording: str, as_json: bool) -> None:
    from weightreel.render.planning.signs import shown
    from weightreel.render.showing.inspected import inspected, lines_of

    found = inspected(recording)
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo(shown("\n".join(lines_of(found))))
