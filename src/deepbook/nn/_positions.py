"""Codes of positions: sinusoids to add, and rotations of queries and keys."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Integer

from deepbook._checks import floats, indices, whole


def sinusoidal_positions(n: int, width: int) -> Float[Array, "n width"]:
    r"""Fixed codes of positions, $p_{t, 2i} = \sin(t \omega_i)$, $p_{t, 2i+1} = \cos(t \omega_i)$.

    The frequencies are $\omega_i = 10000^{-2i / d}$ for $i = 0, \dots, d/2 - 1$, with $d$ the width.

    Args:
        n: number of positions.
        width: length of a code, even.

    Returns:
        Codes, shape `[n, width]`, to be added to embeddings.

    Raises:
        ValueError: the width is odd or not positive, or `n` negative.

    Example:
        >>> sinusoidal_positions(2, 4)[0].tolist()
        [0.0, 1.0, 0.0, 1.0]

    References:
        Vaswani et al., "Attention is all you need" (2017), section 3.5.
    """
    whole(0, n=n)
    whole(1, width=width)
    if width % 2:
        raise ValueError(f"width: got {width}, expected an even number")
    angles = _angles(jnp.arange(n), width)
    return jnp.stack([jnp.sin(angles), jnp.cos(angles)], -1).reshape(n, width)


def rotary(x: Float[Array, "*batch n width"], positions: Integer[Array, " n"]) -> Float[Array, "*batch n width"]:
    r"""Turn queries or keys by angles that grow with their positions.

    The entries $i$ and $i + d/2$ of the vector at position $t$ are rotated in their plane by the angle
    $t \omega_i$, $\omega_i = 10000^{-2i / d}$. The inner product of a query and a key then depends on their
    positions only by the difference.

    Args:
        x: vectors, shape `[..., n, d]` with $d$ even.
        positions: $t$ of each, integers, shape `[n]`.

    Returns:
        Turned vectors, same shape.

    Raises:
        TypeError: the vectors are not floating-point numbers, or the positions not integers.
        ValueError: the width is odd, or there is not one position for each vector.

    Example:
        >>> import jax.numpy as jnp
        >>> turned = rotary(jnp.ones((2, 2)), jnp.array([0, 1]))
        >>> [f"{value:.3f}" for value in turned[1].tolist()]  # cos 1 - sin 1, cos 1 + sin 1
        ['-0.301', '1.382']

    References:
        Su et al., "RoFormer: enhanced transformer with rotary position embedding" (2024).
    """
    x, positions = floats("x", x), indices("positions", positions)
    if x.ndim < 2 or x.shape[-1] % 2:
        raise ValueError(f"x: got shape {x.shape}, expected [..., n, width] with an even width")
    if positions.shape != x.shape[-2:-1]:
        raise ValueError(f"positions: got shape {positions.shape}, expected {x.shape[-2:-1]}, one for each vector")
    angles = jnp.broadcast_to(_angles(positions, x.shape[-1]), (*x.shape[:-1], x.shape[-1] // 2))
    sin, cos = jnp.sin(angles).astype(x.dtype), jnp.cos(angles).astype(x.dtype)
    a, b = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


def _angles(positions: Array, width: int) -> Float[Array, "n half"]:
    frequencies = 10_000.0 ** (-jnp.arange(0.0, width, 2.0) / width)
    return jnp.outer(positions.astype(frequencies.dtype), frequencies)
