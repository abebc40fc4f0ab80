"""Training, files and devices: one step as NumPy computes it, what is saved comes back, or an error that names it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import example, given
from hypothesis.strategies import booleans, sampled_from
from properties import (
    KEY,
    NO_FUNCTION,
    NO_KEY,
    NO_NUMBER,
    NO_SIZE,
    all_cases,
    answer,
    covers,
    exact,
    few,
    fewer,
    floats,
    judge,
    numbers,
    once,
    one_wrong,
    seeds,
)

import deepbook as db

pytestmark = pytest.mark.usefixtures("unchecked")
RATE = 0.125
SGD = optax.sgd(RATE)


def squares(w, batch):
    x, y = batch
    return ((x @ w - y) ** 2).mean()


def with_key(w, batch, *, key):
    return squares(w, batch) + 0 * jax.random.normal(key, (), w.dtype)


def counting(w, batch, extra):
    return squares(w, batch), extra + 1


def stepped(w, x, y):
    """The weights after a step of gradient descent, and the loss before it."""
    error = x @ w - y
    return w - RATE * 2 * x.T @ error / len(y), (error**2).mean()


@covers(db.train_step, db.descend, db.TrainState)
@fewer
@given(sampled_from([1, 4]), sampled_from([0, 1, 3]), floats, sampled_from([squares, with_key, counting]), seeds)
@example(4, 3, "bfloat16", counting, 0)
@example(4, 3, "float32", with_key, 0)
def test_steps_of_gradient_descent(n, steps, dtype, loss, seed):
    w, x, y = (numbers(seed + i, shape, dtype, 1.0) for i, shape in enumerate([(2,), (steps, n, 2), (steps, n)]))
    more = {squares: {}, with_key: {"key": KEY}, counting: {"extra": jnp.int32(3)}}[loss]
    weights, losses = exact(w), []
    for t in range(steps):
        weights, value = stepped(weights, exact(x[t]), exact(y[t]))
        losses.append(value)
    state, values = once(lambda w, batches: db.descend(loss, w, batches, SGD, **more), w, (x, y))
    judge(lambda: state.model, True, lambda: weights, dtype, 2)
    judge(lambda: values, True, lambda: np.array(losses), dtype, 2)
    assert int(state.step) == steps
    assert state.extra is None if loss is not counting else int(state.extra) == 3 + steps
    if steps:
        first = db.TrainState.init(w, SGD, more.get("extra"))
        after, value = jax.jit(db.train_step, static_argnums=(0, 1))(
            loss, SGD, first, (x[0], y[0]), key=more.get("key")
        )
        judge(lambda: value, True, lambda: losses[0], dtype, 2)
        judge(lambda: after.model, True, lambda: stepped(exact(w), exact(x[0]), exact(y[0]))[0], dtype, 2)


W, BATCH = jnp.ones(2), (jnp.ones((3, 2)), jnp.ones(3))
BATCHES = jax.tree.map(lambda a: a[None], BATCH)
NO_OPTIMIZER = (3, None, optax.sgd, "adam")
NO_LOSS = (*NO_FUNCTION, lambda w, batch: batch[0] @ w, lambda w, batch: 3, lambda w, batch: jnp.int32(3))
NO_MODEL = ("words", None, {}, jnp.ones(2, int), {"w": W, "n": 3}, jnp.ones(2, jnp.complex64))
NO_BATCHES = (3, None, (), (jnp.ones(2), jnp.ones(3)), (jnp.ones(2), 1.0))


@covers(db.train_step, db.descend, db.TrainState)
@all_cases
@given(
    one_wrong(
        {"loss": with_key, "model": W, "batches": BATCHES, "optimizer": SGD, "key": KEY, "state": None},
        loss=NO_LOSS,
        model=NO_MODEL,
        batches=NO_BATCHES,
        optimizer=NO_OPTIMIZER,
        key=(None, *NO_KEY),
        state=(3, W),
    )
)
def test_arguments_of_steps(case):
    (loss, model, batches, optimizer, key, state), wrong = case[0].values(), case[1]
    if wrong != "state":
        answer(lambda: db.descend(loss, model, batches, optimizer, key=key), wrong)
    if wrong in (None, "model", "optimizer"):
        answer(lambda: db.TrainState.init(model, optimizer), wrong)
    if wrong not in ("model", "batches"):
        state = db.TrainState.init(W, SGD) if state is None else state
        answer(lambda: db.train_step(loss, optimizer, state, BATCH, key=key), wrong)


NO_EXTRAS = (jnp.int32(3), None, (jnp.ones(()), jnp.ones(2)), (jnp.ones(()), 3.5), (jnp.ones(()), {"a": 1}))


@covers(db.train_step, db.descend)
@all_cases
@given(sampled_from(NO_EXTRAS))
def test_what_a_loss_with_extra_must_return(result):
    with_extra = lambda w, batch, extra: result
    state = db.TrainState.init(W, SGD, jnp.int32(0))
    answer(lambda: db.train_step(with_extra, SGD, state, BATCH), "loss", "extra")
    answer(lambda: db.descend(with_extra, W, BATCHES, SGD, extra=jnp.int32(0)), "loss", "extra")


X, Y = (np.asarray(numbers(i, shape, size=1.0)) for i, shape in enumerate([(6, 2), (6,)]))
METRIC = {"loss": (squares, (X, Y))}


@covers(db.fit)
@few
@given(sampled_from([1, 3, np.int64(3), jnp.int32(2)]), booleans())
def test_fit_on_all_data(steps, measured):
    model, history = db.fit(squares, W, (X, Y), SGD, steps=steps, key=KEY, metrics=METRIC if measured else None)
    weights, losses = np.ones(2), []
    for _ in range(int(steps)):
        weights, value = stepped(weights, X.astype(float), Y.astype(float))
        losses.append(value)
    judge(lambda: model, True, lambda: weights)
    judge(lambda: history.losses, True, lambda: np.array(losses))
    if measured:
        last = lambda: np.array([losses[0], stepped(weights, X.astype(float), Y.astype(float))[1]])
        judge(lambda: history.metrics["loss"], True, last)


@covers(db.fit)
@all_cases
@given(
    one_wrong(
        {"loss": squares, "model": W, "data": (X, Y), "optimizer": SGD, "steps": 2, "key": KEY},
        loss=NO_LOSS,
        model=NO_MODEL,
        data=(3, None, (), "words", (X, Y[:3]), (X[:0], Y[:0]), (X * np.nan, Y)),
        optimizer=NO_OPTIMIZER,
        steps=NO_SIZE,
        key=(None, jax.random.PRNGKey(0), *NO_KEY),
        batch_size=(*NO_SIZE, 7),
        eval_every=NO_SIZE,
        metrics=(3, {"a": squares}, {"a": (3, 3)}, {"a": (squares, "words")}, {"a": (lambda w, data: w, X)}),
        extra=("words", {"a": "words"}),
        mesh=(3, "all", jax.make_mesh((1, 1), ("a", "b"), axis_types=(jax.sharding.AxisType.Auto,) * 2)),
        checkpoint=(3, ["a"]),
    )
)
def test_arguments_of_fit(case):
    arguments, wrong = case
    answer(lambda: db.fit(**arguments), wrong)


NARROW = ("float16", "bfloat16", "float8_e4m3fn", "float32", "bool", "complex64", "int4", "int8", "uint16", "int32")
WIDE = [
    np.zeros(2),
    np.zeros(2, int),
    np.zeros(2, np.longdouble),
    np.zeros(2, "U1"),
    np.zeros(2, "M8[D]"),
    object(),
    "a",
]


@covers(db.save, db.load)
@few
@given(sampled_from(NARROW), sampled_from([(), (3,), (0, 2)]), sampled_from([3, True, 2.5, 1j, KEY]), seeds)
@example("bfloat16", (3,), KEY, 0)
@example("int4", (3,), 3, 0)
@example("float8_e4m3fn", (0, 2), 1j, 0)
def test_what_is_saved_comes_back(tmp_path, dtype, shape, other, seed):
    array = (numbers(seed, shape) if dtype not in ("int4", "bool") else numbers(seed, shape) > 0).astype(dtype)
    tree = {"array": array, "other": (other, np.asarray(array)), "none": None}
    db.save(tmp_path / "tree.npz", tree)
    back = db.load(tmp_path / "tree.npz", jax.eval_shape(lambda: jax.tree.map(jnp.asarray, tree)))
    assert jax.tree.structure(back) == jax.tree.structure(tree)
    for a, b in zip(jax.tree.leaves(tree), jax.tree.leaves(back), strict=True):
        assert jnp.asarray(a).dtype == b.dtype
        assert bool((jnp.asarray(a) == b).all())


@covers(db.save, db.load)
@all_cases
@given(
    one_wrong(
        {"path": "tree.npz", "tree": {"a": W}, "like": {"a": W}},
        path=(3, None, ["a"]),
        tree=[{"a": leaf} for leaf in WIDE],
        like=({"b": W}, {"a": jnp.ones(3)}, {"a": jnp.ones(2, jnp.bfloat16)}, {"a": "text"}, {"a": KEY}, {}, 3),
    ),
    booleans(),
)
def test_arguments_of_files(tmp_path, case, damaged):
    (path, tree, like), wrong = case[0].values(), case[1]
    path = tmp_path / path if wrong != "path" else path
    if wrong != "like":
        answer(lambda: db.save(path, tree), wrong)
    if wrong != "tree":
        db.save(tmp_path / "tree.npz", {"a": W})
        if damaged:
            (tmp_path / "tree.npz").write_bytes(b"no archive")
        answer(lambda: db.load(path, like), wrong or ("path" if damaged else None), "path")


@covers(db.make_mesh, db.replicate)
@all_cases
@given(
    one_wrong(
        {"count": 1, "tree": {"a": X, "key": KEY, "n": 3}, "mesh": None},
        count=(*NO_SIZE, 99),
        tree=("words", {"a": object()}),
        mesh=(3, "all"),
    )
)
def test_arguments_of_devices(case):
    (count, tree, mesh), wrong = case[0].values(), case[1]
    if wrong in (None, "count"):
        made = answer(lambda: db.make_mesh(count), wrong)
        assert made is None or made.shape == {"batch": 1}
    if wrong != "count":
        copied = answer(lambda: db.replicate(tree, mesh or db.make_mesh(1)), wrong)
        assert copied is None or (copied["a"] == X).all()


@covers(db.Progress, db.Progress.update)
@all_cases
@given(
    one_wrong(
        {"total": 3, "after": 1.0, "done": 1},
        total=(0, -1, "3", None),
        after=(-1, *NO_NUMBER),
        done=("words", None, -1),
    )
)
def test_arguments_of_progress(case):
    (total, after, done), wrong = case[0].values(), case[1]

    def call():
        with db.Progress(total, "work", after=after) as bar:
            bar.update(done, loss=0.5)

    answer(call, wrong)
