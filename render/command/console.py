"""What the verbs of the command share: how a scene is named and changed, where words go, how progress is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from weightreel.render.command.signals import again
from weightreel.render.command.streams import bars
from weightreel.render.command.unforeseen import Work

if TYPE_CHECKING:
    from weightreel.render.errors import Finding
    from weightreel.render.making.progress import Track


def _setting(words: str) -> str:
    """Refused here where it has no value, which then stands elsewhere in the line, and would be what is refused."""
    if "=" not in words:
        raise click.BadParameter(f"'{words}' has no value; write it as KEY=VALUE, such as run.epochs=1")
    return words


def scene_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a verb that takes a scene: which, its seed, its keys."""
    for option in (
        click.option("--seed", type=click.IntRange(0), help="Replace the scene's seed."),
        click.option(
            "--set", "settings", multiple=True, type=_setting, metavar="KEY=VALUE", help="Set a key, e.g. run.epochs=1."
        ),
        click.argument("scene"),
    ):
        command = option(command)
    return command


def say(message: str) -> None:
    """Words for people; standard output is for what programs read."""
    click.echo(message, err=True, color=True)  # coloured nowhere: what looks so is part of a name, and shown


def tell(finding: Finding) -> None:
    """A warning or a note."""
    say(line(finding))


def line(finding: Finding) -> str:
    """A finding as it is printed, however long what it speaks of."""
    shown = finding.shortened()
    return f"{shown.level}: {shown.key}   {shown.message}"


def counted(count: int, word: str) -> str:
    """A number of things, such as "1 frame" or "2 frames"."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def progress(quiet: bool) -> Track:
    """Progress bars on a terminal, a line a task otherwise, nothing when quiet."""
    context = click.get_current_context(silent=True)
    work = context.ensure_object(Work) if context else Work()

    @contextmanager
    def track(label: str, total: int, unit: str) -> Iterator[Callable[[], None]]:
        work.begin(label, total, unit)
        with _shown(label, total, unit, quiet) as advance:

            def advanced() -> None:
                again()
                work.done += 1
                advance()

            yield advanced
        work.begin("", 0, "")

    return track


@contextmanager
def _shown(label: str, total: int, unit: str, quiet: bool) -> Iterator[Callable[[], object]]:
    if quiet:
        yield lambda: None
    elif sys.stderr.isatty():
        from weightreel.render.making.progress import bar

        with bar(label, total, unit, file=bars()) as advance:
            yield advance
    else:
        say(f"{label}: {counted(total, unit)}")
        yield lambda: None
