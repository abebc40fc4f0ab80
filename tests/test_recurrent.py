"""Recurrent cells against their equations in float64, and the scan against the loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import deepbook as db

CELLS = {kind.__name__: kind for kind in (db.ElmanCell, db.GRUCell, db.LSTMCell)}
XS = jax.random.normal(jax.random.key(1), (2, 6, 3))


@pytest.fixture(params=CELLS, name="cell")
def _cell(request):
    cell = CELLS[request.param].init(jax.random.key(0), 3, 4)
    leaves, structure = jax.tree.flatten(cell)
    keys = jax.random.split(jax.random.key(2), len(leaves))
    moved = [a + 0.3 * jax.random.normal(k, a.shape) for a, k in zip(leaves, keys, strict=True)]
    return jax.tree.unflatten(structure, moved)  # no bias is zero


def by_hand(cell, xs):
    """Hidden vectors of one sequence, gate by gate, in float64."""
    sigmoid = lambda a: 1 / (1 + np.exp(-a))
    W, b, U = (np.asarray(a, np.float64) for a in (cell.inputs.weight, cell.inputs.bias, cell.recurrent))
    h = c = np.zeros(4)
    out = []
    for x in np.asarray(xs, np.float64):
        part = [slice(4 * i, 4 * i + 4) for i in range(len(U) // 4)]
        a = [W[p] @ x + b[p] for p in part]
        u = [U[p] @ h for p in part]
        if isinstance(cell, db.ElmanCell):
            h = np.tanh(a[0] + u[0])
        elif isinstance(cell, db.GRUCell):
            r, z = sigmoid(a[0] + u[0]), sigmoid(a[1] + u[1])
            n = np.tanh(a[2] + r * (u[2] + np.asarray(cell.shift, np.float64)))
            h = z * h + (1 - z) * n
        else:
            c = sigmoid(a[1] + u[1]) * c + sigmoid(a[0] + u[0]) * np.tanh(a[2] + u[2])
            h = sigmoid(a[3] + u[3]) * np.tanh(c)
        out.append(h)
    return np.array(out)


def test_unroll_equals_the_equations(cell):
    hs, last = db.unroll(cell, XS)
    for one, xs in zip(hs, XS, strict=True):
        np.testing.assert_allclose(one, by_hand(cell, xs), atol=1e-5)
    np.testing.assert_array_equal(jax.tree.leaves(last)[0], hs[:, -1])


def test_call_equals_unroll(cell):
    state = cell.empty(2)
    for t in range(6):
        state = cell(XS[:, t], state)
    np.testing.assert_allclose(jax.tree.leaves(state)[0], db.unroll(cell, XS)[0][:, -1], atol=1e-5)


def test_a_run_can_be_continued(cell):
    hs, _ = db.unroll(cell, XS)
    _, half = db.unroll(cell, XS[:, :4])
    np.testing.assert_allclose(db.unroll(cell, XS[:, 4:], half)[0], hs[:, 4:], atol=1e-5)


def test_jit_vmap_grad_save_and_load(cell, tmp_path):
    run = lambda cell, xs: db.unroll(cell, xs)[0]
    np.testing.assert_allclose(jax.jit(run)(cell, XS), run(cell, XS), atol=1e-5)
    np.testing.assert_allclose(jax.vmap(run, (None, 0))(cell, XS), run(cell, XS), atol=1e-5)
    gradient = jax.grad(lambda cell: (run(cell, XS) ** 2).sum())(cell)
    assert all(bool((g != 0).any()) for g in jax.tree.leaves(gradient))
    db.save(tmp_path / "cell.npz", cell)
    loaded = db.load(tmp_path / "cell.npz", jax.tree.map(jnp.zeros_like, cell))
    np.testing.assert_array_equal(run(loaded, XS), run(cell, XS))


def test_forget_gate_starts_open():
    cell = db.LSTMCell.init(jax.random.key(0), 3, 4)
    assert cell.inputs.bias.tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8


def test_linear_recurrence_equals_the_loop():
    a, b = jax.random.uniform(jax.random.key(3), (2, 37, 5))
    h, expected = np.zeros(5), []
    for factor, new in zip(np.asarray(a, np.float64), np.asarray(b, np.float64), strict=True):
        h = factor * h + new
        expected.append(h)
    np.testing.assert_allclose(db.linear_recurrence(a, b), expected, atol=1e-5)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("kind", CELLS)
def test_sizes_that_are_none_are_named(kind):
    with pytest.raises(TypeError, match=r"hidden: got 2\.5, expected a whole number"):
        CELLS[kind].init(jax.random.key(0), 3, 2.5)
    with pytest.raises(ValueError, match="hidden: got 0, expected a whole number from 1 on"):
        CELLS[kind].init(jax.random.key(0), 3, 0)
    with pytest.raises(ValueError, match="size_in: got 0, expected a whole number from 1 on"):
        CELLS[kind].init(jax.random.key(0), 0, 3)


@pytest.mark.usefixtures("unchecked")
def test_linear_recurrence_names_the_shapes():
    with pytest.raises(ValueError, match=r"b: got shape \(3,\), expected \(4,\), as a"):
        db.linear_recurrence(jnp.ones(4), jnp.ones(3))
