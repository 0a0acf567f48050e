"""Transformers' Trainer: its steps, its metrics, and GPT-2's matrices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import nn
from torch.nn import functional

import weightreel
from frameworks.weights import IMAGES, LABELS, compare, recorded

MLP = ("net.1/weights", "net.1/biases", "net.3/weights", "net.3/biases")


class Digits(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, image: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        found = self.net(image)
        return {"loss": functional.cross_entropy(found, labels), "logits": found}


class Truth(transformers.TrainerCallback):
    """What the model holds after each step."""

    def __init__(self) -> None:
        self.held: dict[int, list[np.ndarray]] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        self._note(state, model)

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        self._note(state, model)

    def _note(self, state: Any, model: Digits) -> None:
        tensors = (model.net[1].weight.T, model.net[1].bias, model.net[3].weight.T, model.net[3].bias)
        self.held[state.global_step] = [t.detach().numpy().copy() for t in tensors]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return tmp_path / "run.zarr"


DATA = [{"image": image, "labels": label} for image, label in zip(IMAGES, LABELS, strict=True)]


def trainer(path: Path, model: Any, data: Any, *callbacks: Any, **options: Any) -> transformers.Trainer:
    options = {"save_strategy": "no", "per_device_train_batch_size": 32, "num_train_epochs": 2, **options}
    arguments = transformers.TrainingArguments(
        str(path.parent / "out"), report_to=[], use_cpu=True, disable_tqdm=True, **options
    )
    return transformers.Trainer(model, arguments, train_dataset=data, eval_dataset=data[:64], callbacks=list(callbacks))


@pytest.mark.parametrize("batches", [1, 2])
def test_every_step_is_what_the_model_holds(path, batches):
    truth = Truth()
    callback = weightreel.huggingface.RecorderCallback(path, input_shape=(28, 28))
    options = {"logging_steps": 3, "eval_strategy": "epoch", "gradient_accumulation_steps": batches}
    trainer(path, Digits(), DATA, callback, truth, **options).train()
    recording = recorded(path)
    compare(recording, truth.held, MLP)
    assert recording.about.total_steps == 16 // batches
    assert list(recording.metric("eval_loss")[0]) == [8 // batches, 16 // batches]
    assert set(recording.metric_names) == {"loss", "grad_norm", "learning_rate", "eval_loss", "train_loss"}
    assert recording.epochs[-1] == 2.0


def test_a_training_that_goes_on_from_a_checkpoint_and_one_that_begins_again(path):
    callback = weightreel.huggingface.RecorderCallback(path)
    saving = {"save_strategy": "steps", "save_steps": 8}
    trainer(path, Digits(), DATA, callback, **saving).train()
    truth = Truth()
    on = trainer(path, Digits(), DATA, callback, truth, **saving)
    on.train(resume_from_checkpoint=str(path.parent / "out/checkpoint-8"))
    compare(recorded(path, "run-2"), truth.held, MLP)
    assert list(recorded(path, "run-2").steps) == list(range(8, 17))


def test_gpt_2(path):
    config = transformers.GPT2Config(vocab_size=50, n_positions=12, n_embd=8, n_layer=2, n_head=2)
    model = transformers.GPT2LMHeadModel(config)
    words = torch.arange(12) % 50
    data = [{"input_ids": words, "labels": words}] * 64
    names = {"layers": ["transformer.h.*.attn.c_attn", "transformer.wte"]}
    trainer(path, model, data, weightreel.huggingface.RecorderCallback(path, **names)).train()
    recording = recorded(path)
    assert [layer.name for layer in recording.about.layers] == [
        "transformer.wte", "transformer.h.0.attn.c_attn", "transformer.h.1.attn.c_attn",
    ]  # fmt: skip
    last = int(recording.steps[-1])
    attention = model.transformer.h[1].attn.c_attn.weight.detach().numpy()
    assert np.array_equal(recording.parameter("transformer.h.1.attn.c_attn/weights", last), attention)
    assert np.array_equal(
        recording.parameter("transformer.wte/weights", last), model.transformer.wte.weight.detach().numpy()
    )
