"""The same training with three widths of the hidden layer: three scenes built in a loop, three clips.

python scenes/three_widths.py --folder .
"""

from __future__ import annotations

import argparse
from pathlib import Path

import weightreel
from weightreel import (
    H264,
    SGD,
    Caption,
    Curve,
    Dense,
    Figures,
    Layout,
    Mnist,
    NeuronGrid,
    Progress,
    Run,
    Scene,
    Timeline,
)

WIDTHS = {16: (4, 4), 36: (6, 6), 64: (8, 8)}


def scene(units: int, folder: str, *, epochs: int = 3, images: int = 50_000, seconds: float = 8) -> Scene:
    """The film of a network with so many hidden units."""
    rows, columns = WIDTHS[units]
    return Scene(
        title=f"{units} neurons learn MNIST",
        run=Run(
            layers=[Dense(units=units, activation="sigmoid"), Dense(units=10, activation="softmax")],
            optimizer=SGD(lr=0.05, momentum=0.9),
            epochs=epochs,
            data=Mnist(train=images, validation=images // 5, scale="standard"),
        ),
        timeline=Timeline(fps=25, seconds=seconds, pacing="log", hold=seconds / 8),
        layout=Layout(size=(1280, 720), areas=["grid words", "grid figures", "grid loss"]),
        view=[
            NeuronGrid(area="grid", rows=rows, columns=columns),
            Caption(area="words", heading=f"{units} neurons learn MNIST", text="{layers}, {activation}"),
            Figures(area="figures"),
            Curve(area="loss", x="step", x_scale="log"),
            Progress(),
        ],
        output=[H264(path=f"{folder}/width_{units}.mp4")],
    )


def main() -> None:
    """Render the three clips."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", default="media")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=8)
    chosen = parser.parse_args()
    Path(chosen.folder).mkdir(parents=True, exist_ok=True)
    for units in WIDTHS:
        made = scene(units, chosen.folder, epochs=chosen.epochs, images=chosen.images, seconds=chosen.seconds)
        report = weightreel.film(made).render()
        accuracy = report["runs"]["run"]["metrics"]["validation_accuracy"]
        print(f"{report['outputs'][0]['path']}  validation accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
