"""What ends a verb before its time: in words, and as an exit status."""

from __future__ import annotations

import click

from weightreel.render.command.console import say
from weightreel.render.command.signals import came
from weightreel.render.command.unforeseen import Work, told


def interrupted(error: BaseException) -> bool:
    """Whether it failed because somebody ended it."""
    return came() or isinstance(error, KeyboardInterrupt | click.Abort)


def explained(error: BaseException, work: Work) -> int:
    """Say what went wrong; the exit status that it makes: 2 where the scene or the call is wrong, else 1."""
    from weightreel.render.errors import DataError, RecordingError, SceneError, WeightreelError

    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, WeightreelError):
        say(str(error))
        return 2 if isinstance(error, SceneError | DataError | RecordingError) else 1
    say(told(error, work))
    return 1
