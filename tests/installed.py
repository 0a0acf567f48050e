"""Packages as pip leaves them, and processes that have them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

DRIVER = """
import contextlib, io, json, os, sys
from weightreel.render.command.cli import run
for line in sys.stdin:
    folder, *call = json.loads(line)
    os.chdir(folder)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(call)
    done = [status, out.getvalue(), err.getvalue(), sorted({"aaa", "aaa.views", "bbb"} & set(sys.modules))]
    print(json.dumps(done), flush=True)
"""


def install(site: Path, package: str, entries: dict[str, dict[str, str]]) -> None:
    """What pip leaves of a package: its name and its entry points."""
    info = site / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [[f"[weightreel.{kind}]", *(f"{n} = {v}" for n, v in of.items())] for kind, of in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(line for group in lines for line in group) + "\n")


PROCESSES: dict[Path, subprocess.Popen[str]] = {}


@pytest.fixture(scope="module", autouse=True)
def processes() -> Iterator[None]:
    """One process that answers for each site, ended with the module: starting one takes a second."""
    yield
    for process in PROCESSES.values():
        process.communicate()
    PROCESSES.clear()


def calls(site: Path, folder: Path, *given: list[str]) -> list[tuple[int, str, str, list[str]]]:
    """What commands return and print, one after the other, and which modules of the packages are imported then."""
    if site not in PROCESSES:
        environment = os.environ | {"PYTHONPATH": str(site)}
        PROCESSES[site] = subprocess.Popen(
            [sys.executable, "-c", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
    done = []
    for call in given:
        print(json.dumps([str(folder), *call]), file=PROCESSES[site].stdin, flush=True)
        done.append(tuple(json.loads(PROCESSES[site].stdout.readline())))
    return done


def scene(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return name
