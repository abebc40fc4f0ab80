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
KEY = jax.random.key(10)
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


@pytest.mark.parametrize(
    ("examples", "batch_size", "message"),
    [
        (64, 12, "batch_size: got 12, expected a multiple of 8, the number of devices"),
        (60, None, "batch_size: got 60, expected a multiple of 8, the number of devices"),
    ],
)
def test_the_mesh_must_divide_the_batch(examples, batch_size, message):
    data = X[:examples], LABELS[:examples]
    with pytest.raises(ValueError, match=message):
        db.fit(mlp_loss, MLP, data, optax.sgd(0.1), steps=1, batch_size=batch_size, key=KEY, mesh=db.make_mesh())


def test_a_mesh_of_two_axes_is_refused():
    with pytest.raises(ValueError, match=r"mesh: got axes \('batch', 'model'\), expected one axis"):
        db.fit(mlp_loss, MLP, (X, LABELS), optax.sgd(0.1), steps=1, batch_size=16, key=KEY, mesh=GRID)


def running(model, batch, mean):
    return mlp_loss(model, batch), 0.9 * mean + 0.1 * batch[0].mean(0)


def test_extra_state_and_checkpoints_over_eight_devices(tmp_path):
    options = {"batch_size": 16, "key": KEY, "extra": jnp.zeros(12)}
    one, history = db.fit(running, MLP, (X, LABELS), optax.sgd(0.1), steps=40, **options)
    options |= {"mesh": db.make_mesh(8), "checkpoint": tmp_path / "run.npz"}
    db.fit(running, MLP, (X, LABELS), optax.sgd(0.1), steps=20, **options)
    eight, spread = db.fit(running, MLP, (X, LABELS), optax.sgd(0.1), steps=40, **options)
    np.testing.assert_allclose(spread.losses, history.losses, atol=1e-5)
    close(spread.extra, history.extra)
    close(eight, one, 1e-4)


def test_descend_side_by_side_over_eight_devices():
    keys, rates = jax.random.split(KEY, 8), jnp.array([0.05, 0.1])
    order = jax.random.randint(KEY, (20, 16), 0, 64)

    def train(rate, key):
        loss = lambda model, index: mlp_loss(model, (X[index], LABELS[index]))
        return db.descend(loss, db.MLP.init(key, [12, 8, 8]), order, optax.sgd(rate))[1]

    table = jax.jit(jax.vmap(jax.vmap(train, (None, 0)), (0, None)))
    spread = table(rates, jax.device_put(keys, NamedSharding(MESH, P("batch"))))
    assert len(spread.sharding.device_set) == 8
    close(spread, table(rates, keys))
