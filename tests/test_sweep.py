"""fit_many: the same losses as single runs, side by side or one after another."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import deepbook as db
from deepbook.training import _batches
from deepbook.training import _sweep as sweep

X = jax.random.normal(jax.random.key(1), (60, 3))
Y = jnp.sin(2 * X[:, 0]) + X[:, 1]
KEYS = jax.random.split(jax.random.key(0), 2)
GRID = {"learning_rate": [0.003, 0.01, 0.03], "b1": [0.5, 0.9]}


def init(key):
    return db.MLP.init(key, [3, 8, 1])


def loss(model, batch):
    return db.mean_squared_error(model(batch[0])[:, 0], batch[1])


def noisy_loss(model, batch, *, key):
    x, y = batch
    return loss(model, (x + 0.1 * jax.random.normal(key, x.shape), y))


@pytest.fixture
def standard_promotion():
    """Optax's Adam raises a float to an integer power."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.usefixtures("standard_promotion")
@pytest.mark.parametrize("side_by_side", [True, False, None])
@pytest.mark.parametrize(("function", "batch_size"), [(loss, 7), (noisy_loss, 7), (loss, None)])
def test_losses_and_models_are_those_of_single_runs(function, batch_size, side_by_side):
    options = {"steps": 60, "batch_size": batch_size}
    models, losses = db.fit_many(
        function, init, (X, Y), optax.adam, grid=GRID, keys=KEYS, side_by_side=side_by_side, **options
    )
    assert losses.shape == (3, 2, 2, 60)
    for i, j, k in np.ndindex(3, 2, 2):
        start, key = jax.random.split(KEYS[k])
        optimizer = optax.adam(GRID["learning_rate"][i], b1=GRID["b1"][j])
        model, history = db.fit(function, init(start), (X, Y), optimizer, key=key, **options)
        np.testing.assert_allclose(losses[i, j, k], history.losses, atol=1e-5)
        same = lambda many, one, at=(i, j, k): np.testing.assert_allclose(many[at], one, atol=1e-4)
        jax.tree.map(same, models, model)


@pytest.mark.parametrize("side_by_side", [True, False])
def test_a_run_that_diverges_leaves_the_others_alone(side_by_side):
    options = {"keys": KEYS, "steps": 200, "side_by_side": side_by_side}
    _, losses = db.fit_many(loss, init, (X, Y), optax.sgd, grid={"learning_rate": [0.05, 1e4]}, **options)
    assert np.isfinite(losses[0]).all()
    assert not np.isfinite(losses[1, :, -1]).any()


def test_small_models_side_by_side_and_large_ones_not(monkeypatch):
    chosen = []
    program = sweep._program
    monkeypatch.setattr(sweep, "_program", lambda *args: chosen.append(args[-1]) or program(*args))
    for width in (8, 2048):
        first = lambda key, width=width: db.MLP.init(key, [3, width, width, 1])
        db.fit_many(loss, first, (X, Y), optax.sgd, grid={"learning_rate": [0.01]}, keys=KEYS, steps=1)
    assert chosen == [1, None]


def test_one_compilation_for_a_whole_grid():
    optimizer = lambda learning_rate: optax.sgd(learning_rate)
    for steps in (5, 300):
        db.fit_many(loss, init, (X, Y), optimizer, grid={"learning_rate": [0.1, 0.2]}, keys=KEYS, steps=steps)
    _, run = sweep._program(loss, optimizer, False, 2)
    assert run._cache_size() == 1


@pytest.mark.parametrize("side_by_side", [True, False])
def test_interruption_returns_what_there_is(monkeypatch, side_by_side):
    monkeypatch.setattr(_batches, "SECONDS_PER_CHUNK", 0.0)

    def interrupt(self, done, **values):
        if done >= 18:
            raise KeyboardInterrupt

    monkeypatch.setattr(db.Progress, "update", interrupt)
    options = {"grid": {}, "keys": KEYS, "batch_size": 7, "side_by_side": side_by_side}
    share = "80%" if side_by_side else "40%"
    with pytest.warns(UserWarning, match=f"fit_many was interrupted after {share} of the steps"):
        models, losses = db.fit_many(loss, init, (X, Y), lambda: optax.sgd(0.1), steps=40, **options)
    monkeypatch.undo()
    taken = np.isfinite(losses).sum(1).tolist()
    assert taken == ([32, 32] if side_by_side else [32, 0])
    expected, _ = db.fit_many(loss, init, (X, Y), lambda: optax.sgd(0.1), steps=32, **options)
    np.testing.assert_allclose(models.layers[0].weight[0], expected.layers[0].weight[0], atol=1e-6)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keys": jax.random.key(0)}, r"keys: got \(\), expected a vector of typed keys"),
        ({"keys": KEYS[:0]}, "keys: got none, expected at least one"),
        ({"grid": {"learning_rate": 0.1}}, r"grid\['learning_rate'\]: got shape \(\), expected a list"),
        ({"grid": {"learning_rate": []}}, r"grid\['learning_rate'\]: got shape \(0,\), expected a list"),
        ({"steps": 0}, "steps: got 0, expected a whole number of at least 1"),
        ({"batch_size": 61}, "batch_size: got 61, expected at most 60"),
    ],
)
def test_unusable_arguments_are_named(change, message):
    options = {"grid": {"learning_rate": [0.1]}, "keys": KEYS, "steps": 3}
    with pytest.raises(ValueError, match=message):
        db.fit_many(loss, init, (X, Y), optax.sgd, **(options | change))


def with_a_function_of_its_own(key):
    return db.Sequential(layers=(db.Linear.init(key, 3, 1), db.Lambda(lambda x: x)))


WIDTHS = itertools.count(2)


def wider_and_wider(key):
    return db.MLP.init(key, [3, next(WIDTHS), 1])


@pytest.mark.parametrize(
    ("init", "message"),
    [
        (with_a_function_of_its_own, "init: models 0 and 1 differ in more than their arrays"),
        (wider_and_wider, "init: model 1 has arrays of shapes"),
    ],
)
def test_models_of_different_structure_are_refused(init, message):
    with pytest.raises(ValueError, match=message):
        db.fit_many(loss, init, (X, Y), optax.sgd, grid={"learning_rate": [0.1]}, keys=KEYS, steps=3)
