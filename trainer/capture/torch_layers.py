"""What the modules of a PyTorch network hold: which of their tensors are weights, and what their axes are.

A layer's order of axes follows from its class, never from how many axes there are: GPT-2's Conv1D is a Linear that is
stored the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from weightreel.trainer.capture.described import Described
from weightreel.trainer.capture.torch_tensors import current, refuse
from weightreel.trainer.recording.about import Kind

# By a class or one of its bases: the kind, and the axes of `weight`.
CLASSES: dict[str, tuple[Kind, str]] = {
    "torch.nn.Linear": ("linear", "oi"),
    "torch.nn.Conv1d": ("conv1d", "oiw"),
    "torch.nn.Conv2d": ("conv", "oihw"),
    "torch.nn.ConvTranspose1d": ("conv1d", "iow"),
    "torch.nn.ConvTranspose2d": ("conv", "iohw"),
    "torch.nn.Embedding": ("embedding", "io"),
    "torch.nn.EmbeddingBag": ("embedding", "io"),
    "transformers.pytorch_utils.Conv1D": ("linear", "io"),
}
# Their matrices have names of their own: `in_proj_weight`, `weight_ih_l0`.
MATRICES = {"torch.nn.MultiheadAttention", "torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNNCell"}
MATRICES |= {"torch.nn.LSTMCell", "torch.nn.GRUCell"}
# Modules that only hold another one, and the attribute that it is.
WRAPPERS = {
    "torch._dynamo.eval_frame.OptimizedModule": "_orig_mod",
    "torch.nn.parallel.data_parallel.DataParallel": "module",
    "torch.nn.parallel.distributed.DistributedDataParallel": "module",
    "torch.optim.swa_utils.AveragedModel": "module",
}
ACTIVATIONS = {"ReLU": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax", "LogSoftmax": "softmax"}


@dataclass(frozen=True)
class Held:
    """A layer: what it is, the module and how its weights and biases are called there, and whether a tensor of the
    weights has its input axis to be put in another order, as (channels, height, width), before it is recorded."""

    described: Described
    module: Any
    weight: str
    bias: str | None
    merged: Callable[[], Any] | None = None
    channels_first: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Of the layer."""
        return self.described.name

    def weights(self) -> Any:
        """The tensor of its weights as they are now, detached."""
        tensor = self.merged() if self.merged else current(self.module, self.weight)
        return self._put(tensor.detach())

    def biases(self) -> Any:
        """The tensor of its biases as they are now, detached."""
        return current(self.module, self.bias or "").detach()

    @property
    def inputs(self) -> int | None:
        """How many numbers, or channels, the layer takes; None where that is not known."""
        axes = self.described.axes
        if "i" not in axes:
            return None
        return getattr(self.module, "in_channels", None) or int(self.weights().shape[axes.index("i")])

    def parameters(self) -> list[Any]:
        """Those from which the weights and biases come."""
        return list(self.module.parameters(recurse=self.weight in getattr(self.module, "parametrizations", {})))

    @property
    def learns(self) -> bool:
        """Whether the weights themselves are a parameter that has a gradient."""
        parameter = self.module._parameters.get(self.weight)
        return self.merged is None and parameter is not None and parameter.requires_grad

    def gradient(self) -> Any:
        """The gradient of the weights as it is now; zeros where there is none."""
        weights = self.module._parameters[self.weight]
        return self._put(weights.detach().new_zeros(weights.shape) if weights.grad is None else weights.grad.detach())

    def _put(self, tensor: Any) -> Any:
        if self.channels_first is None:
            return tensor
        return tensor.reshape(-1, *self.channels_first).permute(0, 2, 3, 1).reshape(tensor.shape)


def layers_of(module: Any, *, lora: bool = False) -> list[Held]:
    """Every layer of a module that has weights, in the order in which modules are listed; tied weights once.

    Raises:
        CaptureError: a parameter has no values yet, or not all of them here.
    """
    found: list[Held] = []
    seen: set[int] = set()
    for name, part, activation in _walk(module, "", None, set(), lora):
        for held in _held(name, part, activation, lora):
            if tied := _identity(held):
                if tied in seen:
                    continue
                seen.add(tied)
            found.append(held)
    return found


def class_of(module: Any) -> str:
    """The class of a module under its public name; of one made to compute its weights, the class before."""
    return next(_public(c) for c in type(module).__mro__ if c.__module__ != "torch.nn.utils.parametrize")


def _public(found: type) -> str:
    name = f"{found.__module__}.{found.__qualname__}"
    return f"torch.nn.{found.__name__}" if name.startswith("torch.nn.modules.") else name


def _is(module: Any, names: Any) -> str | None:
    """The first class of a module, along its bases, that is among these names."""
    return next((name for name in map(_public, type(module).__mro__) if name in names), None)


def _unwrapped(module: Any) -> Any:
    while wrapper := _is(module, WRAPPERS):
        module = getattr(module, WRAPPERS[wrapper])
    return module


def _walk(
    module: Any, name: str, activation: str | None, seen: set[int], lora: bool
) -> Iterator[tuple[str, Any, str | None]]:
    """Modules with their names, without those of wrappers, and the activation that follows them where that is known."""
    module = _unwrapped(module)
    if id(module) in seen:
        return
    seen.add(id(module))
    yield name, module, activation
    if lora and hasattr(module, "get_delta_weight"):
        return
    children = [(n, c) for n, c in module.named_children() if n != "parametrizations"]
    ordered = _is(module, {"torch.nn.Sequential"})
    for number, (child_name, child) in enumerate(children):
        after = children[number + 1][1] if ordered and number + 1 < len(children) else None
        yield from _walk(child, f"{name}.{child_name}".lstrip("."), ACTIVATIONS.get(type(after).__name__), seen, lora)


def _held(name: str, module: Any, activation: str | None, lora: bool) -> Iterator[Held]:
    """The layers of one module: one of its weight and bias, and one of each other parameter."""
    if lora and hasattr(module, "get_delta_weight"):
        yield from _with_lora(name, module, activation)
        return
    names = _tensors(module)
    for parameter in names:
        refuse(f"{name}.{parameter}".lstrip("."), _parameter(module, parameter))
    for weight in names:
        bias = weight.replace("weight", "bias")
        if "bias" in weight and weight.replace("bias", "weight") in names:
            continue
        shape = tuple(current(module, weight).shape)
        if shape and 0 not in shape:
            described = _described(name, module, weight, shape, activation)
            yield Held(described, module, weight, bias if bias != weight and bias in names else None)


def _tensors(module: Any) -> list[str]:
    """The names of a module's parameters as it uses them: of one that is computed from others, the name of what is
    computed."""
    names = dict.fromkeys(n for n, p in module._parameters.items() if p is not None)
    computed = list(getattr(module, "parametrizations", {}))
    computed += [n[:-5] for n in names if n.endswith("_orig") and f"{n[:-5]}_mask" in module._buffers]
    computed += [n[:-2] for n in names if n.endswith("_g") and f"{n[:-2]}_v" in names]  # of the older weight norm
    used = [n for n in names if n.rpartition("_")[0] not in computed]
    return sorted(dict.fromkeys([*computed, *used]), key=lambda name: name != "weight")


def _parameter(module: Any, name: str) -> Any:
    """The parameter of that name, or the one from which it is computed."""
    if name in getattr(module, "parametrizations", {}):
        return next(module.parametrizations[name].parameters())
    found = [module._parameters.get(f"{name}{ending}") for ending in ("", "_orig", "_g")]
    return next((parameter for parameter in found if parameter is not None), None)


def _identity(held: Held) -> int | None:
    """What two layers with the same weights have in common."""
    parameter = None if held.merged else _parameter(held.module, held.weight)
    return None if parameter is None else id(parameter)


def _described(name: str, module: Any, weight: str, shape: tuple[int, ...], activation: str | None) -> Described:
    own = class_of(module)
    kind, axes = _meaning(module, weight, shape)
    full = name if weight == "weight" else f"{name}.{weight}".lstrip(".")
    sort = own.rpartition(".")[2]
    return Described(full or sort.lower(), kind, sort, axes, activation, origin=own)


def _meaning(module: Any, weight: str, shape: tuple[int, ...]) -> tuple[Kind, str]:
    """The kind of a layer and the axes of its weights; "other" where the class is not known or packs them."""
    known = _is(module, CLASSES)
    if known and weight == "weight":
        kind, axes = CLASSES[known]
        packed = known == "torch.nn.Linear" and shape != (module.out_features, module.in_features)
        return ("other", "") if packed or len(axes) != len(shape) else (kind, axes)
    if len(shape) == 2 and _is(module, MATRICES):
        return "linear", "oi"
    return "other", ""


def _with_lora(name: str, module: Any, activation: str | None) -> Iterator[Held]:
    """A layer of PEFT as what it computes with: the base and what was learned beside it."""
    base = module.get_base_layer()
    for held in _held(name, base, activation, lora=False):
        if held.weight == "weight":
            yield replace(held, merged=lambda: _sum(module, base))
        else:
            yield held


def _sum(module: Any, base: Any) -> Any:
    """The base's weights with the delta of each adapter in use that is not in them already."""
    tensor = base.weight.detach()
    if module.disable_adapters:
        return tensor
    missing = [a for a in module.active_adapters if a in module.lora_A and a not in module.merged_adapters]
    for adapter in missing:
        tensor = tensor + module.get_delta_weight(adapter).detach().to(tensor.dtype)
    return tensor
