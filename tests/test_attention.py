"""Attention, positions and the transformer, against NumPy, JAX and the properties that define them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import deepbook as db
from deepbook.nn._module import parameter_count

KEYS = jax.random.split(jax.random.key(0), 8)
Q, K, V = (jax.random.normal(k, (3, n, 4)) for k, n in zip(KEYS, (5, 6, 6), strict=False))
MODEL = db.Transformer.init(KEYS[7], 11, width=16, heads=2, layers=2)
TOKENS = jax.random.randint(KEYS[6], (2, 9), 0, 11)


def reference(q, k, v, mask=None):
    """Row by row, in float64."""
    q, k, v = (np.asarray(a, np.float64) for a in (q, k, v))
    out = np.zeros((len(q), v.shape[1]))
    for i, row in enumerate(q):
        score = k @ row / np.sqrt(len(row))
        weight = np.exp(score - score.max()) * (1 if mask is None else mask[i])
        out[i] = weight @ v / weight.sum()
    return out


def test_attention_equals_rows_in_float64():
    mask = np.random.default_rng(0).random((5, 6)) < 0.6
    mask[:, 0] = True
    for b in range(3):
        np.testing.assert_allclose(db.attention(Q[b], K[b], V[b]), reference(Q[b], K[b], V[b]), atol=2e-6)
        masked = db.attention(Q[b], K[b], V[b], mask=jnp.asarray(mask))
        np.testing.assert_allclose(masked, reference(Q[b], K[b], V[b], mask), atol=2e-6)


def test_attention_equals_jax():
    heads = lambda a: jnp.swapaxes(a, 0, 1)[None]  # [batch, length, heads, size], as jax.nn wants it
    bias = jax.random.normal(KEYS[3], (3, 5, 6))
    expected = jax.nn.dot_product_attention(heads(Q), heads(K), heads(V), bias=bias[None])
    np.testing.assert_allclose(heads(db.attention(Q, K, V, bias=bias)), expected, atol=2e-6)


def test_weights_sum_to_one_and_a_blind_query_gives_zero():
    mask = jnp.ones((5, 6), bool).at[2].set(False)
    weights = db.attention_weights(Q, K, mask=mask)
    np.testing.assert_allclose(weights.sum(-1), jnp.ones((3, 5)).at[:, 2].set(0), atol=1e-6)
    np.testing.assert_array_equal(db.attention(Q, K, V, mask=mask)[:, 2], 0)


@pytest.mark.parametrize("window", [1, 3, None])
def test_causal_mask(window):
    mask = np.asarray(db.causal_mask(6, window=window))
    for i in range(6):
        for j in range(6):
            assert mask[i, j] == (j <= i and (window is None or i - j < window))


def test_rotary_scores_depend_on_the_difference():
    q, k = Q[0, :1], K[0, :1]
    score = lambda s, t: (db.rotary(q, jnp.array([s])) * db.rotary(k, jnp.array([t]))).sum()
    np.testing.assert_allclose([score(3, 1), score(40, 38)], [score(2, 0)] * 2, rtol=1e-4)
    assert abs(score(3, 1) - score(1, 3)) > 1e-3
    np.testing.assert_allclose(jnp.linalg.norm(db.rotary(Q[0], jnp.arange(5)), axis=1), jnp.linalg.norm(Q[0], axis=1))


def test_sinusoidal_positions_reference():
    table = np.asarray(db.sinusoidal_positions(7, 6))
    for t in range(7):
        for i in range(3):
            angle = t / 10_000 ** (2 * i / 6)
            np.testing.assert_allclose(table[t, 2 * i : 2 * i + 2], [np.sin(angle), np.cos(angle)], atol=1e-6)


def test_multi_head_attention_equals_separate_heads():
    layer = db.MultiHeadAttention.init(KEYS[4], 8, 2)
    layer = jax.tree.map(lambda a: a + 0.1 * jax.random.normal(KEYS[5], a.shape), layer)  # biases not zero
    x, context = (jax.random.normal(k, (n, 8)) for k, n in zip(KEYS, (5, 7), strict=False))
    q, k, v = layer.queries(x), layer.keys(context), layer.values(context)
    heads = [db.attention(q[:, s], k[:, s], v[:, s]) for s in (slice(0, 4), slice(4, 8))]
    np.testing.assert_allclose(layer(x, context), layer.output(jnp.concatenate(heads, 1)), atol=1e-5)
    assert layer.weights(x, context).shape == (2, 5, 7)


def test_self_attention_without_positions_is_equivariant():
    layer = db.MultiHeadAttention.init(KEYS[4], 8, 2)
    x, order = jax.random.normal(KEYS[0], (6, 8)), np.array([3, 1, 5, 0, 2, 4])
    np.testing.assert_allclose(layer(x[order]), layer(x)[order], atol=1e-5)


def test_transformer_does_not_look_ahead():
    changed = TOKENS.at[:, 5].set((TOKENS[:, 5] + 1) % 11)
    before, after = MODEL(TOKENS), MODEL(changed)
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert (before[:, 5:] != after[:, 5:]).any(-1).all()


@pytest.mark.parametrize("window", [None, 3])
def test_steps_equal_the_full_pass(window):
    model = db.Transformer.init(KEYS[7], 11, width=16, heads=2, layers=2, window=window)
    cache, step = model.empty_cache(12, 2), jax.jit(lambda t, p, c: model.step(t, p, c))
    for position in range(9):
        logits, cache = step(TOKENS[:, position], jnp.asarray(position), cache)
        np.testing.assert_allclose(logits, model(TOKENS)[:, position], atol=2e-5)


def test_parameter_count_by_formula():
    d, v, layers = 16, 11, 2
    block = 4 * d * (d + 1) + 4 * d + (8 * d * d + 5 * d)  # attention, two norms, MLP
    assert parameter_count(MODEL) == v * d + layers * block + 2 * d + v * (d + 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: db.MultiHeadAttention.init(KEYS[0], 8, 3), "heads: got 3, expected a divisor of the width 8"),
        (lambda: db.MultiHeadAttention.init(KEYS[0], 6, 2, rotary=True), "need an even width a head, not 3"),
        (lambda: db.causal_mask(3, window=0), "window: got 0, expected a whole number from 1 on"),
        (lambda: db.sinusoidal_positions(3, 5), "width: got 5, expected an even number"),
        (lambda: db.rotary(jnp.ones((2, 3)), jnp.arange(2)), r"x: got shape \(2, 3\), expected .* with an even width"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.usefixtures("unchecked")
def test_errors_of_shapes():
    with pytest.raises(ValueError, match="keys: got width 3, expected 4, as the queries"):
        db.attention(jnp.ones((2, 4)), jnp.ones((2, 3)), jnp.ones((2, 4)))
    with pytest.raises(ValueError, match="values: got 3, expected 2, one for each key"):
        db.attention(jnp.ones((2, 4)), jnp.ones((2, 4)), jnp.ones((3, 4)))


def test_a_mask_can_only_be_read_in_one_way():
    layer = db.MultiHeadAttention.init(KEYS[4], 8, 2)
    x = jax.random.normal(KEYS[0], (2, 5, 8))  # as many examples as heads
    masks = jnp.stack([db.causal_mask(5), db.causal_mask(5, window=1)])
    each = jnp.stack([layer(one, mask=mask) for one, mask in zip(x, masks, strict=True)])
    np.testing.assert_allclose(layer(x, mask=masks[:, None]), each, atol=1e-5)
    np.testing.assert_allclose(jax.vmap(lambda one, mask: layer(one, mask=mask))(x, masks), each, atol=1e-5)
    by_head = jnp.stack([layer.weights(x, mask=mask)[:, h] for h, mask in enumerate(masks)], 1)
    np.testing.assert_allclose(layer.weights(x, mask=masks[None]), by_head, atol=1e-6)


def test_a_row_that_is_masked_in_full_gives_the_output_layers_bias():
    layer = db.MultiHeadAttention.init(KEYS[4], 8, 2)
    x, mask = jax.random.normal(KEYS[0], (5, 8)), db.causal_mask(5).at[2].set(False)
    np.testing.assert_array_equal(layer(x, mask=mask)[2], layer.output.bias)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"mask": jnp.zeros((5, 6))}, TypeError, "mask: got dtype float32, expected bool, True where .* are a bias"),
        ({"mask": jnp.ones((5, 6), int)}, TypeError, "mask: got dtype int32, expected bool"),
        ({"mask": jnp.ones(6, bool)}, ValueError, r"mask: got shape \(6,\), expected \[n, t\] or all 4 axes"),
        ({"mask": jnp.ones((2, 5, 6), bool)}, ValueError, r"mask: got shape \(2, 5, 6\), .* as mask\[:, None\]"),
        ({"mask": jnp.ones((4, 6), bool)}, ValueError, r"mask: got shape \(4, 6\), expected one that fits the scores"),
        ({"bias": jnp.ones((5, 6), bool)}, TypeError, "bias: got dtype bool, expected floating-point numbers"),
        ({"bias": jnp.ones((4, 6))}, ValueError, r"bias: got shape \(4, 6\), expected one that fits the scores"),
    ],
)
def test_masks_and_biases_that_are_refused(options, error, message):
    q, k, v = (jnp.ones((2, 2, n, 4)) for n in (5, 6, 6))  # [batch, heads, length, size]
    with pytest.raises(error, match=message):
        db.attention(q, k, v, **options)


def test_a_step_past_the_cache():
    cache = MODEL.empty_cache(3)
    for position in (3, -1, jnp.array(7), np.int64(3), jnp.uint8(3)):
        with pytest.raises(ValueError, match=r"position: got -?\d, expected 0 to 2, the places of the cache"):
            MODEL.step(jnp.array(1), position, cache)
    step = jax.jit(lambda t, p, c: MODEL.step(t, p, c)[0])
    assert np.isfinite(step(jnp.array(1), jnp.array(2), cache)).all()
    assert np.isnan(step(jnp.array(1), jnp.array(3), cache)).all()


def test_tokens_and_positions_of_small_integers():
    small = TOKENS[0].astype(jnp.uint8)
    np.testing.assert_array_equal(MODEL(small), MODEL(TOKENS[0]))
    x = jnp.ones((200, 4))
    np.testing.assert_array_equal(db.rotary(x, jnp.arange(200).astype(jnp.uint8)), db.rotary(x, jnp.arange(200)))


def test_bfloat16_stays_bfloat16():
    model = jax.tree.map(lambda a: a.astype(jnp.bfloat16), MODEL)
    logits = model(TOKENS)
    assert logits.dtype == jnp.bfloat16
    np.testing.assert_allclose(logits.astype(jnp.float32), MODEL(TOKENS), atol=0.15)


def test_a_step_at_a_position_that_a_compiled_function_encloses():
    model = db.Transformer.init(jax.random.key(0), 11, width=8, heads=2, layers=1)
    token, position, cache = jnp.int32(3), jnp.int32(0), model.empty_cache(4)
    inside = jax.jit(lambda cache: model.step(token, position, cache)[0])(cache)
    np.testing.assert_allclose(inside, model.step(token, position, cache)[0], rtol=1e-5, atol=1e-6)
