"""Checkpoints of fit: a resumed run equals the uninterrupted one, another run is refused, and nothing is lost."""

import errno
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import deepbook as db
from deepbook.training import _batches, _checkpoint, _files

KEY = jax.random.key(0)
X = jax.random.normal(jax.random.key(1), (60, 3))
Y = X @ jnp.array([1.0, -2.0, 0.5]) + 0.1 * jax.random.normal(jax.random.key(2), (60,))
MODEL = db.Linear.init(jax.random.key(3), 3, 1)
SGD, MOMENTUM = optax.sgd(0.1), optax.sgd(0.03, momentum=0.9)


def loss(model, batch):
    return db.mean_squared_error(model(batch[0])[:, 0], batch[1])


def error(model, data):
    return loss(model, data)


OPTIONS = {"batch_size": 7, "key": KEY, "metrics": {"e": (error, (X, Y))}}


def same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_resumed_run_equals_uninterrupted_bit_for_bit(tmp_path):
    options = {"batch_size": 7, "key": KEY, "eval_every": 20, "metrics": {"e": (error, (X, Y))}}
    whole, history = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=90, **options)
    path = tmp_path / "run.npz"
    db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=40, checkpoint=path, **options)
    resumed, again = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=90, checkpoint=path, **options)
    same(whole, resumed)
    np.testing.assert_array_equal(history.losses, again.losses)
    np.testing.assert_array_equal(history.metrics["e"], again.metrics["e"])
    np.testing.assert_array_equal(history.metric_steps, again.metric_steps)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 8}, "was made with batch_size 7, this call has batch_size 8"),
        ({"key": jax.random.key(9)}, "was made with key"),
        ({"steps": 10}, "has 30 steps, this call asks for steps=10"),
        ({"metrics": {"other": (error, (X, Y))}}, "was made with other metrics"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change, message):
    options = {"steps": 30, "batch_size": 7, "key": KEY, "checkpoint": tmp_path / "run.npz"}
    db.fit(loss, MODEL, (X, Y), SGD, **options)
    with pytest.raises(ValueError, match=message):
        db.fit(loss, MODEL, (X, Y), SGD, **(options | change))


@pytest.mark.parametrize("version", [None, 0], ids=["before there were orders", "of another version"])
def test_a_checkpoint_with_another_order_of_examples_is_refused(tmp_path, version):
    options = {"steps": 30, "batch_size": 7, "key": KEY, "checkpoint": tmp_path / "run.npz"}
    db.fit(loss, MODEL, (X, Y), SGD, **options)
    with np.load(tmp_path / "run.npz") as stored:
        arrays = {name: stored[name] for name in stored if name != "identity/order"}
    np.savez(tmp_path / "run.npz", **arrays, **({} if version is None else {"identity/order": version}))
    with pytest.raises(ValueError, match=f"made with order {version}, this call has order 1"):
        db.fit(loss, MODEL, (X, Y), SGD, **options)


def twice_the_error(model, data):
    return 2 * error(model, data)


@pytest.mark.parametrize("steps", [40, 90], ids=["finished", "interrupted"])
@pytest.mark.parametrize(
    "metric",
    [
        (twice_the_error, (X, Y)),
        (functools.partial(error), (X, Y)),
        (error, (X, -Y)),
        (error, (X[:30], Y[:30])),
        (error, (X.at[0, 0].add(1), Y)),
    ],
    ids=["function", "partial", "targets", "fewer", "one number"],
)
def test_another_metric_of_the_same_name_is_refused(tmp_path, metric, steps):
    options = {"batch_size": 7, "key": KEY, "eval_every": 20, "checkpoint": tmp_path / "run.npz"}
    metrics = {"first": (error, (X, Y)), "e": (error, (X, Y))}
    db.fit(loss, MODEL, (X, Y), SGD, steps=40, metrics=metrics, **options)
    message = r"checkpoint: .*run\.npz was made with another metric 'e', expected the metric 'e' of this call"
    with pytest.raises(ValueError, match=message):
        db.fit(loss, MODEL, (X, Y), SGD, steps=steps, metrics=metrics | {"e": metric}, **options)


def test_the_same_metrics_in_another_order_resume(tmp_path):
    options = {"batch_size": 7, "key": KEY, "eval_every": 20}
    metrics = {"e": (error, (X, Y)), "double": (twice_the_error, (np.asarray(X), np.asarray(Y)))}
    whole = db.fit(loss, MODEL, (X, Y), SGD, steps=60, metrics=metrics, **options)[1].metrics
    options["checkpoint"] = tmp_path / "run.npz"
    db.fit(loss, MODEL, (X, Y), SGD, steps=40, metrics=metrics, **options)
    metrics = {name: metrics[name] for name in ("double", "e")}
    resumed = db.fit(loss, MODEL, (X, Y), SGD, steps=60, metrics=metrics, **options)[1].metrics
    assert resumed.keys() == whole.keys()
    for name in whole:
        np.testing.assert_array_equal(resumed[name], whole[name])
        assert len(whole[name]) == 4  # after 0, 20, 40 and 60 steps


SCALE = 1.0


def scaled(model, batch):
    return SCALE * loss(model, batch)


def other_loss(model, batch):
    return 2 * loss(model, batch)


NET = db.Sequential.of(db.Linear.init(KEY, 3, 1), db.Lambda(jnp.tanh))
OTHER = db.Sequential.of(db.Linear.init(KEY, 3, 1), db.Lambda(jnp.sin))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"optimizer": optax.sgd(0.2)}, "optimizer"),
        ({"optimizer": optax.sgd(optax.linear_schedule(0.1, 0.0, 30))}, "optimizer"),
        ({"loss": other_loss}, "loss"),
        ({"loss": functools.partial(loss)}, "loss"),
        ({"data": (X, -Y)}, "data"),
        ({"data": (X.at[0, 0].add(1), Y)}, "data"),
        ({"model": db.Sequential.of(db.Linear.init(jax.random.key(9), 3, 1), NET.layers[1])}, "model"),
        ({"model": OTHER}, "model"),
    ],
    ids=["rate", "schedule", "loss", "partial", "targets", "one number", "first model", "static field"],
)
@pytest.mark.parametrize("steps", [30, 60])
def test_a_resume_with_changed_inputs_is_refused(tmp_path, change, what, steps):
    options = {"loss": loss, "model": NET, "data": (X, Y), "optimizer": SGD, "batch_size": 7, "key": KEY}
    options["checkpoint"] = tmp_path / "run.npz"
    db.fit(steps=30, **options)
    with pytest.raises(
        ValueError, match=rf"checkpoint: .*run\.npz was made with another {what}, expected the {what} of"
    ):
        db.fit(steps=steps, **(options | change))


def test_a_changed_variable_of_the_loss_is_refused(tmp_path):
    options = {"steps": 30, "key": KEY, "checkpoint": tmp_path / "run.npz"}
    db.fit(scaled, MODEL, (X, Y), SGD, **options)
    db.fit(scaled, MODEL, (X, Y), SGD, **options)
    globals()["SCALE"] = 2.0
    with pytest.raises(ValueError, match="was made with another loss"):
        db.fit(scaled, MODEL, (X, Y), SGD, **options)
    globals()["SCALE"] = 1.0


def changed(path, without=(), **values):
    """Rewrite a checkpoint without some of its entries, or with others."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored if name not in without}
    np.savez(path, **arrays | values)


NEW = [f"identity/{name}" for name in ("software", "data", "loss", "optimizer", "model", "extra", "metric 'e'")]


@pytest.mark.parametrize("how", ["of an earlier version", "of other software"])
def test_what_cannot_be_compared_is_not(tmp_path, how):
    options = OPTIONS | {"checkpoint": tmp_path / "run.npz"}
    whole, history = db.fit(loss, MODEL, (X, Y), SGD, steps=60, **OPTIONS)
    db.fit(loss, MODEL, (X, Y), SGD, steps=30, **options)
    if how == "of an earlier version":
        changed(tmp_path / "run.npz", NEW)
    else:
        changed(tmp_path / "run.npz", **dict.fromkeys(["identity/software", *NEW[2:]], "another"))
    resumed, again = db.fit(loss, MODEL, (X, Y), SGD, steps=60, **options)
    same(whole, resumed)
    np.testing.assert_array_equal(again.losses, history.losses)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_named(tmp_path, content):
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint: .*run\.npz is damaged or no \.npz file") as info:
        db.fit(loss, MODEL, (X, Y), SGD, steps=30, key=KEY, checkpoint=path)
    assert "pickle" not in str(info.value)


class Stop(Exception):
    """The process ends here."""


def stop_at(monkeypatch, done_at, exception):
    update = db.Progress.update

    def stop(self, done, **values):
        update(self, done, **values)
        if done >= done_at:
            raise exception

    monkeypatch.setattr(_batches, "SECONDS_PER_CHUNK", 0.0)  # 16 steps twice, then one at a time
    monkeypatch.setattr(db.Progress, "update", stop)


def resumes_exactly(path, after, **options):
    with np.load(path) as stored:
        assert int(stored["step"]) == len(stored["losses"]) == after
    whole, history = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=90, **options)
    resumed, again = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=90, checkpoint=path, **options)
    same(whole, resumed)
    np.testing.assert_array_equal(history.losses, again.losses)
    np.testing.assert_array_equal(history.metric_steps, again.metric_steps)
    np.testing.assert_array_equal(history.metrics["e"], again.metrics["e"])


def test_an_interruption_is_saved(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    stop_at(monkeypatch, 35, KeyboardInterrupt)
    with pytest.warns(UserWarning, match="fit was interrupted after 35 of 90 steps"):
        model, _ = db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=90, checkpoint=path, **OPTIONS)
    monkeypatch.undo()
    same(model, db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=35, batch_size=7, key=KEY)[0])
    resumes_exactly(path, 35, **OPTIONS)


@pytest.mark.parametrize(("seconds", "after"), [(0.0, 34), (1e9, 0)])
def test_checkpoints_come_in_time_and_not_only_in_steps(tmp_path, monkeypatch, seconds, after):
    path = tmp_path / "run.npz"
    monkeypatch.setattr(_checkpoint, "SECONDS_PER_CHECKPOINT", seconds)
    stop_at(monkeypatch, 35, Stop)
    with pytest.raises(Stop):
        db.fit(loss, MODEL, (X, Y), MOMENTUM, steps=90, checkpoint=path, **OPTIONS)
    monkeypatch.undo()
    resumes_exactly(path, after, **OPTIONS)


@pytest.mark.parametrize(("interrupted", "eval_every", "steps"), [(False, 20, 20), (True, None, 32)])
def test_what_cannot_be_written_is_not_lost(tmp_path, monkeypatch, interrupted, eval_every, steps):
    def full(file, **arrays):
        if arrays["step"] >= 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        np_savez(file, **arrays)

    np_savez = np.savez
    monkeypatch.setattr(_files.np, "savez", full)
    if interrupted:
        stop_at(monkeypatch, 20, KeyboardInterrupt)
    path = tmp_path / "run.npz"
    with pytest.raises(db.CheckpointError, match=r"run\.npz could not be written after \d+ steps .*No space") as info:
        db.fit(loss, MODEL, (X, Y), SGD, steps=90, eval_every=eval_every, checkpoint=path, **OPTIONS)
    monkeypatch.undo()
    assert len(info.value.history.losses) == steps
    same(info.value.model, db.fit(loss, MODEL, (X, Y), SGD, steps=steps, batch_size=7, key=KEY)[0])
    assert isinstance(info.value.__cause__, OSError)
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]  # the last good one


def test_a_folder_that_does_not_exist_is_said_at_once(tmp_path):
    with pytest.raises(db.CheckpointError, match="could not be written after 0 steps"):
        db.fit(loss, MODEL, (X, Y), SGD, steps=30, key=KEY, checkpoint=tmp_path / "none" / "run.npz")


def noise(key):
    """Gradients with noise, whose key is part of the state."""

    def update(updates, key, params=None):
        key, now = jax.random.split(key)
        return jax.tree.map(lambda g: g + 0.1 * jax.random.normal(now, g.shape), updates), key

    return optax.GradientTransformation(lambda params: jnp.copy(key), update)


def test_a_key_in_the_optimizers_state_is_saved(tmp_path):
    optimizer = optax.chain(noise(jax.random.key(5)), optax.sgd(0.01))
    options = {"batch_size": 7, "key": KEY}
    whole, history = db.fit(loss, MODEL, (X, Y), optimizer, steps=60, **options)
    path = tmp_path / "run.npz"
    db.fit(loss, MODEL, (X, Y), optimizer, steps=30, checkpoint=path, **options)
    resumed, again = db.fit(loss, MODEL, (X, Y), optimizer, steps=60, checkpoint=path, **options)
    same(whole, resumed)
    np.testing.assert_array_equal(again.losses, history.losses)


def test_a_schedule_that_settles_its_numbers_when_called_is_the_same_optimizer(tmp_path):
    schedule = optax.warmup_cosine_decay_schedule(0, 8e-3, 10, 100, 1e-4)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule))
    model, x = db.Linear.init(jax.random.key(0), 1, 1), jnp.linspace(-1, 1, 8)[:, None]

    def loss(model, batch):
        return db.mean_squared_error(model(batch[0]), batch[1])

    with jax.numpy_dtype_promotion("standard"):  # which Optax's schedules need
        for steps in (3, 6):
            _, history = db.fit(
                loss, model, (x, x), optimizer, steps=steps, key=jax.random.key(1), checkpoint=tmp_path / "run.npz"
            )
            assert len(history.losses) == steps
