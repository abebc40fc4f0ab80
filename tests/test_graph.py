"""Graph layers against dense matrices, under permutations, padding and batching."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import deepbook as db

KEY = jax.random.key(0)
EDGES, NODES = np.array([[0, 1], [1, 2], [2, 0], [2, 3], [4, 5]]), 7  # node 6 has no neighbour
GRAPH = db.Graph.of(EDGES, NODES)
PYG = [[0, 0, 0], [1, 2, 3]]  # senders in one row, receivers in the other
H = jax.random.normal(jax.random.key(1), (NODES, 4))
LAYERS = {
    "GCNConv": db.GCNConv.init(KEY, 4, 6),
    "SAGEConv": db.SAGEConv.init(KEY, 4, 6),
    "GATConv": db.GATConv.init(KEY, 4, 6, heads=2),
    "GINConv": db.GINConv.init(KEY, 4, 6, hidden=5),
}


def adjacency(edges=EDGES, nodes=NODES):
    a = np.zeros((nodes, nodes))
    a[edges[:, 0], edges[:, 1]] = a[edges[:, 1], edges[:, 0]] = 1
    return a


def dense(layer, h, a):
    """The docstrings' equations with the adjacency matrix, in float64."""
    h, (n, _) = np.asarray(h, np.float64), a.shape
    array = lambda x: np.asarray(x, np.float64)
    if isinstance(layer, db.GCNConv):
        loops = a + np.eye(n)
        scale = loops.sum(1) ** -0.5
        return scale[:, None] * loops * scale @ h @ array(layer.linear.weight).T + array(layer.linear.bias)
    if isinstance(layer, db.SAGEConv):
        mean = a / np.maximum(a.sum(1, keepdims=True), 1) @ h
        return h @ array(layer.own.weight).T + array(layer.own.bias) + mean @ array(layer.neighbours).T
    if isinstance(layer, db.GATConv):
        heads = []
        for w, source, target in zip(array(layer.weight), array(layer.source), array(layer.target), strict=True):
            z = h @ w.T
            score = (z @ source)[None, :] + (z @ target)[:, None]  # [receiver, sender]
            score = np.where(score > 0, score, 0.2 * score)
            weight = np.exp(score) * (a + np.eye(n))
            heads.append(weight / weight.sum(1, keepdims=True) @ z)
        return np.concatenate(heads, 1) + array(layer.bias)
    total = (1 + float(layer.epsilon)) * h + a @ h
    first, second = layer.mlp.layers
    hidden = np.maximum(total @ array(first.weight).T + array(first.bias), 0)
    return hidden @ array(second.weight).T + array(second.bias)


def perturbed(layer):
    """Biases and epsilon that are not zero."""
    return jax.tree.map(lambda a: a + 0.1 * jax.random.normal(jax.random.key(5), a.shape), layer)


@pytest.fixture(params=LAYERS, name="layer")
def _layer(request):
    return perturbed(LAYERS[request.param])


def test_equals_the_dense_equation(layer):
    np.testing.assert_allclose(layer(H, GRAPH), dense(layer, H, adjacency()), rtol=2e-5, atol=2e-5)


def test_is_equivariant_under_permutations(layer):
    p = np.random.default_rng(0).permutation(NODES)
    moved = db.Graph.of(np.argsort(p)[EDGES], NODES)  # node p[i] is now called i
    np.testing.assert_allclose(layer(H[p], moved), layer(H, GRAPH)[p], rtol=2e-5, atol=2e-5)


def test_padding_changes_nothing(layer):
    padded = db.Graph.of(EDGES, NODES, pad_to=16)
    assert len(padded.senders) == 16
    np.testing.assert_allclose(layer(H, padded), layer(H, GRAPH), rtol=1e-6, atol=1e-6)
    loss = lambda m, graph: (m(H, graph) ** 2).sum()
    for a, b in zip(*(jax.tree.leaves(jax.grad(loss)(layer, g)) for g in (padded, GRAPH)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_a_batch_of_graphs_is_one_graph(layer):
    small = db.Graph.of(np.array([[0, 2]]), 3, pad_to=6)
    joint, owner = db.batch_graphs([small, GRAPH, small])
    assert owner.tolist() == [0] * 3 + [1] * 7 + [2] * 3
    parts = [(H[:3], small), (H, GRAPH), (-H[:3], small)]
    together = layer(jnp.concatenate([h for h, _ in parts]), joint)
    np.testing.assert_allclose(together, jnp.concatenate([layer(h, g) for h, g in parts]), rtol=2e-5, atol=2e-5)


def test_jit_vmap_and_leading_axes(layer):
    batch = jnp.stack([H, 2 * H, H[::-1]])
    each = jnp.stack([layer(h, GRAPH) for h in batch])
    np.testing.assert_allclose(jax.jit(lambda m, h, g: m(h, g))(layer, batch, GRAPH), each, rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(jax.vmap(lambda h: layer(h, GRAPH))(batch), each, rtol=2e-5, atol=2e-5)


def test_gradient_is_finite_and_agrees_with_differences(layer):
    loss = lambda m: (m(H, GRAPH) ** 2).mean()
    gradient = jax.grad(loss)(layer)
    direction = jax.tree.map(lambda a: jax.random.normal(jax.random.key(2), a.shape), layer)
    move = lambda t: jax.tree.map(lambda a, d: a + t * d, layer, direction)
    slope = sum(jnp.vdot(g, d) for g, d in zip(jax.tree.leaves(gradient), jax.tree.leaves(direction), strict=True))
    assert abs((loss(move(1e-3)) - loss(move(-1e-3))) / 2e-3 - slope) < 0.02 * abs(slope) + 0.01


def test_save_and_load(layer, tmp_path):
    db.save(tmp_path / "layer.npz", layer)
    empty = jax.tree.map(jnp.zeros_like, layer)
    restored = db.load(tmp_path / "layer.npz", empty)
    np.testing.assert_array_equal(restored(H, GRAPH), layer(H, GRAPH))
    assert dataclasses.is_dataclass(restored)


def test_attention_survives_large_scores():
    layer = dataclasses.replace(LAYERS["GATConv"], source=LAYERS["GATConv"].source * 1e4)
    assert jnp.isfinite(layer(H, GRAPH)).all()


@pytest.mark.parametrize(
    ("how", "expected"), [("sum", [3, 4, 0]), ("mean", [1.5, 4, 0]), ("max", [5, 4, 0]), ("min", [-2, 4, 0])]
)
def test_aggregate(how, expected):
    messages, receivers = jnp.array([[5.0], [4.0], [-2.0], [9.0]]), jnp.array([0, 1, 0, 3])  # the last one is padding
    assert db.aggregate(messages, receivers, 3, how)[:, 0].tolist() == expected


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: db.Graph.of(np.array([[0, 3]]), 3), "edges: got nodes 0 to 3, expected 0 to 2"),
        (lambda: db.Graph.of(np.array([[-1, 0]]), 3), "edges: got nodes -1 to 0"),
        (lambda: db.Graph.of(EDGES, NODES, pad_to=3), "pad_to: got 3, expected at least the number of edges, 10"),
        (lambda: db.Graph.of(PYG, 4), r"edges: got shape \(2, 3\), expected \[edges, 2\], .* must be transposed"),
        (lambda: db.Graph.of(np.arange(4), 4), r"edges: got shape \(4,\), expected \[edges, 2\]"),
        (lambda: db.Graph.of(np.zeros((2, 2, 2), int), 4), r"edges: got shape \(2, 2, 2\), expected"),
        (lambda: db.Graph.of(EDGES + 0.5, 9), "edges: got dtype float64, expected integers"),
        (lambda: db.Graph.of(EDGES, -1), "nodes: got -1, expected a whole number from 0 on"),
        (lambda: db.Graph.of(EDGES, 7.0), "nodes: got 7.0, expected a whole number"),
        (lambda: db.gather(H, jnp.zeros(3)), "index: got dtype float32, expected integers"),
        (lambda: db.gather(H[0], jnp.zeros(3, int)), r"h: got shape \(4,\), expected"),
        (lambda: db.degrees(jnp.zeros((2, 2), int), 3), r"receivers: got shape \(2, 2\), expected \[edges\]"),
        (lambda: db.aggregate(H, jnp.zeros(5, int), 7), "receivers: got 5, expected 7, one for each message"),
        (lambda: db.aggregate(H.astype(int), jnp.zeros(7, int), 7), "messages: got dtype int32, expected floating"),
        (lambda: LAYERS["GCNConv"](H[:5], GRAPH), r"h: got shape \(5, 4\), expected \[..., 7, features\]"),
        (lambda: LAYERS["SAGEConv"](H[:1], GRAPH), r"h: got shape \(1, 4\), expected \[..., 7, features\]"),
        (lambda: LAYERS["GATConv"](H[:, :3], GRAPH), r"h: GATConv got shape \(7, 3\), expected the last axis to be 4"),
        (lambda: db.batch_graphs([]), "graphs: got none"),
        (lambda: db.aggregate(H, jnp.zeros(7, int), 7, "median"), "how: got 'median'"),
        (lambda: db.batch_graphs([1]), r"graphs\[0\]: got int, expected a graph, as Graph.of makes it"),
        (lambda: db.batch_graphs([GRAPH, None]), r"graphs\[1\]: got NoneType, expected a graph"),
        (lambda: db.batch_graphs(GRAPH), "graphs: got Graph, expected a list of graphs"),
        (lambda: db.GATConv.init(KEY, 4, 6, heads=4), "heads: got 4, expected a divisor of size_out = 6"),
        (lambda: db.GATConv.init(KEY, 4, 6, heads=2.0), "heads: got 2.0, expected a whole number"),
        (lambda: db.GATConv.init(KEY, 4, 6, heads=0), "heads: got 0, expected a whole number from 1 on"),
        (lambda: db.GATConv.init(KEY, 0, 6), "size_in: got 0, expected a whole number from 1 on"),
        (lambda: db.GATConv.init(KEY, 4, 6.0), "size_out: got 6.0, expected a whole number"),
        (lambda: db.GINConv.init(KEY, 4, 6, hidden=0), "hidden: got 0, expected a whole number from 1 on"),
        (lambda: db.GINConv.init(KEY, 4, 6, hidden=2.5), "hidden: got 2.5, expected a whole number"),
        (lambda: db.GINConv.init(KEY, 0, 6), "size_in: got 0, expected a whole number from 1 on"),
    ],
)
def test_errors(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_gin_has_as_many_hidden_units_as_outputs_or_as_asked():
    assert db.GINConv.init(KEY, 4, 6).mlp.layers[0].weight.shape == (6, 4)
    assert db.GINConv.init(KEY, 4, 6, hidden=5).mlp.layers[0].weight.shape == (5, 4)


LOOPS = np.array([[0, 1], [1, 2], [1, 1], [2, 0], [3, 3]])


def test_a_self_loop_is_entered_once():
    graph = db.Graph.of(LOOPS, 4)
    pairs = list(zip(graph.senders.tolist(), graph.receivers.tolist(), strict=True))
    assert pairs == [*map(tuple, LOOPS.tolist()), (1, 0), (2, 1), (0, 2)]
    assert db.degrees(graph.receivers, 4).tolist() == [2, 3, 2, 1]


@pytest.mark.parametrize("directed", [False, True])
def test_self_loops_of_the_graph_are_not_added_again(layer, directed):
    graph = db.Graph.of(LOOPS, 4, directed=directed, pad_to=12)
    a = np.zeros((4, 4))  # [receiver, sender]
    a[np.asarray(graph.receivers)[:5], np.asarray(graph.senders)[:5]] = 1
    if not directed:
        a = np.maximum(a, a.T)
    if isinstance(layer, (db.GCNConv, db.GATConv)):  # both add a loop to each node
        a[np.diag_indices(4)] = 0
    if directed and isinstance(layer, db.GCNConv):  # the equation of `dense` is for symmetric graphs
        scale = (a.sum(1) + 1) ** -0.5
        h = np.asarray(H[:4], np.float64) @ np.asarray(layer.linear.weight, np.float64).T
        expected = scale[:, None] * (a + np.eye(4)) * scale @ h + np.asarray(layer.linear.bias)
    else:
        expected = dense(layer, H[:4], a)
    np.testing.assert_allclose(layer(H[:4], graph), expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("kind", "nodes"), [("uint8", 255), ("uint8", 300), ("int8", 127), ("int8", 300), ("uint32", 7)]
)
def test_edges_of_every_integer_type(kind, nodes):
    layer = LAYERS["GATConv"]
    wide, h = db.Graph.of(EDGES, nodes), jnp.zeros((nodes, 4)).at[:7].set(H)
    of_pairs = db.Graph.of(EDGES.astype(kind), nodes, pad_to=12)
    assert of_pairs.senders[:10].tolist() == wide.senders.tolist()
    assert of_pairs.senders[10:].tolist() == [nodes] * 2
    direct = db.Graph(wide.senders.astype(kind), wide.receivers.astype(kind), nodes)
    np.testing.assert_allclose(layer(h, direct), layer(h, wide), rtol=1e-6, atol=1e-6)
    joint, _ = db.batch_graphs([direct, direct])
    assert joint.senders.tolist() == [*wide.senders.tolist(), *(wide.senders + nodes).tolist()]


@pytest.mark.parametrize("index", [-1, 4, 99])
def test_an_index_that_no_node_has_gives_nan(index):
    h, ends = jnp.arange(6.0).reshape(3, 2), jnp.array([0, index, 3])
    np.testing.assert_array_equal(db.gather(h, ends), [[0, 1], [np.nan] * 2, [0, 0]])
    assert np.isnan(db.degrees(ends, 3)).all()
    for how in ("sum", "mean", "max", "min"):
        assert np.isnan(db.aggregate(h, ends, 3, how)).all()
    joint, _ = db.batch_graphs([db.Graph(ends, ends, 3), db.Graph(ends, ends, 3)])
    np.testing.assert_array_equal(np.isnan(db.gather(jnp.ones((6, 1)), joint.senders))[:, 0], [0, 1, 0, 0, 1, 0])


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_a_hub_of_5000_in_half_precision(dtype):
    n = 5000
    hub = db.Graph.of(np.stack([np.arange(1, n + 1), np.zeros(n, int)], 1), n + 1, directed=True)
    ones, small = jnp.ones((n, 1), dtype), jnp.full((n, 1), 0.01, dtype)
    counted = float(db.degrees(hub.receivers, n + 1, dtype)[0])
    assert counted == float(jnp.asarray(n, dtype))
    assert float(db.aggregate(ones, hub.receivers, n + 1)[0, 0]) == float(jnp.asarray(n, dtype))
    assert float(db.aggregate(ones, hub.receivers, n + 1, "mean")[0, 0]) == 1
    total = float(np.asarray(small[0, 0], np.float64)) * n
    assert abs(float(db.aggregate(small, hub.receivers, n + 1)[0, 0]) - total) <= float(jnp.finfo(dtype).eps) * total
    layer = jax.tree.map(lambda a: a.astype(dtype), db.GCNConv.init(KEY, 1, 1))
    h = jnp.ones((n + 1, 1), dtype)
    expected = float(layer.linear.weight[0, 0]) * (n / (n + 1) ** 0.5 + 1 / (n + 1))
    assert abs(float(layer(h, hub)[0, 0]) - expected) <= 4 * float(jnp.finfo(dtype).eps) * abs(expected)


def test_attention_in_float16_has_finite_gradients_with_padding():
    layer, padded = (
        jax.tree.map(lambda a: a.astype(jnp.float16), LAYERS["GATConv"]),
        db.Graph.of(EDGES, NODES, pad_to=16),
    )
    h = H.astype(jnp.float16)
    np.testing.assert_allclose(layer(h, padded).astype(jnp.float32), LAYERS["GATConv"](H, GRAPH), atol=2e-2)
    gradient = jax.grad(lambda m: layer_sum(m, h, padded))(layer)
    wide = jax.grad(lambda m: layer_sum(m, H, GRAPH))(LAYERS["GATConv"])
    for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(wide), strict=True):
        np.testing.assert_allclose(a.astype(jnp.float32), b, atol=5e-2)


def layer_sum(layer, h, graph):
    return (layer(h, graph).astype(jnp.float32) ** 2).mean()


def test_directed_graph():
    graph = db.Graph.of(np.array([[0, 1], [2, 1]]), 3, directed=True)
    assert db.degrees(graph.receivers, 3).tolist() == [0, 2, 0]
    assert db.aggregate(db.gather(H[:3], graph.senders), graph.receivers, 3)[1].tolist() == (H[0] + H[2]).tolist()
