"""A CSV file of all runs: what was set, and what came of it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from weightreel.render.formats.single import write_single
from weightreel.trainer.recording.metrics import reached
from weightreel.trainer.recording.store import Recordings


def write_table(path: str | Path, recordings: Recordings) -> None:
    """One row a run: its name, the settings in which the runs differ, steps, epochs, seconds, all final metrics.

    Raises:
        EncodeError: the file cannot be written; what stood there stays.
    """
    settings = list(dict.fromkeys(k for r in recordings.values() for k in r.about.settings))
    final = {name: reached(r.final) for name, r in recordings.items()}
    metrics = list(dict.fromkeys(m for values in final.values() for m in sorted(values)))
    words = io.StringIO(newline="")
    writer = csv.writer(words)
    writer.writerow(["run", *settings, "steps", "epochs", "seconds", *metrics])
    for name, r in recordings.items():
        known = [r.about.settings.get(k, "") for k in settings]
        values = [final[name].get(m, "") for m in metrics]
        writer.writerow([name, *known, int(r.steps[-1]), float(r.epochs[-1]), round(r.seconds, 3), *values])
    write_single(Path(path), words.getvalue().encode())
