"""All yardsticks as a table: `make bench`, one part of it with ONLY=film, as JSON too with JSON=path.

ROUNDS=n sets how often each pair takes turns. The user's cache is neither read nor written. What is compared with
libraries that are not installed is left out, and a line says so.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import Figure, Skipped, machine

# In this order; each is a module whose `lines()` measures.
PARTS = (
    "start",
    "draw",
    "curve",
    "film",
    "formats",
    "cutting",
    "neighbours",
    "memory",
    "train",
    "runs",
    "cache",
    "demo",
)
ROW = "{:<58} {:>9} {:>17} {:>3}  {:<8} {:<6} {}"


def main() -> None:
    """Print the table; write the JSON; exit 1 where something is short of what it should reach."""
    asked = os.environ.get("ONLY", "").replace(",", " ").split()
    unknown = set(asked) - {*PARTS}
    if unknown:
        sys.exit(f"ONLY={' '.join(sorted(unknown))}: there is no such part; there are {' '.join(PARTS)}")
    print(ROW.format("", "median", "quartiles", "n", "goal", "", "").rstrip())
    with tempfile.TemporaryDirectory(prefix="weightreel-bench-") as folder:
        os.environ["WEIGHTREEL_CACHE"] = str(Path(folder) / "cache")
        found: dict[str, list[dict[str, Any]]] = {}
        try:
            for name in asked or PARTS:
                found[name] = _measured(name)
        finally:
            if path := os.environ.get("JSON"):
                document = {"machine": machine(), "parts": found}
                Path(path).write_text(json.dumps(document, indent=1) + "\n")
    short = [line["what"] for lines in found.values() for line in lines if line.get("reached") is False]
    sys.exit(f"{len(short)} short of what they should reach: {'; '.join(short)}" if short else 0)


def _measured(name: str) -> list[dict[str, Any]]:
    """The lines of a part, printed as they come."""
    part, begun, found = importlib.import_module(f"benchmarks.parts.{name}"), time.perf_counter(), []
    print(f"\n{name}: {(part.__doc__ or '').splitlines()[0]}", flush=True)
    for line in part.lines():
        print(_row(line), flush=True)
        found.append(line.as_dict() if isinstance(line, Figure) else {"what": line.what, "skipped": line.why})
    print(f"({time.perf_counter() - begun:.0f} s)", flush=True)
    return found


def _row(line: Figure | Skipped) -> str:
    if isinstance(line, Skipped):
        return f"{line.what:<58} left out: {line.why}"
    around = "" if line.low is None or line.rounds == 1 else f"{line.low:.3g} … {line.high:.3g}"
    said = {None: "", True: "ok", False: "SHORT"}[line.reached]
    value = f"{line.value:.3g} {line.unit}"
    return ROW.format(line.what, value, around, line.rounds, line.goal, said, line.words).rstrip()


if __name__ == "__main__":
    main()
