"""The verb that proves a clip: reproduce."""

from __future__ import annotations

import json

import click

from weightreel.render.command.console import progress


@click.command()
@click.argument("clip", type=click.Path())
@click.option("--recording", type=click.Path(), help="Draw from a kept recording; train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as one line of JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of progress.")
def reproduce(clip: str, recording: str | None, as_json: bool, quiet: bool) -> None:
    """Draw CLIP again from its own recipe, and compare frame by frame.

    Exit status: 0 every frame is equal, 1 some differ or the file is damaged, 2 the clip has no recipe with digests, or
    what that asks for is not here. Nothing is written.
    """
    from weightreel.render.proving.reproduce import reproduce as draw_again

    proof = draw_again(clip, recording=recording, track=progress(quiet))
    click.echo(json.dumps(proof.as_dict()) if as_json else "\n".join(proof.lines()))
    if not proof.reproduced:
        raise click.exceptions.Exit(1)
