"""The command: runs one of the verbs, and turns what goes wrong into words and an exit status."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

import click

from weightreel.render.command.checking import check
from weightreel.render.command.console import say
from weightreel.render.command.films import render, still, train
from weightreel.render.command.reproducing import reproduce
from weightreel.render.command.scenes import help_, list_, new, recipe, schema

VERBS = (render, train, still, check, list_, help_, recipe, reproduce, new, schema)
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="weightreel", prog_name="weightreel")
def weightreel() -> None:
    """Turn the training of a neural network into a film.

    SCENE is a scene file, - for standard input, or the name of a scene that ships with weightreel (weightreel list
    scenes).
    """


for _verb in VERBS:
    weightreel.add_command(_verb)


def run(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; return its exit status.

    0 done; 1 failed while working; 2 the scene or the call is wrong; 130 interrupted.
    """
    from weightreel.trainer.errors import WeightreelError

    previous = signal.signal(signal.SIGTERM, _terminated)
    try:
        return weightreel.main(list(arguments), prog_name="weightreel", standalone_mode=False) or 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        say("interrupted; nothing half-written was left")
        return INTERRUPTED
    except WeightreelError as error:
        return _explain(error)
    except BrokenPipeError:  # as in: weightreel list colormaps | head
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return 0
    except OSError as error:
        say(f"{error.filename or 'file'}: {error.strerror or error}")
        return 1
    finally:
        signal.signal(signal.SIGTERM, previous)


def _terminated(*_: object) -> None:
    raise KeyboardInterrupt


def _explain(error: Exception) -> int:
    from weightreel.render.errors import DataError, RecordingError, SceneError

    say(str(error))
    return 2 if isinstance(error, SceneError | DataError | RecordingError) else 1
