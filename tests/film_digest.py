"""Checksums of a film that is trained for it, for a process of its own: python tests/film_digest.py SCENE [SETTING]…

Prints one JSON object: of each run its metrics and every array of every snapshot, and some frames. With PINNED in
the environment the process keeps to one processor, before anything asks how many there are.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

if "PINNED" in os.environ:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

from google_crc32c import value as crc32c

from trainings import filming, planned
from weightreel.render.making.record import record
from weightreel.render.scene.file import load
from weightreel.render.scene.scene import Scene

FRAMES = 5


def digests(scene: Scene) -> Iterator[tuple[str, int]]:
    """A checksum by what it is of."""
    recordings = record(planned(scene))
    for name, recording in recordings.items():
        for metric in recording.metric_names:
            yield f"{name}: {metric}", crc32c(b"".join(column.tobytes() for column in recording.metric(metric)))
        for array in sorted(recording.columns.arrays):
            for step in recording.steps.tolist():
                values = recording.columns.arrays[array].read(recording.index(step))
                yield f"{name}: {array} at step {step}", crc32c(values.tobytes())
    film = filming(scene, 0, recordings)
    for share in range(FRAMES):
        index, frame = share * (len(film) - 1) // (FRAMES - 1), film.buffer()
        film.draw(frame, index)
        yield f"frame {index}", crc32c(frame.tobytes())


if __name__ == "__main__":
    print(json.dumps(dict(digests(load(sys.argv[1], settings=sys.argv[2:])))))
