"""A dense network of Keras learns MNIST with `fit`, and a film of it: its neurons, and what it has never seen.

python scenes/keras_mnist.py --folder .
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np

import weightreel
from weightreel import (
    H264,
    Caption,
    Curve,
    Figure,
    Figures,
    Layout,
    Mnist,
    NeuronGrid,
    Progress,
    Recorded,
    Scene,
    Timeline,
)

os.environ.setdefault("KERAS_BACKEND", "torch")


def train(path: Path, *, epochs: int, images: int) -> None:
    """Record a training with a callback."""
    import keras

    digits = Mnist().read(Path(), np.random.default_rng(0))
    x, y = digits.images.astype(np.float32) / 255, digits.labels
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(36, activation="relu", name="hidden"),
            keras.layers.Dense(10, activation="softmax", name="digits"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    recorder = weightreel.keras.RecorderCallback(path, overwrite=True)
    held_out = x[-images // 5 :], y[-images // 5 :]
    model.fit(x[:images], y[:images], 128, epochs, verbose=0, callbacks=[recorder], validation_data=held_out)


def scene(path: Path, *, seconds: float) -> Scene:
    """The film of what was recorded."""
    return Scene(
        title="A network of Keras learns MNIST",
        recording=Recorded(path=str(path)),
        timeline=Timeline(fps=25, seconds=seconds, pacing="log", hold=seconds / 8),
        layout=Layout(size=(1280, 720), areas=["grid words", "grid figures", "grid loss", "grid accuracy"]),
        view=[
            NeuronGrid(area="grid", layer="hidden", rows=6, columns=6),
            Caption(area="words", heading="Keras learns MNIST", text="36 rectifiers, epoch {epoch:.2f}"),
            Figures(
                area="figures",
                items=[
                    Figure(label="validation loss", value="{val_loss:.3f}", color="validation"),
                    Figure(label="validation accuracy", value="{val_accuracy:.1%}", color="validation"),
                ],
            ),
            Curve(area="loss", metrics=["loss", "val_loss"]),
            Curve(area="accuracy", metrics=["accuracy", "val_accuracy"], limits=(0.8, 1)),
            Progress(),
        ],
        output=[H264(path=str(path.with_suffix(".mp4")))],
    )


def main() -> None:
    """Train, and render."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("media"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=8)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    path = chosen.folder / "keras_mnist.zarr"
    train(path, epochs=chosen.epochs, images=chosen.images)
    print(weightreel.film(scene(path, seconds=chosen.seconds)).render()["outputs"][0]["path"])


if __name__ == "__main__":
    main()
