"""Masks of attention: who may look at whom."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool

from deepbook._checks import array, whole


def causal_mask(n: int, *, window: int | None = None) -> Bool[Array, "n n"]:
    r"""Who may look at whom in a sequence: row $i$ sees columns $i - w < j \le i$.

    Args:
        n: length of the sequence.
        window: $w$, how many positions are seen, its own included; all of the past when None.

    Returns:
        Shape `[n, n]`.

    Raises:
        ValueError: the length is negative, or the window not positive.

    Example:
        >>> causal_mask(3, window=2).astype(int).tolist()
        [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    whole(0, n=n)
    if window is not None:
        whole(1, window=window)
    back = jnp.arange(n)[:, None] - jnp.arange(n)[None, :]
    return (back >= 0) & (back < (n if window is None else window))


def checked(mask: Any, shape: tuple[int, ...]) -> Array:
    """A mask that can only be read in one way: of truth values, over two axes of the scores or all of them."""
    mask = array("mask", mask)
    if mask.dtype != bool:
        rule = "expected bool, True where a query may look; numbers to add to the scores are a bias"
        raise TypeError(f"mask: got dtype {mask.dtype}, {rule}")
    if mask.ndim not in (2, len(shape)):
        rule = f"expected [n, t] or all {len(shape)} axes [..., n, t] of the scores {shape}"
        raise ValueError(f"mask: got shape {mask.shape}, {rule}, as mask[:, None] has for one mask an example")
    return mask


def fitting(name: str, value: Array, shape: tuple[int, ...]) -> Array:
    """A mask or bias as large as the scores."""
    try:
        return jnp.broadcast_to(value, shape)
    except ValueError:
        raise ValueError(f"{name}: got shape {value.shape}, expected one that fits the scores {shape}") from None
