"""On whatever accelerator there is, the same numbers as on the processor. Skipped, saying so, where there is none.

By hand: pytest tests/accelerator -p no:nbval -o addopts=-ra
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from cases import MODELS

import deepbook as db

KIND = jax.default_backend()
pytestmark = pytest.mark.skipif(KIND == "cpu", reason="no accelerator: JAX sees only the processor")
X = jax.random.normal(jax.random.key(2), (256, 12))
LABELS = jax.random.randint(jax.random.key(3), (256,), 0, 8)
TOKENS = jax.random.randint(jax.random.key(1), (128, 33), 0, 8)


def dense_loss(model, batch):
    return db.cross_entropy(model(batch[0]), batch[1])


def token_loss(model, tokens):
    return db.cross_entropy(model(tokens[:, :-1]), tokens[:, 1:])


TRAININGS = {
    "MLP": (db.MLP.init(jax.random.key(4), [12, 32, 8]), dense_loss, (X, LABELS)),
    "Transformer": (db.Transformer.init(jax.random.key(5), 8, width=16, heads=4, layers=2), token_loss, TOKENS),
}


def on(device, function, *args):
    with jax.default_device(device):
        return jax.device_get(function(*jax.device_put(args, device)))


def close(a, b, tolerance):
    for one, two in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(one, two, rtol=tolerance, atol=tolerance * max(1.0, np.abs(two).max()))


@pytest.mark.parametrize("name", MODELS)
def test_values_and_gradients_equal_those_of_the_processor(name):
    model, function, x = MODELS[name]

    @jax.jit
    def value_and_gradient(model, x):
        with jax.default_matmul_precision("highest"):
            return function(model, x), jax.grad(lambda m: (function(m, x) ** 2).sum())(model)

    here, there = (on(jax.devices(kind)[0], value_and_gradient, model, x) for kind in (KIND, "cpu"))
    close(here, there, 1e-4)


@pytest.mark.parametrize("name", TRAININGS)
def test_fit_equals_that_of_the_processor(name):
    model, loss, data = TRAININGS[name]

    def losses(device):
        with jax.default_device(device), jax.default_matmul_precision("highest"):
            options = {"steps": 100, "batch_size": 32, "key": jax.random.key(6)}
            return db.fit(loss, *jax.device_put((model, data), device), optax.sgd(0.1), **options)[1].losses

    np.testing.assert_allclose(losses(jax.devices(KIND)[0]), losses(jax.devices("cpu")[0]), atol=1e-3)


@pytest.mark.parametrize("name", TRAININGS)
def test_fit_in_bfloat16(name):
    model, loss, data = TRAININGS[name]
    half = lambda tree: jax.tree.map(lambda a: a.astype(jnp.bfloat16) if a.dtype == jnp.float32 else a, tree)
    fitted, history = db.fit(loss, half(model), half(data), optax.sgd(0.1), steps=200, key=jax.random.key(7))
    assert jax.tree.leaves(fitted)[0].dtype == jnp.bfloat16
    assert history.losses[-1] < 0.99 * history.losses[0]


def test_all_devices_share_a_batch():
    model, loss, data = TRAININGS["MLP"]
    options = {"steps": 50, "batch_size": 32 * len(jax.devices()), "key": jax.random.key(8)}
    one, many = (db.fit(loss, model, data, optax.sgd(0.1), mesh=mesh, **options) for mesh in (None, db.make_mesh()))
    np.testing.assert_allclose(many[1].losses, one[1].losses, atol=1e-3)


def test_descend_side_by_side_equals_one_after_another():
    _, loss, data = TRAININGS["MLP"]
    order = jax.random.randint(jax.random.key(9), (50, 32), 0, 256)

    @jax.jit
    def train(rate, key):
        batch = lambda index: jax.tree.map(lambda a: a[index], data)
        indexed = lambda model, index: loss(model, batch(index))
        return db.descend(indexed, db.MLP.init(key, [12, 32, 8]), order, optax.sgd(rate))[1]

    rates, keys = jnp.array([0.03, 0.1]), jax.random.split(jax.random.key(9), 3)
    table = jax.vmap(jax.vmap(train, (None, 0)), (0, None))(rates, keys)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_allclose(table[i, j], train(rates[i], keys[j]), atol=1e-3)
