"""The command: runs one of the verbs, and turns what goes wrong into words and an exit status."""

from __future__ import annotations

from collections.abc import Sequence

import click

from weightreel.render.command.caching import cache
from weightreel.render.command.checking import check
from weightreel.render.command.console import say
from weightreel.render.command.failed import explained, interrupted
from weightreel.render.command.films import render, still, train
from weightreel.render.command.inspecting import inspect
from weightreel.render.command.reproducing import reproduce
from weightreel.render.command.scenes import help_, list_, new, recipe, schema
from weightreel.render.command.streams import lost, speaking
from weightreel.render.command.unforeseen import Work

VERBS = (render, train, still, check, inspect, list_, help_, recipe, reproduce, new, cache, schema)
MAKING = ("render", "train", "still", "new")  # what they print is not all that they do
INTERRUPTED = 130


class Verbs(click.Group):
    """The verbs. Click takes the end of a file for that of a person's answers, and a pipe without a reader for its own
    standard output; neither is true where a verb reads clips and writes files."""

    def invoke(self, context: click.Context) -> object:
        """Run the verb that the arguments name."""
        try:
            return super().invoke(context)
        except (EOFError, OSError) as error:
            raise _Failed(error) from error
        finally:
            context.ensure_object(Work).verb = context.invoked_subcommand


class _Failed(Exception):
    """Carries an error past click."""


# Nobody colours words here, so that what looks like a colour is part of somebody's name, and shown.
@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "color": True})
@click.version_option(package_name="weightreel", prog_name="weightreel")
def weightreel() -> None:
    """Turn the training of a neural network into a film.

    SCENE is a scene file, - for standard input, the name of a scene that ships with weightreel (weightreel list
    scenes), or a recording.
    """


for _verb in VERBS:
    weightreel.add_command(_verb)


def run(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; return its exit status.

    0 done; 1 failed while working; 2 the scene or the call is wrong; 130 interrupted.
    """
    work = Work(arguments)
    with speaking() as out:
        status = _status(arguments, work)
        unheard = lost(out)
        if unheard:
            say(f"standard output: {unheard}; what was to be printed there is lost")
        return 1 if unheard and not status and work.verb not in MAKING else status


def _status(arguments: Sequence[str], work: Work) -> int:
    if any("\0" in word for word in arguments):  # no shell can write it, but a script
        say("an argument has a sign that none can have, \\x00")
        return 2
    try:
        return weightreel.main(list(arguments), prog_name="weightreel", standalone_mode=False, obj=work) or 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        if interrupted(error):
            say("interrupted; nothing half-written was left")
            return INTERRUPTED
        return explained(error.__cause__ if isinstance(error, _Failed) and error.__cause__ else error, work)
