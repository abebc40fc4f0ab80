"""Every layer and `fit` in float64, with a strict check of the gradients, and in bfloat16."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from cases import KEY, MODELS, enable_x64

import deepbook as db


def cast(tree, dtype):
    return jax.tree.map(lambda a: a.astype(dtype) if jnp.issubdtype(a.dtype, jnp.floating) else a, tree)


@pytest.mark.parametrize("name", MODELS)
def test_float64(name):
    model, function, x = MODELS[name]
    single = function(model, x)
    with enable_x64(True):
        model, x = cast((model, x), jnp.float64)
        y = function(model, x)
        assert y.dtype == jnp.float64
        np.testing.assert_allclose(y, single, rtol=1e-4, atol=1e-5)
        weights = jnp.asarray(np.random.default_rng(0).normal(size=y.shape))
        loss = jax.jit(lambda m: (weights * function(m, x)).sum())
        rng = np.random.default_rng(1)
        direction = jax.tree.map(lambda a: jnp.asarray(rng.normal(size=a.shape)), model)
        move = lambda t: jax.tree.map(lambda a, d: a + t * d, model, direction)
        measured = (loss(move(1e-5)) - loss(move(-1e-5))) / 2e-5
        products = jax.tree.map(lambda g, d: (g * d).sum(), jax.grad(loss)(model), direction)
        expected = sum(jax.tree.leaves(products), jnp.float64(0))
        np.testing.assert_allclose(measured, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", MODELS)
def test_bfloat16(name):
    model, function, x = MODELS[name]
    single, (model, x) = function(model, x), cast((model, x), jnp.bfloat16)
    y = function(model, x)
    assert y.dtype == jnp.bfloat16
    # eight bits of mantissa: a rounding error of 2^-9 in each of some ten operations
    assert float(jnp.abs(y.astype(jnp.float32) - single).max()) <= 0.05 * max(1.0, float(jnp.abs(single).max()))


@pytest.mark.parametrize("dtype", [jnp.float64, jnp.bfloat16])
def test_fit(dtype, tmp_path):
    with enable_x64(dtype == jnp.float64):
        x = jax.random.normal(jax.random.key(1), (60, 3)).astype(dtype)
        y = x @ jnp.array([1.0, -2.0, 0.5], dtype)
        model = cast(db.Linear.init(KEY, 3, 1), dtype)

        def loss(model, batch):
            return db.mean_squared_error(model(batch[0])[:, 0], batch[1])

        options = {"batch_size": 20, "key": KEY, "checkpoint": tmp_path / "run.npz"}
        db.fit(loss, model, (x, y), optax.sgd(0.1), steps=50, **options)
        fitted, history = db.fit(loss, model, (x, y), optax.sgd(0.1), steps=100, **options)
        assert fitted.weight.dtype == dtype
        assert history.losses[-1] < (1e-12 if dtype == jnp.float64 else 1e-2) * history.losses[0]
        db.save(tmp_path / "model.npz", fitted)
        again = db.load(tmp_path / "model.npz", model)
        np.testing.assert_array_equal(again.weight, fitted.weight)
