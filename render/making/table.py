"""A CSV file of all runs: what was set, and what came of it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from weightreel.trainer.paths import located
from weightreel.trainer.recording.store import Recordings


def write_table(path: str | Path, recordings: Recordings) -> None:
    """One row a run: its name, the settings in which the runs differ, steps, epochs, seconds, all final metrics.

    Raises:
        OSError: the file cannot be written; what stood there stays.
    """
    settings = list(dict.fromkeys(k for r in recordings.values() for k in r.about.settings))
    metrics = list(dict.fromkeys(m for r in recordings.values() for m in sorted(r.final)))
    path = located(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["run", *settings, "steps", "epochs", "seconds", *metrics])
            for name, r in recordings.items():
                known = [r.about.settings.get(k, "") for k in settings]
                reached = [r.final.get(m, "") for m in metrics]
                writer.writerow([name, *known, int(r.steps[-1]), float(r.epochs[-1]), round(r.seconds, 3), *reached])
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
