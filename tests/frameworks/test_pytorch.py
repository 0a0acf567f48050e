"""A module of PyTorch: what is recorded is what it holds at every step, and the training is what it would have been."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

import weightreel
from frameworks.weights import IMAGES, LABELS, compare, recorded
from weightreel.trainer.capture.recorder import Recorder
from weightreel.trainer.errors import CaptureError

X, Y = torch.tensor(IMAGES)[:, None], torch.tensor(LABELS)
MLP = ("1/weights", "1/biases", "3/weights", "3/biases")


@pytest.fixture(autouse=True)
def alone() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.zarr"


def mlp() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def held(*tensors: torch.Tensor) -> list[np.ndarray]:
    """Copies of tensors, those of layers with the inputs first."""
    return [t.detach().numpy().copy() for t in tensors]


def of_mlp(model: nn.Sequential) -> list[np.ndarray]:
    return held(model[1].weight.T, model[1].bias, model[3].weight.T, model[3].bias)


def batches(count: int, size: int = 32) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    for number in range(count):
        rows = (torch.arange(size) + number * size) % len(X)
        yield X[rows], Y[rows]


def train(model: nn.Module, optimizer: Any, steps: int, after: Callable[[int, Any], None] | None = None) -> None:
    for number, (x, y) in enumerate(batches(steps), start=1):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        if after:
            after(number, loss)


def watched(module: nn.Module, path: Path, **options: Any) -> Any:
    """What a recording of a module as it is holds."""
    with Recorder(path) as recorder:
        weightreel.pytorch.watch(module, recorder, **options)
    return recorded(path)


def test_every_step_is_what_the_module_holds(path):
    model = mlp()
    optimizer = torch.optim.Adam(model.parameters())
    truth, losses = {0: of_mlp(model)}, []
    with Recorder(path) as recorder:
        watch = weightreel.pytorch.watch(model, recorder, optimizer=optimizer, input_shape=(28, 28))

        def after(step: int, loss: torch.Tensor) -> None:
            watch.step(epoch=step / 8, loss=loss)
            truth[step] = of_mlp(model)
            losses.append(loss.item())

        train(model, optimizer, 20, after)
    recording = recorded(path)
    compare(recording, truth, MLP)
    assert list(recording.metric("loss")[0]) == list(range(1, 21))
    assert list(recording.metric("loss")[1]) == pytest.approx(losses)
    first, second = recording.about.layers
    assert (first.name, first.kind, first.type, first.origin) == ("1", "linear", "Linear", "torch.nn.Linear")
    assert (first.input_shape, first.output_shape, first.activation) == ((28, 28), (64,), "relu")
    assert (second.shape, second.input_shape, second.activation) == ((64, 10), (64,), None)
    assert recording.about.input_shape == (28, 28)


def test_without_an_optimizer_the_loop_counts(path):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    truth = {}
    with Recorder(path) as recorder:
        watch = weightreel.pytorch.watch(model, recorder, record_initial=False, start=100)

        def after(step: int, loss: torch.Tensor) -> None:
            watch.step(loss=loss) if step < 5 else watch.step(110 + step, loss=loss)
            truth[100 + step if step < 5 else 110 + step] = of_mlp(model)

        train(model, optimizer, 7, after)
    compare(recorded(path), truth, MLP)


def test_of_many_steps_some_stay_and_always_the_first_and_the_last(path):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    truth = {0: of_mlp(model)}
    with Recorder(path, max_snapshots=8, spacing="even") as recorder:
        weightreel.pytorch.watch(model, recorder, optimizer=optimizer)
        train(model, optimizer, 101, lambda step, _: truth.update({step: of_mlp(model)}))
    recording = recorded(path)
    steps = [int(step) for step in recording.steps]
    assert len(steps) <= 9
    assert (steps[0], steps[-1]) == (0, 101)
    compare(recording, {step: truth[step] for step in steps}, MLP)


@pytest.mark.parametrize("loads", [True, False])
def test_what_is_loaded_after_the_last_step_is_not_taken_for_it(path, loads):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with Recorder(path, max_snapshots=4, spacing="even") as recorder:
        weightreel.pytorch.watch(model, recorder, optimizer=optimizer)
        train(model, optimizer, 37)
        assert not recorder.wants(37)
        if loads:
            model.load_state_dict(best)
        else:  # as averages of weights are put in place, past the notice of PyTorch
            for name, parameter in model.named_parameters():
                parameter.data.copy_(best[name])
    assert 37 not in recorded(path).steps


def test_the_training_is_what_it_would_have_been(path):
    def trained(watch: bool) -> list[np.ndarray]:
        torch.manual_seed(1)
        model = nn.Sequential(
            nn.Flatten(),
            nn.utils.parametrizations.spectral_norm(nn.Linear(784, 32)),
            nn.BatchNorm1d(32),
            nn.Dropout(0.5),
            nn.utils.parametrizations.weight_norm(nn.Linear(32, 10)),
        )
        optimizer = torch.optim.Adam(model.parameters())
        if watch:
            with Recorder(path) as recorder:
                weightreel.pytorch.watch(model, recorder, optimizer=optimizer, gradients=True)
                train(model, optimizer, 10)
        else:
            train(model, optimizer, 10)
        return held(*model.state_dict().values())

    for with_, without in zip(trained(True), trained(False), strict=True):
        assert np.array_equal(with_, without)


def test_convolutions_are_turned_by_their_class(path):
    model = nn.Sequential()
    layers = {
        "plain": (nn.Conv2d(3, 8, 5), (2, 3, 1, 0)),
        "grouped": (nn.Conv2d(8, 8, 3, groups=8, stride=2, padding=1), (2, 3, 1, 0)),
        "transposed": (nn.ConvTranspose2d(3, 8, (2, 4)), (2, 3, 0, 1)),
        "one": (nn.Conv1d(4, 6, 3), (2, 1, 0)),
        "one_transposed": (nn.ConvTranspose1d(4, 6, 3), (2, 0, 1)),
        "words": (nn.Embedding(11, 5), (0, 1)),
        "norm": (nn.BatchNorm2d(8), (0,)),
        "cube": (nn.Conv3d(2, 3, 2), (0, 1, 2, 3, 4)),
    }
    for name, (layer, _) in layers.items():
        model.add_module(name, layer)
    nn.init.normal_(model.norm.weight)
    recording = watched(model, path, input_shape=(3, 32, 48))
    for name, (layer, order) in layers.items():
        found = recording.parameter(f"{name}/weights", 0)
        assert np.array_equal(found, layer.weight.detach().permute(order).numpy()), name
    kinds = {layer.name: (layer.kind, layer.shape) for layer in recording.about.layers}
    assert kinds["plain"] == ("conv", (5, 5, 3, 8))
    assert kinds["transposed"] == ("conv", (2, 4, 3, 8))
    assert kinds["one"] == ("conv1d", (3, 4, 6))
    assert kinds["words"] == ("embedding", (11, 5))
    assert kinds["norm"] == ("other", (8,))
    assert recording.about.layer("plain").input_shape == (32, 48, 3)


def test_attention_and_recurrent_layers(path):
    model = nn.ModuleDict({"attend": nn.MultiheadAttention(8, 2), "remember": nn.LSTM(3, 4)})
    recording = watched(model, path)
    pairs = {
        "attend.in_proj_weight": model["attend"].in_proj_weight,
        "attend.out_proj": model["attend"].out_proj.weight,
        "remember.weight_ih_l0": model["remember"].weight_ih_l0,
        "remember.weight_hh_l0": model["remember"].weight_hh_l0,
    }
    for name, weight in pairs.items():
        assert np.array_equal(recording.parameter(f"{name}/weights", 0), weight.detach().T.numpy())
        assert recording.about.layer(name).kind == "linear"
    bias = recording.parameter("remember.weight_ih_l0/biases", 0)
    assert np.array_equal(bias, model["remember"].bias_ih_l0.detach().numpy())


def test_gpt_2_is_stored_the_other_way_round_and_its_tied_weights_are_there_once(path):
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(vocab_size=50, n_positions=12, n_embd=8, n_layer=2, n_head=2)
    model = transformers.GPT2LMHeadModel(config)
    recording = watched(model, path)
    block = model.transformer.h[1].attn.c_attn
    name = "transformer.h.1.attn.c_attn"
    assert np.array_equal(recording.parameter(f"{name}/weights", 0), block.weight.detach().numpy())
    layer = recording.about.layer(name)
    assert (layer.kind, layer.shape, layer.origin) == ("linear", (8, 24), "transformers.pytorch_utils.Conv1D")
    names = [layer.name for layer in recording.about.layers]
    assert "transformer.wte" in names
    assert "lm_head" not in names


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: torch.compile(model, backend="eager"),
        nn.DataParallel,
        lambda model: nn.DataParallel(torch.compile(model, backend="eager")),
        torch.optim.swa_utils.AveragedModel,
    ],
)
def test_what_wraps_a_module_has_no_part_in_its_names(path, wrap):
    wrapped = wrap(mlp())
    recording = watched(wrapped, path)
    assert [layer.name for layer in recording.about.layers] == ["1", "3"]


def test_a_part_that_is_compiled(path):
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.module = torch.compile(mlp(), backend="eager"), nn.Linear(2, 3)

    recording = watched(Both(), path)
    assert [layer.name for layer in recording.about.layers] == ["body.1", "body.3", "module"]


@pytest.mark.parametrize("compiled", [False, True])
def test_steps_of_a_compiled_module(path, compiled):
    model = mlp()
    used = torch.compile(model, backend="eager") if compiled else model
    optimizer = torch.optim.SGD(used.parameters(), 0.1)
    truth = {0: of_mlp(model)}
    with Recorder(path) as recorder:
        weightreel.pytorch.watch(used, recorder, optimizer=optimizer)
        train(used, optimizer, 4, lambda step, _: truth.update({step: of_mlp(model)}))
    compare(recorded(path), truth, MLP)


def test_weights_that_are_computed_are_recorded_as_the_module_uses_them(path):
    model = nn.Sequential(
        nn.Flatten(),
        nn.utils.parametrizations.weight_norm(nn.Linear(784, 16)),
        prune.l1_unstructured(nn.Linear(16, 16), "weight", 100),
        torch.nn.utils.weight_norm(nn.Linear(16, 10)),
    )
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    truth = {}
    with Recorder(path) as recorder:
        weightreel.pytorch.watch(model, recorder, optimizer=optimizer, record_initial=False)

        def after(step: int, _: torch.Tensor) -> None:
            model(X[:2])  # computes those that are computed in a pass forward
            truth[step] = held(*(model[n].weight.T for n in (1, 2, 3)))

        train(model, optimizer, 5, after)
    recording = recorded(path)
    assert [layer.name for layer in recording.about.layers] == ["1", "2", "3"]
    compare(recording, truth, ("1/weights", "2/weights", "3/weights"))
    assert (recording.parameter("2/weights", 5) == 0).sum() == 100


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_numbers_of_other_sizes(path, dtype):
    layer = nn.Linear(5, 3).to(dtype)
    found = watched(layer, path).parameter("linear/weights", 0)
    assert np.array_equal(found, layer.weight.detach().T.float().numpy())


def test_parameters_that_are_not_here_are_refused_with_the_way_out(path):
    with Recorder(path) as recorder:
        with pytest.raises(CaptureError, match=r"'0.weight' is lazy.*put one batch through the module"):
            weightreel.pytorch.watch(nn.Sequential(nn.LazyLinear(3)), recorder)
        with pytest.raises(CaptureError, match=r"'weight' is on the meta device.*when its weights are loaded"):
            weightreel.pytorch.watch(nn.Linear(2, 3, device="meta"), recorder)
        with pytest.raises(CaptureError, match=r"Conv3d|'weight' has complex numbers"):
            weightreel.pytorch.watch(nn.Linear(2, 3, dtype=torch.complex64), recorder)
        with pytest.raises(CaptureError, match=r"dict is no torch.nn.Module; give the model that is trained"):
            weightreel.pytorch.watch({}, recorder)
        with pytest.raises(CaptureError, match=r"optimizer dict is none of torch.optim; .*call watched.step\(\)"):
            weightreel.pytorch.watch(mlp(), recorder, optimizer={})
        with pytest.raises(CaptureError, match=r"no layer 'hiden' has weights; there are 1, 3"):
            weightreel.pytorch.watch(mlp(), recorder, layers=["hiden"])
        with pytest.raises(CaptureError, match=r"the model has no layers with weights"):
            weightreel.pytorch.watch(nn.ReLU(), recorder)


@pytest.fixture
def processes() -> Iterator[Callable[[int], None]]:
    """Makes this process one of two that train together, as far as PyTorch knows."""
    from torch.testing._internal.distributed.fake_pg import FakeStore

    def become(rank: int) -> None:
        torch.distributed.init_process_group("fake", store=FakeStore(), rank=rank, world_size=2)

    yield become
    torch.distributed.destroy_process_group()


def test_parameters_that_several_processes_share_are_refused(path, processes):
    from torch.distributed.fsdp import fully_shard

    processes(0)
    model = mlp()
    fully_shard(model, mesh=torch.distributed.device_mesh.init_device_mesh("cpu", (2,)))
    with Recorder(path) as recorder, pytest.raises(CaptureError, match=r"'1.weight' is sharded.*full_tensor\(\)"):
        weightreel.pytorch.watch(model, recorder)


@pytest.mark.parametrize("rank", [0, 1])
def test_only_the_first_process_records(path, processes, rank):
    processes(rank)
    model = mlp()
    wrapped = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with Recorder(path) as recorder:
        watch = weightreel.pytorch.watch(wrapped, recorder, optimizer=optimizer)
        train(model, optimizer, 3, lambda _, loss: watch.step(loss=loss))
        watch.remove()
    assert path.exists() == (rank == 0)
    if rank == 0:
        recording = recorded(path)
        assert list(recording.steps) == [0, 1, 2, 3]
        assert [layer.name for layer in recording.about.layers] == ["1", "3"]


def test_two_optimizers(path):
    model = mlp()
    first, second = torch.optim.SGD(model[1].parameters(), 0.1), torch.optim.Adam(model[3].parameters())
    truth = {0: of_mlp(model)}
    with Recorder(path) as recorder:
        weightreel.pytorch.watch(model, recorder, optimizer=[first, second])
        for number, (x, y) in enumerate(batches(4)):
            functional.cross_entropy(model(x), y).backward()
            for optimizer in (first, second):
                optimizer.step()
                truth[number * 2 + 1 + (optimizer is second)] = of_mlp(model)
                optimizer.zero_grad()
    compare(recorded(path), truth, MLP)


@pytest.mark.parametrize("fused", [False, True])
def test_steps_that_a_scaler_skips_are_none(path, fused):
    model = mlp()
    optimizer = torch.optim.Adam(model.parameters(), fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    truth, step = {0: of_mlp(model)}, 0
    with Recorder(path) as recorder:
        watch = weightreel.pytorch.watch(model, recorder, optimizer=optimizer)
        for number, (x, y) in enumerate(batches(6)):
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(x), y)
            scaler.scale(loss * (float("inf") if number in (0, 3) else 1)).backward()
            scaler.step(optimizer)
            scaler.update()
            watch.step(loss=loss)
            step += number not in (0, 3)
            truth[step] = of_mlp(model)
    assert step == 4
    compare(recorded(path), truth, MLP)


def test_gradients_that_are_accumulated_make_one_step(path):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    truth = {0: of_mlp(model)}
    with Recorder(path) as recorder:
        watch = weightreel.pytorch.watch(model, recorder, optimizer=optimizer)
        for number, (x, y) in enumerate(batches(9), start=1):
            loss = functional.cross_entropy(model(x), y)
            loss.backward()
            if number % 3 == 0:
                optimizer.step()
                optimizer.zero_grad()
                truth[number // 3] = of_mlp(model)
            watch.step(loss=loss)
    compare(recorded(path), truth, MLP)


def test_an_optimizer_that_calls_the_model_itself(path):
    model = mlp()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)
    truth = {0: of_mlp(model)}
    with Recorder(path) as recorder:
        weightreel.pytorch.watch(model, recorder, optimizer=optimizer)
        for step, (x, y) in enumerate(batches(3), start=1):

            def closure(x: torch.Tensor = x, y: torch.Tensor = y) -> torch.Tensor:
                optimizer.zero_grad()
                loss = functional.cross_entropy(model(x), y)
                loss.backward()
                return loss

            optimizer.step(closure)
            truth[step] = of_mlp(model)
    compare(recorded(path), truth, MLP)


def test_what_goes_wrong_in_a_hook_never_reaches_the_optimizer(path):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.warns(RuntimeWarning, match=re.escape(str(path))) as told, Recorder(path) as recorder:
        watch = weightreel.pytorch.watch(model, recorder, optimizer=optimizer)
        train(model, optimizer, 2)
        model[1].weight = nn.Parameter(torch.zeros(2, 784))  # such as a network that grows
        optimizer.step()
        optimizer.step()
        watch.step(loss=1.0)
    assert len([one for one in told if str(path) in str(one.message)]) == 1
    assert "'1'" in str(recorder.failed)
    assert list(recorded(path).steps) == [0, 1, 2]


def test_gradients(path):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    model[3].bias.requires_grad_(False)
    truth = {0: np.zeros((784, 64), np.float32)}
    with Recorder(path) as recorder:
        weightreel.pytorch.watch(model, recorder, optimizer=optimizer, gradients=True)
        train(model, optimizer, 3, lambda step, _: truth.update({step: held(model[1].weight.grad.T)[0]}))
    recording = recorded(path)
    for step, gradient in truth.items():
        assert np.array_equal(recording.array("gradients/1/weights", step), gradient)


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (28, 28, 1)])
def test_the_shape_of_gray_pictures_however_it_is_said(path, shape):
    assert watched(mlp(), path, input_shape=shape).about.layer("1").input_shape == (28, 28)


def test_colours_of_a_flat_input_are_put_last(path):
    """Where PyTorch flattens (3, 4, 5), the numbers of a pixel are far apart."""
    layer = nn.Linear(60, 2)
    recording = watched(layer, path, input_shape=(3, 4, 5))
    picture = recording.parameter("linear/weights", 0)[:, 1].reshape(4, 5, 3)
    assert recording.about.layer("linear").input_shape == (4, 5, 3)
    assert np.array_equal(picture, layer.weight[1].detach().numpy().reshape(3, 4, 5).transpose(1, 2, 0))


def test_a_shape_that_does_not_fit(path):
    with Recorder(path) as recorder, pytest.raises(CaptureError, match=r"\(32, 32\) has 1,024 numbers, '1' takes 784"):
        weightreel.pytorch.watch(mlp(), recorder, input_shape=(32, 32))


def test_layers_by_name_part_and_pattern(path):
    model = nn.ModuleDict({"body": mlp(), "head": nn.Linear(2, 2), "tail": nn.Linear(2, 2)})
    recording = watched(model, path, layers=["body", "h*"])
    assert [layer.name for layer in recording.about.layers] == ["body.1", "body.3", "head"]


def test_lora_as_what_the_layer_computes_with(tmp_path):
    peft = pytest.importorskip("peft")
    model = peft.get_peft_model(mlp(), peft.LoraConfig(r=2, target_modules=["1"], init_lora_weights=False))
    layer = model.base_model.model[1]
    whole = (layer.base_layer.weight + layer.get_delta_weight("default")).detach().T.numpy()
    recording = watched(model, tmp_path / "merged.zarr", lora=True)
    assert [one.name for one in recording.about.layers] == ["base_model.model.1", "base_model.model.3"]
    assert np.array_equal(recording.parameter("base_model.model.1/weights", 0), whole)
    apart = watched(model, tmp_path / "apart.zarr")
    base = apart.parameter("base_model.model.1.base_layer/weights", 0)
    assert np.array_equal(base, layer.base_layer.weight.detach().T.numpy())


def test_a_watch_that_is_removed_counts_no_more(path):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with Recorder(path) as recorder:
        watch = weightreel.pytorch.watch(model, recorder, optimizer=optimizer)
        train(model, optimizer, 2)
        watch.remove()
        train(model, optimizer, 2)
        watch.step(loss=1.0)
    assert list(recorded(path).steps) == [0, 1, 2]
