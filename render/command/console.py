"""What the verbs of the command share: how a scene is named and changed, where words go, how progress is shown."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from weightreel.render.command.signals import again
from weightreel.render.command.streams import bars
from weightreel.render.command.unforeseen import Work

if TYPE_CHECKING:
    from weightreel.render.errors import Finding
    from weightreel.render.work.progress import Advance, Said, Track


def _setting(words: str) -> str:
    """Refused here where it has no value, which then stands elsewhere in the line, and would be what is refused."""
    if "=" not in words:
        raise click.BadParameter(f"'{words}' has no value; write it as KEY=VALUE, such as run.epochs=1")
    return words


def scene_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a verb that takes a scene: which, its seed, its keys."""
    changing: Callable[..., None] = _changing(click.argument("scene"), command)
    return changing


def scenes_options(command: Callable[..., int]) -> Callable[..., int]:
    """Likewise of a verb that takes several."""
    changing: Callable[..., int] = _changing(
        click.argument("scenes", nargs=-1, required=True, metavar="SCENE..."), command
    )
    return changing


def _changing(argument: Callable[[Any], Any], command: Any) -> Any:
    for option in (
        click.option("--seed", type=click.IntRange(0), help="Replace the scene's seed."),
        click.option(
            "--set", "settings", multiple=True, type=_setting, metavar="KEY=VALUE", help="Set a key, e.g. run.epochs=1."
        ),
        argument,
    ):
        command = option(command)
    return command


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a verb that is about what is written: where, and what each of it is given."""
    for option in (
        click.option("--max-bytes", type=_budget, metavar="BYTES", help='Keep each within so many, such as "1 MB".'),
        click.option("--fps", type=_rate, metavar="FPS", help="Frames a second of each, such as 12.5 or 30000/1001."),
        size_option("Size of each, such as 1080x1920."),
        click.option("-o", "outputs", multiple=True, metavar="PATH", help="Write this, not the scene's outputs."),
    ):
        command = option(command)
    return command


def size_option(told: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option for the size of what is written."""
    return click.option("--size", type=_size, metavar="WxH", help=told)


def given(size: str | None, fps: float | str | None, max_bytes: int | None) -> dict[str, object]:
    """The keys that every output is given by the options that were used."""
    keys: dict[str, object] = {"size": size, "fps": fps, "max_bytes": max_bytes}
    return {key: value for key, value in keys.items() if value is not None}


def _size(words: str) -> str:
    """A width and a height; whether frames can be so large says the scene."""
    if re.fullmatch(r"\s*\d+\s*[xX×]\s*\d+\s*", words) is None:
        raise click.BadParameter(f"'{words}' is no size; write WIDTHxHEIGHT, such as 1080x1920")
    return words


def _rate(words: str) -> float | str:
    """A number, or text that may be a fraction."""
    if re.fullmatch(r"\s*\d+\s*/\s*\d+\s*", words):
        return words
    try:
        return float(words)
    except ValueError:
        raise click.BadParameter(f"'{words}' is no rate; write it as 12.5 or 30000/1001") from None


def _budget(words: str) -> object:
    """A number of bytes, with a unit or without."""
    from weightreel.trainer.memory import parse_bytes

    try:
        return parse_bytes(words)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def say(message: str) -> None:
    """Words for people; standard output is for what programs read."""
    click.echo(message, err=True, color=True)  # coloured nowhere: what looks so is part of a name, and shown


def tell(finding: Finding) -> None:
    """A warning or a note."""
    say(line(finding))


class Heard:
    """Tells warnings and notes; nobody, where it is `quiet`. `notes` are those that were told, as reports say them."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self.notes: list[str] = []

    def __call__(self, finding: Finding) -> None:
        if not self._quiet:
            tell(finding)
        self.notes.append(f"{finding.key}: {finding.message}")


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
    def track(label: str, total: int, unit: str) -> Iterator[Advance]:
        work.begin(label, unit)
        with _shown(label, total, unit, quiet) as advance:

            def advanced(count: int = 1, /, *, more: int = 0, at: str = "", **said: Said) -> None:
                again()
                if at and at != work.label:
                    work.begin(at, unit)
                work.done += count
                advance(count, more=more, at=at, **said)

            yield advanced
        work.begin("", "")

    return track


@contextmanager
def _shown(label: str, total: int, unit: str, quiet: bool) -> Iterator[Advance]:
    from weightreel.render.work.progress import bar, unseen

    if not quiet and sys.stderr.isatty():
        with bar(label, total, unit, file=bars()) as advance:
            yield advance
        return
    if not quiet:
        say(f"{label}: {counted(total, unit)}")
    yield unseen
