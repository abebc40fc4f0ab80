"""What a step of `fit` costs against batch, width, depth and number of examples, for a multilayer perceptron.

usage: scaling.py   (writes scaling.json)
"""

import time

import jax
import numpy as np
import optax
from tasks import SMOKE, loss_of, write

import deepbook as db

VARIED = {  # one at a time, the others as in BASE
    "batch": (16, 64, 256, 1024),
    "width": (32, 128, 512, 1024),
    "depth": (1, 2, 4, 8, 16),
    "examples": (1_000, 10_000, 100_000),
}
BASE = {"batch": 128, "width": 128, "depth": 2, "examples": 10_000}
SECONDS, REPEATS = (0.01, 1) if SMOKE else (0.5, 5)


def cost(batch: int, width: int, depth: int, examples: int) -> float:
    """Median seconds of a step, after compilation."""
    rng = np.random.default_rng(0)
    data = rng.normal(size=(examples, 64)).astype(np.float32), rng.integers(0, 10, examples).astype(np.int32)
    data = jax.tree.map(jax.numpy.asarray, data)
    net = db.MLP.init(jax.random.key(0), [64, *[width] * depth, 10])
    loss, optimizer = loss_of("mlp"), optax.adam(1e-3)

    def seconds(steps: int) -> float:
        start = time.perf_counter()
        db.fit(loss, net, data, optimizer, steps=steps, batch_size=batch, key=jax.random.key(1))
        return time.perf_counter() - start

    seconds(100)
    steps = max(50, round(100 * SECONDS / seconds(100)))
    return float(np.median([seconds(steps) for _ in range(REPEATS)])) / steps


def main() -> None:
    """Measure and write."""
    result = {
        name: {str(v): cost(**BASE | {name: v}) for v in (values[:1] if SMOKE else values)}
        for name, values in VARIED.items()
    }
    write("scaling", result)


if __name__ == "__main__":
    main()
