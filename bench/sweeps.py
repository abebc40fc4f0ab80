"""Sweeps by `fit_many`: all runs side by side, one after another, and what it chooses by itself.

usage: sweeps.py   (writes sweeps.json)

Three rates and two keys, so six runs. Rounds are interleaved, after one that compiles.
"""

import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tasks import SMOKE, loss_of, model, task, write

import deepbook as db
from deepbook.sweep import _operations

ROUNDS, SECONDS = (1, 0.0) if SMOKE else (7, 1.0)
WAYS = {"side_by_side": True, "one_after_another": False, "chosen": None}
# name -> (task, width of the hidden layers or None for the task's own model, batch size)
MODELS = {
    f"MLP, width {w}, batch {b}": ("mlp", w, b) for w, b in ((16, 32), (16, 128), (64, 128), (128, 128), (512, 128))
}
MODELS |= {
    f"task {letter}": (name, None, None) for letter, name in zip("BCD", ("cnn", "transformer", "lstm"), strict=True)
}


def measure(
    name: str, width: int | None, batch_size: int | None, rounds: int = ROUNDS, seconds_of_one: float = SECONDS
) -> dict:
    """Median seconds of each way, and the median ratio of what was chosen to the better of the two."""
    t, loss, keys = task(name), loss_of(name), jax.random.split(jax.random.key(0), 2)
    data, size = jax.tree.map(jnp.asarray, t.data), batch_size or t.batch_size
    net = model(name)
    init = (lambda key: net) if width is None else (lambda key: db.MLP.init(key, [64, width, width, 10]))
    grid = {"learning_rate": [3e-4, 1e-3, 3e-3]}

    def seconds(way: bool | None, steps: int) -> float:
        start = time.perf_counter()
        options = {"grid": grid, "keys": keys, "steps": steps, "batch_size": size, "side_by_side": way}
        db.fit_many(loss, init, data, optax.adam, **options)
        return time.perf_counter() - start

    # XLA counts before compilation on a processor only
    operations = {"operations": _operations(loss, init(keys[0]), data, size)} if jax.default_backend() == "cpu" else {}
    for way in (True, False):
        seconds(way, 2)
    steps = max(2, round(20 * seconds_of_one / seconds(False, 20))) if seconds_of_one else 2
    measured = [{way: seconds(choice, steps) for way, choice in WAYS.items()} for _ in range(rounds)]
    ratios = [r["chosen"] / min(r["side_by_side"], r["one_after_another"]) for r in measured]
    return {
        **operations,
        "chosen_over_best": float(np.median(ratios)),
        **{way: float(np.median([r[way] for r in measured])) for way in WAYS},
    }


def main() -> None:
    """Measure and write."""
    write("sweeps", {label: measure(*spec) for label, spec in MODELS.items()})


if __name__ == "__main__":
    main()
