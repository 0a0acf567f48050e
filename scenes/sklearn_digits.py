"""A network of scikit-learn learns the 8 × 8 digits that it ships, and a film of it.

python scenes/sklearn_digits.py --folder .
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import weightreel
from weightreel import (
    H264,
    Caption,
    Curve,
    Figure,
    Figures,
    Layout,
    NeuronGrid,
    Normalize,
    Progress,
    Recorded,
    Scene,
    Timeline,
)


def train(path: Path, *, epochs: int) -> None:
    """Record a training, batch by batch."""
    x, y = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x / 16, y, test_size=0.2, random_state=0)

    def measured(step: int, estimator: Any) -> dict[str, float]:
        return {"test_accuracy": estimator.score(x_test, y_test)} if step % 5 == 0 else {}

    network = MLPClassifier((25,), learning_rate_init=0.01, random_state=0)
    weightreel.sklearn.fit(
        network, x, y, path=path, batch_size=32, epochs=epochs, input_shape=(8, 8), on_step=measured, overwrite=True
    )


def scene(path: Path, *, seconds: float) -> Scene:
    """The film of what was recorded."""
    return Scene(
        title="A network of scikit-learn learns digits",
        recording=Recorded(path=str(path)),
        timeline=Timeline(fps=25, seconds=seconds, pacing="log", hold=seconds / 8),
        layout=Layout(size=(1280, 720), areas=["grid words", "grid figures", "grid loss", "grid accuracy"]),
        view=[
            NeuronGrid(
                area="grid",
                layer="hidden",
                rows=5,
                columns=5,
                colormap="diverging",
                normalize=Normalize(range="symmetric"),
            ),
            Caption(area="words", heading="scikit-learn learns digits", text="25 neurons, epoch {epoch:.1f}"),
            Figures(
                area="figures",
                items=[
                    Figure(label="training loss", value="{loss:.3f}", color="training"),
                    Figure(label="test accuracy", value="{test_accuracy:.1%}", color="test"),
                ],
            ),
            Curve(area="loss", metrics=["loss"], x="step", x_scale="log"),
            Curve(area="accuracy", metrics=["test_accuracy"], x="step", x_scale="log"),
            Progress(),
        ],
        output=[H264(path=str(path.with_suffix(".mp4")))],
    )


def main() -> None:
    """Train, and render."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("media"))
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=8)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    path = chosen.folder / "sklearn_digits.zarr"
    train(path, epochs=chosen.epochs)
    print(weightreel.film(scene(path, seconds=chosen.seconds)).render()["outputs"][0]["path"])


if __name__ == "__main__":
    main()
