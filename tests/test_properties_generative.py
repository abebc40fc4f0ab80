"""The mixture, the distances and FiLMNet: what NumPy computes, or an error that names the argument."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.strategies import sampled_from
from properties import (
    KEY,
    NO_KEY,
    NO_NUMBER,
    NO_SIZE,
    all_cases,
    answer,
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


def mixture(seed, k, d, dtype="float32"):
    weights = np.random.default_rng(seed).dirichlet(np.ones(k))
    scales = 0.5 + np.random.default_rng(seed).random(k)
    return db.GaussianMixture(
        numbers(seed, (k, d), dtype, 1.0), jnp.asarray(scales, dtype), jnp.asarray(weights, dtype)
    )


@covers(
    db.GaussianMixture, *(getattr(db.GaussianMixture, name) for name in ("log_density", "posterior", "score", "noised"))
)
@fewer
@given(
    sampled_from([1, 3]), sampled_from([(4, 2), (4, 1), (0, 2), (2,), (4, 2, 1)]), floats, sampled_from([1, 0]), seeds
)
@example(3, (4, 2), "bfloat16", 0, 0)
@example(3, (4, 2), "float32", 1, 0)
def test_mixture(k, shape, dtype, more, seed):
    law, x = mixture(seed, k, 2 - more, dtype), numbers(seed + 2, shape, dtype, 1.0)
    law = law.noised(0.5, 2.0) if dtype == "float32" else law
    means, scales, weights = exact(law.means), exact(law.scales), exact(law.weights)
    valid = len(shape) == 2 and shape[1] == 2 - more

    def joint():
        square = ((exact(x)[:, None] - means) ** 2).sum(-1) / scales**2
        return np.log(weights) - (2 - more) * (np.log(scales) + 0.5 * np.log(2 * np.pi)) - 0.5 * square

    def posterior():
        p = np.exp(joint() - joint().max(1, keepdims=True))
        return p / p.sum(1, keepdims=True)

    def score():
        return (posterior()[..., None] * (means - exact(x)[:, None]) / scales[:, None] ** 2).sum(1)

    judge(lambda: law.log_density(x), valid, lambda: np.log(np.exp(joint()).sum(1)), dtype, 4)
    judge(lambda: law.posterior(x), valid, posterior, dtype)
    judge(lambda: law.score(x), valid, score, dtype, 4)


@covers(db.GaussianMixture.sample, db.GaussianMixture.noised)
@fewer
@given(sampled_from([1, 3]), sampled_from([(1.0, 0.0), (0.5, 2.0), (jnp.float32(-1), jnp.float32(0.1))]), seeds)
def test_samples_of_a_mixture(k, scaled, seed):
    law = mixture(seed, k, 2)
    noised, (a, s) = law.noised(*scaled), scaled
    judge(lambda: noised.means, True, lambda: float(a) * exact(law.means))
    judge(lambda: noised.scales, True, lambda: np.sqrt((float(a) * exact(law.scales)) ** 2 + float(s) ** 2))
    x, component = noised.sample(jax.random.key(seed), 4000)
    means, scales, weights = exact(noised.means), exact(noised.scales), exact(noised.weights)
    share = np.bincount(component, minlength=k) / 4000
    assert (abs(share - weights) < 5 * np.sqrt(weights / 4000)).all()
    standard = (exact(x) - means[component]) / scales[component, None]
    assert abs(standard.mean()) < 5 / 8000**0.5
    assert abs((standard**2).mean() - 1) < 5 * (2 / 8000) ** 0.5


@covers(*(getattr(db.GaussianMixture, name) for name in ("log_density", "posterior", "score", "noised", "sample")))
@all_cases
@given(
    one_wrong(
        {"x": [[0.5, 1.0]], "a": 1, "s": np.float32(0.5), "key": KEY, "n": 3, "means": jnp.zeros((2, 2))},
        x=("words", None, jnp.ones((2, 3)), jnp.ones((1, 2), jnp.complex64)),
        a=("words", None, 1j),
        s=("words", None, 1j),
        key=(None, *NO_KEY),
        n=(*NO_SIZE, [3]),
        means=(jnp.zeros(2), jnp.zeros((3, 2))),
    )
)
def test_arguments_of_a_mixture(case):
    (x, a, s, key, n, means), wrong = case[0].values(), case[1]
    law = db.GaussianMixture(means, jnp.ones(2), jnp.full(2, 0.5))
    if wrong in (None, "x", "means"):
        for name in ("log_density", "posterior", "score"):
            answer(lambda name=name: getattr(law, name)(x), wrong)
    if wrong in (None, "key", "n"):
        answer(lambda: law.sample(key, n), wrong)
    if wrong in (None, "a", "s"):
        answer(lambda: law.noised(a, s), wrong)


CLOUDS = sampled_from([(4, 2), (3, 2), (2, 2), (1, 2), (0, 2), (4, 1), (4, 0), (4,), (2, 2, 2)])


@covers(db.mmd2, db.frechet_distance)
@few
@given(CLOUDS, CLOUDS, kinds, sampled_from([0.5, np.float32(2), jnp.int32(3), 0, -1.0, *NO_NUMBER]), seeds)
@example((4, 2), (3, 2), "uint8", 0.5, 0)
@example((4, 1), (4, 1), "bfloat16", np.float32(2), 0)
@example((4, 0), (4, 0), "float32", 0.5, 0)
def test_distances(first, second, kind, bandwidth, seed):
    x, y = numbers(seed, first, kind), numbers(seed + 1, second, kind)
    clouds = len(first) == len(second) == 2 and first[1] == second[1] and min(first[0], second[0]) > 1
    clouds = clouds and kind != "complex64"
    width = not isinstance(bandwidth, str | complex) and np.ndim(bandwidth) == 0 and bandwidth > 0

    def mmd():
        kernel = lambda a, b: np.exp(-((a[:, None] - b[None]) ** 2).sum(-1) / (2 * float(bandwidth) ** 2))
        off = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))
        a, b = exact(x), exact(y)
        return off(kernel(a, a)) + off(kernel(b, b)) - 2 * kernel(a, b).mean()

    def frechet():
        a, b = exact(x), exact(y)
        if not a.shape[1]:
            return 0.0
        c, e = (np.atleast_2d(np.cov(cloud, rowvar=False)) for cloud in (a, b))
        values = np.linalg.eigvals(c @ e).astype(complex)
        return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c + e) - 2 * np.sqrt(values).real.sum()

    judge(lambda: db.mmd2(x, y, bandwidth), clouds and width, mmd, scale=20)
    judge(lambda: db.frechet_distance(x, y), clouds, frechet, scale=1e3)


@covers(db.mmd2, db.frechet_distance)
@all_cases
@given(one_wrong({"x": [[0.0], [1.0]], "y": np.ones((3, 1))}, x=("words", None, [1.0]), y=("words", None, np.ones(3))))
def test_arguments_of_distances(case):
    answer(lambda: db.frechet_distance(**case[0]), case[1])
    answer(lambda: db.mmd2(**case[0], bandwidth=1.0), case[1])


@covers(db.mmd2, db.frechet_distance)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_distances_of_what_is_not_finite(value):
    x, y = np.array([[0.0, value], [1.0, 2.0]]), np.ones((3, 2))
    answer(lambda: db.frechet_distance(x, y), "x")
    answer(lambda: db.frechet_distance(y, x), "y")
    assert not np.isfinite(db.mmd2(x, y, 1.0))


@covers(db.FiLMNet)
@fewer
@given(
    sampled_from([(4, 2), (4, 2), (0, 2), (4, 3), (2,), (1, 4, 2)]),
    sampled_from([4, 4, 0, 3]),
    sampled_from([None, (4, 3), (4, 3), (0, 3), (4, 2), (3,)]),
    floats,
    seeds,
)
@example((4, 2), 4, (4, 3), "float16", 0)
@example((4, 2), 4, None, "float32", 0)
@example((0, 2), 0, None, "float32", 0)
@example((2,), 2, None, "float32", 0)
def test_film_net(shape, times, told, dtype, seed):
    net = drawn(seed, shaped(db.FiLMNet.init, 2, width=6, blocks=1, condition=3, out=1), dtype)
    x, t = numbers(seed, shape, dtype), jnp.linspace(0, 1, times).astype(dtype)
    c = None if told is None else numbers(seed, told, dtype)
    valid = len(shape) == 2 and shape[1] == 2 and times == shape[0] and told in (None, (shape[0], 3))

    def expected():
        linear = lambda layer, z: z @ exact(layer.weight).T + exact(layer.bias)
        silu = lambda z: z * sigmoid(z)
        angle = np.pi * exact(t)[:, None] * 2.0 ** np.arange(5)
        condition = np.zeros((len(x), 3)) if c is None else exact(c)
        context = np.concatenate([exact(t)[:, None], np.cos(angle), np.sin(angle), condition], 1)
        context, h = silu(linear(net.context, context)), linear(net.enter, exact(x))
        (block,) = net.blocks
        centred = h - h.mean(-1, keepdims=True)
        norm = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        gamma, beta = np.split(linear(block.film, context), 2, 1)
        inner = (1 + gamma) * (exact(block.norm.scale) * norm + exact(block.norm.bias)) + beta
        return linear(net.leave, silu(h + linear(block.outer, silu(linear(block.inner, inner)))))

    judge(lambda: once(db.FiLMNet.__call__, net, x, t, c), valid, expected, dtype, 4)


NET = drawn(0, shaped(db.FiLMNet.init, 2, width=6, blocks=1, condition=3))


@covers(db.FiLMNet)
@all_cases
@given(
    one_wrong(
        {"x": [[0.5, 1.0]], "t": np.zeros(1, np.float32), "condition": jnp.ones((1, 3), int)},
        x=("words", None, jnp.ones(2), jnp.ones((1, 3)), jnp.ones((1, 2), jnp.complex64)),
        t=("words", None, 0.5, jnp.zeros(2), jnp.ones(1, jnp.complex64)),
        condition=("words", jnp.ones(3), jnp.ones((1, 3), jnp.complex64)),
    )
)
def test_arguments_of_film_net(case):
    answer(lambda: once(lambda net: net(**case[0]), NET), case[1])
