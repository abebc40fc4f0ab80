"""A mixture of round Gaussians: density, score and samples in closed form, with and without noise."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from deepbook._checks import one_key, reals, whole
from deepbook.nn._module import module


@module
class GaussianMixture:
    r"""A mixture of round Gaussians, $p(x) = \sum_k w_k\,\mathcal N(x; \mu_k, \sigma_k^2 I)$.

    Scaled and with noise added it is again such a mixture, so its score is known at every level of noise.

    Attributes:
        means: $\mu_k$, shape `[K, d]`.
        scales: $\sigma_k > 0$, the standard deviation of each coordinate, shape `[K]`.
        weights: $w_k$, at least 0 with sum 1, shape `[K]`.

    Example:
        >>> import jax.numpy as jnp
        >>> two = GaussianMixture(jnp.array([[-2.0], [2.0]]), jnp.ones(2), jnp.array([0.5, 0.5]))
        >>> x = jnp.array([[0.0], [2.0]])
        >>> two.score(x).round(2).ravel().tolist()
        [0.0, -0.0]
        >>> two.noised(0.5, 1.0).means.ravel().tolist()
        [-1.0, 1.0]
    """

    means: Float[Array, "K d"]
    scales: Float[Array, " K"]
    weights: Float[Array, " K"]

    def _points(self, x: Any) -> Array:
        """Points as numbers of the mixture's type, with errors that name what does not fit."""
        x = reals("x", x, self.means.dtype)
        if self.means.ndim != 2 or {self.scales.shape, self.weights.shape} != {self.means.shape[:1]}:
            shapes = f"{self.means.shape}, {self.scales.shape}, {self.weights.shape}"
            raise ValueError(f"means, scales, weights: got shapes {shapes}, expected [K, d], [K], [K]")
        d = self.means.shape[1]
        if x.ndim != 2 or x.shape[1] != d:
            raise ValueError(f"x: got shape {x.shape}, expected [n, {d}]")
        return x

    def _joint(self, x: Float[Array, "n d"]) -> Float[Array, "n K"]:
        """log w_k N(x; mu_k, sigma_k^2 I)."""
        d = self.means.shape[1]
        square = ((x[:, None] - self.means[None]) ** 2).sum(-1) / self.scales[None] ** 2
        size = d * (jnp.log(self.scales) + 0.5 * jnp.log(2 * jnp.pi))
        return (jnp.log(self.weights) - size)[None] - 0.5 * square

    def log_density(self, x: Float[Array, "n d"]) -> Float[Array, " n"]:
        r"""The log density, $\ln p(x)$, in nats.

        Args:
            x: points, shape `[n, d]`.

        Returns:
            One number a point, shape `[n]`.

        Raises:
            ValueError: the shapes do not fit.
        """
        return _log_density(self, self._points(x))

    def posterior(self, x: Float[Array, "n d"]) -> Float[Array, "n K"]:
        r"""The probability of each component given the point, $p(k \mid x)$.

        Args:
            x: points, shape `[n, d]`.

        Returns:
            Rows with sum 1, shape `[n, K]`.

        Raises:
            ValueError: the shapes do not fit.
        """
        return _posterior(self, self._points(x))

    def score(self, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        r"""The score, $\nabla_x \ln p(x) = \sum_k p(k \mid x)\,(\mu_k - x)/\sigma_k^2$.

        Args:
            x: points, shape `[n, d]`.

        Returns:
            One vector a point, shape `[n, d]`.

        Raises:
            ValueError: the shapes do not fit.
        """
        return _score(self, self._points(x))

    def noised(self, a: Float[Array, ""] | float, s: Float[Array, ""] | float) -> "GaussianMixture":
        r"""The law of $a x + s\varepsilon$ with normal noise: means $a\mu_k$, variances $a^2\sigma_k^2 + s^2$.

        Args:
            a: what the data are multiplied by.
            s: the standard deviation of the noise.

        Returns:
            A mixture with the same weights.

        Raises:
            TypeError: one of them is no real number.
        """
        for name, value in (("a", a), ("s", s)):
            reals(name, value, self.means.dtype)
        return GaussianMixture(a * self.means, jnp.sqrt((a * self.scales) ** 2 + s**2), self.weights)

    def sample(self, key: Key[Array, ""], n: int) -> tuple[Float[Array, "n d"], Int[Array, " n"]]:
        """Independent draws.

        Args:
            key: a PRNG key.
            n: number of points.

        Returns:
            Points `[n, d]`, and the component that each came from, `[n]`.

        Raises:
            ValueError: `n` is not positive.
        """
        whole(1, n=n)
        return _sample(self, one_key("key", key), int(n))


@jax.jit
def _log_density(law: GaussianMixture, x: Array) -> Array:
    return jax.nn.logsumexp(law._joint(x), axis=1)


@jax.jit
def _posterior(law: GaussianMixture, x: Array) -> Array:
    return jax.nn.softmax(law._joint(x), axis=1)


@jax.jit
def _score(law: GaussianMixture, x: Array) -> Array:
    pull = _posterior(law, x) / law.scales[None] ** 2
    return pull @ law.means - pull.sum(1, keepdims=True) * x


@partial(jax.jit, static_argnums=2)
def _sample(law: GaussianMixture, key: Array, n: int) -> tuple[Array, Array]:
    which, noise = jax.random.split(key)
    k = jax.random.choice(which, len(law.weights), (n,), p=law.weights)  # no n x K random numbers
    eps = jax.random.normal(noise, (n, law.means.shape[1]), law.means.dtype)
    return law.means[k] + law.scales[k, None] * eps, k
