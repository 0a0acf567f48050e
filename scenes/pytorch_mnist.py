"""A convnet of PyTorch learns MNIST in a loop of one's own, and a film of it: its kernels, and how well it does.

python scenes/pytorch_mnist.py --folder .
"""

from __future__ import annotations

import argparse
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import nn

import weightreel
from weightreel import (
    H264,
    Caption,
    Curve,
    Figure,
    Figures,
    Kernels,
    Layout,
    Mnist,
    Progress,
    Recorded,
    Scene,
    Timeline,
)


def train(path: Path, *, epochs: int, images: int) -> None:
    """Record a training, with two lines beside those of any loop."""
    digits = Mnist().read(Path(), np.random.default_rng(0))
    x = torch.tensor(digits.images[:images, None].astype(np.float32) / 255)
    y = torch.tensor(digits.labels[:images].astype(np.int64))
    torch.manual_seed(0)
    conv, pool = nn.Conv2d(1, 16, 7), nn.MaxPool2d(3)
    layers = {"kernels": conv, "relu": nn.ReLU(), "pool": pool, "flat": nn.Flatten(), "digits": nn.Linear(784, 10)}
    model = nn.Sequential(OrderedDict(layers))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    with weightreel.Recorder(path, overwrite=True) as recorder:
        watched = weightreel.pytorch.watch(model, recorder, optimizer=optimizer, input_shape=(28, 28))
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(64):
                scores = model(x[rows])
                loss = nn.functional.cross_entropy(scores, y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                right = (scores.argmax(1) == y[rows]).float().mean()
                watched.step(loss=loss, accuracy=right)


def scene(path: Path, *, seconds: float) -> Scene:
    """The film of what was recorded."""
    return Scene(
        title="A convnet of PyTorch learns MNIST",
        recording=Recorded(path=str(path)),
        timeline=Timeline(fps=25, seconds=seconds, pacing="log", hold=seconds / 8),
        layout=Layout(size=(1280, 720), areas=["kernels words", "kernels figures", "kernels loss", "kernels accuracy"]),
        view=[
            Kernels(area="kernels", layer="kernels", rows=4, columns=4),
            Caption(area="words", heading="PyTorch learns MNIST", text="16 kernels of 7 × 7, step {step} of {steps}"),
            Figures(
                area="figures",
                items=[
                    Figure(label="training loss", value="{loss:.3f}", color="training"),
                    Figure(label="training accuracy", value="{accuracy:.1%}", color="training"),
                ],
            ),
            Curve(area="loss", metrics=["loss"], x="step", x_scale="log"),
            Curve(area="accuracy", metrics=["accuracy"], x="step", x_scale="log"),
            Progress(),
        ],
        output=[H264(path=str(path.with_suffix(".mp4")))],
    )


def main() -> None:
    """Train, and render."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("media"))
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=8)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    path = chosen.folder / "pytorch_mnist.zarr"
    train(path, epochs=chosen.epochs, images=chosen.images)
    print(weightreel.film(scene(path, seconds=chosen.seconds)).render()["outputs"][0]["path"])


if __name__ == "__main__":
    main()
