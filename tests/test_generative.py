"""Mixtures, distances and FiLMNet against independent references: SciPy, automatic gradients, sums by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from cases import enable_x64

import deepbook as db

MEANS = np.array([[-1.0, 0.5, 0.0], [2.0, 0.0, 1.0]])
SCALES = np.array([0.5, 1.5])
WEIGHTS = np.array([0.3, 0.7])
MIXTURE = db.GaussianMixture(*(jnp.asarray(a, jnp.float32) for a in (MEANS, SCALES, WEIGHTS)))
X = jax.random.normal(jax.random.key(9), (20, 3))


def joint(x):
    parts = zip(MEANS, SCALES, WEIGHTS, strict=True)
    return np.stack([w * scipy.stats.multivariate_normal(m, s**2 * np.eye(3)).pdf(x) for m, s, w in parts], 1)


def test_mixture_density_and_posterior_agree_with_scipy():
    np.testing.assert_allclose(MIXTURE.log_density(X), np.log(joint(X).sum(1)), rtol=2e-5)
    np.testing.assert_allclose(MIXTURE.posterior(X), joint(X) / joint(X).sum(1, keepdims=True), rtol=2e-4)


def test_mixture_score_is_the_gradient_of_the_log_density():
    gradient = jax.grad(lambda x: MIXTURE.log_density(x).sum())(X)
    np.testing.assert_allclose(MIXTURE.score(X), gradient, rtol=1e-4, atol=1e-4)


def test_noised_mixture_is_the_law_of_noised_samples():
    x, _ = MIXTURE.sample(jax.random.key(1), 40_000)
    noised = 0.6 * x + 0.8 * jax.random.normal(jax.random.key(2), x.shape)
    law = MIXTURE.noised(0.6, 0.8)
    mean = law.weights @ law.means
    spread = (law.weights[:, None] * (law.means**2 + law.scales[:, None] ** 2)).sum(0) - mean**2
    np.testing.assert_allclose(noised.mean(0), mean, atol=0.03)
    np.testing.assert_allclose(noised.var(0), spread, rtol=0.03)


def test_mixture_samples_name_their_component():
    x, k = MIXTURE.sample(jax.random.key(0), 20_000)
    assert abs(float(k.mean()) - 0.7) < 0.015  # 4 standard errors
    np.testing.assert_allclose(x[k == 0].mean(0), MEANS[0], atol=0.03)
    np.testing.assert_allclose(x[k == 0].std(0), SCALES[0], rtol=0.03)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda: MIXTURE.score(X[:, :2]), r"x: got shape \(20, 2\), expected \[n, 3\]"),
        (lambda: MIXTURE.sample(jax.random.key(0), 0), "n: got 0, expected a whole number from 1 on"),
        (lambda: db.mmd2(X, X[:, :2], 1.0), r"x, y: got shapes \(20, 3\), \(20, 2\)"),
        (lambda: db.mmd2(X, X, 0.0), "bandwidth: got 0.0, expected more than 0"),
        (lambda: db.mmd2(X, X, -1.0), "bandwidth: got -1.0, expected more than 0"),
        (lambda: db.mmd2(X, X, float("nan")), "bandwidth: got nan, expected a finite number"),
        (lambda: db.frechet_distance(X, X[:1]), r"x, y: got shapes \(20, 3\), \(1, 3\)"),
        (lambda: NET(X, jnp.zeros(19)), r"t, condition: got shapes \(19,\), \(20, 2\), expected \(20,\), \(20, 2\)"),
        (lambda: NET(X, jnp.zeros(20), jnp.zeros((20, 1))), r"t, condition: got shapes \(20,\), \(20, 1\)"),
        (lambda: db.FiLMNet.init(jax.random.key(0), 0), "d: got 0, expected a whole number from 1 on"),
        (
            lambda: db.FiLMNet.init(jax.random.key(0), 1, condition=-1),
            "condition: got -1, expected a whole number from 0",
        ),
    ],
)
def test_errors_name_argument_and_expectation(change, error):
    with pytest.raises(ValueError, match=error):
        change()


def test_mixture_with_parts_that_do_not_fit():
    broken = db.GaussianMixture(jnp.zeros((2, 3)), jnp.ones(3), jnp.ones(2) / 2)
    with pytest.raises(ValueError, match=r"means, scales, weights: got shapes \(2, 3\), \(3,\), \(2,\)"):
        broken.log_density(X)


def test_mmd_is_the_u_statistic():
    y = X[:7] + 0.3
    np.testing.assert_allclose(db.mmd2(X, y, 0.8), exact_mmd2(X, y, 0.8), atol=1e-6)


def exact_mmd2(x, y, bandwidth):
    x, y = (np.asarray(cloud).astype(np.float64) for cloud in (x, y))
    kernel = lambda a, b: np.exp(-((a[:, None] - b[None]) ** 2).sum(-1) / (2 * bandwidth**2))
    off = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))
    return off(kernel(x, x)) + off(kernel(y, y)) - 2 * kernel(x, y).mean()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int8", "uint8", "int16", "int32"])
@pytest.mark.parametrize("n", [300, 400])
def test_mmd_of_narrow_types_is_computed_in_float32(dtype, n):
    x = jnp.asarray(30 + 20 * np.random.default_rng(0).normal(size=(n, 2)).clip(-1.5, 1.5), dtype)
    y = jnp.asarray(45 + 20 * np.random.default_rng(1).normal(size=(n - 50, 2)).clip(-1.5, 1.5), dtype)
    assert db.mmd2(x, y, 20.0).dtype == jnp.float32
    np.testing.assert_allclose(db.mmd2(x, y, 20.0), exact_mmd2(x, y, 20.0), rtol=1e-4)
    np.testing.assert_allclose(db.mmd2(x, y.astype(jnp.float32), 20.0), exact_mmd2(x, y, 20.0), rtol=1e-4)


def test_mmd_in_float64():
    y = X[:7] + 0.3
    with enable_x64(True):
        value = db.mmd2(np.asarray(X, np.float64), y, 0.8)
        assert value.dtype == jnp.float64
        np.testing.assert_allclose(value, exact_mmd2(X, y, 0.8), atol=1e-14)


@pytest.mark.usefixtures("unchecked")
def test_distances_take_lists_and_name_what_they_cannot_compute():
    x, y = [[0.0, 1.0], [2.0, 0.0]], [[1.0, 1.0], [3.0, 0.5], [0.0, 0.0]]
    np.testing.assert_allclose(db.mmd2(x, y, 0.8), exact_mmd2(x, y, 0.8), atol=1e-6)
    np.testing.assert_allclose(db.frechet_distance(x, y), db.frechet_distance(np.array(x), np.array(y)))
    for distance in (lambda *clouds: db.mmd2(*clouds, 1.0), db.frechet_distance):
        with pytest.raises(TypeError, match="y: got str, expected an array of numbers"):
            distance(x, "points")
        with pytest.raises(TypeError, match="x: got dtype complex64, expected floating-point numbers"):
            distance(np.ones((2, 2), complex), y)
        with pytest.raises(ValueError, match=r"x, y: got shapes \(2,\), \(3, 2\)"):
            distance([1.0, 2.0], y)
    with pytest.raises(TypeError, match="bandwidth: got str, expected a number"):
        db.mmd2(x, y, "a")


def test_frechet_distance_agrees_with_scipys_square_root():
    y = np.random.default_rng(1).normal(size=(30, 3)) @ np.array([[1.0, 0.2, 0.0], [0.0, 0.5, 0.1], [0.0, 0.0, 2.0]])
    a, b = np.cov(np.asarray(X, float), rowvar=False), np.cov(y, rowvar=False)
    expected = ((X.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * np.real(scipy.linalg.sqrtm(a @ b)))
    np.testing.assert_allclose(db.frechet_distance(X, y), expected, rtol=1e-5)
    assert abs(db.frechet_distance(y, y)) < 1e-9


NET = db.FiLMNet.init(jax.random.key(0), 3, width=16, blocks=2, condition=2)


def test_film_net_starts_at_zero_and_learns_from_all_its_inputs():
    t = jnp.linspace(0, 1, 20)
    c = jax.nn.one_hot(jnp.arange(20) % 2, 2)
    np.testing.assert_array_equal(NET(X, t, c), np.zeros((20, 3)))
    net = jax.tree.map(lambda a, k: a + 0.1 * jax.random.normal(k, a.shape), NET, keys_like(NET))
    out = net(X, t, c)
    for other in (net(X + 1, t, c), net(X, t / 2, c), net(X, t)):
        assert float(jnp.abs(out - other).max()) > 1e-3
    np.testing.assert_allclose(out[3:5], net(jnp.asarray(X[3:5]), t[3:5], c[3:5]), atol=1e-5)  # rows are independent


def keys_like(tree):
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, list(jax.random.split(jax.random.key(3), len(leaves))))
