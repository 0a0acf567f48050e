"""The same two networks, trained by several libraries; each function is called in a process of its own and gives the
seconds, wall and processor, of some steps: [[wall, cpu], …], one pair a round.

`dense` is 784-64-10 at batches of 128, `conv` the network of the scene `convnet` at batches of 200.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from weightreel.trainer import blas
from weightreel.trainer.datasets.mnist import Mnist
from weightreel.trainer.mathematics.losses import LOSSES
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.selection import Steps
from weightreel.trainer.run import Run, describe
from weightreel.trainer.shards import at_work, network_for
from weightreel.trainer.train import train

DENSE: dict[str, Any] = {
    "layers": [
        {"type": "dense", "units": 64, "activation": "relu"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
    "optimizer": {"type": "sgd", "lr": 0.01, "momentum": 0.9},
    "batch_size": 128,
}
CONV: dict[str, Any] = {
    "layers": [
        {"type": "conv2d", "filters": 32, "kernel": 3, "activation": "relu"},
        {"type": "max_pool2d", "size": 2},
        {"type": "conv2d", "filters": 64, "kernel": 3, "activation": "relu"},
        {"type": "max_pool2d", "size": 2},
        {"type": "flatten"},
        {"type": "dropout", "rate": 0.2},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
    "optimizer": {"type": "adam", "lr": 0.001},
    "batch_size": 200,
}
NETWORKS = {"dense": DENSE, "conv": CONV}
FIRST = 5  # steps before anything is timed
Pairs = list[list[float]]


def ours(network: str, steps: int, count: int) -> Pairs:
    """Our training, with the metrics of each batch; no snapshot but those at both ends."""
    run, data = _run(network), Mnist(validation=0, test=10).load(Path(), 0)
    last = range(FIRST, FIRST + steps * count + 1, steps)
    walk = train(run, data, steps=[0, *last], seed=0)
    next(walk)
    next(walk)
    return [_timed(lambda: next(walk)) for _ in range(count)]


def recorded(network: str, steps: int, count: int, every: int) -> Pairs:
    """The same, of which a snapshot is recorded every few steps."""
    run, data = _run(network), Mnist(validation=0, test=10).load(Path(), 0)
    wanted = [0, *range(FIRST, FIRST + steps * count + 1, every)]
    walk, recorder = train(run, data, steps=wanted, seed=0), Recorder(describe(run, data, 0), selection=Steps(wanted))

    def some(snapshots: int) -> None:
        for snapshot in islice(walk, snapshots):
            recorder.append(snapshot)

    some(2)
    return [_timed(lambda: some(steps // every)) for _ in range(count)]


def bare(network: str, steps: int, count: int) -> Pairs:
    """Our layers and our optimizer in the plainest loop: nothing is measured, nothing kept."""
    run, data = _run(network), Mnist(validation=0, test=10).load(Path(), 0)
    net = network_for(run, data, 0, run.layers, np.dtype(run.dtype))
    optimizer, loss = run.optimizer.build(net.parameters), LOSSES[run.loss]
    batches = _batches(len(data.train), run.batch_size)

    def some(number: int) -> None:
        for rows in islice(batches, number):
            x, labels = data.train.take(rows, net.dtype), data.train.labels[rows]
            gradient = loss(net.forward(x, training=True, logits=run.from_logits), labels)[1]
            net.backward(gradient, logits=run.from_logits)
            optimizer.step(net.gradients)

    with at_work(net), blas.one_thread():
        some(FIRST)
        return [_timed(lambda: some(steps)) for _ in range(count)]


def products(network: str, steps: int, count: int) -> Pairs:
    """Nothing but the batches of 784-64-10, gathered, and its matrix products, on one thread as ours."""
    assert network == "dense"
    data = Mnist(validation=0, test=10).load(Path(), 0)
    rng, images = np.random.default_rng(0), data.train.images
    first, second = (rng.normal(size=shape).astype(np.float32) for shape in ((784, 64), (64, 10)))
    grads = np.empty_like(first), np.empty_like(second)
    back = rng.normal(size=(128, 10)).astype(np.float32)
    batches = _batches(len(images), 128)

    def some(number: int) -> None:
        for rows in islice(batches, number):
            x = images[rows].reshape(-1, 784).astype(np.float32)
            hidden = x @ first
            _ = hidden @ second
            np.matmul(hidden.T, back[: len(x)], out=grads[1])
            np.matmul(x.T, back[: len(x)] @ second.T, out=grads[0])

    with blas.one_thread():
        some(FIRST)
        return [_timed(lambda: some(steps)) for _ in range(count)]


def pytorch(network: str, steps: int, count: int, threads: int) -> Pairs:
    """PyTorch on the processor, with loss and accuracy of each batch as ours has them."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    data = Mnist(validation=0, test=10).load(Path(), 0)
    images, labels = torch.tensor(data.train.images), torch.tensor(data.train.labels)
    net = _dense(nn) if network == "dense" else _conv(nn)
    net.train()
    optimizer = (
        torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
        if network == "dense"
        else torch.optim.Adam(net.parameters(), lr=0.001)
    )
    loss, batches = nn.CrossEntropyLoss(), _batches(len(images), NETWORKS[network]["batch_size"])

    def some(number: int) -> None:
        for rows in islice(batches, number):
            chosen = torch.from_numpy(rows)
            x, y = images[chosen].float().div_(255).unsqueeze(1), labels[chosen]
            optimizer.zero_grad(set_to_none=True)
            outputs = net(x)
            value = loss(outputs, y)
            value.backward()
            optimizer.step()
            value.item()
            (outputs.argmax(1) == y).sum().item()

    some(FIRST)
    return [_timed(lambda: some(steps)) for _ in range(count)]


def scikit_learn(network: str, steps: int, count: int) -> Pairs:
    """scikit-learn's perceptron, fitted to as many images as the steps take."""
    from sklearn.neural_network import MLPClassifier

    assert network == "dense"
    data = Mnist(validation=0, test=10).load(Path(), 0)
    images, labels = data.train.images.reshape(-1, 784).astype(np.float32) / 255, data.train.labels
    perceptron = MLPClassifier((64,), solver="sgd", momentum=0.9, learning_rate_init=0.01, batch_size=128)
    taken = min(len(images), steps * 128)
    perceptron.partial_fit(images[: 128 * FIRST], labels[: 128 * FIRST], classes=np.arange(10))
    return [_timed(lambda: perceptron.partial_fit(images[:taken], labels[:taken])) for _ in range(count)]


def _run(network: str) -> Run:
    return Run.model_validate(NETWORKS[network] | {"epochs": 50, "data": {"type": "mnist"}})


def _batches(images: int, size: int) -> Iterator[np.ndarray]:
    """Rows of one batch after the other, without end."""
    rng = np.random.default_rng(0)
    while True:
        rows = rng.permutation(images)
        for start in range(0, images, size):
            yield rows[start : start + size]


def _timed(work: Callable[[], object]) -> list[float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return [time.perf_counter() - wall, time.process_time() - cpu]


def _dense(nn: Any) -> Any:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def _conv(nn: Any) -> Any:
    first = nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)
    second = nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Dropout(0.2), nn.Linear(1600, 10))
