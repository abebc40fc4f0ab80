"""Attention: the operation, its masks, and the layer with several heads."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from deepbook.nn._layers import Linear
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
        mask: True where a query may look, broadcast to `[..., n, t]`. A query that may look nowhere gives zero.
        bias: $B$, added to the scores, broadcast to `[..., n, t]`.

    Returns:
        $Y$, shape `[..., n, v]`.

    Raises:
        ValueError: queries and keys differ in width, or keys and values in number.

    Example:
        >>> import jax.numpy as jnp
        >>> keys = jnp.array([[10.0, 0.0], [0.0, 10.0]])
        >>> attention(jnp.array([[50.0, 0.0]]), keys, jnp.array([[1.0], [2.0]])).tolist()
        [[1.0]]

    References:
        Vaswani et al., "Attention is all you need" (2017).
    """
    return attention_weights(queries, keys, mask=mask, bias=bias) @ _same_number(keys, values)


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
        mask: True where a query may look, broadcast to `[..., n, t]`.
        bias: $B$, broadcast to `[..., n, t]`.

    Returns:
        Weights, shape `[..., n, t]`; each row is not negative and sums to one, or is zero if its mask is.

    Raises:
        ValueError: queries and keys differ in width.

    Example:
        >>> import jax.numpy as jnp
        >>> attention_weights(jnp.zeros((1, 4)), jnp.zeros((2, 4))).tolist()
        [[0.5, 0.5]]
    """
    if queries.shape[-1] != keys.shape[-1]:
        raise ValueError(f"keys: got width {keys.shape[-1]}, expected {queries.shape[-1]}, as the queries")
    scores = (queries * queries.shape[-1] ** -0.5) @ jnp.swapaxes(keys, -1, -2)
    if bias is not None:
        scores = scores + jnp.broadcast_to(bias, scores.shape)
    if mask is not None:
        scores = jnp.where(jnp.broadcast_to(mask, scores.shape), scores, -jnp.inf)
    return _softmax(scores)


def causal_mask(n: int, *, window: int | None = None) -> Bool[Array, "n n"]:
    r"""Who may look at whom in a sequence: row $i$ sees columns $i - w < j \le i$.

    Args:
        n: length of the sequence.
        window: $w$, how many positions are seen, its own included; all of the past when None.

    Returns:
        Shape `[n, n]`.

    Raises:
        ValueError: the window is not positive.

    Example:
        >>> causal_mask(3, window=2).astype(int).tolist()
        [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    if window is not None and window < 1:
        raise ValueError(f"window: got {window}, expected at least 1")
    back = jnp.arange(n)[:, None] - jnp.arange(n)[None, :]
    return (back >= 0) & (back < (n if window is None else window))


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
            >>> layer(jnp.ones((3, 8)), mask=causal_mask(3)).shape
            (3, 8)
        """
        if heads < 1 or width % heads:
            raise ValueError(f"heads: got {heads}, expected a divisor of the width {width}")
        if rotary and width // heads % 2:
            raise ValueError(f"heads: got {heads}, rotary positions need an even width a head, not {width // heads}")
        made = (Linear.init(k, width, width, initializer=initializer) for k in jax.random.split(key, 4))
        return cls(*made, heads=heads, rotary=rotary)

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
            mask: True where a position may look, broadcast to `[..., heads, n, t]`.
            key: not used.

        Returns:
            Outputs, shape `[..., n, width]`.
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
        """Who looks at whom: the attention weights of each head, shape `[..., heads, n, t]`; arguments as above."""
        queries, keys, _ = self.project(x, context)
        return attention_weights(queries, keys, mask=mask)

    def project(self, x: Array, context: Array | None = None, *, position: Array | int = 0) -> tuple[Array, ...]:
        """Queries of `x`, keys and values of the context, each `[..., heads, length, width / heads]`.

        If the layer is rotary they are turned; `position` is that of the first one.
        """
        context = x if context is None else context
        queries, keys, values = self._split(self.queries(x)), self._split(self.keys(context)), self.values(context)
        if self.rotary:
            queries, keys = (rotary(z, position + jnp.arange(z.shape[-2])) for z in (queries, keys))
        return queries, keys, self._split(values)

    def merge(self, y: Float[Array, "*batch heads n size"]) -> Float[Array, "*batch n width"]:
        """Put the heads side by side and apply the output layer."""
        y = jnp.swapaxes(y, -3, -2)
        return self.output(y.reshape(*y.shape[:-2], -1))

    def _split(self, z: Array) -> Array:
        return jnp.swapaxes(z.reshape(*z.shape[:-1], self.heads, -1), -3, -2)


@jax.custom_jvp
def _softmax(scores: Float[Array, "*batch t"]) -> Float[Array, "*batch t"]:
    """Softmax over the last axis; zeros where all scores are minus infinity."""
    largest = jnp.maximum(scores.max(-1, keepdims=True), jnp.finfo(scores.dtype).min)
    powers = jnp.exp(scores - largest)
    return powers / jnp.maximum(powers.sum(-1, keepdims=True), 1)  # the largest power is 1, so the sum is at least 1


@_softmax.defjvp
def _softmax_jvp(scores: tuple[Array], change: tuple[Array]) -> tuple[Array, Array]:
    r"""$dp = p \odot (dz - p^\top dz)$: fewer passes over memory than the derivative of each step."""
    p, (dz,) = _softmax(*scores), change
    return p, p * (dz - (p * dz).sum(-1, keepdims=True))


def _same_number(keys: Array, values: Array) -> Array:
    if keys.shape[-2] != values.shape[-2]:
        raise ValueError(f"values: got {values.shape[-2]}, expected {keys.shape[-2]}, one for each key")
    return values
