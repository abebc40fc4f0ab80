"""Measures of a trained model."""

from jaxtyping import Array, Float, Int

from deepbook.training._losses import same_batch


def accuracy(logits: Float[Array, "*batch classes"], labels: Int[Array, "*batch"]) -> Float[Array, ""]:
    r"""Share of examples whose largest logit is that of the label, between 0 and 1.

    Args:
        logits: scores, shape `[..., K]`; of equal ones the first counts as the largest.
        labels: integers, shape `[...]`.

    Returns:
        The share, a scalar.

    Raises:
        ValueError: the shapes do not fit, or the batch is empty.

    Example:
        >>> import jax.numpy as jnp
        >>> float(accuracy(jnp.array([[2.0, 1.0], [0.0, 3.0]]), jnp.array([0, 0])))
        0.5
    """
    same_batch(logits.shape[:-1], labels.shape)
    return (logits.argmax(-1) == labels).mean()
