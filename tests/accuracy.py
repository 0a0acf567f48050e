"""Accuracy of the scenes that ship: trains each in full and compares it with the figure that it is to reach.

python tests/accuracy.py [NAME …]

Without names: all of them, the convolutional network included (some minutes). Exit status 1 if one falls short.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from weightreel.render.scene.file import load, shipped_scenes
from weightreel.trainer.errors import WeightreelError
from weightreel.trainer.run import Run, describe
from weightreel.trainer.train import train

Metrics = dict[str, float]

# By scene: a metric, and the figure of the source document; where that gives none, one that its network should reach.
# "final_accuracy" is over the training set; None asks only that every run of the scene comes to its end.
TARGETS: dict[str, list[tuple[str, float | None]]] = {
    "hidden_grid": [("final_validation_accuracy", 0.96)],
    "lesson_9": [("final_validation_accuracy", 0.95)],
    "relu_64": [("final_accuracy", 0.97), ("test_accuracy", 0.97)],
    "mlp_16_16": [("test_accuracy", 0.951)],
    "mlp_40": [("test_accuracy", 0.9647)],
    "keras_mlp": [("test_accuracy", 0.946)],
    "convnet": [("test_accuracy", 0.989)],
    "by_hand": [("final_validation_accuracy", 0.841)],
    "hyperparameters": [("final_validation_accuracy", None)],
    "back_projection": [("test_accuracy", 0.97)],
    "back_projection_500": [("test_accuracy", 0.80)],
    "no_hidden_layer": [("test_accuracy", 0.92)],
}
ROW = "{:<34} {:<26} {:>8} {:>8} {:>8}  {}"


def complaints(names: Sequence[str]) -> list[str]:
    """What is wrong with the names, in words: each needs a scene that ships and an entry in TARGETS."""
    scenes = shipped_scenes()
    missing = [name for name in names if name not in scenes]
    bare = [name for name in names if name not in TARGETS]
    return [
        *(f"no scene '{name}' ships; add scenes/{name}.toml, or take the name out" for name in missing),
        *(f"scene '{name}' has no figure to reach; add it to TARGETS" for name in bare),
    ]


def final_metrics(run: Run, folder: Path, seed: int) -> Metrics:
    """The metrics after a training in full.

    Raises:
        WeightreelError: the data cannot be read, or the training diverged.
    """
    data = run.data.load(folder, seed)
    last = describe(run, data, seed).total_steps
    *_, snapshot = train(run, data, steps={last}, seed=seed)
    return snapshot.metrics


def rows(label: str, metrics: Metrics, targets: Sequence[tuple[str, float | None]], seconds: float) -> Iterator[bool]:
    """Print a row for each target; yield whether it is reached."""
    for metric, target in targets:
        ours = metrics.get(metric)
        reached = ours is not None and (target is None or ours >= target)
        figures = ("-" if value is None else f"{value:.4f}" for value in (target, ours))
        print(ROW.format(label, metric, *figures, f"{seconds:.1f}", "ok" if reached else "SHORT"), flush=True)
        yield reached


def check(name: str) -> bool:
    """Train every run of a scene and print what it reaches; whether all is well."""
    scene, well = load(name), True
    for run_name, run in scene.trainings.items():
        label = f"{name}, {run_name}" if len(scene.trainings) > 1 else name
        begun = time.perf_counter()
        try:
            metrics = final_metrics(run, Path(scene.folder), scene.seed)
        except WeightreelError as error:
            print(f"{label}: {error}  SHORT", flush=True)
            well = False
        else:
            well &= all([*rows(label, metrics, TARGETS[name], time.perf_counter() - begun)])
    return well


def main() -> int:
    """Print the table; 1 if a scene falls short."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenes that ship; default: all")
    names = parser.parse_args().names or list(dict.fromkeys([*TARGETS, *shipped_scenes()]))
    if problems := complaints(names):
        sys.exit("\n".join(problems))
    print(ROW.format("scene", "measured", "to reach", "ours", "seconds", ""))
    well = [check(name) for name in names]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
