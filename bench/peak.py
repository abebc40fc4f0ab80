"""This machine's float32 matrix-product peak, and what one training step of each task costs.

usage: peak.py   (writes peak.json; report.py divides `fit`'s rates by it)
"""

import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from tasks import SMOKE, loss_of, model, task, write

SIZES, REPEATS = ((512,), 1) if SMOKE else ((512, 1024, 2048), 15)


def gigaflops(n: int, dtype: str = "float32", precision: str | None = None) -> float:
    """Best rate of the product of two random n x n matrices, in 10^9 operations a second."""
    a = jax.random.normal(jax.random.key(0), (n, n), dtype)
    product = jax.jit(partial(jnp.matmul, precision=precision))
    jax.block_until_ready(product(a, a))
    best = np.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        jax.block_until_ready(product(a, a))
        best = min(best, time.perf_counter() - start)
    return 2 * n**3 / best / 1e9


def operations(name: str) -> float:
    """Operations of one gradient of the task, counted by XLA, the loop over time of the LSTM in full."""
    t, net, loss = task(name), model(name), loss_of(name)
    batch = jax.tree.map(lambda a: jnp.asarray(a[: t.batch_size]), t.data)
    if name == "lstm":  # XLA counts a loop's body once: count its matrix products, forward and twice backward
        per_token = 2 * (4 * 128 * (64 + 128) + 128 * 62)
        return 3 * per_token * t.batch_size * batch[0].shape[1]
    return jax.jit(jax.grad(loss)).lower(net, batch).compile().cost_analysis()["flops"]


def main() -> None:
    """Measure and write."""
    result = {
        "peak": max(gigaflops(n) for n in SIZES),
        "operations": {name: operations(name) for name in ("mlp", "cnn", "transformer", "lstm")},
    }
    write("peak", result)


if __name__ == "__main__":
    main()
