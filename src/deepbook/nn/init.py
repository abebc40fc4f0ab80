r"""Initialisation of weights: random arrays whose scale keeps signals the same size from layer to layer.

Every function takes a key and a shape `(out, in, ...)`: a dense weight is `(out, in)`, the weight of a
convolution `(out, in, height, width)`. So fan-in is the product of all axes but the first, and fan-out that of
all axes but the second.

The normal and uniform ones are written out, as their formulas are what the book teaches: `jax.nn.initializers` draws
the same numbers, but rounds the scale another way, so that the last bit of a weight would differ.
"""

import math
from collections.abc import Callable, Iterable
from numbers import Integral

import jax
from jaxtyping import Array, Float, Key

from deepbook._checks import one_key

Initializer = Callable[[Key[Array, ""], tuple[int, ...]], Float[Array, "..."]]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Fan-in and fan-out of a weight of shape `(out, in, ...)`.

    Args:
        shape: at least two positive sizes.

    Returns:
        How many inputs one output sums over, and how many outputs one input reaches.

    Raises:
        TypeError: a size is no whole number.
        ValueError: fewer than two axes, or an empty one.

    Example:
        >>> fans((10, 784)), fans((16, 6, 5, 5))
        ((784, 10), (150, 400))
    """
    shape = _sizes(shape)
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"shape: got {shape}, expected (out, in, ...) with positive sizes")
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def lecun_normal(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
    r"""Normal weights with $\sigma^2 = 1 / n_\text{in}$: a linear layer keeps the variance of its input.

    Args:
        key: a PRNG key.
        shape: `(out, in, ...)`.

    Returns:
        Weights of that shape, of the default floating-point type.

    Raises:
        TypeError: a size is no whole number.
        ValueError: fewer than two axes, or an empty one.

    Example:
        >>> import jax
        >>> w = lecun_normal(jax.random.key(0), (500, 400))
        >>> round(float(w.std() * 400**0.5), 2)
        1.0

    References:
        LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998).
    """
    scale = math.sqrt(fans(shape)[0])
    return jax.random.normal(one_key("key", key), shape) / scale


def he_normal(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
    r"""Normal weights with $\sigma^2 = 2 / n_\text{in}$: a layer and its ReLU keep the mean square.

    A ReLU sets half of a symmetric signal to zero, hence the 2.

    Args:
        key: a PRNG key.
        shape: `(out, in, ...)`.

    Returns:
        Weights of that shape, of the default floating-point type.

    Raises:
        TypeError: a size is no whole number.
        ValueError: fewer than two axes, or an empty one.

    References:
        He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015).
    """
    scale = math.sqrt(2.0 / fans(shape)[0])
    return jax.random.normal(one_key("key", key), shape) * scale


def xavier_normal(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
    r"""Normal weights with $\sigma^2 = 2 / (n_\text{in} + n_\text{out})$.

    A compromise between keeping the variance of signals on the way up and of gradients on the way down.

    Args:
        key: a PRNG key.
        shape: `(out, in, ...)`.

    Returns:
        Weights of that shape, of the default floating-point type.

    Raises:
        TypeError: a size is no whole number.
        ValueError: fewer than two axes, or an empty one.

    References:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
    """
    scale = math.sqrt(2.0 / sum(fans(shape)))
    return jax.random.normal(one_key("key", key), shape) * scale


def xavier_uniform(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
    r"""Uniform weights on $[-a, a]$, $a = \sqrt{6 / (n_\text{in} + n_\text{out})}$.

    The variance $a^2/3$ equals that of `xavier_normal`.

    Args:
        key: a PRNG key.
        shape: `(out, in, ...)`.

    Returns:
        Weights of that shape, of the default floating-point type.

    Raises:
        TypeError: a size is no whole number.
        ValueError: fewer than two axes, or an empty one.

    References:
        Glorot and Bengio (2010).
    """
    bound = math.sqrt(6.0 / sum(fans(shape)))
    return jax.random.uniform(one_key("key", key), shape, minval=-bound, maxval=bound)


def orthogonal(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "out in"]:
    r"""A random matrix with orthonormal rows or columns, whichever are fewer: $W W^\top = I$ or $W^\top W = I$.

    Args:
        key: a PRNG key.
        shape: `(out, in)`.

    Returns:
        A matrix of the default floating-point type, uniform over such matrices.

    Raises:
        TypeError: a size is no whole number.
        ValueError: the shape has not two axes, or an empty one.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> w = orthogonal(jax.random.key(0), (3, 5))
        >>> bool(jnp.allclose(w @ w.T, jnp.eye(3), atol=1e-6))
        True

    References:
        Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning" (2014).
    """
    shape = _sizes(shape)
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"shape: got {shape}, expected (out, in)")
    return jax.nn.initializers.orthogonal()(one_key("key", key), shape)


def _sizes(shape: tuple[int, ...]) -> tuple[int, ...]:
    if not isinstance(shape, Iterable):
        raise TypeError(f"shape: got {shape!r}, expected (out, in, ...)")
    for size in shape:
        if isinstance(size, bool) or not isinstance(size, Integral):
            raise TypeError(f"shape: got {tuple(shape)}, expected whole numbers")
    return tuple(shape)
