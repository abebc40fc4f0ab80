"""Attention: the operation, and the layer with several heads."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from deepbook._checks import floats, indices, split, whole
from deepbook.nn._layers import Linear
from deepbook.nn._masks import checked, fitting
from deepbook.nn._module import module, static
from deepbook.nn._positions import rotary
from deepbook.nn.init import Initializer, lecun_normal


def attention(
    queries: Float[Array, "*batch n m"],
    keys: Float[Array, "*batch t m"],
    values: Float[Array, "*batch t v"],
    *,
    mask: Bool[Array, "..."] | None = None,
    bias: Float[Array, "..."] | None = None,
) -> Float[Array, "*batch n v"]:
    r"""Scaled dot-product attention, $Y = \operatorname{softmax}(Q K^\top / \sqrt m + B)\, V$, row by row.

    Args:
        queries: $Q$, shape `[..., n, m]`.
        keys: $K$, shape `[..., t, m]`.
        values: $V$, shape `[..., t, v]`.
        mask: truth values, True where a query may look: `[n, t]`, or all axes `[..., n, t]` (an axis may be 1). A
            query that may look nowhere gives zero. Numbers to add are no mask but a bias.
        bias: $B$, floating-point numbers added to the scores, broadcast to `[..., n, t]`.

    Returns:
        $Y$, shape `[..., n, v]`.

    Raises:
        TypeError: the mask does not hold truth values, or another argument no floating-point numbers.
        ValueError: queries and keys differ in width, or keys and values in number, or mask or bias do not fit.

    Example:
        >>> import jax.numpy as jnp
        >>> keys = jnp.array([[10.0, 0.0], [0.0, 10.0]])
        >>> attention(jnp.array([[50.0, 0.0]]), keys, jnp.array([[1.0], [2.0]])).tolist()
        [[1.0]]

    References:
        Vaswani et al., "Attention is all you need" (2017).
    """
    values = _vectors("values", values)
    weights = attention_weights(queries, keys, mask=mask, bias=bias)
    if weights.shape[-1] != values.shape[-2]:
        raise ValueError(f"values: got {values.shape[-2]}, expected {weights.shape[-1]}, one for each key")
    _one_batch("values", values, "keys", weights)
    return weights @ values


def attention_weights(
    queries: Float[Array, "*batch n m"],
    keys: Float[Array, "*batch t m"],
    *,
    mask: Bool[Array, "..."] | None = None,
    bias: Float[Array, "..."] | None = None,
) -> Float[Array, "*batch n t"]:
    r"""The weights of `attention`, $\operatorname{softmax}(Q K^\top / \sqrt m + B)$.

    Args:
        queries: $Q$, shape `[..., n, m]`.
        keys: $K$, shape `[..., t, m]`.
        mask: True where a query may look, as in `attention`.
        bias: $B$, broadcast to `[..., n, t]`.

    Returns:
        Weights, shape `[..., n, t]`; each row is not negative and sums to one, or is zero if its mask is.

    Raises:
        TypeError: the mask does not hold truth values, or another argument no floating-point numbers.
        ValueError: queries and keys differ in width, or mask or bias do not fit.

    Example:
        >>> import jax.numpy as jnp
        >>> attention_weights(jnp.zeros((1, 4)), jnp.zeros((2, 4))).tolist()
        [[0.5, 0.5]]
    """
    queries, keys = _vectors("queries", queries), _vectors("keys", keys)
    if queries.shape[-1] != keys.shape[-1]:
        raise ValueError(f"keys: got width {keys.shape[-1]}, expected {queries.shape[-1]}, as the queries")
    if not queries.shape[-1]:
        raise ValueError(f"queries: got shape {queries.shape}, expected a width of at least 1")
    _one_batch("keys", keys, "queries", queries)
    scores = (queries * queries.shape[-1] ** -0.5) @ jnp.swapaxes(keys, -1, -2)
    if bias is not None:
        scores = scores + fitting("bias", floats("bias", bias), scores.shape)
    if mask is not None:
        scores = jnp.where(fitting("mask", checked(mask, scores.shape), scores.shape), scores, -jnp.inf)
    return _softmax(scores)


@module
class MultiHeadAttention:
    r"""Attention with several heads, $Y = \big[ Y_1 \cdots Y_H \big] W_O^\top + b_O$.

    Head $h$ has queries $X W_{Q,h}^\top$, keys $C W_{K,h}^\top$ and values $C W_{V,h}^\top$ (and biases) of width
    $d / H$; $C$ is the context that is looked at, by default $X$ itself.

    Attributes:
        queries: the linear layer of all $W_{Q,h}$, shape `[width, width]`.
        keys: the same for the keys.
        values: the same for the values.
        output: $W_O$, $b_O$.
        heads: $H$, divides the width.
        rotary: whether queries and keys are turned by their positions, 0, 1, 2, ...

    References:
        Vaswani et al., "Attention is all you need" (2017), section 3.2.
    """

    queries: Linear
    keys: Linear
    values: Linear
    output: Linear
    heads: int = static()
    rotary: bool = static(default=False)

    @classmethod
    def init(
        cls,
        key: Key[Array, ""],
        width: int,
        heads: int,
        *,
        rotary: bool = False,
        initializer: Initializer = lecun_normal,
    ) -> "MultiHeadAttention":
        """Draw the four matrices; biases are zero.

        Args:
            key: a PRNG key.
            width: size of inputs and outputs.
            heads: number of heads.
            rotary: whether to use rotary positions.
            initializer: a function of `deepbook.nn.init`.

        Returns:
            The layer.

        Raises:
            ValueError: the heads do not divide the width, or rotary heads have an odd width.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> layer = MultiHeadAttention.init(jax.random.key(0), 8, 2)
            >>> layer(jnp.ones((3, 8)), mask=jnp.tri(3, dtype=bool)).shape
            (3, 8)
        """
        whole(1, width=width, heads=heads)
        if width % heads:
            raise ValueError(f"heads: got {heads}, expected a divisor of the width {width}")
        if rotary and width // heads % 2:
            raise ValueError(f"heads: got {heads}, rotary positions need an even width a head, not {width // heads}")
        q, k, v, out = (Linear.init(k, width, width, initializer=initializer) for k in split(key, 4))
        return cls(q, k, v, out, heads=heads, rotary=rotary)

    def __call__(
        self,
        x: Float[Array, "*batch n width"],
        context: Float[Array, "*batch t width"] | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
        key: Key[Array, ""] | None = None,
    ) -> Float[Array, "*batch n width"]:
        """Look from each of `x` at all of `context`.

        Args:
            x: inputs, shape `[..., n, width]`.
            context: what is looked at, shape `[..., t, width]`; `x` itself when None (self-attention).
            mask: True where a position may look: `[n, t]`, or all axes `[..., heads, n, t]` (an axis may be 1). What
                looks nowhere gets the output layer's bias.
            key: not used.

        Returns:
            Outputs, shape `[..., n, width]`.

        Raises:
            TypeError: the mask does not hold truth values.
            ValueError: a width is another, or the mask does not fit.
        """
        queries, keys, values = self.project(x, context)
        return self.merge(attention(queries, keys, values, mask=mask))

    def weights(
        self,
        x: Float[Array, "*batch n width"],
        context: Float[Array, "*batch t width"] | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
    ) -> Float[Array, "*batch heads n t"]:
        """Who looks at whom: the attention weights of each head.

        Args:
            x: inputs, shape `[..., n, width]`.
            context: what is looked at, shape `[..., t, width]`; `x` itself when None.
            mask: as in the call.

        Returns:
            Weights, shape `[..., heads, n, t]`.

        Raises:
            TypeError: the mask does not hold truth values.
            ValueError: a width is another, or the mask does not fit.
        """
        queries, keys, _ = self.project(x, context)
        return attention_weights(queries, keys, mask=mask)

    def project(self, x: Array, context: Array | None = None, *, position: Array | int = 0) -> tuple[Array, ...]:
        """Queries, keys and values of each head; if the layer is rotary, queries and keys are turned.

        Args:
            x: inputs, shape `[..., n, width]`.
            context: what is looked at, shape `[..., t, width]`; `x` itself when None.
            position: that of the first of them.

        Returns:
            Queries of `x`, keys and values of the context, each `[..., heads, length, width / heads]`.

        Raises:
            ValueError: a width is another.
        """
        context = x if context is None else context
        queries, keys, values = self._split(self.queries(x)), self._split(self.keys(context)), self.values(context)
        if self.rotary:
            position = indices("position", position)
            if position.ndim:
                raise ValueError(f"position: got shape {position.shape}, expected one whole number")
            queries, keys = (rotary(z, position + jnp.arange(z.shape[-2])) for z in (queries, keys))
        return queries, keys, self._split(values)

    def merge(self, y: Float[Array, "*batch heads n size"]) -> Float[Array, "*batch n width"]:
        """Put the heads side by side and apply the output layer.

        Args:
            y: what the heads return, shape `[..., heads, n, width / heads]`.

        Returns:
            Outputs, shape `[..., n, width]`.

        Raises:
            ValueError: another number of heads, or another width of one.
        """
        y, width = floats("y", y), self.output.weight.shape[1]
        if y.ndim < 3 or (y.shape[-3], y.shape[-1]) != (self.heads, width // self.heads):
            raise ValueError(f"y: got shape {y.shape}, expected [..., {self.heads}, n, {width // self.heads}]")
        y = jnp.swapaxes(y, -3, -2)
        return self.output(y.reshape(*y.shape[:-2], width))

    def _split(self, z: Array) -> Array:
        if z.ndim < 2:
            raise ValueError(f"x: got shape {z.shape}, expected [..., n, width]")
        return jnp.swapaxes(z.reshape(*z.shape[:-1], self.heads, z.shape[-1] // self.heads), -3, -2)


@jax.custom_jvp
def _softmax(scores: Float[Array, "*batch t"]) -> Float[Array, "*batch t"]:
    """Softmax over the last axis; zeros where all scores are minus infinity."""
    largest = jnp.maximum(scores.max(-1, keepdims=True, initial=-jnp.inf), jnp.finfo(scores.dtype).min)
    powers = jnp.exp(scores - largest)
    return powers / jnp.maximum(powers.sum(-1, keepdims=True), 1)  # the largest power is 1, so the sum is at least 1


@_softmax.defjvp
def _softmax_jvp(scores: tuple[Array], change: tuple[Array]) -> tuple[Array, Array]:
    r"""$dp = p \odot (dz - p^\top dz)$: fewer passes over memory than the derivative of each step."""
    p, (dz,) = _softmax(*scores), change
    return p, p * (dz - (p * dz).sum(-1, keepdims=True))


def _vectors(name: str, value: Any) -> Array:
    value = floats(name, value)
    if value.ndim < 2:
        raise ValueError(f"{name}: got shape {value.shape}, expected [..., number, width]")
    return value


def _one_batch(name: str, value: Array, other: str, than: Array) -> None:
    """The axes before the last two fit those of another array."""
    try:
        np.broadcast_shapes(value.shape[:-2], than.shape[:-2])
    except ValueError:
        rule = f"leading axes that fit those of the {other}, {than.shape[:-2]}"
        raise ValueError(f"{name}: got shape {value.shape}, expected {rule}") from None
