"""Convolution and pooling against plain loops and against XLA's own convolution."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import deepbook as db

KEY = jax.random.key(0)
OPTIONS = {
    "plain": {},
    "stride": {"stride": 2},
    "same": {"padding": "same"},
    "dilation": {"dilation": 2, "padding": "same"},
    "groups": {"groups": 2, "padding": 1},
    "depthwise": {"groups": 4},
    "circular": {"circular": True, "padding": "same"},
    "all": {"stride": 3, "padding": 2, "dilation": 2, "groups": 2, "circular": True},
}


def by_loops(layer, x):
    """The sum of the docstring, index by index."""
    w, p, s, d = np.asarray(layer.weight, np.float64), layer.padding, layer.stride, layer.dilation
    out, part, k, _ = w.shape
    x = np.pad(np.asarray(x, np.float64), ((p, p), (p, p), (0, 0)), mode="wrap" if layer.circular else "constant")
    rows, columns = ((n - d * (k - 1) - 1) // s + 1 for n in x.shape[:2])
    y = np.zeros((rows, columns, out))
    for i, j, o in np.ndindex(y.shape):
        group = o // (out // layer.groups)
        for c, u, v in np.ndindex(part, k, k):
            y[i, j, o] += w[o, c, u, v] * x[i * s + u * d, j * s + v * d, group * part + c]
    return y + np.asarray(layer.bias)


@pytest.fixture(params=OPTIONS, name="case")
def _case(request):
    layer = db.Conv2d.init(KEY, 4, 8, 3, **OPTIONS[request.param])
    layer = dataclasses.replace(layer, bias=jnp.arange(8.0))
    return layer, jax.random.normal(jax.random.key(1), (9, 11, 4))


def test_equals_the_sum_written_as_loops(case):
    layer, x = case
    np.testing.assert_allclose(layer(x), by_loops(layer, x), rtol=1e-4, atol=1e-5)


def test_equals_xla_and_so_do_the_gradients(case):
    layer, x = case

    def by_xla(weight, x):
        p = layer.padding
        if layer.circular:
            x, p = jnp.pad(x, ((p, p), (p, p), (0, 0)), mode="wrap"), 0
        y = jax.lax.conv_general_dilated(
            x[None],
            weight,
            (layer.stride,) * 2,
            [(p, p)] * 2,
            rhs_dilation=(layer.dilation,) * 2,
            dimension_numbers=("NHWC", "OIHW", "NHWC"),
            feature_group_count=layer.groups,
        )
        return y[0] + jnp.broadcast_to(layer.bias, y[0].shape)

    ours = lambda weight, x: dataclasses.replace(layer, weight=weight)(x)
    y, pull = jax.vjp(ours, layer.weight, x)
    expected, expected_pull = jax.vjp(by_xla, layer.weight, x)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    cotangent = jax.random.normal(jax.random.key(2), y.shape)
    for a, b in zip(pull(cotangent), expected_pull(cotangent), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_output_sizes_follow_the_formula():
    for k, s, d, p in [(1, 1, 1, 0), (3, 2, 1, 1), (3, 1, 2, 0), (5, 3, 1, 2), (2, 2, 1, 0)]:
        layer = db.Conv2d.init(KEY, 1, 1, k, stride=s, dilation=d, padding=p)
        for n in range(5, 12):
            y = jax.eval_shape(layer, jnp.zeros((n, n, 1)))
            assert y.shape[0] == (n + 2 * p - d * (k - 1) - 1) // s + 1


def test_circular_convolution_commutes_with_shifts():
    layer = db.Conv2d.init(KEY, 2, 3, 3, padding="same", circular=True)
    x = jax.random.normal(KEY, (6, 8, 2))
    shift = lambda a: jnp.roll(a, (2, -3), (0, 1))
    np.testing.assert_allclose(layer(shift(x)), shift(layer(x)), rtol=1e-5, atol=1e-6)


def test_a_kernel_of_one_pixel_is_a_linear_layer():
    conv = db.Conv2d.init(KEY, 4, 6, 1)
    linear = db.Linear(weight=conv.weight[:, :, 0, 0], bias=conv.bias)
    x = jax.random.normal(KEY, (2, 5, 5, 4))
    np.testing.assert_allclose(conv(x), linear(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("pool", "reduce"), [(db.max_pool, np.max), (db.mean_pool, np.mean)])
def test_pooling_reference(pool, reduce):
    x = np.random.default_rng(0).normal(size=(2, 6, 9, 3)).astype(np.float32)
    blocks = np.array([[reduce(x[:, i : i + 3, j : j + 3], axis=(1, 2)) for j in (0, 3, 6)] for i in (0, 3)])
    np.testing.assert_allclose(pool(jnp.asarray(x), 3), blocks.transpose(2, 0, 1, 3), rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: db.Conv2d.init(KEY, 1, 1, 2, padding="same"), r'padding: "same" needs dilation .* even, got 1'),
        (lambda: db.Conv2d.init(KEY, 1, 1, 3, padding="valid"), r"padding: got 'valid', expected a whole number"),
        (lambda: db.Conv2d.init(KEY, 1, 1, 3, padding=-1), r"padding: got -1, expected a whole number from 0 on"),
        (
            lambda: db.Conv2d.init(KEY, 3, 4, 3, groups=2),
            r"groups: got 2 for 3 and 4 channels, expected a divisor of both",
        ),
        (lambda: db.Conv2d.init(KEY, 1, 1, 0), r"size: got 0, expected a whole number from 1 on"),
        (
            lambda: db.Conv2d.init(KEY, 3, 4, 3)(jnp.zeros((8, 8, 1))),
            r"x: Conv2d got shape \(8, 8, 1\), expected .*3\]",
        ),
        (lambda: db.Conv2d.init(KEY, 3, 4, 3)(jnp.zeros(3)), r"x: Conv2d got shape \(3,\), expected"),
        (
            lambda: db.Conv2d.init(KEY, 1, 1, 5)(jnp.zeros((4, 9, 1))),
            r"x: got a grid of 4 by 9, expected at least 5 by 5",
        ),
        (lambda: db.patches(jnp.zeros((4, 4, 1)), 3, stride=0), r"stride: got 0, expected a whole number from 1 on"),
        (lambda: db.max_pool(jnp.zeros((5, 4, 1))), r"size: got 2 for shape \(5, 4, 1\), expected a divisor"),
        (lambda: db.mean_pool(jnp.zeros((4, 4, 1)), 3), r"size: got 3 for shape"),
    ],
)
def test_errors_name_the_argument(build, message):
    with pytest.raises(ValueError, match=message):
        build()
