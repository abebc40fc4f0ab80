"""How far two clouds of points are from one another: by a kernel, and by mean and covariance."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Real

from deepbook._checks import number, reals, wide

Cloud = Real[Array, "n d"] | Real[np.ndarray, "n d"]
Other = Real[Array, "m _"] | Real[np.ndarray, "m _"]


def _clouds(x: Cloud, y: Other) -> tuple[Array, Array]:
    """The points of both as floating-point numbers."""
    x, y = reals("x", x, jnp.float32), reals("y", y, jnp.float32)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or min(len(x), len(y)) < 2:
        raise ValueError(f"x, y: got shapes {x.shape}, {y.shape}, expected [n, d], [m, d] with n, m >= 2")
    return x, y


@jax.jit
def _mmd2(x: Float[Array, "n d"], y: Float[Array, "m d"], bandwidth: Array | float) -> Float[Array, ""]:
    def mean_kernel(a: Array, b: Array, left_out: int) -> Array:
        square = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
        total = jnp.exp(-jnp.maximum(square, 0) / (2 * bandwidth**2)).sum()
        return (total - left_out) / float(len(a) * len(b) - left_out)

    return mean_kernel(x, x, len(x)) + mean_kernel(y, y, len(y)) - 2 * mean_kernel(x, y, 0)


def mmd2(x: Cloud, y: Other, bandwidth: float) -> Float[Array, ""]:
    r"""The squared maximum mean discrepancy of two samples, without bias.

    .. math::

        \widehat{\mathrm{MMD}}^2 &= \frac{\sum_{i \ne j} k(x_i, x_j)}{n(n-1)} \\
        &+ \frac{\sum_{i \ne j} k(y_i, y_j)}{m(m-1)} \\
        &- \frac{2 \sum_{i,j} k(x_i, y_j)}{nm}, \\
        k(x, y) &= e^{-|x - y|^2 / 2b^2}

    Its mean is 0 where both samples have one law, so single values can be negative.

    Args:
        x: points, real numbers of any type, shape `[n, d]`.
        y: points, shape `[m, d]`.
        bandwidth: $b$, in the units of the points.

    Returns:
        The estimate, a scalar, computed in float32; in float64 if one of the samples is.

    Raises:
        TypeError: a sample holds no real numbers, or the bandwidth is none.
        ValueError: the shapes do not fit, a sample has fewer than two points, or the bandwidth is not positive.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 500, 2)).astype(np.float32)
        >>> bool(abs(mmd2(x, y, 1.0)) < 0.01), bool(mmd2(x, y + 1, 1.0) > 0.1)
        (True, True)

    References:
        Gretton et al., "A kernel two-sample test", JMLR 13 (2012), eq. (3).
    """
    x, y = _clouds(x, y)
    bandwidth = number("bandwidth", bandwidth)
    if not bandwidth > 0:
        raise ValueError(f"bandwidth: got {bandwidth}, expected more than 0")
    dtype = wide(x.dtype, y.dtype)  # in 16 bits the number of pairs alone overflows
    return _mmd2(x.astype(dtype), y.astype(dtype), bandwidth)


def frechet_distance(x: Cloud, y: Other) -> float:
    r"""The squared Fréchet distance of two samples, each taken for a Gaussian.

    .. math::

        d^2 &= |m_x - m_y|^2 \\
        &+ \operatorname{tr}\bigl(C_x + C_y - 2\,(C_x^{1/2} C_y\, C_x^{1/2})^{1/2}\bigr)

    with means $m$ and covariances $C$. On features of Inception-v3 this is the FID. It is biased upwards, by about
    1/n, so only distances of equally many points compare.

    Args:
        x: features, real numbers of any type, shape `[n, d]`.
        y: features, shape `[m, d]`.

    Returns:
        The distance, at least 0 up to rounding, computed in float64.

    Raises:
        TypeError: a sample holds no real numbers.
        ValueError: the shapes do not fit, a sample has fewer than two points, or a value is not finite.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(size=(100, 3))
        >>> round(frechet_distance(x, x + np.array([3.0, 4.0, 0.0])), 6)
        25.0

    References:
        Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017, eq. (6).
    """
    _clouds(x, y)
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    for name, cloud in (("x", a), ("y", b)):
        if not np.isfinite(cloud).all():
            raise ValueError(f"{name}: got values that are NaN or infinite, expected finite numbers")
    cov_a, cov_b = (np.atleast_2d(np.cov(cloud, rowvar=False)) for cloud in (a, b))
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * cross)
