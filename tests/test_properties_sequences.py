"""Cells and attention layers: what NumPy computes, or an error that names the argument."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.strategies import booleans, sampled_from
from properties import (
    FLOATS,
    INTS,
    all_cases,
    answer,
    below,
    covers,
    drawn,
    exact,
    few,
    fewer,
    floats,
    judge,
    kinds,
    numbers,
    once,
    one_wrong,
    seeds,
    shaped,
    sigmoid,
)

import deepbook as db

pytestmark = pytest.mark.usefixtures("unchecked")
some = sampled_from([(), (2,), (0,)])
CELLS = {kind.__name__: drawn(0, shaped(kind.init, 4, 3)) for kind in (db.ElmanCell, db.GRUCell, db.LSTMCell)}
HEADS, BLOCK = drawn(0, shaped(db.MultiHeadAttention.init, 8, 2)), drawn(0, shaped(db.Block.init, 8, 2))
MODEL = drawn(0, shaped(db.Transformer.init, 7, width=8, heads=2, layers=1, window=2))
FULL, STEP = jax.jit(db.Transformer.__call__), jax.jit(db.Transformer.step)


def unrolled(cell, x):
    """All hidden vectors and the last state of a cell, from zeros."""
    w, b, u = exact(cell.inputs.weight), exact(cell.inputs.bias), exact(cell.recurrent)
    h = c = np.zeros((*x.shape[:-2], u.shape[1]))
    states = np.zeros((*x.shape[:-1], u.shape[1]))
    for t in range(x.shape[-2]):
        z, r = x[..., t, :] @ w.T + b, h @ u.T
        if isinstance(cell, db.ElmanCell):
            h = np.tanh(z + r)
        elif isinstance(cell, db.GRUCell):
            (reset, keep, new), (r_reset, r_keep, r_new) = np.split(z, 3, -1), np.split(r, 3, -1)
            keep = sigmoid(keep + r_keep)
            h = keep * h + (1 - keep) * np.tanh(new + sigmoid(reset + r_reset) * (r_new + exact(cell.shift)))
        else:
            write, forget, new, read = np.split(z + r, 4, -1)
            c = sigmoid(forget) * c + sigmoid(write) * np.tanh(new)
            h = sigmoid(read) * np.tanh(c)
        states[..., t, :] = h
    return states, (h, c) if isinstance(cell, db.LSTMCell) else (h,)


@covers(db.ElmanCell, db.GRUCell, db.LSTMCell, db.unroll)
@covers(
    *(getattr(kind, name) for kind in (db.ElmanCell, db.GRUCell, db.LSTMCell) for name in ("__call__", "empty", "step"))
)
@fewer
@given(sampled_from(list(CELLS)), some, sampled_from([3, 0, 1]), sampled_from([4, 4, 2]), kinds, seeds)
@example("LSTMCell", (2,), 3, 4, "bfloat16", 0)
@example("GRUCell", (2,), 3, 4, "int32", 0)
def test_cells(kind, batch, n, width, number, seed):
    dtype = number if number in FLOATS else "float32"
    cell, x = drawn(seed, CELLS[kind], dtype), numbers(seed, (*batch, n, width), number)
    valid = width == 4 and number != "complex64"
    judge(lambda: once(db.unroll, cell, x)[0], valid, lambda: unrolled(cell, exact(x))[0], dtype, 2)
    state = cell.empty(*batch)
    assert {leaf.shape for leaf in jax.tree.leaves(state)} == {(*batch, 3)}
    first = lambda: np.stack(jax.tree.leaves(once(type(cell).__call__, cell, x[..., 0, :], state)))
    if n:
        judge(first, valid, lambda: np.stack(unrolled(cell, exact(x[..., :1, :]))[1]), dtype, 2)
    if n and valid:
        last = np.stack(jax.tree.leaves(once(db.unroll, cell, x)[1]))
        judge(lambda: last, True, lambda: np.stack(unrolled(cell, exact(x))[1]), dtype, 2)


NO_STATES = (3, "words", jnp.ones((2, 2)), jnp.ones(3), [jnp.ones((2, 3))] * 3, jnp.ones((2, 3), jnp.complex64))


@covers(db.unroll, db.ElmanCell.empty, db.ElmanCell.__call__)
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@all_cases
@given(
    one_wrong(
        {"cell": None, "xs": jnp.ones((2, 3, 4)), "state": None},
        cell=(3, "GRU"),
        xs=("words", None, jnp.ones(4), jnp.ones((2, 3, 5))),
        state=NO_STATES,
    ),
    sampled_from([(2,), (), ("a",), (-1,), (2.5,)]),
)
def test_arguments_of_a_cell(cell, case, batch):
    arguments, wrong = case
    answer(lambda: db.unroll(arguments["cell"] or cell, *list(arguments.values())[1:]), wrong, "x")
    if wrong == "state":
        answer(lambda: cell(jnp.ones((2, 4)), arguments["state"]), wrong)
    answer(lambda: cell.empty(*batch), None if batch in [(2,), ()] else "batch")


def turned(x):
    """Vectors turned by their positions."""
    angle = np.outer(np.arange(x.shape[-2]), 10_000.0 ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1]))
    a, b = np.split(x, 2, -1)
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], -1)


def weighted(q, k, mask):
    """Attention weights; a row without anything to look at is zero."""
    scores = q @ np.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5
    powers = np.where(mask, np.exp(scores - scores.max(-1, keepdims=True, initial=-1e9)), 0)
    return powers / np.maximum(powers.sum(-1, keepdims=True), 1e-300)


def linear(layer, x):
    return x @ exact(layer.weight).T + exact(layer.bias)


def projected(layer, x, context):
    split = lambda z: np.swapaxes(z.reshape(*z.shape[:-1], layer.heads, 8 // layer.heads), -3, -2)
    q, k, v = split(linear(layer.queries, x)), split(linear(layer.keys, context)), split(linear(layer.values, context))
    return (turned(q), turned(k), v) if layer.rotary else (q, k, v)


def attended(layer, x, context, mask):
    q, k, v = projected(layer, x, context)
    y = np.swapaxes(weighted(q, k, mask) @ v, -3, -2)
    return linear(layer.output, y.reshape(*y.shape[:-2], 8))


def normal(layer, x):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + layer.epsilon)
    return exact(layer.scale) * x + exact(layer.bias)


def block_of(block, x, mask):
    y = normal(block.norm_attention, x)
    x = x + attended(block.attention, y, y, mask)
    h = linear(block.mlp.layers[0], normal(block.norm_mlp, x))
    gelu = 0.5 * h * (1 + np.tanh((2 / np.pi) ** 0.5 * (h + 0.044715 * h**3)))
    return x + linear(block.mlp.layers[1], gelu)


@covers(db.attention, db.attention_weights)
@fewer
@given(
    sampled_from([(), (2,), (0,)]),
    sampled_from([(), (2,), (3,)]),
    sampled_from([(4, 5), (4, 0), (0, 5), (1, 1)]),
    sampled_from([3, 3, 1, 0]),
    booleans(),
    floats,
    seeds,
)
@example((), (), (4, 0), 3, False, "float32", 0)
@example((2,), (3,), (4, 5), 3, False, "float32", 0)
@example((2,), (), (4, 5), 3, False, "float32", 0)
@example((), (), (4, 5), 0, False, "float32", 0)
def test_attention_of_any_shape(batch, other, lengths, width, biased, dtype, seed):
    (n, t), other = lengths, batch if biased else other
    q, k = numbers(seed, (*batch, n, width), dtype), numbers(seed + 1, (*other, t, width), dtype)
    v, bias = numbers(seed + 2, (*other, t, 2), dtype), numbers(seed + 3, (n, t), dtype) if biased else None
    valid = width and (batch == other or not batch or not other)

    def weights():
        raised = np.exp(exact(bias)) if biased else 1.0
        powers = weighted(exact(q), exact(k), True) * raised
        return powers / np.maximum(powers.sum(-1, keepdims=True), 1e-300)

    judge(lambda: db.attention_weights(q, k, bias=bias), valid, weights, dtype)
    judge(lambda: db.attention(q, k, v, bias=bias), valid, lambda: weights() @ exact(v), dtype, 2)


@covers(
    db.MultiHeadAttention, db.MultiHeadAttention.weights, db.MultiHeadAttention.project, db.MultiHeadAttention.merge
)
@fewer
@given(
    some,
    sampled_from([3, 0]),
    sampled_from([None, 2, 0]),
    sampled_from([True, False, "numbers", "small", None]),
    booleans(),
    floats,
    seeds,
)
@example((2,), 3, None, True, True, "float32", 0)
@example((2,), 3, 2, None, False, "bfloat16", 0)
@example((0,), 3, None, None, True, "float32", 0)
@example((), 0, None, None, False, "float32", 0)
@example((), 3, 0, None, False, "float32", 0)
def test_attention_with_heads(batch, n, other, mask, rotary, dtype, seed):
    layer = drawn(seed, shaped(db.MultiHeadAttention.init, 8, 2, rotary=rotary), dtype)
    x = numbers(seed, (*batch, n, 8), dtype)
    context = None if other is None else numbers(seed + 1, (*batch, other, 8), dtype)
    t = n if other is None else other
    c = exact(x if other is None else context)
    seen = np.random.default_rng(seed).random((n, t)) < 0.6
    given = {None: None, "numbers": seen.astype(np.float32), "small": seen[:, :0] if t != 0 else np.ones((n, 2), bool)}
    valid = mask in (True, False, None)
    mask, seen = (jnp.asarray(seen), seen) if mask in (True, False) else (given[mask], True)
    both = lambda layer, x, context, mask: (layer(x, context, mask=mask), layer.weights(x, context, mask=mask))
    expected = lambda: attended(layer, exact(x), c, seen)
    judge(lambda: once(both, layer, x, context, mask)[0], valid, expected, dtype, 2)
    weights = lambda: weighted(*projected(layer, exact(x), c)[:2], seen)
    judge(lambda: once(both, layer, x, context, mask)[1], valid, weights, dtype)


NO_ROWS = ("words", None, jnp.ones(8), jnp.ones((3, 6)), jnp.ones((3, 8), jnp.complex64))


@covers(db.MultiHeadAttention, db.Block, db.MultiHeadAttention.project, db.MultiHeadAttention.merge)
@all_cases
@given(
    one_wrong(
        {"x": jnp.ones((3, 8)), "context": jnp.ones((2, 8)), "position": 1, "y": jnp.ones((2, 3, 4)), "mask": None},
        x=NO_ROWS,
        context=tuple(row for row in NO_ROWS if row is not None),
        position=("words", 1.5, jnp.zeros(2)),
        y=("words", None, jnp.ones((3, 4)), jnp.ones((2, 3, 5)), jnp.ones((3, 2, 4))),
        mask=("words", jnp.ones((4, 4), bool), jnp.ones(3, bool), jnp.ones((3, 3))),
    )
)
def test_arguments_of_attention_with_heads(case):
    (x, context, position, y, mask), wrong = case[0].values(), case[1]
    if wrong in ("x", "mask"):
        answer(lambda: BLOCK(x, mask=mask), wrong)
        answer(lambda: HEADS(x, mask=mask), wrong)
    if wrong in ("x", "context"):
        answer(lambda: HEADS(x, context), wrong, "x", "keys")
    if wrong in ("x", "context", "position"):
        answer(lambda: BLOCK.attention.project(x, context, position=position), wrong, "x")
    if wrong == "y":
        answer(lambda: HEADS.merge(y), wrong)


@covers(db.Transformer, db.Block)
@fewer
@given(some, sampled_from([4, 1, 0]), sampled_from([None, 2]), sampled_from([*INTS, "float32"]), floats, seeds)
@example((2,), 4, None, "int32", "float32", 0)
@example((), 4, 2, "uint8", "bfloat16", 1)
@example((0,), 4, 2, "uint8", "float32", 1)
@example((), 0, None, "int32", "float32", 0)
def test_transformer(batch, n, window, kind, dtype, seed):
    model = drawn(seed, shaped(db.Transformer.init, 7, width=8, heads=2, layers=1, window=window), dtype)
    tokens = below(seed, 7, (*batch, n), kind if kind in INTS else "int32").astype(kind)
    back = np.subtract.outer(np.arange(n), np.arange(n))
    mask = (back >= 0) & (back < (window or n))

    def expected():
        x = exact(model.embedding.table)[tokens.astype(int)]
        for block in model.blocks:
            x = block_of(block, x, mask)
        return linear(model.logits, normal(model.norm, x))

    judge(lambda: once(db.Transformer.__call__, model, tokens), kind in INTS, expected, dtype, 4)


@covers(db.Transformer, db.Transformer.step, db.Transformer.empty_cache)
@few
@given(sampled_from([0, 2, 3]), sampled_from([-1, 7, 5]))
def test_a_token_out_of_range_is_seen_from_its_position_on(place, token):
    tokens = jnp.asarray(np.random.default_rng(place).integers(0, 7, (2, 4))).at[..., place].set(token)
    logits, cache = FULL(MODEL, tokens), MODEL.empty_cache(4, 2)
    for position in range(4):
        one, cache = STEP(MODEL, tokens[..., position], position, cache)
        np.testing.assert_allclose(one, logits[..., position, :], atol=1e-4)
    unknown = np.isnan(logits).any(-1)
    later = (np.arange(4) >= place) & (token != 5)
    np.testing.assert_array_equal(unknown, np.broadcast_to(later, unknown.shape))


@covers(db.Transformer, db.Transformer.step, db.Transformer.empty_cache)
@all_cases
@given(
    one_wrong(
        {"tokens": [1, 2], "token": 3, "position": 1, "cache": None, "length": 4, "batch": ()},
        tokens=("words", None, 3, jnp.ones(2)),
        token=("words", None, 1.5, jnp.ones(2, int)),
        position=("words", None, 1.5, 4, -1, jnp.zeros(2, int)),
        cache=(3, 2 * MODEL.empty_cache(4), MODEL.empty_cache(4, 2)),
        length=(0, 2.5, "4"),
        batch=(("a",), (-1,), (2.5,)),
    )
)
def test_arguments_of_a_language_model(case):
    (tokens, token, position, cache, length, batch), wrong = case[0].values(), case[1]
    if wrong in (None, "tokens"):
        answer(lambda: once(lambda model: model(tokens), MODEL), wrong)
    if wrong in (None, "length", "batch"):
        answer(lambda: MODEL.empty_cache(length, *batch), wrong)
    if wrong in ("token", "position", "cache"):
        answer(lambda: MODEL.step(token, position, cache or MODEL.empty_cache(4)), wrong, "cache")
