"""Losses against NumPy, stability, and their errors."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import deepbook as db

RNG = np.random.default_rng(0)
Z, Y = jnp.zeros((2, 3)), jnp.zeros(2, int)


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


@pytest.mark.parametrize(
    ("kind", "classes"), [("uint8", 256), ("uint8", 300), ("int8", 128), ("int8", 300), ("uint32", 9)]
)
def test_labels_of_every_integer_type(kind, classes):
    y = np.arange(0, min(classes, np.iinfo(kind).max + 1), 7)
    z = jnp.asarray(RNG.normal(size=(len(y), classes)), jnp.float32)
    log_p = np.asarray(z, np.float64) - np.log(np.exp(np.asarray(z, np.float64)).sum(1, keepdims=True))
    labels = jnp.asarray(y, kind)
    np.testing.assert_allclose(db.cross_entropy(z, labels), -log_p[np.arange(len(y)), y].mean(), rtol=1e-5)
    one = db.cross_entropy(z[:, None], labels[:, None], reduction="none")[:, 0]
    np.testing.assert_allclose(one, optax.softmax_cross_entropy_with_integer_labels(z, y), rtol=1e-5)
    assert float(db.accuracy(z.at[np.arange(len(y)), y].set(99), labels)) == 1
    assert float(db.accuracy(z.at[np.arange(len(y)), (y + 1) % classes].set(99), labels)) == 0


def test_a_masked_class_has_no_part_in_the_loss():
    z = jnp.array([[1.0, 2.0, -jnp.inf]])
    loss, gradient = jax.value_and_grad(db.cross_entropy)(z, jnp.array([0]))
    np.testing.assert_allclose(loss, np.log(1 + np.e), rtol=1e-6)  # 1.3133, as of the first two classes alone
    p = 1 / (1 + np.exp(-1.0))
    np.testing.assert_allclose(gradient, [[-p, p, 0]], rtol=1e-6)
    assert float(db.cross_entropy(z, jnp.array([2]))) == np.inf
    assert float(db.cross_entropy(z, jnp.array([0]), smoothing=0.1)) == np.inf


@pytest.mark.parametrize(
    ("loss", "reference", "targets"),
    [
        (db.cross_entropy, optax.softmax_cross_entropy_with_integer_labels, jnp.array([[0, 3], [1, 1]])),
        (db.binary_cross_entropy, optax.sigmoid_binary_cross_entropy, jnp.asarray(RNG.uniform(size=(2, 2, 4)), "f")),
        (db.mean_squared_error, optax.squared_error, jnp.asarray(RNG.normal(size=(2, 2, 4)), "f")),
    ],
)
def test_reductions(loss, reference, targets):
    z = jnp.asarray(RNG.normal(size=(2, 2, 4)), jnp.float32)
    each = loss(z, targets, reduction="none")
    np.testing.assert_allclose(each, reference(z, targets), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(loss(z, targets), each.mean(), rtol=1e-6)
    np.testing.assert_allclose(loss(z, targets, reduction="sum"), each.sum(), rtol=1e-6)
    np.testing.assert_allclose(jax.jit(jax.vmap(loss))(z, targets), jax.vmap(jnp.mean)(each), rtol=1e-6)


@pytest.mark.parametrize("kind", ["uint8", "int8", "int32", "bool"])
def test_whole_numbers_as_targets(kind):
    y = np.array([0, 1, 1], kind)
    z = np.array([20.0, 0.5, -2.0])
    got = db.mean_squared_error(jnp.asarray(z, jnp.float32), jnp.asarray(y))
    np.testing.assert_allclose(got, ((z - y.astype(float)) ** 2).mean(), rtol=1e-6)
    got = db.binary_cross_entropy(jnp.asarray(z, jnp.float32), jnp.asarray(y))
    np.testing.assert_allclose(got, (np.log1p(np.exp(z)) - y * z).mean(), rtol=1e-6)


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
        (lambda: db.accuracy(jnp.zeros((0, 3)), jnp.zeros(0, int)), "logits: got an empty batch"),
        (lambda: db.mean_squared_error(jnp.zeros(0), jnp.zeros(0)), "predictions: got an empty batch"),
        (lambda: db.cross_entropy(Z, jnp.zeros(2)), "labels: got dtype float32, expected integers"),
        (lambda: db.cross_entropy(Z, jnp.zeros(2, bool)), "labels: got dtype bool, expected integers"),
        (lambda: db.cross_entropy(Z, None), "labels: got NoneType, expected an array of numbers"),
        (lambda: db.cross_entropy(Z, {"a": 1}), "labels: got dict, expected an array of numbers"),
        (
            lambda: db.cross_entropy(Z, np.array([0, 2**32])),
            "labels: got integers from 0 to 4294967296, expected int32",
        ),
        (lambda: db.cross_entropy(Z.astype(int), Y), "logits: got dtype int32, expected floating-point numbers"),
        (lambda: db.cross_entropy(jnp.float32(1), jnp.int32(0)), r"logits: got shape \(\), expected \[..., K\]"),
        (lambda: db.cross_entropy(jnp.zeros((2, 0)), Y), r"logits: got shape \(2, 0\), expected .* at least one class"),
        (lambda: db.accuracy(Z, jnp.zeros(2)), "labels: got dtype float32, expected integers"),
        (lambda: db.accuracy(jnp.zeros((2, 0)), Y), "logits: got shape"),
        (lambda: db.cross_entropy(Z, Y, smoothing=2), "smoothing: got 2, expected 0 <= smoothing < 1"),
        (lambda: db.cross_entropy(Z, Y, smoothing=float("nan")), "smoothing: got nan, expected"),
        (lambda: db.cross_entropy(Z, Y, smoothing="a"), "smoothing: got str, expected a number"),
        (lambda: jax.jit(lambda s: db.cross_entropy(Z, Y, smoothing=s))(0.1), "smoothing: got .*, expected a number"),
        (lambda: db.cross_entropy(Z, Y, reduction="max"), "reduction: got 'max', expected 'mean', 'sum' or 'none'"),
        (lambda: db.mean_squared_error(Y, Z[:, 0]), "predictions: got dtype int32, expected floating-point numbers"),
        (
            lambda: db.mean_squared_error(Z, Z.astype(jnp.complex64)),
            "targets: got dtype complex64, expected floating-point numbers",
        ),
        (lambda: db.binary_cross_entropy(Y, Y), "logits: got dtype int32, expected floating-point numbers"),
        (lambda: db.binary_cross_entropy(jnp.zeros(2), jnp.zeros(3)), r"labels: got shape \(3,\), expected \(2,\)"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
