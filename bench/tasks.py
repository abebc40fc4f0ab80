"""The four trainings that are timed: data, sizes, and the model in the package."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

# A smoke run takes every path once, in the least time, and leaves the measured results alone.
SMOKE = os.environ.get("BENCH_SMOKE") == "1"
OUT = Path(__file__).parent / ("smoke" if SMOKE else "")
CLASSES, VOCABULARY, CONTEXT = 10, 62, 64


@dataclass(frozen=True)
class Task:
    """One training.

    Attributes:
        title: model, data, batch and optimizer in words.
        data: inputs and integer targets, on the host.
        batch_size: examples in a batch.
        steps: updates in one timed run.
        rate: of Adam.
    """

    title: str
    data: tuple[np.ndarray, np.ndarray]
    batch_size: int
    steps: int
    rate: float = 1e-3


def write(name: str, result: dict) -> None:
    """Keep what a script measured, for report.py."""
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


@cache
def task(name: str) -> Task:
    """The task of this name: mlp, cnn, transformer or lstm."""
    import deepbook as db

    if name == "mlp":
        digits = db.data.load_digits()
        data = digits.x_train.reshape(-1, 64), digits.y_train.astype(np.int32)
        return Task("MLP 64-128-128-10, digits, batch 128", data, 128, 1500)
    if name == "cnn":
        mnist = db.data.load_mnist()
        data = mnist.x_train, mnist.y_train.astype(np.int32)
        return Task("CNN, 3 x 3, 16 and 32 channels, 28 x 28, batch 128", data, 128, 60)
    text = np.frombuffer(db.data.load_king_james()[:200_000].encode(), np.uint8)
    tokens = np.unique(text, return_inverse=True)[1].astype(np.int32)
    starts = np.arange(0, len(tokens) - CONTEXT - 1, CONTEXT)
    windows = tokens[starts[:, None] + np.arange(CONTEXT + 1)]
    data = np.ascontiguousarray(windows[:, :-1]), np.ascontiguousarray(windows[:, 1:])
    if name == "transformer":
        return Task("character transformer, 2 layers, d 64, 4 heads, context 64, batch 32", data, 32, 60)
    if name == "lstm":
        return Task("character LSTM, 128 units, context 64, batch 32", data, 32, 60)
    raise ValueError(f"name: got {name!r}, expected mlp, cnn, transformer or lstm")


def model(name: str) -> Any:
    """The task's model in the package."""
    import jax

    import deepbook as db

    key = jax.random.key(0)
    if name == "mlp":
        return db.MLP.init(key, [64, 128, 128, CLASSES])
    if name == "transformer":
        return db.Transformer.init(key, VOCABULARY, width=64, heads=4, layers=2)
    one, two, three = jax.random.split(key, 3)
    if name == "cnn":
        layers = (
            db.Lambda(lambda x: x[..., None]),
            db.Conv2d.init(one, 1, 16, 3, padding=1),
            db.Lambda(lambda x: db.max_pool(jax.nn.relu(x))),
            db.Conv2d.init(two, 16, 32, 3, padding=1),
            db.Lambda(lambda x: db.max_pool(jax.nn.relu(x)).reshape(*x.shape[:-3], -1)),
            db.Linear.init(three, 7 * 7 * 32, CLASSES),
        )
        return db.Sequential(layers=layers)
    return {
        "embedding": db.Embedding.init(one, VOCABULARY, 64),
        "cell": db.LSTMCell.init(two, 64, 128),
        "logits": db.Linear.init(three, 128, VOCABULARY),
    }


def loss_of(name: str) -> Callable[[Any, Any], Any]:
    """Mean cross-entropy of the task's model on a batch."""
    import deepbook as db

    def loss(net: Any, batch: Any) -> Any:
        return db.cross_entropy(net(batch[0]), batch[1])

    def lstm_loss(net: Any, batch: Any) -> Any:
        hidden, _ = db.unroll(net["cell"], net["embedding"](batch[0]))
        return db.cross_entropy(net["logits"](hidden), batch[1])

    return lstm_loss if name == "lstm" else loss
