"""Contract of all layers, and reference values from plain NumPy."""

import dataclasses
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cases import KEY, LAYERS

import deepbook as db


@pytest.fixture(params=LAYERS, name="case")
def _case(request):
    return LAYERS[request.param]


def test_jit_equals_plain(case):
    layer, x = case
    np.testing.assert_allclose(jax.jit(lambda m, x: m(x))(layer, x), layer(x), rtol=1e-6, atol=1e-6)


def test_batch_equals_vmap(case):
    layer, x = case
    batch = jnp.stack([x, x[::-1], x])
    np.testing.assert_allclose(layer(batch), jax.vmap(layer)(batch), rtol=1e-6, atol=1e-6)


def test_output_dtype_is_float32(case):
    layer, x = case
    assert layer(x).dtype == jnp.float32


def test_gradient_has_the_layers_structure_and_agrees_with_differences(case):
    layer, x = case
    weights = jax.random.normal(jax.random.key(1), layer(x).shape)
    loss = lambda m: (weights * m(x)).sum()
    gradient = jax.grad(loss)(layer)
    assert jax.tree.structure(gradient) == jax.tree.structure(layer)
    direction = jax.tree.map(lambda a: jax.random.normal(jax.random.key(2), a.shape), layer)
    move = lambda t: jax.tree.map(lambda a, d: a + t * d, layer, direction)
    measured = (loss(move(1e-2)) - loss(move(-1e-2))) / 2e-2
    expected = sum(jax.tree.leaves(jax.tree.map(lambda g, d: (g * d).sum(), gradient, direction)), 0.0)
    np.testing.assert_allclose(measured, expected, rtol=2e-2, atol=2e-3)


def test_save_and_load(case, tmp_path):
    layer, x = case
    db.save(tmp_path / "layer.npz", layer)
    like = jax.tree.map(jnp.zeros_like, layer)
    np.testing.assert_array_equal(db.load(tmp_path / "layer.npz", like)(x), layer(x))


def test_frozen(case):
    layer, _ = case
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(layer, dataclasses.fields(layer)[0].name, None)


def test_unflattens_with_any_leaves(case):
    layer, _ = case
    leaves, structure = jax.tree.flatten(layer)
    marked = jax.tree.unflatten(structure, [object() for _ in leaves])
    assert type(marked) is type(layer)


def test_linear_reference():
    layer = LAYERS["Linear"][0]
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype(np.float32)
    weight, bias = np.asarray(layer.weight), np.arange(3, dtype=np.float32)
    layer = dataclasses.replace(layer, bias=jnp.asarray(bias))
    np.testing.assert_allclose(
        layer(jnp.asarray(x)), np.einsum("...i,oi->...o", x, weight) + bias, rtol=1e-5, atol=1e-6
    )


def test_layer_norm_reference():
    x = np.random.default_rng(0).normal(3, 2, size=(6, 4)).astype(np.float32)
    expected = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(db.LayerNorm.init(4)(jnp.asarray(x)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("dtype", "eps"), [(jnp.float16, 2**-10), (jnp.bfloat16, 2**-7)])
def test_layer_norm_in_half_precision_at_a_large_scale(dtype, eps):
    x = jnp.asarray(300 * np.random.default_rng(0).normal(size=(64, 32)), dtype)  # squares overflow float16
    exact = np.asarray(x).astype(np.float64)
    expected = (exact - exact.mean(1, keepdims=True)) / exact.std(1, keepdims=True)
    y = jax.tree.map(lambda a: a.astype(dtype), db.LayerNorm.init(32))(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(np.asarray(y).astype(np.float64), expected, rtol=eps, atol=eps)


def test_layer_norm_of_a_constant_is_zero():
    np.testing.assert_array_equal(db.LayerNorm.init(4)(jnp.full(4, 7.0)), np.zeros(4))


def test_mlp_reference():
    net, x = LAYERS["MLP"]
    first, second = net.layers
    h = np.maximum(np.asarray(first.weight) @ np.asarray(x) + np.asarray(first.bias), 0)
    np.testing.assert_allclose(net(x), np.asarray(second.weight) @ h + np.asarray(second.bias), rtol=1e-5)


def test_embedding_equals_one_hot():
    layer, index = LAYERS["Embedding"]
    np.testing.assert_allclose(layer(index), jax.nn.one_hot(index, 7) @ layer.table, rtol=1e-6)


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "uint32"])
@pytest.mark.parametrize("vocabulary", [127, 256, 300])
def test_embedding_of_every_integer_type(kind, vocabulary):
    layer, index = db.Embedding.init(KEY, vocabulary, 4), np.array([0, 1, 100, min(vocabulary, 128) - 1])
    np.testing.assert_array_equal(layer(jnp.asarray(index, kind)), np.asarray(layer.table)[index])


@pytest.mark.parametrize("index", [-1, 7])
def test_embedding_out_of_range_is_nan(index):
    assert np.isnan(LAYERS["Embedding"][0](jnp.array([index]))).all()


def test_dropout_keeps_the_mean_and_zeroes_the_rate():
    x = jnp.ones(100_000)
    y = db.Dropout(0.3)(x, key=KEY)
    # four standard deviations of a mean of 1e5 Bernoulli draws
    assert abs(float((y == 0).mean()) - 0.3) < 4 * (0.3 * 0.7 / 1e5) ** 0.5
    np.testing.assert_allclose(y[y != 0], 1 / 0.7, rtol=1e-6)


def test_dropout_without_key_is_the_identity():
    x = jnp.arange(5.0)
    assert db.Dropout(0.9)(x) is x


KEYS = jax.random.split(KEY, 2)
DROPS = db.Sequential.of(db.Dropout(0.5))


def test_sequential_gives_each_layer_its_own_key():
    net = db.Sequential.of(db.Dropout(0.5), db.Dropout(0.5))
    kept = net(jnp.ones(100_000), key=KEY) != 0
    assert abs(float(kept.mean()) - 0.25) < 0.01  # 0.5 if both drops were the same


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: LAYERS["Linear"][0](jnp.ones(5)), "x: Linear got shape (5,), expected the last axis to be 4"),
        (lambda: LAYERS["LayerNorm"][0](jnp.ones(5)), "x: LayerNorm got shape (5,), expected the last axis to be 4"),
        (lambda: db.Dropout(1.0), "rate: got 1.0, expected 0 <= rate < 1"),
        (lambda: db.Dropout(float("nan")), "rate: got nan, expected 0 <= rate < 1"),
        (lambda: db.MLP.init(KEY, [4, 0, 2]), "sizes: got 0, expected a whole number from 1 on"),
        (lambda: db.LayerNorm.init(0), "width: got 0, expected a whole number from 1 on"),
        (lambda: db.MLP.init(KEY, [4]), "sizes: got [4], expected at least an input and an output width"),
        (lambda: db.Linear.init(KEY, 0, 3), "size_in: got 0, expected a whole number from 1 on"),
        (lambda: db.Embedding.init(KEY, 0, 3), "vocabulary: got 0, expected a whole number from 1 on"),
        (lambda: db.LayerNorm.init(3, epsilon=-1.0), "epsilon: got -1.0, expected a finite number from 0 on"),
        (lambda: db.LayerNorm.init(3, epsilon=float("nan")), "epsilon: got nan, expected a finite number from 0 on"),
        (lambda: db.Embedding.init(KEY, 3, 2, scale=-1.0), "scale: got -1.0, expected a finite number from 0 on"),
        (lambda: db.init.orthogonal(KEY, (2, 3, 4)), "shape: got (2, 3, 4), expected (out, in)"),
        (lambda: db.init.he_normal(KEY, (3, 0)), "shape: got (3, 0), expected (out, in, ...) with positive sizes"),
    ],
)
def test_errors_name_the_argument(build, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        build()
    assert str(error.value) == message


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: db.LayerNorm.init(3, epsilon="a"), TypeError, "epsilon: got str, expected a number known before"),
        (lambda: db.LayerNorm.init(3, epsilon=np.array("a")), TypeError, "epsilon: got ndarray, expected a number"),
        (lambda: db.LayerNorm.init(3, epsilon=True), TypeError, "epsilon: got bool, expected a number known before"),
        (lambda: db.Embedding.init(KEY, 3, 2, scale="a"), TypeError, "scale: got str, expected a number known before"),
        (lambda: db.init.lecun_normal(KEY, (3, 2.5)), TypeError, "shape: got (3, 2.5), expected whole numbers"),
        (lambda: db.init.orthogonal(KEY, (3, 2.5)), TypeError, "shape: got (3, 2.5), expected whole numbers"),
        (lambda: db.init.xavier_uniform(KEY, 3), TypeError, "shape: got 3, expected (out, in, ...)"),
        (lambda: db.Dropout(0.5)(jnp.ones(3), key=3), TypeError, "key: got int, expected a key from jax.random.key"),
        (lambda: DROPS(jnp.ones(3), key="a"), TypeError, "key: got str, expected a key from jax.random.key(seed)"),
        (lambda: db.Dropout(0.5)(jnp.ones(3), key=KEYS), ValueError, "key: got an array of shape (2,), expected one"),
        (lambda: DROPS(jnp.ones(3), key=KEYS), ValueError, "key: got an array of shape (2,), expected one key"),
    ],
)
def test_what_is_no_size_number_or_key_is_named(build, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        build()


@pytest.mark.usefixtures("unchecked")
def test_numbers_and_keys_of_every_kind_will_do():
    assert (
        db.LayerNorm.init(3, epsilon=np.float32(0.5)).epsilon == db.LayerNorm.init(3, epsilon=jnp.float32(0.5)).epsilon
    )
    assert (db.Embedding.init(KEY, 3, 2, scale=0).table == 0).all()
    for key in (KEY, jax.random.PRNGKey(0), jax.random.key(0, impl="rbg")):
        assert set(jax.jit(db.Dropout(0.5))(jnp.ones(100), key=key).tolist()) == {0.0, 2.0}


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        (db.init.lecun_normal, lambda i, o: 1 / i),
        (db.init.he_normal, lambda i, o: 2 / i),
        (db.init.xavier_normal, lambda i, o: 2 / (i + o)),
        (db.init.xavier_uniform, lambda i, o: 2 / (i + o)),
        (db.init.orthogonal, lambda i, o: 1 / max(i, o)),
    ],
)
@pytest.mark.parametrize("shape", [(300, 200), (100, 400)])
def test_initial_variance(initializer, variance, shape):
    w = initializer(jax.random.key(3), shape)
    assert w.shape == shape
    np.testing.assert_allclose(w.var(), variance(shape[1], shape[0]), rtol=0.03)
    assert abs(float(w.mean())) < 4 * float(w.std()) / w.size**0.5


@pytest.mark.parametrize(
    ("initializer", "scaling"),
    [
        (db.init.lecun_normal, (1.0, "fan_in", "normal")),
        (db.init.he_normal, (2.0, "fan_in", "normal")),
        (db.init.xavier_normal, (1.0, "fan_avg", "normal")),
        (db.init.xavier_uniform, (1.0, "fan_avg", "uniform")),
    ],
)
@pytest.mark.parametrize("shape", [(3, 4), (100, 400), (6, 2, 3, 3)])
def test_initializers_are_those_of_jax_up_to_rounding(initializer, scaling, shape):
    reference = jax.nn.initializers.variance_scaling(*scaling, in_axis=1, out_axis=0)
    np.testing.assert_allclose(initializer(KEY, shape), reference(KEY, shape), rtol=3e-7)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (1, 1), (64, 32)])
def test_orthogonal_is_the_q_of_a_normal_matrix_with_a_positive_diagonal(shape):
    normal = np.asarray(jax.random.normal(KEY, (max(shape), min(shape))), np.float64)
    q, r = np.linalg.qr(normal)
    q = q * np.sign(np.diag(r))
    np.testing.assert_allclose(db.init.orthogonal(KEY, shape), q if shape[0] >= shape[1] else q.T, atol=1e-5)


def test_orthogonal_has_no_preferred_sign():
    first = jnp.stack([db.init.orthogonal(k, (3, 3))[0, 0] for k in jax.random.split(KEY, 200)])
    assert abs(float(first.mean())) < 4 * float(first.std()) / 200**0.5
