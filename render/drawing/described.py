"""What templates may say of a training besides its numbers: its layers, its optimizer, how many parameters it has."""

from __future__ import annotations

from math import prod

from weightreel.trainer.recording.about import About, LayerAbout

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam"}
BIASED = ("linear", "conv", "conv1d")  # kinds of layers that have a bias for each unit
Said = str | int | float


def described(about: About, run: str) -> dict[str, Said]:
    """What is known of a training, by the names that templates have for it; `run` is what the scene calls it."""
    optimizer, batch = about.run.get("optimizer", {}), about.run.get("batch_size", "")
    said: dict[str, Said | None] = {
        "data": about.data,
        "run": run,
        "layers": layers(about),
        "activation": activation(about),
        "optimizer": _optimizer(optimizer),
        "lr": optimizer.get("lr"),
        "batch_size": str(batch),
        "parameters": parameters(about),
    }
    return {name: value for name, value in said.items() if value not in (None, "")}


def layers(about: About) -> str | None:
    """Inputs, then the units of each layer, such as 784-64-10; of convolutions as Cireşan and others write them
    (2011): 28×28-32C3-P2-10 has 32 filters of 3 × 3, each pooled 2 × 2. None where a part of it is not known."""
    weighted = [layer for layer in about.layers if layer.kind != "shape"]
    parts = [_layer(layer) for layer in about.layers if layer.kind != "shape" or "pool" in layer.type]
    if about.input_shape is None or not weighted or None in parts:
        return None
    flat = weighted[0].kind == "linear"
    first = str(prod(about.input_shape)) if flat else "×".join(map(str, about.input_shape))
    return "-".join([first, *filter(None, parts)])


def _layer(layer: LayerAbout) -> str | None:
    if layer.kind == "shape":
        if not layer.input_shape or not layer.output_shape:
            return None
        return f"P{round((prod(layer.input_shape) / prod(layer.output_shape)) ** 0.5)}"
    if layer.shape is None or layer.kind == "other":
        return None
    units = str(layer.shape[-1])
    return f"{units}C{layer.shape[0]}" if layer.kind in ("conv", "conv1d") else units


def activation(about: About) -> str | None:
    """Of the hidden layers, each once; of the last one where it is alone. None where it is not known."""
    weighted = [layer for layer in about.layers if layer.kind in BIASED]
    shown = weighted[:-1] or weighted
    if not shown or any(layer.activation is None for layer in shown):
        return None
    return ", ".join(dict.fromkeys(str(layer.activation) for layer in shown))


def _optimizer(options: dict[str, Said]) -> str | None:
    if "type" not in options:
        return None
    name, momentum = str(options["type"]), options.get("momentum")
    return OPTIMIZERS.get(name, name) + (f" with momentum {momentum:g}" if momentum else "")


def parameters(about: About) -> int | None:
    """Weights and biases of all layers; None where other layers than ours may have some, or none."""
    counts = [_count(layer) for layer in about.layers]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) and known else None


def _count(layer: LayerAbout) -> int | None:
    if layer.kind == "shape":
        return 0
    if layer.origin or layer.kind not in BIASED or layer.shape is None:
        return None
    return prod(layer.shape) + layer.shape[-1]
