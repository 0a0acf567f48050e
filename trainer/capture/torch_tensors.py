"""Numbers out of PyTorch's tensors, as they are at this moment, without waiting for a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.capture.described import Later
from weightreel.trainer.errors import CaptureError

SHARDED = {"DTensor", "FlatParameter"}


def refuse(name: str, parameter: Any) -> None:
    """Nothing, where a parameter has numbers that are all here.

    Raises:
        CaptureError: it has not.
    """
    if parameter is None:
        return
    bases = {base.__name__ for base in type(parameter).__mro__}
    if bases & SHARDED or hasattr(parameter, "ds_shape"):
        way_out = "gather it on every process (full_tensor()) and give it to recorder.log(weights=…) on the first"
        raise CaptureError(f"'{name}' is sharded: no process has all of it; {way_out}")
    if "UninitializedTensorMixin" in bases:
        way_out = "put one batch through the module before you watch it"
        raise CaptureError(f"'{name}' is lazy and has no shape yet; {way_out}")
    if parameter.is_meta:
        way_out = "watch the module when its weights are loaded"
        raise CaptureError(f"'{name}' is on the meta device and has no numbers; {way_out}")
    if parameter.is_complex():
        raise CaptureError(f"'{name}' has complex numbers, which are not recorded; leave it out with layers=[…]")


def current(module: Any, name: str) -> Any:
    """A module's tensor of that name as the module computes with it now, which costs the training nothing: neither a
    random number nor a round of what spectral norm iterates."""
    if (parameter := module._parameters.get(name)) is not None:
        return parameter
    if name in getattr(module, "parametrizations", {}):
        with _resting(module.parametrizations[name]):
            return getattr(module, name)
    hooks = [hook for hook in module._forward_pre_hooks.values() if _computes(hook, name)]
    for hook in hooks:  # which the next pass forward calls first: after an update the attribute is that of the last one
        hook(module, ())
    return getattr(module, name)


def _computes(hook: Any, name: str) -> bool:
    """Whether a hook sets the attribute, as pruning and the older weight norm do."""
    bases = {f"{base.__module__}.{base.__name__}" for base in type(hook).__mro__}
    pruning = "torch.nn.utils.prune.BasePruningMethod" in bases and hook._tensor_name == name
    return pruning or ("torch.nn.utils.weight_norm.WeightNorm" in bases and hook.name == name)


@contextmanager
def _resting(parametrization: Any) -> Iterator[None]:
    """Parametrizations as in evaluation, each left as it was."""
    import torch

    parts = [(part, part.training) for part in parametrization.modules()]
    try:
        for part, _ in parts:
            part.training = False
        with torch.no_grad():
            yield
    finally:
        for part, training in parts:
            part.training = training


def numbers(tensor: Any) -> NDArray[Any]:
    """A tensor in the processor's memory as an array, of the same memory where that can be. What NumPy has not,
    bfloat16 and the kinds of eight bits, becomes float32, which holds every such number exactly."""
    tensor = tensor.detach()
    try:
        array: NDArray[Any] = tensor.numpy()
    except TypeError:
        array = tensor.float().numpy()
    return array


def value(tensor: Any, cuda: Any = None) -> NDArray[Any] | Later:
    """What a tensor holds now, for the recorder to copy or, where a GPU holds it, to be read when it has arrived."""
    if tensor.is_cuda or cuda is not None:
        return _arriving(tensor, cuda)
    return numbers(tensor if tensor.is_cpu else tensor.detach().cpu())


class Reading:
    """What a module's tensor holds now, as `value` gives it. An array that shares the memory of a parameter is asked
    for once, and anew where the parameter is another one or has moved.

    Args:
        module: of which it is a tensor, called `name`.
        get: gives the tensor as it is recorded.
        plain: whether that is the parameter of that name, where there is one.
    """

    def __init__(self, module: Any, name: str, get: Callable[[], Any], plain: bool = True) -> None:
        self._module, self._name, self._get, self._plain = module, name, get, plain
        self._parameter: Any = None
        self._place, self._array = 0, np.empty(0)

    def __call__(self) -> NDArray[Any] | Later:
        parameter = self._module._parameters.get(self._name)
        if parameter is not None and parameter is self._parameter and parameter.data_ptr() == self._place:
            return self._array
        found = value(self._get())
        self._parameter = None
        if self._plain and parameter is not None and isinstance(found, np.ndarray) and found.size:
            place = parameter.data_ptr()
            if found.__array_interface__["data"][0] == place:
                self._parameter, self._place, self._array = parameter, place, found
        return found


def _arriving(tensor: Any, cuda: Any) -> Later:
    """A clone, made on the stream on which the training computes: so it comes after this update and before the next.
    The clone, not the parameter, goes to the processor's memory on a stream of its own, beside the training.

    Not tested on a GPU: the tests have a stand-in for streams.
    """
    import torch

    cuda = cuda or torch.cuda
    clone = tensor.detach().clone()
    stream, training = _side(cuda, clone.device), cuda.current_stream(clone.device)
    stream.wait_stream(training)
    with cuda.stream(stream):
        host = torch.empty(clone.shape, dtype=clone.dtype, device="cpu", pin_memory=clone.is_cuda)
        host.copy_(clone, non_blocking=True)
        event = stream.record_event()
    if clone.is_cuda:
        clone.record_stream(stream)

    def read() -> NDArray[Any]:
        event.synchronize()
        return numbers(host)

    return Later(tuple(clone.shape), numbers(torch.empty(0, dtype=clone.dtype)).dtype, read)


_streams: dict[str, Any] = {}


def _side(cuda: Any, device: Any) -> Any:
    """The stream for copies from a device."""
    key = f"{id(cuda)} {device}"
    if key not in _streams:
        _streams[key] = cuda.Stream(device)
    return _streams[key]
