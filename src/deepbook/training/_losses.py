"""Losses: of each example, or their mean or sum over the batch."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Integer, Real

from deepbook._checks import common, floats, indices, reals, share, word


def cross_entropy(
    logits: Float[Array, "*batch classes"],
    labels: Integer[Array, "*batch"],
    *,
    smoothing: float = 0.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    r"""Negative log-likelihood of integer labels under a softmax, in nats, averaged over the batch.

    $L = -\frac1N \sum_n \log p_{n y_n}$ with $p_{nk} = e^{z_{nk}} / \sum_j e^{z_{nj}}$, computed as
    $\operatorname{logsumexp}(z_n) - z_{n y_n}$, which does not overflow. With label smoothing $s$ the target is
    $(1 - s)$ times the one-hot vector plus $s / K$.

    Args:
        logits: $z$, shape `[..., K]`. A logit of $-\infty$ masks its class; smoothing then makes the loss infinite.
        labels: $y$, integers of any type from 0 to $K - 1$, shape `[...]`. A label out of range gives NaN.
        smoothing: $s$, $0 \le s < 1$.
        reduction: "mean", "sum", or "none" for the loss of each example.

    Returns:
        The loss, a scalar; with `reduction="none"` of shape `[...]`.

    Raises:
        TypeError: the logits are not floating-point numbers, or the labels not integers.
        ValueError: the shapes do not fit, the batch is empty, or a keyword has another value than those above.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(cross_entropy(jnp.zeros((4, 10)), jnp.array([0, 3, 5, 9]))), 3)  # ln 10
        2.303
        >>> cross_entropy(jnp.zeros((4, 10)), jnp.array([0, 3, 5, 9]), reduction="none").shape
        (4,)
    """
    logits, labels = scores(logits, labels)
    smoothing, classes = share("smoothing", smoothing), logits.shape[-1]
    log_p = jax.nn.log_softmax(logits)
    index = jnp.where((labels < 0) | (labels >= classes), classes, labels)[..., None]
    picked = jnp.take_along_axis(log_p, index, axis=-1, mode="fill", fill_value=jnp.nan)[..., 0]
    if smoothing:
        picked = (1 - smoothing) * picked + smoothing * log_p.mean(-1)
    return _reduced(-picked, reduction)


def binary_cross_entropy(
    logits: Float[Array, "*batch"],
    labels: Real[Array, "*batch"] | Bool[Array, "*batch"],
    *,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    r"""Negative log-likelihood of labels in $[0, 1]$ under a sigmoid, in nats, averaged over the batch.

    $L = \frac1N \sum_n \log(1 + e^{z_n}) - y_n z_n$.

    Args:
        logits: $z$, any shape.
        labels: $y$, of the same shape; probabilities, integers and truth values are allowed.
        reduction: "mean", "sum", or "none" for the loss of each example.

    Returns:
        The loss, a scalar; with `reduction="none"` of the logits' shape.

    Raises:
        TypeError: the logits are not floating-point numbers, or the labels not real ones.
        ValueError: the shapes differ, the batch is empty, or `reduction` is another word.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(binary_cross_entropy(jnp.zeros(2), jnp.array([0.0, 1.0]))), 3)  # ln 2
        0.693
    """
    logits, labels = _pair("logits", logits, "labels", labels)
    return _reduced(jax.nn.softplus(logits) - labels * logits, reduction)


def mean_squared_error(
    predictions: Float[Array, "*batch"],
    targets: Real[Array, "*batch"] | Bool[Array, "*batch"],
    *,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    r"""Mean of squared differences, $L = \frac1N \sum_n (\hat y_n - y_n)^2$, over all entries.

    Args:
        predictions: $\hat y$, any shape.
        targets: $y$, of the same shape: a column against a row is an error, not a matrix. Integers are allowed.
        reduction: "mean", "sum", or "none" for the square of each entry.

    Returns:
        The loss, a scalar, in squared units of the targets; with `reduction="none"` of the predictions' shape.

    Raises:
        TypeError: the predictions are not floating-point numbers, or the targets not real ones.
        ValueError: the shapes differ, there is nothing to average, or `reduction` is another word.

    Example:
        >>> import jax.numpy as jnp
        >>> float(mean_squared_error(jnp.array([1.0, 2.0]), jnp.array([1.0, 4.0])))
        2.0
    """
    predictions, targets = _pair("predictions", predictions, "targets", targets)
    return _reduced((predictions - targets) ** 2, reduction)


def scores(logits: Any, labels: Any) -> tuple[Array, Array]:
    """Scores of classes and labels that fit them."""
    logits, labels = floats("logits", logits), indices("labels", labels)
    if logits.ndim == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits: got shape {logits.shape}, expected [..., K] with at least one class")
    _same_batch("logits", logits.shape[:-1], "labels", labels.shape)
    return logits, labels


def _pair(first: str, a: Any, second: str, b: Any) -> tuple[Array, Array]:
    """Two floating-point arrays of one shape and one dtype."""
    a = floats(first, a)
    b = reals(second, b, a.dtype)
    _same_batch(first, a.shape, second, b.shape)
    dtype = common(a.dtype, b.dtype)
    return a.astype(dtype), b.astype(dtype)


def _same_batch(first: str, batch: tuple[int, ...], second: str, shape: tuple[int, ...]) -> None:
    if batch != shape:
        raise ValueError(f"{second}: got shape {shape}, expected {batch} to fit the {first}")
    if 0 in batch:
        raise ValueError(f"{first}: got an empty batch, expected at least one example")


def _reduced(values: Array, reduction: str) -> Array:
    word("reduction", reduction, ("mean", "sum", "none"))
    return values if reduction == "none" else values.mean() if reduction == "mean" else values.sum()
