"""Networks that somebody wrote by hand: where their weights and biases are, and how to get them again at each step.

A network may be an object with `.layers`, a dict W1, b1, W2 …, an object with such attributes or with a list of weights
and one of biases, a list of (W, b), or of arrays in turn. A layer may be a pair, a dict, or an object with attributes
of the usual names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from weightreel.trainer.capture.values import words_of
from weightreel.trainer.errors import CaptureError

WEIGHTS, BIASES = ("weights", "weight", "kernel", "W", "w"), ("biases", "bias", "B", "b")
ROLES = "|".join([*WEIGHTS, *BIASES])
# W1, W_hidden, weights2, b; hidden_W, hidden.weight, dense/kernel:0
FRONT = re.compile(rf"({ROLES})(?:[_.\-/ ]?(\d+)|[_.\-/ ](.+))?")
BACK = re.compile(rf"(.+)[_.\-/ ]({ROLES})(?::\d+)?")
# What optimizers and gradients are called: dW1 has no place in FRONT, but m_W would be a layer "m".
NOT_LAYERS = {"d", "g", "m", "v", "s", "grad", "grads", "gradient", "delta", "velocity", "momentum", "cache"}
ACTIVATIONS = {"relu", "sigmoid", "tanh", "softmax", "linear", "leakyrelu", "gelu", "elu", "softplus"}
FRAMEWORKS = {
    "torch": "a PyTorch module; use weightreel.pytorch.watch(model, recorder)",
    "keras": "a Keras model; use weightreel.keras.RecorderCallback(path)",
    "sklearn": "an estimator of scikit-learn; use weightreel.sklearn.fit(estimator, x, y, path=…)",
}
TAKEN = "an object with .layers, a dict W1, b1, W2 …, or a list of (W, b)"

DEEPEST = 16  # steps to a block of layers: one may hold itself

Step = tuple[bool, Any]  # whether it is an attribute, and its name, or an item and its key
Path = tuple[Step, ...]


@dataclass(frozen=True)
class HandLayer:
    """A layer that was found: its name, the ways to its arrays, and what is known of it."""

    name: str
    weights: Path
    biases: Path | None = None
    activation: str | None = None
    origin: str = ""


def found(network: object) -> list[HandLayer]:
    """The layers of a network that have weights, first to last.

    Raises:
        CaptureError: it is of a framework that has an adapter, or no weights are seen in it.
    """
    for kind in type(network).__mro__:
        told = FRAMEWORKS.get(kind.__module__.partition(".")[0])
        if told:
            raise CaptureError(f"model= is {told}")
    layers = list(_layers(network, ()))
    if not layers:
        raise CaptureError(f"model= has no weights that are known as such, {type(network).__name__}; give {TAKEN}")
    return _numbered(layers)


def ways(layers: Iterable[HandLayer]) -> dict[str, Path]:
    """The ways to all arrays, by the keys of a recording."""
    weights = {f"parameters/{layer.name}/weights": layer.weights for layer in layers}
    return weights | {f"parameters/{layer.name}/biases": layer.biases for layer in layers if layer.biases is not None}


def fetched(network: object, paths: Mapping[str, Path]) -> dict[str, Any]:
    """The arrays of a network now.

    Raises:
        CaptureError: one is not there any more.
    """
    values = {}
    for key, path in paths.items():
        try:
            values[key] = at(network, path)
        except (LookupError, AttributeError, TypeError):
            raise CaptureError(f"model= has not the layers that it had: {words_of(key)} is not there") from None
    return values


def at(value: Any, path: Path) -> Any:
    """What a way leads to.

    Raises:
        LookupError, AttributeError, TypeError: it leads nowhere.
    """
    for attribute, name in path:
        value = getattr(value, name) if attribute else value[name]
    return value


def _is_array(value: object) -> bool:
    return hasattr(value, "dtype") and len(getattr(value, "shape", ())) > 0


def _rank(value: Any) -> int:
    return len(value.shape)


def _layers(network: object, path: Path) -> Iterator[HandLayer]:
    """Those of a network; the names of those that have none are empty."""
    if isinstance(network, Mapping):
        yield from _named({str(key): (value, (*path, (False, key))) for key, value in network.items()}, deep=True)
    elif isinstance(network, list | tuple):
        yield from _in_a_row(network, path)
    else:
        inside = getattr(network, "layers", None)  # of some, the sizes of their layers
        several = isinstance(inside, list | tuple | Mapping)
        layers = list(_layers(inside, (*path, (True, "layers")))) if several else []
        attributes = getattr(network, "__dict__", {})
        named = {name: (value, (*path, (True, name))) for name, value in attributes.items()}
        yield from layers or _named(named, deep=False)


def _named(values: Mapping[str, tuple[Any, Path]], *, deep: bool) -> Iterator[HandLayer]:
    """Layers of what has names: arrays with the names of weights and biases, in order; with `deep`, other arrays and
    layers that are in parts too, where there are none."""
    if in_lists := list(_in_lists(values)):
        yield from in_lists
        return
    layers: dict[str, dict[str, Path]] = {}
    keys: dict[str, str] = {}
    for key, (value, path) in values.items():
        role, name = _role(key) if _is_array(value) else ("", "")
        if role:
            name = key if role in layers.get(name, {}) else name  # W1 beside w1 is another layer
            layers.setdefault(name, {})[role] = path
            keys[name] = key if role == "weights" else keys.get(name, key)
    layers = {name: roles for name, roles in layers.items() if "weights" in roles}
    order = sorted(layers, key=int) if all(name.isdecimal() for name in layers) else list(layers)
    for name in order:
        shown = keys[name] if not name or name.isdecimal() else name
        yield HandLayer(shown, layers[name]["weights"], layers[name].get("biases"))
    if deep and not layers:
        for key, (value, path) in values.items():
            if _is_array(value) and _rank(value) > 1:
                yield HandLayer(key, path)
            elif not _is_array(value):
                yield from (replace(layer, name=key) for layer in _layer(value, path))


def _in_lists(values: Mapping[str, tuple[Any, Path]]) -> Iterator[HandLayer]:
    """Layers of a list of all weights, and one of all biases."""
    lists = {key: (value, path) for key, (value, path) in values.items() if _arrays_in(value)}
    weights, biases = (next((lists[key] for key in names if key in lists), ((), ())) for names in (WEIGHTS, BIASES))
    for number in range(len(weights[0])):
        bias = (*biases[1], (False, number)) if number < len(biases[0]) else None
        yield HandLayer("", (*weights[1], (False, number)), bias)


def _arrays_in(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_array, value))


def _role(key: str) -> tuple[str, str]:
    """What an array is, and of which layer, by its name."""
    if front := FRONT.fullmatch(key):
        role, name = front[1], front[2] or front[3] or ""
    elif back := BACK.fullmatch(key):
        name, role = back[1], back[2]
    else:
        return "", ""
    return ("", "") if name.lower() in NOT_LAYERS else ("weights" if role in WEIGHTS else "biases", name)


def _in_a_row(values: Sequence[Any], path: Path) -> Iterator[HandLayer]:
    """Layers of a list: pairs, dicts, objects; or arrays in turn, weights and perhaps biases."""
    ways = [(*path, (False, number)) for number in range(len(values))]
    if _arrays_in(values):
        for number, value in enumerate(values):
            if _rank(value) > 1:
                after = values[number + 1] if number + 1 < len(values) else None
                yield HandLayer("", ways[number], ways[number + 1] if after is not None and _rank(after) == 1 else None)
        return
    last: HandLayer | None = None
    for value, way in zip(values, ways, strict=True):
        for layer in _layer(value, way):
            if last is not None:
                yield last
            last = layer
        name = type(value).__name__.lower()
        if last is not None and last.activation is None and name in ACTIVATIONS:
            last = replace(last, activation=name)
    if last is not None:
        yield last


def _layer(value: Any, path: Path) -> Iterator[HandLayer]:
    """One layer, where it has weights."""
    if isinstance(value, list | tuple):
        arrays = [(number, part) for number, part in enumerate(value) if _is_array(part)]
        wide: list[Path] = [(*path, (False, number)) for number, part in arrays if _rank(part) > 1]
        flat: list[Path] = [(*path, (False, number)) for number, part in arrays if _rank(part) == 1]
        activation = next((_activation(part) for part in value if isinstance(part, str) or callable(part)), None)
        if wide:
            yield HandLayer("", wide[0], next(iter(flat or wide[1:]), None), activation)
        return
    holders = [(value, path)] if isinstance(value, Mapping) else [(value, path), *_held(value, path)]
    for holder, way in holders:
        weights, biases = (_first(holder, way, names) for names in (WEIGHTS, BIASES))
        if weights is not None:
            kind = type(value)
            origin = "" if isinstance(value, Mapping) else f"{kind.__module__}.{kind.__qualname__}"
            name = getattr(value, "name", "")
            said = value.get("activation") if isinstance(value, Mapping) else getattr(value, "activation", None)
            yield HandLayer(name if isinstance(name, str) else "", weights, biases, _activation(said), origin)
            return
    inside = value if isinstance(value, Mapping) else getattr(value, "__dict__", {})
    if isinstance(inside.get("layers"), list | tuple | Mapping) and len(path) < DEEPEST:  # a block of layers
        attribute = not isinstance(value, Mapping)
        yield from (replace(layer, name="") for layer in _layers(inside["layers"], (*path, (attribute, "layers"))))


def _held(value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    """Dicts of parameters that an object has."""
    for name in ("parameters", "params"):
        if isinstance(getattr(value, name, None), Mapping):
            yield getattr(value, name), (*path, (True, name))


def _first(holder: Any, path: Path, names: Iterable[str]) -> Path | None:
    """The way to the first of these that an object or a dict has as an array."""
    attribute = not isinstance(holder, Mapping)
    for name in names:
        if _is_array(getattr(holder, name, None) if attribute else holder.get(name)):
            return (*path, (attribute, name))
    return None


def _activation(said: object) -> str | None:
    """The name of an activation, given as a name, a function or an object."""
    if said is None or isinstance(said, str):
        return said or None
    name = getattr(said, "__name__", type(said).__name__)
    return None if name == "<lambda>" else str(name).lower()


def _numbered(layers: Sequence[HandLayer]) -> list[HandLayer]:
    """With their places as names where they have none, or not one of their own."""
    names = [layer.name for layer in layers]
    alone = {name for name in names if name and names.count(name) == 1}
    return [
        layer if layer.name in alone else replace(layer, name=_free(str(number), alone))
        for number, layer in enumerate(layers)
    ]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"{name}_"
    return name
