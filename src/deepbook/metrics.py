"""Measures of a trained model."""

from jaxtyping import Array, Float, Integer

from deepbook.training._losses import scores


def accuracy(logits: Float[Array, "*batch classes"], labels: Integer[Array, "*batch"]) -> Float[Array, ""]:
    r"""Share of examples whose largest logit is that of the label, between 0 and 1.

    Args:
        logits: scores, shape `[..., K]`; of equal ones the first counts as the largest.
        labels: integers of any type, shape `[...]`. A label out of range counts as missed.

    Returns:
        The share, a scalar.

    Raises:
        TypeError: the logits are not floating-point numbers, or the labels not integers.
        ValueError: the shapes do not fit, or the batch is empty.

    Example:
        >>> import jax.numpy as jnp
        >>> float(accuracy(jnp.array([[2.0, 1.0], [0.0, 3.0]]), jnp.array([0, 0])))
        0.5
    """
    logits, labels = scores(logits, labels)
    return (logits.argmax(-1).astype(labels.dtype) == labels).mean()
