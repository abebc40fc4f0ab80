"""Losses against NumPy, stability, and their errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import deepbook as db

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_reference(smoothing):
    z, y = RNG.normal(size=(6, 4)).astype(np.float32), RNG.integers(0, 4, 6)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    target = (1 - smoothing) * np.eye(4)[y] + smoothing / 4
    expected = -(target * np.log(p)).sum(1).mean()
    got = db.cross_entropy(jnp.asarray(z), jnp.asarray(y, jnp.int32), smoothing=smoothing)
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_cross_entropy_does_not_overflow():
    assert float(db.cross_entropy(jnp.array([[1e4, 0.0]]), jnp.array([1]))) == 1e4


@pytest.mark.parametrize("label", [-1, 3])
def test_cross_entropy_of_a_label_out_of_range_is_nan(label):
    assert np.isnan(db.cross_entropy(jnp.zeros((1, 3)), jnp.array([label])))


def test_cross_entropy_gradient_is_p_minus_y():
    z, y = jnp.asarray(RNG.normal(size=(5, 3)), jnp.float32), jnp.array([0, 1, 2, 1, 0])
    gradient = jax.grad(db.cross_entropy)(z, y)
    np.testing.assert_allclose(gradient, (jax.nn.softmax(z) - jnp.eye(3)[y]) / 5, rtol=1e-5, atol=1e-7)


def test_binary_cross_entropy_reference():
    z, y = RNG.normal(size=8).astype(np.float32), RNG.uniform(size=8).astype(np.float32)
    p = 1 / (1 + np.exp(-z))
    expected = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    np.testing.assert_allclose(db.binary_cross_entropy(jnp.asarray(z), jnp.asarray(y)), expected, rtol=1e-5)
    assert float(db.binary_cross_entropy(jnp.array([-1e4]), jnp.array([1.0]))) == 1e4


def test_accuracy_counts():
    assert float(db.accuracy(jnp.eye(4), jnp.array([0, 1, 0, 0]))) == 0.5


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: db.cross_entropy(jnp.zeros((4, 3)), jnp.zeros(5, int)), r"labels: got shape \(5,\), expected \(4,\)"),
        (
            lambda: db.accuracy(jnp.zeros((4, 3)), jnp.zeros((4, 1), int)),
            r"labels: got shape \(4, 1\), expected \(4,\)",
        ),
        (
            lambda: db.mean_squared_error(jnp.zeros((4, 1)), jnp.zeros(4)),
            r"targets: got shape \(4,\), expected \(4, 1\)",
        ),
        (lambda: db.cross_entropy(jnp.zeros((0, 3)), jnp.zeros(0, int)), "logits: got an empty batch"),
        (lambda: db.binary_cross_entropy(jnp.zeros(2), jnp.zeros(3)), r"labels: got shape \(3,\), expected \(2,\)"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
