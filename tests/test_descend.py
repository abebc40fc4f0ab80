"""train_step and descend: pure functions, equal to a loop by hand, under every transformation; and extra state."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import deepbook as db

X = jax.random.normal(jax.random.key(1), (60, 3))
Y = X @ jnp.array([1.0, -2.0, 0.5])
MODEL = db.Linear.init(jax.random.key(3), 3, 1)
MOMENTUM = optax.sgd(0.03, momentum=0.9)
ORDER = jax.random.randint(jax.random.key(4), (40, 8), 0, 60)


def loss(model, batch):
    return db.mean_squared_error(model(batch[0])[:, 0], batch[1])


def indexed(model, index):
    return loss(model, (X[index], Y[index]))


def noisy(model, index, *, key):
    return indexed(model, index) + 0.1 * jax.random.normal(key) * model.weight.sum()


def close(a, b, atol=1e-6):
    jax.tree.map(lambda one, two: np.testing.assert_allclose(one, two, rtol=1e-5, atol=atol), a, b)


def by_hand(model):
    state, losses = MOMENTUM.init(model), []
    for index in ORDER:
        value, gradient = jax.value_and_grad(indexed)(model, index)
        updates, state = MOMENTUM.update(gradient, state, model)
        model = optax.apply_updates(model, updates)
        losses.append(value)
    return model, np.array(losses)


def test_descend_equals_a_loop_by_hand():
    state, losses = db.descend(indexed, MODEL, ORDER, MOMENTUM)
    model, expected = by_hand(MODEL)
    close(state.model, model)
    close(losses, expected)
    assert state.step == 40
    assert state.extra is None


def test_train_step_equals_descend_and_counts():
    state = db.TrainState.init(MODEL, MOMENTUM)
    assert state.step == 0
    losses = []
    for index in ORDER[:5]:
        state, value = db.train_step(indexed, MOMENTUM, state, index)
        losses.append(value)
    whole, expected = db.descend(indexed, MODEL, ORDER[:5], MOMENTUM)
    close(state, whole)
    close(np.array(losses), expected)


def test_fit_is_descend_on_the_same_batches():
    batches = jax.tree.map(lambda a: jnp.broadcast_to(a, (25, *a.shape)), (X, Y))
    state, losses = db.descend(loss, MODEL, batches, MOMENTUM)
    model, history = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=25, key=jax.random.key(0))
    close(state.model, model)
    close(losses, history.losses)


def test_a_loss_with_a_key_gets_that_of_its_step():
    key = jax.random.key(5)
    _, losses = db.descend(noisy, MODEL, ORDER, MOMENTUM, key=key)
    first = noisy(MODEL, ORDER[0], key=jax.random.fold_in(key, 0))
    np.testing.assert_allclose(losses[0], first, rtol=1e-6)
    before, _ = db.descend(noisy, MODEL, ORDER[:39], MOMENTUM, key=key)
    np.testing.assert_allclose(losses[39], noisy(before.model, ORDER[39], key=jax.random.fold_in(key, 39)), rtol=1e-4)
    with pytest.raises(ValueError, match="key: got None, expected a key"):
        db.descend(noisy, MODEL, ORDER, MOMENTUM)


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["plain", "jit"])
def test_a_key_fixed_by_partial_stays(wrap):
    fixed = jax.random.key(6)
    keyed = wrap(partial(noisy, key=fixed))
    _, losses = db.descend(keyed, MODEL, ORDER, MOMENTUM, key=jax.random.key(7))
    np.testing.assert_allclose(losses[0], noisy(MODEL, ORDER[0], key=fixed), rtol=1e-6)

    def always(model, batch, *, key):
        return jax.random.normal(key) + 0 * model.weight.sum()

    _, history = db.fit(wrap(partial(always, key=fixed)), MODEL, X, MOMENTUM, steps=3, key=jax.random.key(8))
    np.testing.assert_array_equal(history.losses, jnp.full(3, jax.random.normal(fixed)))


def test_rates_and_seeds_side_by_side():
    def train(rate, key):
        return db.descend(indexed, db.Linear.init(key, 3, 1), ORDER, optax.sgd(rate))[1]

    rates, keys = jnp.array([0.01, 0.1]), jax.random.split(jax.random.key(9), 3)
    table = jax.jit(jax.vmap(jax.vmap(train, (None, 0)), (0, None)))(rates, keys)
    assert table.shape == (2, 3, 40)
    for i, j in np.ndindex(2, 3):
        close(table[i, j], train(rates[i], keys[j]), 1e-5)


def test_the_gradient_through_the_training():
    def final(rate):
        return indexed(db.descend(indexed, MODEL, ORDER[:10], optax.sgd(rate))[0].model, ORDER[11])

    slope = (final(0.0501) - final(0.0499)) / 0.0002
    np.testing.assert_allclose(jax.grad(final)(0.05), slope, rtol=2e-2)


def averaged(model, index, extra):
    mean = 0.9 * extra["mean"] + 0.1 * X[index].mean(0)
    return indexed(model, index), {"mean": mean}


def test_extra_is_carried_along():
    state, losses = db.descend(averaged, MODEL, ORDER, MOMENTUM, extra={"mean": jnp.zeros(3)})
    mean = np.zeros(3)
    for index in ORDER:
        mean = 0.9 * mean + 0.1 * np.asarray(X)[index].mean(0)
    close(state.extra["mean"], mean)
    plain, same = db.descend(indexed, MODEL, ORDER, MOMENTUM)
    close(losses, same)
    close(state.model, plain.model)


def running(model, batch, extra):
    return loss(model, batch), 0.9 * extra + 0.1 * batch[0].mean(0)


def distance(model, data, extra):
    return jnp.abs(extra - data).max()


def test_fit_carries_extra_through_metrics_history_and_checkpoints(tmp_path):
    options = {"key": jax.random.key(2), "batch_size": 7, "eval_every": 20}
    options |= {"extra": np.zeros(3, np.float32), "metrics": {"distance": (distance, X.mean(0))}}
    _, history = db.fit(running, MODEL, (X, Y), MOMENTUM, steps=60, **options)
    np.testing.assert_allclose(history.metrics["distance"][0], jnp.abs(X.mean(0)).max(), rtol=1e-6)
    np.testing.assert_allclose(history.metrics["distance"][-1], distance(None, X.mean(0), history.extra), rtol=1e-6)
    path = tmp_path / "run.npz"
    db.fit(running, MODEL, (X, Y), MOMENTUM, steps=40, checkpoint=path, **options)
    _, resumed = db.fit(running, MODEL, (X, Y), MOMENTUM, steps=60, checkpoint=path, **options)
    np.testing.assert_array_equal(resumed.extra, history.extra)
    np.testing.assert_array_equal(resumed.metrics["distance"], history.metrics["distance"])
    changed = options | {"extra": np.ones(3, np.float32)}
    with pytest.raises(ValueError, match=r"checkpoint: .*run\.npz was made with another extra"):
        db.fit(running, MODEL, (X, Y), MOMENTUM, steps=60, checkpoint=path, **changed)


def test_extra_of_one_full_batch_is_exact():
    _, history = db.fit(running, MODEL, (X, Y), MOMENTUM, steps=1, key=jax.random.key(2), extra=jnp.zeros(3))
    np.testing.assert_allclose(history.extra, 0.1 * X.mean(0), rtol=1e-5)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("function", "extra", "message"),
    [
        (lambda m, i, e: m.weight.sum(), jnp.zeros(3), r"loss: it returns f32\[\], expected \(value, new extra\)"),
        (lambda m, i, e: (m.weight.sum(), [e]), jnp.zeros(3), "extra: the loss returns the structure"),
        (lambda m, i, e: (m.weight.sum(), {"a": e["a"][:2]}), {"a": jnp.zeros(3)}, r"extra\['a'\]: the loss returns"),
        (lambda m, i: 0.5, None, "loss: it returns 0.5, expected one floating-point number, computed from the model"),
        (lambda m, i: X, None, r"loss: it returns f32\[60,3\], expected one floating-point number"),
        (lambda m, i: jnp.int32(3), None, r"loss: it returns i32\[\], expected one floating-point number"),
        (3, None, "loss: got 3, expected a function of"),
    ],
)
def test_unusable_losses_are_named(function, extra, message):
    with pytest.raises(ValueError, match=message):
        db.descend(function, MODEL, ORDER, MOMENTUM, extra=extra)
    with pytest.raises(ValueError, match=message):
        db.fit(function, MODEL, ORDER, MOMENTUM, extra=extra, steps=2, key=jax.random.key(0))


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (optax.sgd, r"optimizer: got sgd, expected an Optax one such as optax.adam\(1e-3\); call it: sgd\(...\)"),
        (None, "optimizer: got None, expected an Optax one"),
        (0.1, "optimizer: got 0.1, expected an Optax one"),
    ],
)
def test_what_is_no_optimizer_is_named(optimizer, message):
    with pytest.raises(ValueError, match=message):
        db.descend(indexed, MODEL, ORDER, optimizer)
    with pytest.raises(ValueError, match=message):
        db.train_step(indexed, optimizer, db.TrainState.init(MODEL, MOMENTUM), ORDER[0])
    with pytest.raises(ValueError, match=message):
        db.fit(loss, MODEL, (X, Y), optimizer, steps=2, key=jax.random.key(0))


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ((ORDER, ORDER[:3]), r"batches: got first axes \[\(3,\), \(40,\)\], expected one number of steps"),
        ((), "batches: got first axes no arrays, expected one number of steps"),
        (jnp.float32(1), r"batches: got first axes \[\(\)\], expected one number of steps"),
    ],
)
def test_batches_without_a_common_first_axis_are_named(batches, message):
    with pytest.raises(ValueError, match=message):
        db.descend(indexed, MODEL, batches, MOMENTUM)
