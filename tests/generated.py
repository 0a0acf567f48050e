"""Scenes by chance: `scene_text(seed)` is a small one, in TOML, over the data that `write_data` puts beside it.

Plug-ins are found by themselves, and so are their keys: values are drawn from the JSON Schema of the option classes,
starting from the examples of `tests/examples.py`. Most scenes are sound; the others are wrong in what only `check` can
know. What is not in a schema, words that mean something, is drawn from WORDS by the name of its key.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from examples import examples_of, idx_keys, plugins_of
from weightreel.render.drawing.theme import Theme
from weightreel.render.scene.timeline import Timeline
from weightreel.render.views._card import Card
from weightreel.trainer.mathematics.losses import LOSSES
from weightreel.trainer.run import EarlyStopping

Keys = dict[str, Any]
Random = random.Random
Schema = dict[str, Any]

MOST_FRAMES = 12
IMAGES, CLASSES = 60, 3
HELD = 9  # of them, to validate on or to test
# An array file of each shape of inputs; a plug-in that reads files needs an entry of its own, others none.
ARRAYS = {"flat.npz": (7,), "gray.npz": (8, 8), "color.npz": (9, 7, 3)}
PATHS: dict[str, list[Keys]] = {"npz": [{"path": name} for name in ARRAYS], "idx": [{"path": "idx"}]}

NAMES = [
    "{loss:.3f}",
    "{epoch:.2f} of {steps}",
    "step {step:5d}",
    "{validation_accuracy:.1%}",
    "{data}",
    "words, α ≤ 1",
]
COLORS = ["#ff0000", "#123", "white", "teal"]
WORDS: dict[str, list[Any]] = {
    "colormap": ["gray", "viridis", "RdBu", "sequential", "diverging"],
    "text": NAMES,
    "heading": NAMES,
    "value": NAMES,
    "label": ["loss", "a long name of a number"],
    "metrics": [["loss"], ["accuracy", "validation_accuracy"], ["loss", "validation_loss", "batch_loss"]],
    "metric": ["loss", "accuracy", "validation_loss", "test_accuracy"],
    "x_label": ["x"],
    "y_label": ["y"],
}
# Chosen where a scene is put together, or too much for a small film.
ELSEWHERE = {
    "type",
    "path",
    "area",
    "on_top",
    "run",
    "for",
    "purpose",
    "codec",
    "frames",
    "seconds",
    "fps",
    "every",
    "hold",
}
LARGE = {"max_bytes", "give_up", "size", "train", "validation", "test", "per_class", "units", "filters", "layer"}
SIZES = [(200, 200), (320, 180), (400, 300), (400, 400), (240, 400), (360, 240), (480, 270), (640, 360)]
AREAS = [[], ["a"], ["a b"], ["a", "b"], ["a b", "a c"], ["a a", "b c"], ["a b c"], ["a .", "b c"], ["a b", "c d"]]


def write_data(folder: Path) -> None:
    """The data files that scenes read, some of 60 images in 3 classes."""
    rng = np.random.default_rng(0)
    for name, shape in ARRAYS.items():
        labels = np.arange(IMAGES) % CLASSES
        images = rng.integers(0, 256, (IMAGES, *shape), dtype=np.uint8)
        images[np.arange(IMAGES), labels] = 255
        np.savez(folder / name, x=images, y=labels)
    (folder / "idx").mkdir()
    idx_keys(folder / "idx")


def scene_text(seed: int) -> str:
    """A scene in TOML; the same for the same seed and the same plug-ins."""
    return tomli_w.dumps(scene_document(seed))


def scene_document(seed: int) -> Keys:
    """The same as plain values."""
    rng = Random(seed)
    document: Keys = {"title": rng.choice(["", "Small", "A {brace} in a title"]), "seed": rng.randrange(5)}
    run = _run(rng)
    if rng.random() < 0.15:
        rates = [0.01, 0.1, rng.choice([0.2, 1e30])]
        document |= {"run": run, "grid": {"optimizer.lr": rates[: rng.choice([1, 2, 3])], "l2": [0.0, 0.1]}}
    elif rng.random() < 0.2:
        document["runs"] = {"wide": run, "a b": run | {"epochs": rng.randint(1, 2)}}
    else:
        document["run"] = run
    size = _size(rng)
    areas = rng.choice(AREAS)
    document["layout"] = {"size": list(size), "areas": areas}
    document["theme"] = _theme(rng)
    document["timeline"] = _timeline(rng)
    for key in ("title_card", "end_card"):
        if rng.random() < 0.2:
            document[key] = {"heading": rng.choice(NAMES), "seconds": 0.2, **_some(Card, rng, 2)}
            if rng.random() < 0.8:
                document[key]["heading"] += " {run}"  # or it would be refused, with several runs
    document["view"] = _views(rng, areas, run, list(document.get("runs", ())))
    document["output"] = [_output(rng, f"clip{i}") for i in range(rng.choice([1, 1, 2]))]
    if rng.random() < 0.2:
        document["table"] = "table.csv"
    return document


def _size(rng: Random) -> tuple[int, int]:
    """Sizes that most views fit, at times any."""
    return rng.choice(SIZES) if rng.random() < 0.9 else (rng.randint(16, 400), rng.randint(16, 400))


def _run(rng: Random) -> Keys:
    """A training of no more than 60 steps, of which some end because the loss is not finite any more."""
    data, shape = _data(rng)
    loss = rng.choice(list(LOSSES))
    pair = LOSSES[loss].pairs_with
    last = rng.choice([pair, "linear"]) if pair else rng.choice(["linear", "sigmoid", "tanh"])
    run: Keys = {
        "layers": [
            *_hidden(rng, shape),
            {"type": "dense", "units": 10 if data["type"] == "mnist" else 3, "activation": last},
        ],
        "loss": loss,
        "optimizer": _optimizer(rng),
        "batch_size": rng.choice([7, 10, 30, "all"]),
        "epochs": rng.randint(1, 5),
        "dtype": rng.choice(["float32", "float32", "float64"]),
        "data": data,
    }
    if rng.random() < (0.2 if data["validation"] else 0.02):
        run["early_stopping"] = {"patience": 1, **_some(EarlyStopping, rng, 1)}
    if rng.random() < 0.2:
        run["l2"] = rng.choice([0.01, 10.0])
    if rng.random() < 0.2:
        run["validate_every"] = rng.randint(1, 20)
    return run


def _data(rng: Random) -> tuple[Keys, tuple[int, ...]]:
    """The keys of a dataset, and the shape of an input as far as it matters for the layers."""
    kind = rng.choice(list(plugins_of("dataset")))
    keys: Keys = {"type": kind, **rng.choice(PATHS.get(kind, [{}]))}
    keys |= {"train": 42 if "path" in keys else rng.choice([40, 60]), "validation": rng.choice([*3 * [HELD], 0.1, 0])}
    shape = ARRAYS.get(keys.get("path", ""), (28, 28) if kind == "mnist" else (6, 5))
    keys |= {"test": rng.choice([0, HELD])} if kind != "mnist" else {"test": 20}
    return keys | _some(plugins_of("dataset")[kind], rng, 1, skip={"pool"}), shape


def _hidden(rng: Random, shape: tuple[int, ...]) -> list[Keys]:
    """Some layers before the last: convolutions over images, then dense ones, with any others between."""
    layers: list[Keys] = []
    if len(shape) > 1 and rng.random() < 0.4:
        layers += [{"type": "conv2d", "filters": rng.randint(1, 6), "kernel": rng.choice([2, 3])}]
        layers += [{"type": "max_pool2d"}] if rng.random() < 0.5 else []
        layers += [{"type": "flatten"}]
    for _ in range(rng.choice([0, 1, 1, 2])):
        layers.append({"type": "dense", "units": rng.choice([1, 4, 9]), "activation": rng.choice(["relu", "tanh"])})
    kinds = plugins_of("layer")
    if rng.random() < 0.3:
        kind = rng.choice(list(kinds))
        options = rng.choice(examples_of("layer", kind)).options
        layers.insert(rng.randint(0, len(layers)), {"type": kind, **options})
    return [layer | _some(kinds[layer["type"]], rng, 1, skip={"kernel", "init"}) for layer in layers]


def _optimizer(rng: Random) -> Keys:
    kind = rng.choice(list(plugins_of("optimizer")))
    options = plugins_of("optimizer")[kind]
    keys = {"type": kind, **rng.choice(examples_of("optimizer", kind))}
    if rng.random() < 0.4 and "lr" in options.model_fields:
        keys["lr"] = rng.choice([1e-3, 0.3, 30.0, 1e6, 1e30])
    return keys


def _theme(rng: Random) -> Any:
    name = rng.choice(["dark", "light", "print"])
    sizes = {key: rng.choice([8.0, 20.0, 60.0]) for key in ("body", "title", "curve") if rng.random() < 0.2}
    return {"name": name, **sizes, **_some(Theme, rng, 1)} if rng.random() < 0.4 else name


def _timeline(rng: Random) -> Keys:
    keys = _some(Timeline, rng, 1, skip={"fps", "every", "hold"})
    if keys.get("pacing") == "snapshots" and rng.random() < 0.8:
        del keys["pacing"]  # of recordings alone
    fps = rng.choice([0.3, 5, 7.777, 10, 23.976, 30, 60, 120, 240])
    if rng.random() < 0.2:
        return {"fps": fps, "every": rng.choice([4, 10, 30])}
    seconds = rng.randint(1, MOST_FRAMES) / fps
    return keys | {"fps": fps, "seconds": seconds} | ({"hold": seconds / 3} if rng.random() < 0.3 else {})


def _views(rng: Random, areas: list[str], run: Keys, runs: list[str]) -> list[Keys]:
    names = sorted({name for row in areas for name in row.split()} - {"."})
    kinds = plugins_of("view")
    views, shown = [], list(_examples(any(layer["type"] == "conv2d" for layer in run["layers"])))
    for name in names or [None] * rng.choice([1, 1, 2]):
        kind, options = rng.choice(shown)
        keys: Keys = {"type": kind, **options, **_some(kinds[kind], rng, rng.choice([0, 0, 0, 1, 3]))}
        if "shape" in kinds[kind].model_fields and run["data"].get("path") == "flat.npz" and not keys.get("layer"):
            keys["shape"] = [1, 7]
        if "layer" in kinds[kind].model_fields and rng.random() < 0.1:
            keys["layer"] = rng.randrange(len(run["layers"]))
        if keys.get("among"):
            keys["among"] = min(keys["among"], HELD)
        if "best" in keys and "sort" not in keys:
            del keys["best"]
        if "shape" in keys and keys.get("layer"):
            del keys["shape"]
        if keys.get("mark") and run["layers"][keys.get("layer", 0)].get("activation") != "relu":
            del keys["mark"]
        keys.pop("area", None)
        if name is not None and rng.random() < 0.95:
            keys["area"] = name
        elif names or views:
            keys["on_top"] = True  # or it would be refused, over others
        if runs and "run" in kinds[kind].model_fields and rng.random() < 0.5:
            keys["run"] = rng.choice(runs)
        views.append(keys)
    return views


def _examples(convolutions: bool) -> Iterator[tuple[str, Keys]]:
    """Views with keys that go with the layers there are, those without a layer with any."""
    for kind, options in plugins_of("view").items():
        for example in examples_of("view", kind):
            if "layer" not in options.model_fields or (example.training == "convnet") is convolutions:
                yield kind, example.options


def _output(rng: Random, stem: str) -> Keys:
    kind = rng.choice(list(plugins_of("encoder")))
    example = rng.choice(examples_of("encoder", kind))
    suffixes = plugins_of("encoder")[kind].suffixes
    suffix = example.suffix if example.options else rng.choice(suffixes)
    keys: Keys = {"path": stem + suffix, "type": kind, **example.options, **_some(plugins_of("encoder")[kind], rng, 1)}
    if rng.random() < 0.2:
        keys["size"] = list(_size(rng))
    if rng.random() < 0.2:
        keys["fps"] = rng.choice([3, 12.5, 25])
    if rng.random() < 0.1:
        keys["frames"] = sorted(rng.sample(range(MOST_FRAMES), 2))
    if rng.random() < 0.06 and "max_bytes" in plugins_of("encoder")[kind].model_fields:
        keys["max_bytes"] = rng.choice(["30 kB", "200 kB"])
    return keys


def _some(options: Any, rng: Random, most: int, skip: Iterable[str] = ()) -> Keys:
    """Values for some keys of a class of options, drawn from its schema."""
    schema = options.model_json_schema()
    there = next(s["properties"] for s in (schema, *schema.get("anyOf", ())) if "properties" in s)
    keys = [k for k in there if k not in ELSEWHERE | LARGE | set(skip)]
    chosen = rng.sample(keys, min(len(keys), rng.randint(0, most)))
    drawn = {key: _value(there[key], schema.get("$defs", {}), rng, key) for key in chosen}
    return {key: value for key, value in drawn.items() if value is not None}


def _value(schema: Schema, defs: Schema, rng: Random, key: str) -> Any:
    """A value of a schema; None where it cannot be known."""
    if schema.get("title") == "colour":
        return rng.choice(COLORS)
    if key in WORDS and "enum" not in schema:
        return rng.choice(WORDS[key])
    if "$ref" in schema:
        return _value(defs[schema["$ref"].rpartition("/")[2]], defs, rng, key)
    if "enum" in schema or "const" in schema:
        return rng.choice(schema.get("enum", [schema.get("const")]))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _value(rng.choice([s for s in schema[several] if s.get("type") != "null"]), defs, rng, key)
    kinds: dict[str, Callable[[], Any]] = {
        "boolean": lambda: rng.random() < 0.5,
        "integer": lambda: int(_number(schema, rng, whole=True)),
        "number": lambda: _number(schema, rng, whole=False),
        "array": lambda: _list(schema, defs, rng, key),
        "object": lambda: _table(schema, defs, rng),
    }
    kind = kinds.get(schema.get("type", ""))
    return kind() if kind else None


def _number(schema: Schema, rng: Random, *, whole: bool) -> float:
    """Mostly small, at times at an end."""
    low = schema.get("minimum", schema.get("exclusiveMinimum", -3) + (1 if whole else 0.01))
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 8) - (0 if "maximum" in schema else 0.01))
    near = min(high, low + 8)
    return rng.choice([low, near, rng.randint(int(low), max(int(low), int(near))) if whole else rng.uniform(low, near)])


def _list(schema: Schema, defs: Schema, rng: Random, key: str) -> Any:
    items = schema.get("prefixItems") or [schema.get("items", {})] * rng.randint(schema.get("minItems", 1), 3)
    drawn = [_value(item, defs, rng, key) for item in items]
    return None if None in drawn else drawn


def _table(schema: Schema, defs: Schema, rng: Random) -> Any:
    there = schema.get("properties", {})
    needed = schema.get("required", [])
    keys = [key for key in there if key in needed or rng.random() < 0.5]
    drawn = {key: _value(there[key], defs, rng, key) for key in keys}
    if any(drawn[key] is None for key in needed):
        return None
    return {key: value for key, value in drawn.items() if value is not None}
