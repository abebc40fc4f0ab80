"""Losses; each averages over its batch."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def cross_entropy(
    logits: Float[Array, "*batch classes"], labels: Int[Array, "*batch"], *, smoothing: float = 0.0
) -> Float[Array, ""]:
    r"""Mean negative log-likelihood of integer labels under a softmax, in nats.

    $L = -\frac1N \sum_n \log p_{n y_n}$ with $p_{nk} = e^{z_{nk}} / \sum_j e^{z_{nj}}$, computed as
    $\operatorname{logsumexp}(z_n) - z_{n y_n}$, which does not overflow. With label smoothing $s$ the target is
    $(1 - s)$ times the one-hot vector plus $s / K$.

    Args:
        logits: $z$, shape `[..., K]`.
        labels: $y$, integers from 0 to $K - 1$, shape `[...]`. A label out of range gives NaN.
        smoothing: $s$, $0 \le s < 1$.

    Returns:
        The loss, a scalar.

    Raises:
        ValueError: the shapes do not fit, or the batch is empty.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(cross_entropy(jnp.zeros((4, 10)), jnp.array([0, 3, 5, 9]))), 3)  # ln 10
        2.303
    """
    same_batch(logits.shape[:-1], labels.shape)
    log_p = jax.nn.log_softmax(logits)
    index = jnp.where((labels < 0) | (labels >= logits.shape[-1]), logits.shape[-1], labels)[..., None]
    picked = jnp.take_along_axis(log_p, index, axis=-1, mode="fill", fill_value=jnp.nan)[..., 0]
    return -((1 - smoothing) * picked + smoothing * log_p.mean(-1)).mean()


def binary_cross_entropy(logits: Float[Array, "*batch"], labels: Float[Array, "*batch"]) -> Float[Array, ""]:
    r"""Mean negative log-likelihood of labels in $[0, 1]$ under a sigmoid, in nats.

    $L = \frac1N \sum_n \log(1 + e^{z_n}) - y_n z_n$.

    Args:
        logits: $z$, any shape.
        labels: $y$, of the same shape; probabilities are allowed.

    Returns:
        The loss, a scalar.

    Raises:
        ValueError: the shapes differ, or the batch is empty.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(binary_cross_entropy(jnp.zeros(2), jnp.array([0.0, 1.0]))), 3)  # ln 2
        0.693
    """
    same_batch(logits.shape, labels.shape)
    return (jax.nn.softplus(logits) - labels * logits).mean()


def mean_squared_error(predictions: Float[Array, "*batch"], targets: Float[Array, "*batch"]) -> Float[Array, ""]:
    r"""Mean of squared differences, $L = \frac1N \sum_n (\hat y_n - y_n)^2$, over all entries.

    Args:
        predictions: $\hat y$, any shape.
        targets: $y$, of the same shape: a column against a row is an error, not a matrix.

    Returns:
        The loss, a scalar, in squared units of the targets.

    Raises:
        ValueError: the shapes differ, or there is nothing to average.

    Example:
        >>> import jax.numpy as jnp
        >>> float(mean_squared_error(jnp.array([1.0, 2.0]), jnp.array([1.0, 4.0])))
        2.0
    """
    same_batch(predictions.shape, targets.shape)
    return ((predictions - targets) ** 2).mean()


def same_batch(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    if first != second:
        raise ValueError(f"labels: got shape {tuple(second)}, expected {tuple(first)} to fit the predictions")
    if 0 in first:
        raise ValueError("labels: got an empty batch, expected at least one example")
