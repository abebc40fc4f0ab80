"""Eight devices give what one gives: data parallel for every layer and `fit`, tensor parallel for dense networks.

tests/test_devices.py runs this in a process with eight devices; by hand:
JAX_NUM_CPU_DEVICES=8 pytest tests/eight_devices -p no:nbval -o addopts=
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from cases import MODELS
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import deepbook as db

MESH = jax.make_mesh((8,), ("batch",), axis_types=(AxisType.Auto,))
GRID = jax.make_mesh((2, 4), ("batch", "model"), axis_types=(AxisType.Auto, AxisType.Auto))
TOKENS = jax.random.randint(jax.random.key(1), (64, 16), 0, 8)
X = jax.random.normal(jax.random.key(2), (64, 12))
LABELS = jax.random.randint(jax.random.key(3), (64,), 0, 8)
MLP = db.MLP.init(jax.random.key(4), [12, 32, 32, 8])
TRANSFORMER = db.Transformer.init(jax.random.key(5), 8, width=16, heads=4, layers=2)


def mlp_loss(model, batch):
    return db.cross_entropy(model(batch[0]), batch[1])


def transformer_loss(model, tokens):
    return db.cross_entropy(model(tokens[:, :-1]), tokens[:, 1:])


def close(a, b, tolerance=1e-5):
    """Equal within float32 rounding, against the size of the largest entry."""
    for one, two in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(one, two, rtol=tolerance, atol=tolerance * max(1.0, float(jnp.abs(two).max())))


def by_columns_and_rows(model):
    """Each pair of linear layers: the first cut by its outputs, the second by its inputs (Shoeybi et al., 2019)."""

    def spec(path, leaf):
        name = jax.tree_util.keystr(path)
        first = any(part in name for part in ("queries", "keys", "values", ".layers[0]"))
        if leaf.ndim == 2 and ("layers" in name or "attention" in name):
            return P("model", None) if first else P(None, "model")
        return P("model") if first and leaf.ndim == 1 else P()

    place = lambda path, leaf: jax.device_put(leaf, NamedSharding(GRID, spec(path, leaf)))
    return jax.tree.map_with_path(place, model)


def test_there_are_eight_devices():
    assert len(jax.devices()) == 8
    assert db.describe_devices() == "8 cpu devices"


@pytest.mark.parametrize("name", MODELS)
def test_a_batch_over_eight_devices(name):
    model, function, x = MODELS[name]
    batch = jnp.stack([jnp.roll(x, i, 0) for i in range(16)])
    weights = jax.random.normal(jax.random.key(6), jax.eval_shape(jax.vmap(function, (None, 0)), model, batch).shape)

    @jax.jit
    def value_and_gradient(model, batch):
        return jax.value_and_grad(lambda m: (weights * jax.vmap(function, (None, 0))(m, batch)).sum())(model)

    spread = jax.device_put(batch, NamedSharding(MESH, P("batch")))
    assert len(spread.sharding.device_set) == 8
    close(value_and_gradient(jax.device_put(model, NamedSharding(MESH, P())), spread), value_and_gradient(model, batch))


@pytest.mark.parametrize("batch_size", [16, None])
def test_fit_data_parallel(batch_size):
    options = {"steps": 40, "batch_size": batch_size, "key": jax.random.key(7), "eval_every": 10}
    options["metrics"] = {"loss": (mlp_loss, (X, LABELS))}
    for model, loss, data in ((MLP, mlp_loss, (X, LABELS)), (TRANSFORMER, transformer_loss, TOKENS)):
        if loss is transformer_loss:
            options["metrics"] = {"loss": (loss, data)}
        one, history = db.fit(loss, model, data, optax.sgd(0.1), **options)
        eight, spread = db.fit(loss, model, data, optax.sgd(0.1), mesh=db.make_mesh(8), **options)
        np.testing.assert_allclose(spread.losses, history.losses, atol=1e-5)
        np.testing.assert_allclose(spread.metrics["loss"], history.metrics["loss"], atol=1e-5)
        close(eight, one, 1e-4)


@pytest.mark.parametrize(
    ("model", "loss", "data", "cut"),
    [
        (db.Linear.init(jax.random.key(8), 12, 8), mlp_loss, (X, LABELS), lambda m: m.weight),
        (MLP, mlp_loss, (X, LABELS), lambda m: m.layers[0].weight),
        (TRANSFORMER, transformer_loss, TOKENS, lambda m: m.blocks[0].mlp.layers[1].weight),
    ],
    ids=["Linear", "MLP", "Transformer"],
)
def test_tensor_parallel(model, loss, data, cut):
    if isinstance(model, db.Linear):
        sharded = jax.device_put(
            model, db.Linear(NamedSharding(GRID, P("model", None)), NamedSharding(GRID, P("model")))
        )
    else:
        sharded = by_columns_and_rows(model)
    assert cut(sharded).addressable_shards[0].data.size == cut(model).size // 4
    step = jax.jit(jax.value_and_grad(loss))
    close(step(sharded, data), step(model, data))
    spread = jax.device_put(data, NamedSharding(GRID, P("batch")))  # and the batch over the other axis
    close(step(sharded, spread), step(model, data))


@pytest.mark.parametrize(
    ("model", "loss", "data"), [(MLP, mlp_loss, (X, LABELS)), (TRANSFORMER, transformer_loss, TOKENS)]
)
def test_fit_tensor_parallel(model, loss, data):
    options = {"steps": 40, "batch_size": 16, "key": jax.random.key(9)}
    one, history = db.fit(loss, model, data, optax.sgd(0.1, momentum=0.9), **options)
    eight, cut = db.fit(loss, by_columns_and_rows(model), data, optax.sgd(0.1, momentum=0.9), **options)
    np.testing.assert_allclose(cut.losses, history.losses, atol=2e-5)
    close(eight, one, 2e-4)
    parts = [len(leaf.sharding.device_set) for leaf in jax.tree.leaves(eight)]
    assert set(parts) == {8}  # the trained model is still spread out


def test_fit_many_on_one_of_eight():
    keys = jax.random.split(jax.random.key(10), 2)
    init = lambda key: db.MLP.init(key, [12, 8, 8])
    options = {"grid": {"learning_rate": [0.05, 0.1]}, "keys": keys, "steps": 20, "batch_size": 16}
    _, together = db.fit_many(mlp_loss, init, (X, LABELS), optax.sgd, side_by_side=True, **options)
    _, apart = db.fit_many(mlp_loss, init, (X, LABELS), optax.sgd, side_by_side=False, **options)
    np.testing.assert_allclose(together, apart, atol=1e-5)
