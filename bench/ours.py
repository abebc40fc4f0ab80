"""`fit`, and its floor: a scan written by hand."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tasks import loss_of, model, task

import deepbook as db


def batches(n: int, size: int, steps: int) -> np.ndarray:
    """Indices of shuffled batches, epoch after epoch, shape `[steps, size]`."""
    rng, per_epoch = np.random.default_rng(1), n // size
    epochs = [rng.permutation(n)[: per_epoch * size] for _ in range(-(-steps // per_epoch))]
    return np.concatenate(epochs).reshape(-1, size)[:steps].astype(np.int32)


def fit(name: str) -> Callable[[int], object]:
    """Training by the package."""
    t, net, loss = task(name), model(name), loss_of(name)
    optimizer, key = optax.adam(t.rate), jax.random.key(1)
    data = jax.tree.map(jnp.asarray, t.data)
    return lambda steps: db.fit(loss, net, data, optimizer, steps=steps, batch_size=t.batch_size, key=key)[0]


def scan(name: str) -> Callable[[int], object]:
    """The floor: jax.lax.scan over batches drawn beforehand on the host, without any check."""
    t, net, loss = task(name), model(name), loss_of(name)
    optimizer = optax.adam(t.rate)
    x, y = map(jnp.asarray, t.data)

    @jax.jit
    def run(net: object, x: jax.Array, y: jax.Array, order: jax.Array) -> object:
        def step(state: tuple, index: jax.Array) -> tuple:
            net, opt = state
            gradient = jax.grad(loss)(net, (x[index], y[index]))
            updates, opt = optimizer.update(gradient, opt, net)
            return (optax.apply_updates(net, updates), opt), None

        return jax.lax.scan(step, (net, optimizer.init(net)), order)[0][0]

    return lambda steps: jax.block_until_ready(run(net, x, y, jnp.asarray(batches(len(x), t.batch_size, steps))))


CONTESTANTS = {"fit": fit, "scan by hand": scan}
