"""Sweeps by `fit_many`: all runs side by side, one after another, and what it chooses by itself.

usage: sweeps.py [LABEL ...]   (writes sweeps.json)

Three rates and two keys, so six runs. Rounds are interleaved, after one that compiles. What it chooses is compared
with the faster of the two by the medians over the rounds.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tasks import CLASSES, SMOKE, VOCABULARY, loss_of, model, task, write

import deepbook as db
from deepbook.training._sweep import _operations

ROUNDS, SECONDS = (1, 0.0) if SMOKE else (7, 1.0)
WAYS = {"side_by_side": True, "one_after_another": False, "chosen": None}
# label -> (task, width of the hidden layers or None for the task's own model, batch size or None for the task's)
MODELS = {
    f"MLP, width {w}, batch {b}": ("mlp", w, b)
    for w, b in ((16, 32), (16, 128), (64, 128), (128, 128), (256, 128), (512, 128))
}
MODELS |= {f"LSTM, {w} units, batch {b}": ("lstm", w, b) for w, b in ((8, 8), (8, 32), (32, 32))}
MODELS |= {
    f"task {letter}": (name, None, None) for letter, name in zip("BCD", ("cnn", "transformer", "lstm"), strict=True)
}
SHORT = ("MLP, width 16, batch 32", "LSTM, 8 units, batch 8", "task B")


def model_of(name: str, width: int | None) -> Callable[[jax.Array], Any]:
    """How to make a model of the task, as wide as asked."""
    if width is None:
        net = model(name)  # once: its functions are part of its structure, which all runs share
        return lambda key: net
    if name == "mlp":
        return lambda key: db.MLP.init(key, [64, width, width, CLASSES])
    return lambda key: {
        "embedding": db.Embedding.init(key, VOCABULARY, width),
        "cell": db.LSTMCell.init(key, width, width),
        "logits": db.Linear.init(key, width, VOCABULARY),
    }


def measure(
    name: str, width: int | None, batch_size: int | None, rounds: int = ROUNDS, seconds_of_one: float = SECONDS
) -> dict:
    """Median seconds of each way and of what was chosen."""
    t, loss, keys = task(name), loss_of(name), jax.random.split(jax.random.key(0), 2)
    data, size = jax.tree.map(jnp.asarray, t.data), batch_size or t.batch_size
    init = model_of(name, width)
    grid = {"learning_rate": [3e-4, 1e-3, 3e-3]}

    def seconds(way: bool | None, steps: int) -> float:
        start = time.perf_counter()
        options = {"grid": grid, "keys": keys, "steps": steps, "batch_size": size, "side_by_side": way}
        db.fit_many(loss, init, data, optax.adam, **options)
        return time.perf_counter() - start

    # XLA counts before compilation on a processor only
    operations = {"operations": _operations(loss, init(keys[0]), data, size)} if jax.default_backend() == "cpu" else {}
    steps = 2
    for way in WAYS.values():
        seconds(way, steps)
    while seconds_of_one and (took := seconds(False, steps)) < seconds_of_one / 2:
        steps = round(steps * min(10, seconds_of_one / took))
    measured = [{way: seconds(choice, steps) for way, choice in WAYS.items()} for _ in range(rounds)]
    return operations | {way: float(np.median([r[way] for r in measured])) for way in WAYS}


def main() -> None:
    """Measure and write."""
    results = {}
    for label in sys.argv[1:] or (SHORT if SMOKE else MODELS):
        results[label] = measure(*MODELS[label])
        print(label, results[label], flush=True)
    write("sweeps", results)


if __name__ == "__main__":
    main()
