"""fit: what it computes, how it stops, what it refuses."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import AxisType

import deepbook as db
from deepbook.training import _batches, _loop
from deepbook.training import _fit as train
from deepbook.training._identity import identity

KEY = jax.random.key(0)
X = jax.random.normal(jax.random.key(1), (60, 3))
Y = X @ jnp.array([1.0, -2.0, 0.5]) + 0.1 * jax.random.normal(jax.random.key(2), (60,))
MODEL = db.Linear.init(jax.random.key(3), 3, 1)
SGD, MOMENTUM = optax.sgd(0.1), optax.sgd(0.03, momentum=0.9)


def loss(model, batch):
    return db.mean_squared_error(model(batch[0])[:, 0], batch[1])


def error(model, data):
    return loss(model, data)


def same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_full_batch_equals_a_plain_loop():
    model, state = MODEL, MOMENTUM.init(MODEL)
    losses = []
    for _ in range(50):
        value, gradient = jax.value_and_grad(loss)(model, (X, Y))
        updates, state = MOMENTUM.update(gradient, state, model)
        model = optax.apply_updates(model, updates)
        losses.append(value)
    fitted, history = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=50, key=KEY)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), fitted, model)
    np.testing.assert_allclose(history.losses, losses, rtol=1e-4)


def test_least_squares_is_reached():
    fitted, _ = db.fit(loss, MODEL, (X, Y), SGD, steps=1000, key=KEY)
    design = np.c_[X, np.ones(60)]
    solution = np.linalg.lstsq(design, np.asarray(Y), rcond=None)[0]
    np.testing.assert_allclose(np.r_[fitted.weight[0], fitted.bias], solution, atol=1e-4)


def test_every_epoch_sees_every_example_once_in_a_new_order():
    # The loss is the index of the example itself, the model does not matter.
    indices = jnp.arange(12.0)

    def index_loss(model, batch):
        return batch[0] + 0 * model.weight.sum()

    _, history = db.fit(index_loss, MODEL, indices, SGD, steps=36, batch_size=1, key=KEY)
    epochs = history.losses.reshape(3, 12)
    np.testing.assert_array_equal(np.sort(epochs, axis=1), np.tile(np.arange(12), (3, 1)))
    assert len({tuple(e) for e in epochs}) == 3


def index_loss_of_batch(model, batch):
    return batch.sum() + 0 * model.weight.sum()


def test_examples_that_do_not_fill_a_batch_are_left_out_of_the_epoch():
    powers = 2.0 ** jnp.arange(10.0)
    _, history = db.fit(index_loss_of_batch, MODEL, powers, SGD, steps=6, batch_size=3, key=KEY)
    for epoch in history.losses.reshape(2, 3):
        seen = int(epoch.sum())
        assert seen.bit_count() == 9  # nine different examples, none twice


def test_the_key_decides():
    runs = [db.fit(loss, MODEL, (X, Y), SGD, steps=30, batch_size=8, key=jax.random.key(k))[0] for k in (5, 5, 6)]
    same(runs[0], runs[1])
    assert not np.array_equal(runs[0].weight, runs[2].weight)


def test_the_users_model_is_not_touched():
    before = jax.tree.map(np.array, MODEL)
    db.fit(loss, MODEL, (X, Y), SGD, steps=5, key=KEY)
    same(MODEL, before)


def test_a_loss_with_a_key_gets_a_fresh_one_each_step():
    def noise_loss(model, batch, *, key):
        return jax.random.normal(key) + 0 * model.weight.sum()

    _, history = db.fit(noise_loss, MODEL, X, SGD, steps=50, key=KEY)
    assert len(set(history.losses.tolist())) == 50


def test_metrics_are_taken_at_the_right_steps():
    options = {"steps": 25, "batch_size": 10, "key": KEY}
    fitted, history = db.fit(loss, MODEL, (X, Y), SGD, eval_every=10, metrics={"e": (error, (X, Y))}, **options)
    np.testing.assert_array_equal(history.metric_steps, [0, 10, 20, 25])
    np.testing.assert_allclose(history.metrics["e"][0], error(MODEL, (X, Y)), rtol=1e-5)
    np.testing.assert_allclose(history.metrics["e"][-1], error(fitted, (X, Y)), rtol=1e-5)
    plain, _ = db.fit(loss, MODEL, (X, Y), SGD, **options)
    same(plain, fitted)  # looking does not disturb


def test_one_compilation_for_all_lengths():
    optimizer = optax.sgd(0.05)
    for steps in (1, 7, 40, 1500):
        db.fit(loss, MODEL, (X, Y), optimizer, steps=steps, batch_size=5, key=KEY)
    shell = jax.tree.map(lambda _: None, MODEL)
    program = _loop.stepper(loss, optimizer, None, 1, identity(loss, optimizer, shell))
    assert program._cache_size() == 1


def test_chunks_do_not_matter(monkeypatch):
    whole, _ = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=50, batch_size=7, key=KEY)
    monkeypatch.setattr(_batches, "SECONDS_PER_CHUNK", 0.0)  # one step at a time after the first chunk
    stepwise, _ = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=50, batch_size=7, key=KEY)
    same(whole, stepwise)


def test_blocks_do_not_matter(monkeypatch):
    """On an accelerator several steps run between two looks at whether to go on."""
    options = {"steps": 75, "batch_size": 7, "key": KEY, "eval_every": 25, "metrics": {"e": (error, (X, Y))}}
    one, history = db.fit(loss, MODEL, (X, Y), MOMENTUM, **options)
    monkeypatch.setattr(train, "block_length", lambda: 16)
    blocks, again = db.fit(loss, MODEL, (X, Y), MOMENTUM, **options)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), blocks, one)
    np.testing.assert_allclose(again.losses, history.losses, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(again.metrics["e"], history.metrics["e"], rtol=1e-5)
    with pytest.raises(db.NonFiniteLossError, match="the loss is not finite at step") as info:
        db.fit(diverging, MODEL, (X, Y), optax.sgd(1.2), steps=400, key=KEY)
    assert len(info.value.history.losses) == info.value.step + 1
    assert np.isfinite(diverging(info.value.model, (X, Y)))


def diverging(model, batch):
    return jnp.where(model.weight[0, 0] > 100, jnp.nan, 0.0) + loss(model, batch)


@pytest.mark.parametrize("chunk", [0.5, 0.0])
def test_a_loss_that_is_not_finite_stops_with_the_step_and_the_last_good_model(monkeypatch, chunk):
    monkeypatch.setattr(_batches, "SECONDS_PER_CHUNK", chunk)
    optimizer = optax.sgd(1.2)
    with pytest.raises(db.NonFiniteLossError, match="the loss is not finite at step") as info:
        db.fit(diverging, MODEL, (X, Y), optimizer, steps=400, key=KEY)
    step, model = info.value.step, info.value.model
    assert step > 2
    assert np.isfinite(diverging(model, (X, Y)))
    assert len(info.value.history.losses) == step + 1
    expected, _ = db.fit(diverging, MODEL, (X, Y), optimizer, steps=step - 1, key=KEY)
    same(model, expected)  # exactly the model before the step that broke it


def test_a_final_model_that_is_not_finite_is_an_error_too():
    with pytest.raises(db.NonFiniteLossError, match="at step 1"):
        db.fit(loss, MODEL, (X, Y), optax.sgd(float("inf")), steps=1, key=KEY)


def test_interruption_returns_what_there_is(monkeypatch):
    monkeypatch.setattr(_batches, "SECONDS_PER_CHUNK", 0.0)
    update = db.Progress.update

    def interrupt(self, done, **values):
        update(self, done, **values)
        if done >= 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(db.Progress, "update", interrupt)
    options = {"batch_size": 7, "key": KEY}
    with pytest.warns(UserWarning, match=r"fit was interrupted after 32 of 500 steps; it returns that model"):
        model, history = db.fit(loss, MODEL, (X, Y), SGD, steps=500, **options)
    assert history.interrupted
    assert len(history.losses) == 32  # two chunks of 16
    monkeypatch.undo()
    same(model, db.fit(loss, MODEL, (X, Y), SGD, steps=32, **options)[0])


def test_an_interruption_while_waiting_returns_model_and_losses_in_agreement(monkeypatch):
    calls = iter(range(10))

    class Numpy:  # NumPy, but the third wait for the device is interrupted
        def __getattr__(self, name):
            return getattr(np, name)

        def asarray(self, array):
            if next(calls) == 2:
                raise KeyboardInterrupt
            return np.asarray(array)

    monkeypatch.setattr(_batches, "SECONDS_PER_CHUNK", 0.0)
    monkeypatch.setattr(train, "np", Numpy())
    with pytest.warns(UserWarning, match=r"fit was interrupted after 32 of 500 steps"):
        model, history = db.fit(loss, MODEL, (X, Y), SGD, steps=500, batch_size=7, key=KEY)
    monkeypatch.undo()
    expected, whole = db.fit(loss, MODEL, (X, Y), SGD, steps=32, batch_size=7, key=KEY)
    same(model, expected)
    np.testing.assert_array_equal(history.losses, whole.losses)


def test_devices_give_the_same_result():
    code = """
import jax, numpy as np, optax, deepbook as db
x = jax.random.normal(jax.random.key(1), (64, 5))
y = jax.random.randint(jax.random.key(2), (64,), 0, 3)
net = db.MLP.init(jax.random.key(3), [5, 16, 3])
loss = lambda m, b: db.cross_entropy(m(b[0]), b[1])
run = lambda mesh: db.fit(loss, net, (x, y), optax.sgd(0.1), steps=30, batch_size=16, key=jax.random.key(4), mesh=mesh)
one, eight = run(None), run(db.make_mesh(8))
assert len(jax.devices()) == 8
np.testing.assert_allclose(one[1].losses, eight[1].losses, atol=1e-5)
jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), one[0], eight[0])
"""
    env = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


OPTIONS = {"loss": loss, "model": MODEL, "data": (X, Y), "optimizer": SGD, "steps": 5, "key": KEY}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": (X[:0], Y[:0])}, r"data\[0\]: got shape \(0, 3\), expected at least one example"),
        ({"data": (X, Y[:50])}, r"data: got first axes of different lengths, .*60.*50.*, expected one number"),
        ({"data": ()}, "data: got no arrays, expected at least one"),
        ({"data": (X, jnp.float32(1))}, r"data\[1\]: got a scalar, expected an array"),
        ({"data": (X.at[3, 1].set(jnp.nan), Y)}, r"data\[0\]: got 1 values that are NaN or infinite"),
        ({"batch_size": 61}, "batch_size: got 61, expected at most 60, the number of examples"),
        ({"batch_size": 0}, "batch_size: got 0, expected a whole number of at least 1"),
        ({"steps": 0}, "steps: got 0, expected a whole number of at least 1"),
        ({"steps": 2.5}, "steps: got 2.5, expected a whole number of at least 1"),
        ({"eval_every": 0}, "eval_every: got 0, expected a whole number of at least 1"),
        ({"key": jax.random.PRNGKey(0)}, "key: got a legacy uint32 key, expected a typed key"),
        ({"key": 3}, "key: got 'int', expected a typed key"),
        ({"key": jax.random.split(KEY)}, r"key: got an array of keys of shape \(2,\), expected one key"),
        ({"metrics": {"e": error}}, r"metrics\['e'\]: got function, expected \(function, data\)"),
        ({"model": {"n": jnp.arange(3)}}, r"model\['n'\]: got int32, expected a floating-point array"),
        ({"model": {}}, "model: got a tree without arrays"),
        (
            {"model": {"w": X, "name": "net"}},
            r"model\['name'\]: got 'net', expected a floating-point array \(else: sta",
        ),
        ({"model": [X, jnp.tanh]}, r"model\[1\]: got tanh, expected a floating-point array \(else: static\)"),
        ({"data": [(x, float(y)) for x, y in zip(X, Y, strict=True)]}, r"^data\[0\]\[1\]: got a scalar, .{,70}$"),
        ({"data": [(x, jnp.ones(1)) for x in X]}, r"^data: got first axes of different lengths, 3 of data.{,80}$"),
        ({"data": (X, "labels")}, r"data\[1\]: got 'labels', expected an array of numbers"),
        ({"steps": True}, "steps: got True, expected a whole number of at least 1"),
        ({"steps": "5"}, "steps: got '5', expected a whole number of at least 1"),
        ({"metrics": [(error, X)]}, r"metrics: got list, expected a dictionary of name: \(function, data\)"),
        ({"metrics": {"e": (error, (X, "y"))}}, r"metrics\['e'\]\[1\]\[1\]: got 'y', expected an array of numbers"),
        ({"metrics": {"e": (lambda m, d: d[0][0], (X, Y))}}, r"metrics\['e'\]: it returns f32\[3\], expected one num"),
        ({"mesh": "x"}, "mesh: got 'x', expected a mesh of devices"),
        ({"extra": "x"}, "extra: got 'x', expected an array of numbers"),
        ({"loss": lambda m, b: m(b[0])}, r"loss: it returns .*60, ?1.*, expected one floating-point number"),
    ],
)
def test_unusable_arguments_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        db.fit(**(OPTIONS | change))


@pytest.mark.skipif(jax.__version_info__ < (0, 10), reason="older JAX does not check again what it has compiled")
def test_a_reused_key_is_refused_under_the_key_reuse_check():
    with jax.debug_key_reuse(True):
        key = jax.random.key(0)
        jax.random.normal(key)
        with pytest.raises(ValueError, match="key: got a key that was used before"):
            db.fit(**(OPTIONS | {"key": key}))


def test_a_mesh_has_no_more_devices_than_there_are():
    with pytest.raises(ValueError, match="count: got 99, expected 1 to"):
        db.make_mesh(99)
    assert db.make_mesh(np.int64(1)).size == 1


def test_a_mesh_has_one_axis_of_which_the_compiler_decides():
    two = jax.make_mesh((1, 1), ("a", "b"), axis_types=(AxisType.Auto, AxisType.Auto))
    explicit = jax.make_mesh((1,), ("a",), axis_types=(AxisType.Explicit,))
    for mesh, message in (
        (two, r"mesh: got axes \('a', 'b'\), expected one axis"),
        (explicit, "mesh: got an axis of type AxisType.Explicit, expected AxisType.Auto"),
    ):
        with pytest.raises(ValueError, match=message):
            db.fit(**(OPTIONS | {"mesh": mesh}))


def test_numbers_may_be_of_numpy():
    numbers = {"steps": np.int64(6), "batch_size": np.int32(8), "eval_every": np.uint8(4)}
    model, history = db.fit(**(OPTIONS | numbers), metrics={"e": (error, (X, Y))})
    assert history.metric_steps.tolist() == [0, 4, 6]
    same(model, db.fit(**(OPTIONS | {"steps": 6, "batch_size": 8}))[0])


def test_history_reads_well():
    _, history = db.fit(loss, MODEL, (X, Y), SGD, steps=3, key=KEY, metrics={"e": (error, (X, Y))})
    assert repr(history).startswith("History(3 steps, loss ")


def test_an_optimizer_may_keep_the_parameters_in_its_state():
    _, history = db.fit(loss, MODEL, (X, Y), optax.contrib.schedule_free_sgd(0.05), steps=300, key=KEY)
    assert history.losses[-1] < 0.05 * history.losses[0]
    assert not MODEL.weight.is_deleted()
