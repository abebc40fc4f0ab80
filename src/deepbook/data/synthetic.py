"""Seeded generators of small problems whose truth is known."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from deepbook._checks import number, one_key, whole


def boolean_inputs(n: int) -> Float[np.ndarray, "rows n"]:
    """All inputs of a Boolean function of `n` variables, in counting order.

    Args:
        n: number of variables, 1 to 16.

    Returns:
        The 2^n rows of zeros and ones, float32; the last variable changes fastest.

    Raises:
        TypeError: `n` is no whole number.
        ValueError: `n` is outside 1 to 16.

    Example:
        >>> boolean_inputs(2).tolist()
        [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    whole(1, n=n)
    if n > 16:
        raise ValueError(f"n: got {n}, expected 1 to 16")
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.float32)


def parity(n: int) -> tuple[Float[np.ndarray, "rows n"], Int[np.ndarray, " rows"]]:
    r"""The parity function, $y = \sum_i x_i \bmod 2$, on all its inputs.

    Args:
        n: number of variables, 1 to 16.

    Returns:
        Inputs `[2^n, n]` and labels `[2^n]`.

    Raises:
        TypeError: `n` is no whole number.
        ValueError: `n` is outside 1 to 16.

    Example:
        >>> parity(3)[1].tolist()
        [0, 1, 1, 0, 1, 0, 0, 1]
    """
    x = boolean_inputs(n)
    return x, (x.sum(1) % 2).astype(np.int32)


def xor() -> tuple[Float[np.ndarray, "4 2"], Int[np.ndarray, "4"]]:
    """The exclusive or: true where exactly one of two inputs is; parity of two variables.

    Returns:
        Inputs `[4, 2]` and labels `[4]`.

    Example:
        >>> xor()[1].tolist()
        [0, 1, 1, 0]
    """
    return parity(2)


def two_moons(key: Key[Array, ""], n: int, *, noise: float = 0.1) -> tuple[Float[Array, "n 2"], Int[Array, " n"]]:
    r"""Two half circles that reach into one another; no straight line separates them.

    Class 0 lies at $(\cos t, \sin t)$, class 1 at $(1 - \cos t, \tfrac12 - \sin t)$, $t \in [0, \pi]$, plus normal
    noise.

    Args:
        key: a PRNG key.
        n: number of points, half of them in each class (the odd one in class 0).
        noise: standard deviation of the noise.

    Returns:
        Points `[n, 2]` and labels `[n]`, sorted by class.

    Raises:
        TypeError: `n` is no whole number.
        ValueError: `n` is not positive.

    Example:
        >>> import jax
        >>> x, y = two_moons(jax.random.key(0), 7)
        >>> x.shape, y.tolist()
        ((7, 2), [0, 0, 0, 0, 1, 1, 1])
    """
    whole(1, n=n)
    key, noise = one_key("key", key), number("noise", noise)
    t0, t1 = jnp.linspace(0, jnp.pi, n - n // 2), jnp.linspace(0, jnp.pi, n // 2)
    upper = jnp.stack([jnp.cos(t0), jnp.sin(t0)], axis=1)
    lower = jnp.stack([1 - jnp.cos(t1), 0.5 - jnp.sin(t1)], axis=1)
    x = jnp.concatenate([upper, lower])
    y = jnp.concatenate([jnp.zeros(len(t0), jnp.int32), jnp.ones(len(t1), jnp.int32)])
    return x + noise * jax.random.normal(key, x.shape), y


def spirals(
    key: Key[Array, ""], n: int, *, classes: int = 2, turns: float = 1.5, noise: float = 0.02
) -> tuple[Float[Array, "n 2"], Int[Array, " n"]]:
    r"""Arms that wind around one another: $x = r\,(\cos\phi, \sin\phi)$, $\phi = 2\pi(\text{turns}\cdot r + c/C)$.

    Args:
        key: a PRNG key.
        n: number of points; label `i % classes` goes to point `i`.
        classes: $C$, number of arms.
        turns: how often an arm winds around the centre.
        noise: standard deviation of normal noise on both coordinates.

    Returns:
        Points `[n, 2]` with radius about 0.1 to 1, and labels `[n]`.

    Raises:
        TypeError: `n` or `classes` is no whole number.
        ValueError: `n` or `classes` is not positive.

    Example:
        >>> import jax
        >>> x, y = spirals(jax.random.key(0), 6, classes=3)
        >>> x.shape, y.tolist()
        ((6, 2), [0, 1, 2, 0, 1, 2])
    """
    whole(1, n=n, classes=classes)
    key, turns, noise = one_key("key", key), number("turns", turns), number("noise", noise)
    y = jnp.arange(n) % classes
    r = jnp.linspace(0.1, 1, n)
    phi = 2 * jnp.pi * (turns * r + y / classes)
    x = r[:, None] * jnp.stack([jnp.cos(phi), jnp.sin(phi)], axis=1)
    return x + noise * jax.random.normal(key, x.shape), y
