"""Layers, their initialisation and the networks made of them: what NumPy computes, or an error that names the argument.

What each module is made of stands in one table, `MADE`: arguments, what they may not be, and the number of parameters.
"""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.strategies import booleans, data, sampled_from
from properties import (
    FLOATS,
    KEY,
    NO_FUNCTION,
    NO_KEY,
    NO_NUMBER,
    NO_SIZE,
    all_cases,
    answer,
    batches,
    covers,
    drawn,
    exact,
    few,
    fewer,
    judge,
    kinds,
    numbers,
    once,
    one_wrong,
    seeds,
    shaped,
)

import deepbook as db

pytestmark = pytest.mark.usefixtures("unchecked")

# What draws a module, its sizes, what else its arguments may not be, and how many parameters it then has.
MADE = [
    (db.Linear.init, {"size_in": 4, "size_out": 3}, {}, 15),
    (db.Embedding.init, {"vocabulary": 4, "width": 3}, {"scale": (-1.0, *NO_NUMBER)}, 12),
    (db.LayerNorm.init, {"width": 3}, {"epsilon": (-1.0, *NO_NUMBER)}, 6),
    (db.MLP.init, {"sizes": [4, 5, 2]}, {"sizes": ([4], 5, [4, 0], [4, 2.5], "45"), "activation": NO_FUNCTION}, 37),
    (
        db.Conv2d.init,
        {"channels_in": 2, "channels_out": 4, "size": 3, "stride": 1, "dilation": 1, "groups": 1},
        {"groups": (4,), "padding": ("valid", -1, 2.5)},
        76,
    ),
    (db.MultiHeadAttention.init, {"width": 8, "heads": 2}, {"heads": (3,)}, 288),
    (db.Block.init, {"width": 8, "heads": 2}, {"heads": (3, 8)}, 872),
    (
        db.Transformer.init,
        {"vocabulary": 5, "width": 8, "heads": 2, "layers": 1, "window": 2},
        {"heads": (3, 8)},
        973,
    ),
    (db.ElmanCell.init, {"size_in": 4, "hidden": 3}, {}, 24),
    (db.GRUCell.init, {"size_in": 4, "hidden": 3}, {}, 75),
    (db.LSTMCell.init, {"size_in": 4, "hidden": 3}, {}, 96),
    (db.GCNConv.init, {"size_in": 4, "size_out": 6}, {}, 30),
    (db.SAGEConv.init, {"size_in": 4, "size_out": 6}, {}, 54),
    (db.GATConv.init, {"size_in": 4, "size_out": 6, "heads": 2}, {"heads": (4,)}, 42),
    (db.GINConv.init, {"size_in": 4, "size_out": 6, "hidden": 5}, {}, 62),
    (db.FiLMNet.init, {"d": 2, "width": 4, "blocks": 1, "out": 2}, {"condition": (-1, 2.5)}, 158),
]


def ones(key, shape):
    """An initializer that needs no compilation."""
    return jnp.asarray(np.ones(shape, np.float32))


@covers(*(make for make, *_ in MADE), db.parameter_count)
@pytest.mark.parametrize("row", [pytest.param(row, id=row[0].__qualname__) for row in MADE])
@all_cases
@given(data())
def test_what_a_module_is_made_of(row, data):
    make, good, more, count = row
    bad = {name: NO_SIZE for name, size in good.items() if isinstance(size, int)}
    bad |= {"key": NO_KEY} if "key" in inspect.signature(make).parameters else {}
    bad |= {"initializer": NO_FUNCTION} if "initializer" in inspect.signature(make).parameters else {}
    bad |= {name: (*bad.get(name, ()), *values) for name, values in more.items()}
    first = {name: value for name, value in {"key": KEY, "initializer": ones}.items() if name in bad}
    arguments, wrong = data.draw(one_wrong(first | good, **bad))
    if wrong == "key":
        arguments.pop("initializer", None)  # one that draws
    made = answer(lambda: make(**arguments), wrong)
    if wrong is None:
        assert db.parameter_count(made) == sum(np.size(leaf) for leaf in jax.tree.leaves(made)) == count
        assert {leaf.dtype for leaf in jax.tree.leaves(made)} == {jnp.dtype("float32")}


@covers(db.parameter_count)
@few
@given(sampled_from([(), (3,), (2, 0)]), kinds, booleans())
def test_parameter_count(shape, kind, nested):
    tree = {"a": jnp.zeros(shape, kind), "b": [3, "text", None, np.ones(2, np.float32)]}
    count = db.parameter_count((tree, tree) if nested else tree)
    assert count == (1 + nested) * (2 + (int(np.prod(shape)) if kind in FLOATS else 0))


@covers(db.Linear, db.MLP, db.Sequential, db.Lambda)
@fewer
@given(batches, sampled_from([4, 4, 3]), kinds, seeds)
@example((3,), 4, "uint8", 0)
@example((3,), 4, "float16", 0)
def test_linear_and_networks(batch, width, kind, seed):
    x, dtype = numbers(seed, (*batch, width), kind), kind if kind in FLOATS else "float32"
    net = drawn(seed, shaped(db.MLP.init, [4, 5, 3], activation=jnp.tanh), dtype)
    (w, b), (v, c) = ((exact(layer.weight), exact(layer.bias)) for layer in net.layers)
    valid = width == 4 and kind != "complex64"
    one, two = net.layers
    chain = db.Sequential.of(one, jnp.tanh, db.Lambda(lambda h: 2 * h), db.Dropout(0.5), two)
    hidden = lambda: np.tanh(exact(x) @ w.T + b)
    judge(lambda: one(x), valid, lambda: exact(x) @ w.T + b, dtype, 2)
    judge(lambda: once(db.MLP.__call__, net, x), valid, lambda: hidden() @ v.T + c, dtype, 2)
    judge(lambda: once(db.Sequential.__call__, chain, x), valid, lambda: 2 * hidden() @ v.T + c, dtype, 2)


@covers(db.Sequential, db.Lambda)
@all_cases
@given(one_wrong({"layer": jnp.tanh, "key": KEY}, layer=(*NO_FUNCTION, None, db.Linear), key=NO_KEY))
def test_a_chain_is_of_modules_and_functions(case):
    arguments, wrong = case
    if wrong == "layer":
        answer(lambda: db.Sequential.of(db.Dropout(0.5), arguments["layer"]), wrong, "layers")
        answer(lambda: db.Lambda(arguments["layer"]), None if callable(arguments["layer"]) else wrong, "function")
    else:
        chain = db.Sequential.of(arguments["layer"], db.Dropout(0.5))
        answer(lambda: chain(jnp.ones(3), key=arguments["key"]), wrong)


@covers(db.Dropout)
@few
@given(
    batches,
    kinds,
    sampled_from([0, 0.25, np.float32(0.5), jnp.float32(0.5), 1.0, -0.1, "a", None, float("nan"), np.ones(2)]),
    sampled_from([None, KEY, jax.random.PRNGKey(1), *NO_KEY]),
    seeds,
)
@example((2, 3), "float16", 0.25, KEY, 0)
@example((2, 3), "float32", np.ones((2, 2)), KEY, 0)
@example((2, 3), "float32", 0.25, np.zeros(3, np.uint32), 0)
def test_dropout(shape, kind, rate, key, seed):
    x, number = numbers(seed, shape, kind), not isinstance(rate, str | None) and np.ndim(rate) == 0 and 0 <= rate < 1
    judge(lambda: db.Dropout(rate).rate, number, lambda: float(rate))
    if not number:
        return
    one_key = isinstance(key, jax.Array) and key.shape in [(), (2,)] and (key.dtype == "uint32" or not key.ndim)
    idle, valid = key is None or not rate, kind in FLOATS and one_key
    if idle or not valid:
        judge(lambda: db.Dropout(rate)(x, key=key), idle, lambda: np.asarray(x))
        return
    y = db.Dropout(rate)(x, key=key)
    judge(lambda: y, True, lambda: np.where(exact(y) == 0, 0, exact(x) / (1 - float(rate))), kind)
    assert y.dtype == x.dtype


def padded(x, p, circular):
    edge = [(0, 0)] * (x.ndim - 3) + [(p, p)] * 2 + [(0, 0)]
    return np.pad(x, edge, mode="wrap" if circular else "constant")


def windows(x, size, stride, dilation):
    """All windows of a grid, [..., i, j, u, v, channels], one number after another."""
    reach = dilation * (size - 1) + 1
    rows, columns = (range(0, n - reach + 1, stride) for n in x.shape[-3:-1])
    cut = lambda i, j: x[..., i : i + reach : dilation, j : j + reach : dilation, :]
    return np.stack([np.stack([cut(i, j) for j in columns], -4) for i in rows], -5)


@covers(db.patches)
@few
@given(
    sampled_from([(5, 4, 2), (0, 5, 4, 2), (2, 5, 4, 1), (5, 4, 0), (5, 4), (2, 2, 1)]),
    sampled_from([1, 2, 3, 3, 0, "2"]),
    sampled_from([1, 2, np.int64(2), 0, 1.5]),
    sampled_from([1, 1, 2, -1]),
    kinds,
    seeds,
)
@example((2, 5, 4, 1), 2, 2, 2, "uint8", 0)
@example((0, 5, 4, 2), 2, 2, 2, "float16", 0)
def test_patches(shape, size, stride, dilation, kind, seed):
    x = numbers(seed, shape, kind)
    valid = isinstance(size, int) and size > 0 and stride in (1, 2) and dilation > 0 and len(shape) > 2
    valid = valid and dilation * (size - 1) < min(shape[-3:-1])

    def expected():
        cut = windows(np.asarray(x), size, stride, dilation)
        return cut.reshape(*cut.shape[:-3], size * size, shape[-1])

    judge(lambda: db.patches(x, size, stride=stride, dilation=dilation), valid, expected)


@covers(db.Conv2d)
@fewer
@given(
    sampled_from([(5, 4, 2), (5, 4, 2), (2, 5, 4, 2), (0, 5, 4, 2), (5, 4, 3), (4, 2), (1, 1, 2)]),
    sampled_from([1, 2, 3]),
    sampled_from([1, 2]),
    sampled_from([0, 1, np.int64(2), "same"]),
    sampled_from([1, 2]),
    booleans(),
    kinds,
    seeds,
)
@example((2, 5, 4, 2), 3, 2, 1, 2, True, "bfloat16", 0)
@example((0, 5, 4, 2), 3, 1, 1, 1, False, "float32", 0)
@example((0, 5, 4, 2), 3, 1, 1, 2, True, "float32", 0)
def test_convolution(shape, size, stride, padding, groups, circular, kind, seed):
    x, dtype = numbers(seed, shape, kind), kind if kind in FLOATS else "float32"
    options = {"stride": stride, "padding": padding, "groups": groups, "circular": circular}
    if padding == "same" and size == 2:
        judge(lambda: db.Conv2d.init(KEY, 2, 4, size, **options), False, None)
        return
    layer = drawn(seed, shaped(db.Conv2d.init, 2, 4, size, **options), dtype)
    p = size // 2 if padding == "same" else padding
    valid = kind != "complex64" and len(shape) > 2 and shape[-1] == 2 and min(shape[-3:-1]) + 2 * p >= size

    def expected():
        cut, weight = windows(padded(exact(x), p, circular), size, stride, 1), exact(layer.weight)
        parts = zip(np.split(cut, groups, -1), np.split(weight, groups), strict=True)
        return np.concatenate([np.einsum("...uvc,ocuv->...o", c, w) for c, w in parts], -1) + exact(layer.bias)

    judge(lambda: once(db.Conv2d.__call__, layer, x), valid, expected, dtype, 2)


SHAPES = [[3, 4], (np.int64(4), 3, 2, 2), (3,), (), (3, 0), (-1, 2), (3, 2.5), (3, True), "34", 5, None]


@covers(db.init.fans, db.init.lecun_normal, db.init.he_normal, db.init.xavier_normal, db.init.xavier_uniform)
@covers(db.init.orthogonal)
@all_cases
@given(sampled_from(SHAPES), sampled_from([KEY, KEY, *NO_KEY]))
def test_initial_weights(shape, key):
    sizes = isinstance(shape, tuple | list) and all(isinstance(n, int | np.int64) and n is not True for n in shape)
    sizes = sizes and len(shape) > 1 and min(shape) > 0
    n, m = (shape[1] * np.prod(shape[2:]), shape[0] * np.prod(shape[2:])) if sizes else (1, 1)
    judge(lambda: db.init.fans(shape), sizes, lambda: (n, m))
    normal, uniform = jax.random.normal, lambda key, shape: jax.random.uniform(key, shape, minval=-1)
    valid = sizes and key is KEY
    for name, draw, scale in (
        ("lecun_normal", normal, 1 / n**0.5),
        ("he_normal", normal, (2 / n) ** 0.5),
        ("xavier_normal", normal, (2 / (n + m)) ** 0.5),
        ("xavier_uniform", uniform, (6 / (n + m)) ** 0.5),
    ):
        expected = lambda draw=draw, scale=scale: exact(draw(key, shape)) * scale
        judge(lambda name=name: getattr(db.init, name)(key, shape), valid, expected)
    small = lambda w: w @ w.T if len(w) < w.shape[1] else w.T @ w
    square = lambda: small(db.init.orthogonal(key, shape))
    judge(square, valid and len(shape) == 2, lambda: np.eye(min(shape)))


@covers(db.module, db.static)
@few
@given(sampled_from(["x", "xs", "sxx", "s"]), seeds)
def test_the_fields_of_a_module(which, seed):
    fields = {f"f{i}": db.static(default=i) if kind == "s" else None for i, kind in enumerate(which)}
    own = {name: value for name, value in fields.items() if value is not None}
    made = db.module(
        type("Made", (), {"__annotations__": dict.fromkeys(sorted(fields, key=own.__contains__), object)} | own)
    )
    arrays = {name: numbers(seed, (2,)) for name, value in fields.items() if value is None}
    one = made(**arrays)
    assert len(jax.tree.leaves(one)) == which.count("x")
    assert jax.tree.structure(one) == jax.tree.structure(jax.tree.map(lambda a: 2 * a, one))
    assert repr(one).count("f32[2]") == which.count("x")
    if own:
        assert jax.tree.structure(one) != jax.tree.structure(made(**arrays | dict.fromkeys(own, -1)))
