"""Over shapes, dtypes and arguments: what NumPy computes in float64, or an error that names the argument."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.strategies import booleans, sampled_from
from properties import FLOATS, INTS, batches, below, covers, exact, few, floats, judge, log_softmax, numbers, seeds

import deepbook as db

pytestmark = pytest.mark.usefixtures("unchecked")


def reduced(values, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](values)


reductions = sampled_from(["mean", "sum", "none", "none", "max", None])


@covers(db.cross_entropy)
@few
@given(
    batches,
    sampled_from([1, 3, 300, 0]),
    floats,
    sampled_from([*INTS, "float32", "bool"]),
    sampled_from([0, 0, 0.2, np.float32(0.5), 1, -0.1, "a", float("nan")]),
    reductions,
    booleans(),
    seeds,
)
@example((3,), 300, "float32", "uint8", 0, "none", True, 0)
@example((3,), 300, "float32", "int8", 0, "mean", False, 1)
def test_cross_entropy(batch, classes, dtype, kind, smoothing, reduction, masked, seed):
    labels = below(seed, max(classes, 1), batch, kind if kind in INTS else "int32").astype(kind)
    z = numbers(seed, (*batch, classes), dtype)
    if masked and classes == 300:
        z = z.at[..., 299].set(-jnp.inf)
        labels = np.where(labels == 299, 0, labels) if kind in INTS else labels
    number = isinstance(smoothing, (int, float, np.floating)) and 0 <= smoothing < 1
    valid = classes and 0 not in batch and kind in INTS and number and reduction in ("mean", "sum", "none")

    def expected():
        log_p = log_softmax(exact(z))
        picked = np.take_along_axis(log_p, labels[..., None].astype(int), -1)[..., 0]
        return reduced(-((1 - smoothing) * picked + (smoothing * log_p.mean(-1) if smoothing else 0)), reduction)

    call = lambda: db.cross_entropy(z, jnp.asarray(labels), smoothing=smoothing, reduction=reduction)
    judge(call, valid, expected, dtype, 20)


@covers(db.binary_cross_entropy, db.mean_squared_error)
@few
@given(batches, batches, floats, sampled_from([*FLOATS, *INTS, "bool", "complex64"]), reductions, seeds)
@example((3,), (3,), "float32", "uint8", "mean", 0)
def test_losses_of_pairs(batch, other, dtype, kind, reduction, seed):
    z, y = numbers(seed, batch, dtype), jnp.asarray(np.random.default_rng(seed).integers(0, 2, other), kind)
    valid = batch == other and 0 not in batch and kind != "complex64" and reduction in ("mean", "sum", "none")
    result = dtype if kind not in FLOATS or kind == dtype else "float32"
    if kind in FLOATS and dtype != kind:
        result = min(dtype, kind, key=lambda d: -jnp.finfo(d).eps)

    def entropy():
        return reduced(np.logaddexp(0, exact(z)) - exact(y.real) * exact(z), reduction)

    judge(lambda: db.binary_cross_entropy(z, y, reduction=reduction), valid, entropy, result, 20)
    square = lambda: reduced((exact(z) - exact(y.real)) ** 2, reduction)
    judge(lambda: db.mean_squared_error(z, y, reduction=reduction), valid, square, result, 20)


@covers(db.accuracy)
@few
@given(batches, sampled_from([1, 3, 300, 0]), floats, sampled_from([*INTS, "float32"]), seeds)
@example((3,), 300, "float32", "uint8", 0)
def test_accuracy(batch, classes, dtype, kind, seed):
    z = numbers(seed, (*batch, classes), dtype)
    labels = below(seed, max(classes, 1), batch, kind if kind in INTS else "int32")
    if classes == 300 and batch and 0 not in batch:  # some are right
        z = jnp.asarray(np.where(np.arange(300) == labels[..., None], 99, exact(z)), dtype)
    expected = lambda: (exact(z).argmax(-1) == labels).mean()
    valid = classes and 0 not in batch and kind in INTS
    judge(lambda: db.accuracy(z, jnp.asarray(labels.astype(kind))), valid, expected)


@covers(db.gather, db.degrees, db.aggregate)
@few
@given(
    sampled_from([3, 300]),
    sampled_from([(), (2,)]),
    sampled_from([0, 40]),
    floats,
    sampled_from([*INTS, "float32"]),
    sampled_from(["sum", "mean", "max", "min", "median", None]),
    seeds,
)
@example(300, (), 40, "bfloat16", "uint8", "mean", 0)
def test_gather_and_aggregate(nodes, batch, edges, dtype, kind, how, seed):
    h, messages = numbers(seed, (*batch, nodes, 2), dtype), numbers(seed + 1, (*batch, edges, 2), dtype)
    index = below(seed, nodes + 1, edges, kind if kind in INTS else "int32")
    to = jnp.asarray(index.astype(kind))
    padded = np.concatenate([exact(h), np.zeros((*batch, 1, 2))], -2)
    judge(lambda: db.gather(h, to), kind in INTS, lambda: padded[..., index.astype(int), :], dtype)
    judge(lambda: db.degrees(to, nodes), kind in INTS, lambda: np.bincount(index, minlength=nodes + 1)[:nodes])

    def expected():
        result = np.zeros((*batch, nodes, 2))
        for v in set(index.tolist()) - {nodes}:
            result[..., v, :] = getattr(np, how)(exact(messages)[..., index == v, :], -2)
        return result

    valid = kind in INTS and how in ("sum", "mean", "max", "min")
    judge(lambda: db.aggregate(messages, to, nodes, how), valid, expected, dtype, 20)


@covers(db.Graph)
@few
@given(
    sampled_from([(4, 2), (0, 2), (2, 3), (4,), (0,), (2, 2, 2)]),
    sampled_from([1, 3, 300, 0, -1, 2.5, "3", np.int64(3)]),
    sampled_from(["int64", "uint8", "int8", "float64"]),
    booleans(),
    sampled_from([None, 9, np.int32(20), 1, -1, "9"]),
    seeds,
)
def test_edges_of_a_graph(shape, nodes, kind, directed, pad_to, seed):
    whole = isinstance(nodes, (int, np.integer)) and nodes >= 0
    highest = min(nodes, 127) if whole and nodes else 1
    edges = np.random.default_rng(seed).integers(0, highest, shape).astype(kind)
    pairs = edges.reshape(-1, 2)
    both = [(int(a), int(b)) for a, b in pairs] + [(int(b), int(a)) for a, b in pairs if a != b and not directed]
    valid = whole and shape in [(4, 2), (0, 2), (0,)] and (kind != "float64" or not edges.size)
    valid = valid and (nodes > 0 or not edges.size)
    if pad_to is not None:
        valid = valid and isinstance(pad_to, (int, np.integer)) and pad_to >= len(both)

    def expected():
        padding = [(nodes, nodes)] * (0 if pad_to is None else int(pad_to) - len(both))
        return np.array(both + padding, float).reshape(-1, 2)

    def call():
        graph = db.Graph.of(edges, nodes, directed=directed, pad_to=pad_to)
        return jnp.stack([graph.senders, graph.receivers], 1)

    judge(call, valid, expected)


@covers(db.attention)
@few
@given(
    sampled_from([(), (2, 2)]),
    sampled_from([(4, 5), (1, 5), (4, 1), (2, 4, 5), (2, 2, 4, 5), (5,), (3, 5), ()]),
    sampled_from(["bool", "bool", "bool", "int32", "float32"]),
    floats,
    seeds,
)
def test_attention(batch, shape, kind, dtype, seed):
    q, k, v = (numbers(seed + i, (*batch, n, 3), dtype) for i, n in enumerate((4, 5, 5)))
    mask = np.random.default_rng(seed).random(shape) < 0.6
    valid = kind == "bool" and len(shape) in (2, len(batch) + 2) and len(shape) >= 2 and shape != (3, 5)

    def expected():
        scores = exact(q) @ np.swapaxes(exact(k), -1, -2) / 3**0.5
        seen = np.broadcast_to(mask, scores.shape)
        weights = np.where(seen, np.exp(scores - scores.max(-1, keepdims=True)), 0)
        return weights / np.maximum(weights.sum(-1, keepdims=True), 1e-300) @ exact(v)

    judge(lambda: db.attention(q, k, v, mask=jnp.asarray(mask, kind)), valid, expected, dtype, 20)


@covers(db.LayerNorm)
@few
@given(batches, sampled_from([4, 3]), floats, sampled_from([1.0, 300.0, 1e-2]), seeds)
@example((3,), 4, "float16", 300.0, 0)
def test_layer_norm(batch, width, dtype, size, seed):
    x = (size / 3 * numbers(seed, (*batch, width))).astype(dtype)

    def expected():
        z = exact(x)
        return (z - z.mean(-1, keepdims=True)) / np.sqrt(z.var(-1, keepdims=True) + 1e-5)

    layer = db.LayerNorm(jnp.ones(4, dtype), jnp.zeros(4, dtype))
    judge(lambda: layer(x), width == 4, expected, dtype)


@covers(db.Embedding)
@few
@given(batches, sampled_from([7, 300]), sampled_from([*INTS, "float32", "bool"]), sampled_from([0, -1, 5]), seeds)
@example((3,), 300, "uint8", 0, 0)
def test_embedding(batch, vocabulary, kind, shift, seed):
    table = numbers(seed, (vocabulary, 2))
    index = below(seed, vocabulary, batch, kind if kind in INTS else "int32")
    if kind == "int32":
        index = index + np.int32(shift)
    outside = (index < 0) | (index >= vocabulary)
    expected = lambda: np.where(outside[..., None], np.nan, exact(table)[np.where(outside, 0, index).astype(int)])
    judge(lambda: db.Embedding(table)(jnp.asarray(index.astype(kind))), kind in INTS, expected)


@covers(db.max_pool, db.mean_pool)
@few
@given(
    sampled_from([(2, 6, 6, 1), (5, 4, 1), (4, 4)]),
    sampled_from([1, 2, 3, 0, -1, 2.0, "2"]),
    floats,
    seeds,
)
def test_pools(shape, size, dtype, seed):
    x = numbers(seed, shape, dtype)
    whole = isinstance(size, int) and size > 0
    valid = whole and len(shape) >= 3 and not (shape[-3] % size or shape[-2] % size)

    def blocks():
        height, width, channels = shape[-3:]
        return exact(x).reshape(*shape[:-3], height // size, size, width // size, size, channels)

    judge(lambda: db.max_pool(x, size), valid, lambda: blocks().max((-4, -2)), dtype)
    judge(lambda: db.mean_pool(x, size), valid, lambda: blocks().mean((-4, -2)), dtype, 20)


@covers(db.linear_recurrence)
@few
@given(sampled_from([(5,), (5, 2), (0,), ()]), sampled_from([(5,), (5, 2)]), sampled_from(["float32", "int32"]))
def test_linear_recurrence(shape, other, kind):
    a, b = jnp.full(shape, 0.5), jnp.asarray(numbers(0, shape if other == (5,) else other), kind)

    def expected():
        h, states = np.zeros(shape[1:]), []
        for factor, new in zip(exact(a), exact(b), strict=True):
            h = factor * h + new
            states.append(h)
        return np.array(states)

    judge(
        lambda: db.linear_recurrence(a, b),
        a.shape == b.shape and shape not in [(0,), ()] and kind == "float32",
        expected,
    )


@covers(db.causal_mask, db.sinusoidal_positions)
@few
@given(sampled_from([3, 0, -1, 2.0, "3"]), sampled_from([None, 1, 2, 0, 1.5]), sampled_from([4, 3, 0, -2]))
def test_masks_and_positions(n, window, width):
    whole = isinstance(n, int) and n >= 0
    back = np.subtract.outer(np.arange(3), np.arange(3))
    expected = lambda: ((back >= 0) & (back < (window or 3)))[:n, :n]
    judge(lambda: db.causal_mask(n, window=window), whole and window in (None, 1, 2), expected)
    angles = lambda: np.outer(np.arange(n), 10_000.0 ** (-np.arange(0, width, 2) / width))
    table = lambda: np.stack([np.sin(angles()), np.cos(angles())], -1).reshape(n, width)
    judge(lambda: db.sinusoidal_positions(n, width), whole and width == 4, table)


@covers(db.rotary)
@few
@given(sampled_from([(3, 4), (2, 3, 4), (3, 3), (4,)]), sampled_from([3, 2]), sampled_from([*INTS, "float32"]), floats)
def test_rotary(shape, n, kind, dtype):
    x, positions = numbers(0, shape, dtype), below(1, 200, n, kind if kind in INTS else "int32")
    valid = shape[-1] == 4 and len(shape) > 1 and n == 3 and kind in INTS

    def expected():
        angle = np.outer(positions, 10_000.0 ** (-np.arange(0, 4, 2) / 4))
        a, b = np.split(exact(x), 2, -1)
        turned = [a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)]
        return np.concatenate(turned, -1)

    judge(lambda: db.rotary(x, jnp.asarray(positions.astype(kind))), valid, expected, dtype, 20)
