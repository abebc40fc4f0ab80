"""How fast is `fit`? Steps per second beside a hand-written jax.lax.scan of the same training.

usage: run.py   (writes bench/results.md and bench/results.json)

The two are timed in turn, several times, and compared by the median of the ratios, so that a busy machine
disturbs both alike.
"""

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

import deepbook as db

HERE = Path(__file__).parent
STEPS, REPEATS = 1500, 9


def loss(net: db.MLP, batch: tuple[jax.Array, jax.Array]) -> jax.Array:
    """Mean cross-entropy of a batch."""
    return db.cross_entropy(net(batch[0]), batch[1])


def with_fit(
    net: db.MLP, data: tuple, optimizer: optax.GradientTransformation, batch_size: int
) -> Callable[[], object]:
    """Training by the package."""
    return lambda: db.fit(loss, net, data, optimizer, steps=STEPS, batch_size=batch_size, key=jax.random.key(1))[0]


def with_scan(
    net: db.MLP, data: tuple, optimizer: optax.GradientTransformation, batch_size: int
) -> Callable[[], object]:
    """The floor: a scan written by hand, batches drawn beforehand on the host, no checks."""
    x, y = map(jnp.asarray, data)

    @jax.jit
    def run(net: db.MLP, x: jax.Array, y: jax.Array, order: jax.Array) -> db.MLP:
        def step(state: tuple, index: jax.Array) -> tuple:
            net, opt = state
            gradient = jax.grad(loss)(net, (x[index], y[index]))
            updates, opt = optimizer.update(gradient, opt, net)
            return (optax.apply_updates(net, updates), opt), None

        return jax.lax.scan(step, (net, optimizer.init(net)), order)[0][0]

    def train() -> db.MLP:
        rng = np.random.default_rng(1)
        per_epoch = len(x) // batch_size
        epochs = [rng.permutation(len(x))[: per_epoch * batch_size] for _ in range(-(-STEPS // per_epoch))]
        order = np.concatenate(epochs).reshape(-1, batch_size)[:STEPS]
        return run(net, x, y, jnp.asarray(order, jnp.int32))

    return train


def seconds(train: Callable[[], object]) -> float:
    """Wall-clock time of one training run."""
    start = time.perf_counter()
    jax.block_until_ready(train())
    return time.perf_counter() - start


def main() -> None:
    """Time both, print and write the table."""
    digits = db.data.load_digits()
    data = (digits.x_train.reshape(-1, 64), digits.y_train)
    net, optimizer = db.MLP.init(jax.random.key(0), [64, 128, 128, 10]), optax.adam(1e-3)
    contestants = {name: make(net, data, optimizer, 128) for name, make in (("fit", with_fit), ("scan", with_scan))}
    first = {name: seconds(train) for name, train in contestants.items()}
    times = {name: [] for name in contestants}
    for _ in range(REPEATS):
        for name, train in contestants.items():
            times[name].append(seconds(train))
    ratio = float(np.median(np.divide(times["scan"], times["fit"])))
    result = {
        "task": "MLP 64-128-128-10 on digits, batch 128, Adam",
        "machine": f"{platform.machine()}, {db.describe_devices()}",
        "jax": jax.__version__,
        "steps_per_second": {name: round(STEPS / float(np.median(t))) for name, t in times.items()},
        "first_run_seconds": {name: round(t, 2) for name, t in first.items()},
        "fit_relative_to_scan": round(ratio, 2),
    }
    (HERE / "results.json").write_text(json.dumps(result, indent=2) + "\n")
    rows = [f"| {n} | {result['steps_per_second'][n]:,} | {first[n]:.1f} |" for n in times]
    head = f"{result['task']}; {result['machine']}; JAX {result['jax']}"
    table = [head, "", "| | steps per second | first run, s |", "|---|---|---|", *rows, "", f"fit / scan: {ratio:.2f}"]
    (HERE / "results.md").write_text("\n".join(table) + "\n")
    print("\n".join(table))


if __name__ == "__main__":
    main()
