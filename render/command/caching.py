"""The verb that shows what is kept of trainings for the next time, and removes it: cache."""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING

import click

from weightreel.render.command.console import counted, say
from weightreel.trainer.memory import shown_bytes

if TYPE_CHECKING:
    from weightreel.trainer.recording.cache import Cache, Entry

SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
NAMES = {"w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second"}


def _span(words: str) -> float:
    """Seconds, from words such as 30d."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", words)
    if found is None:
        raise click.BadParameter(f"'{words}' is no time; write it as 30d, 12h or 90m (s, m, h, d, w)")
    return float(found[1]) * SPANS[found[2]]


json_option = click.option("--json", "as_json", is_flag=True, help="Print it as one line of JSON.")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def cache(context: click.Context, as_json: bool) -> None:
    """List what is kept of trainings, so that none is done twice; the last used first.

    It stands in the cache folder of the user, or in the one that WEIGHTREEL_CACHE names; WEIGHTREEL_CACHE=off keeps
    nothing. All of it can be made again, and takes 2 GB at most.
    """
    if context.invoked_subcommand is None:
        _list(as_json)


@cache.command()
@click.option("--older", type=_span, metavar="TIME", help="Only what was not used for so long, such as 30d or 12h.")
@json_option
def clear(older: float | None, as_json: bool) -> None:
    """Remove what is kept of trainings; films in the making go on."""
    from weightreel.render.errors import WeightreelError
    from weightreel.trainer.recording.cache import Cache

    there, last = Cache.of_user(), time.time() - (older or 0)
    entries = [entry for entry in there.entries() if older is None or entry.used < last] if there else []
    gone = [entry for entry in entries if there and there.drop(entry.key)]
    if there and older is None:
        there.tidy()
    size = sum(entry.bytes for entry in gone)
    if as_json:
        click.echo(json.dumps({"removed": len(gone), "bytes": size}))
    say(f"{counted(len(gone), 'recording')} removed, {shown_bytes(size)}")
    if len(gone) < len(entries) and there:
        raise WeightreelError(f"{there.folder}: {counted(len(entries) - len(gone), 'recording')} could not be removed")


def _list(as_json: bool) -> None:
    from weightreel.trainer.recording.cache import VARIABLE, Cache

    there = Cache.of_user()
    entries = there.entries() if there else []
    if as_json:
        click.echo(json.dumps(_report(there, entries)))
        return
    if there is None:
        say(f"nothing is kept: {VARIABLE} is off")
        return
    if os.path.lexists(there.folder) and not there.folder.is_dir():
        say(f"nothing is kept: {there.folder} is no folder; {VARIABLE}=DIR names another")
        return
    for entry in entries:
        click.echo(_line(entry))
    size = sum(entry.bytes for entry in entries)
    say(f"{counted(len(entries), 'recording')}, {shown_bytes(size)} of {shown_bytes(there.most)}, in {there.folder}")


def _line(entry: Entry) -> str:
    if not entry.run:
        return f"damaged  {shown_bytes(entry.bytes)}  used {_ago(entry.used)} ago"
    what = f"{entry.scene}  {entry.run}" if entry.run != "run" else entry.scene
    trained = f"{counted(entry.snapshots, 'snapshot')}, trained in {entry.seconds:.1f} s"
    return f"{what}  {trained}  {shown_bytes(entry.bytes)}  used {_ago(entry.used)} ago"


def _ago(used: float) -> str:
    """How long ago something was, in words."""
    passed = max(0.0, time.time() - used)
    unit = next((unit for unit in NAMES if passed >= SPANS[unit]), "s")
    return counted(int(passed / SPANS[unit]), NAMES[unit])


def _report(there: Cache | None, entries: list[Entry]) -> dict[str, object]:
    return {
        "folder": str(there.folder) if there else None,
        "bytes": sum(entry.bytes for entry in entries),
        "most": there.most if there else 0,
        "recordings": [
            {
                "scene": entry.scene,
                "run": entry.run,
                "snapshots": entry.snapshots,
                "bytes": entry.bytes,
                "used": round(entry.used, 3),
                "seconds": round(entry.seconds, 3),
            }
            for entry in entries
        ],
    }
