"""The linear recurrence as a parallel scan."""

from jax import lax
from jaxtyping import Array, Float

from deepbook._checks import floats


def linear_recurrence(a: Float[Array, "n *rest"], b: Float[Array, "n *rest"]) -> Float[Array, "n *rest"]:
    r"""All states of $h_t = a_t h_{t-1} + b_t$, $h_0 = 0$, entry by entry, in logarithmic depth.

    The pairs $(a, b)$ stand for the maps $h \mapsto a h + b$, whose composition $(a, b)$ then $(a', b')$ is
    $(a' a, a' b + b')$. It is associative, so the first $t$ maps can be composed by a parallel scan.

    Args:
        a: factors, shape `[n, ...]`.
        b: inputs, same shape.

    Returns:
        $h_1, \dots, h_n$, same shape.

    Raises:
        TypeError: one of them does not hold floating-point numbers.
        ValueError: the shapes differ, or there is no step.

    Example:
        >>> import jax.numpy as jnp
        >>> linear_recurrence(jnp.full(4, 0.5), jnp.ones(4)).tolist()
        [1.0, 1.5, 1.75, 1.875]

    References:
        Blelloch, "Prefix sums and their applications" (1990).
    """
    a, b = floats("a", a), floats("b", b)
    if a.ndim == 0 or len(a) == 0:
        raise ValueError(f"a: got shape {a.shape}, expected [n, ...] with at least one step")
    if a.shape != b.shape:
        raise ValueError(f"b: got shape {tuple(b.shape)}, expected {tuple(a.shape)}, as a")

    def after(one: tuple[Array, Array], two: tuple[Array, Array]) -> tuple[Array, Array]:
        return two[0] * one[0], two[0] * one[1] + two[1]

    return lax.associative_scan(after, (a, b))[1]
