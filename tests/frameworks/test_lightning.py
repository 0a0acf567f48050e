"""A module of Lightning: one snapshot a real step, whatever a batch is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as lightning
import torch
from torch import nn
from torch.nn import functional

import weightreel
from frameworks.weights import IMAGES, LABELS, compare, recorded

MLP = ("net.1/weights", "net.1/biases", "net.3/weights", "net.3/biases")


class Digits(lightning.LightningModule):
    """The network; `several` optimizers, each for a layer."""

    def __init__(self, several: bool = False, fail_at: int = -1) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
        self.automatic_optimization, self.fail_at = not several, fail_at

    def training_step(self, batch: Any, number: int) -> torch.Tensor:
        if number == self.fail_at:
            raise ValueError("no more data")
        loss = functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("train_loss", loss)
        if not self.automatic_optimization:
            self.manual_backward(loss)
            for optimizer in self.optimizers():
                optimizer.step()
                optimizer.zero_grad()
        return loss

    def validation_step(self, batch: Any, number: int) -> None:
        self.log("val_loss", functional.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self) -> Any:
        if self.automatic_optimization:
            return torch.optim.SGD(self.parameters(), 0.1)
        return [torch.optim.SGD(self.net[number].parameters(), 0.1) for number in (1, 3)]


class Truth(lightning.Callback):
    """What the module holds after each batch."""

    def __init__(self) -> None:
        self.held: dict[int, list[np.ndarray]] = {}

    def on_train_start(self, trainer: Any, module: Digits) -> None:
        self._note(trainer, module)

    def on_train_batch_end(self, trainer: Any, module: Digits, *rest: Any) -> None:
        self._note(trainer, module)

    def _note(self, trainer: Any, module: Digits) -> None:
        first, second = module.net[1], module.net[3]
        tensors = (first.weight.T, first.bias, second.weight.T, second.bias)
        self.held[trainer.global_step] = [t.detach().numpy().copy() for t in tensors]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return tmp_path / "run.zarr"


def trainer(path: Path, *callbacks: Any, **options: Any) -> lightning.Trainer:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    options = {"max_epochs": 2, "enable_checkpointing": False, **quiet, **options}
    return lightning.Trainer(callbacks=list(callbacks), default_root_dir=path.parent, **options)


def loader() -> Any:
    data = torch.utils.data.TensorDataset(torch.tensor(IMAGES), torch.tensor(LABELS))
    return torch.utils.data.DataLoader(data, 32)


@pytest.mark.parametrize(("batches", "several", "steps"), [(1, False, 16), (3, False, 6), (1, True, 32)])
def test_every_real_step_is_what_the_module_holds(path, batches, several, steps):
    truth = Truth()
    callback = weightreel.lightning.recorder_callback(path, input_shape=(28, 28))
    trainer(path, callback, truth, accumulate_grad_batches=batches).fit(Digits(several), loader(), loader())
    recording = recorded(path)
    compare(recording, truth.held, MLP)
    assert int(recording.steps[-1]) == steps
    assert recording.about.layer("net.1").input_shape == (28, 28)
    assert len(recording.metric("val_loss")[0]) == 2  # what was checked for sanity is no measurement
    assert recording.metric("val_loss")[0][0] == steps // 2
    assert set(recording.metric("loss")[0]) == set(truth.held) - {0}
    assert recording.epochs[-1] == 2.0


def test_a_training_that_goes_on_from_a_checkpoint(path):
    first = trainer(path, enable_checkpointing=True)
    first.fit(Digits(), loader())
    first.save_checkpoint(path.parent / "half.ckpt")
    truth = Truth()
    second = trainer(path, weightreel.lightning.recorder_callback(path), truth, max_epochs=4)
    second.fit(Digits(), loader(), ckpt_path=path.parent / "half.ckpt", weights_only=False)
    recording = recorded(path)
    compare(recording, truth.held, MLP)
    assert (int(recording.steps[0]), int(recording.steps[-1])) == (16, 32)


def test_a_second_training_is_a_run_of_its_own(path):
    callback = weightreel.lightning.recorder_callback(path)
    for run in ("run", "run-2"):
        truth = Truth()
        trainer(path, callback, truth).fit(Digits(), loader())
        compare(recorded(path, run), truth.held, MLP)


def test_a_training_that_fails_says_why(path):
    callback = weightreel.lightning.recorder_callback(path)
    with pytest.raises(ValueError, match="no more data"):
        trainer(path, callback).fit(Digits(fail_at=5), loader())
    assert list(recorded(path).steps) == [0, 1, 2, 3, 4, 5]


def test_the_class_is_that_of_the_package_that_is_loaded(path):
    callback = weightreel.lightning.recorder_callback(path)
    assert isinstance(callback, lightning.Callback)
    named = weightreel.lightning.recorder_callback(path, package="pytorch_lightning")
    assert type(named) is type(callback)
