"""Layers on graphs, and graphs side by side: what NumPy computes, or an error that names the argument."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.strategies import booleans, sampled_from
from properties import (
    all_cases,
    answer,
    covers,
    drawn,
    exact,
    few,
    fewer,
    judge,
    numbers,
    once,
    one_wrong,
    seeds,
    shaped,
)

import deepbook as db

pytestmark = pytest.mark.usefixtures("unchecked")
LAYERS = {
    "GCN": shaped(db.GCNConv.init, 3, 4),
    "SAGE": shaped(db.SAGEConv.init, 3, 4),
    "GAT": shaped(db.GATConv.init, 3, 4, heads=2),
    "GIN": shaped(db.GINConv.init, 3, 4, hidden=5),
}


def linear(layer, x):
    return x @ exact(layer.weight).T + exact(layer.bias)


def mlp(net, x):
    return linear(net.layers[1], np.maximum(linear(net.layers[0], x), 0))


def passed(kind, layer, h, pairs):
    """One layer by its formula; pairs of sender and receiver."""
    n = h.shape[-2]
    a = np.zeros((n, n))
    np.add.at(a, (pairs[:, 1], pairs[:, 0]), 1)
    if kind == "SAGE":
        mean = a / np.maximum(a.sum(1, keepdims=True), 1)
        return linear(layer.own, h) + mean @ h @ exact(layer.neighbours).T
    if kind == "GIN":
        return mlp(layer.mlp, (1 + exact(layer.epsilon)) * h + a @ h)
    np.fill_diagonal(a, 1)
    if kind == "GCN":
        root = 1 / np.sqrt(a.sum(1))
        return linear(layer.linear, root[:, None] * a * root[None] @ h)
    parts = []
    for weight, source, target in zip(exact(layer.weight), exact(layer.source), exact(layer.target), strict=True):
        z = h @ weight.T
        score = (z @ source)[..., None, :] + (z @ target)[..., :, None]
        score = np.where(score > 0, score, 0.2 * score)
        power = a * np.exp(score - score.max(-1, keepdims=True))  # an edge that is there twice counts twice
        parts.append(power / power.sum(-1, keepdims=True) @ z)
    return np.concatenate(parts, -1) + exact(layer.bias)


@covers(*(type(layer) for layer in LAYERS.values()))
@pytest.mark.parametrize("kind", LAYERS)
@fewer
@given(
    sampled_from([(), (), (2,), (0,)]),
    sampled_from([0, 1, 9]),
    sampled_from([5, 5, 4]),
    sampled_from([3, 3, 2]),
    sampled_from(["float32", "float32", "float16", "int32", "complex64"]),
    booleans(),
    seeds,
)
@example((2,), 9, 5, 3, "bfloat16", True, 0)
@example((0,), 9, 5, 3, "float32", True, 0)
@example((), 0, 5, 3, "float16", False, 0)
@example((), 9, 5, 3, "float32", False, 1)
def test_layers_on_graphs(kind, batch, edges, nodes, width, number, padded, seed):
    pairs = np.random.default_rng(seed).integers(0, 5, (edges, 2))
    graph = db.Graph.of(pairs, 5, directed=True, pad_to=edges + 2 if padded else None)
    real = number not in ("int32", "complex64")
    dtype = number if real else "float32"
    layer, h = drawn(seed, LAYERS[kind], dtype), numbers(seed, (*batch, nodes, width), number)
    valid = nodes == 5 and width == 3 and real
    call = lambda: once(type(layer).__call__, layer, h, graph)
    judge(call, valid, lambda: passed(kind, layer, exact(h), pairs), dtype, 4)


@pytest.mark.parametrize("kind", LAYERS)
@all_cases
@given(
    one_wrong(
        {"h": jnp.ones((2, 3)), "graph": db.Graph.of([[0, 1]], 2)},
        h=("words", None, jnp.ones(3), 1.0),
        graph=(None, 3, [[0, 1]], np.ones((2, 2))),
    )
)
def test_arguments_of_layers_on_graphs(kind, case):
    if case[1]:
        answer(lambda: drawn(0, LAYERS[kind])(**case[0]), case[1])


@covers(db.batch_graphs)
@few
@given(
    sampled_from([(3,), (2, 4), (1, 0, 3), ()]),
    sampled_from([None, "graph", 3, [[0, 1]]]),
    sampled_from([list, tuple, list, iter]),
    booleans(),
    seeds,
)
@example((2, 4), None, list, True, 0)
@example((1, 0, 3), None, tuple, True, 0)
def test_graphs_side_by_side(sizes, stranger, kind, padded, seed):
    rng, given, joined, owner, start = np.random.default_rng(seed), [], [], [], 0
    for number, n in enumerate(sizes):
        pairs = rng.integers(0, n, (3, 2)) if n else np.zeros((0, 2), int)
        given.append(db.Graph.of(pairs, n, directed=True, pad_to=4 if padded else None))
        joined += [(a + start, b + start) for a, b in pairs]
        joined += [(sum(sizes), sum(sizes))] * (4 - len(pairs) if padded else 0)
        owner, start = owner + [number] * n, start + n
    valid = stranger is None and bool(sizes) and kind is not iter
    if stranger is not None:
        given.append(stranger)

    def call():
        joint, numbers = db.batch_graphs(kind(given))
        assert joint.nodes == sum(sizes)
        return np.concatenate([joint.senders, joint.receivers, numbers])

    judge(call, valid, lambda: np.concatenate([*np.array(joined, float).reshape(-1, 2).T, owner]))
