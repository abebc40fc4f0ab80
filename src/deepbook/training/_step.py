"""One step of training, as every loop of the package takes it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax


def take(data: Any, index: Any) -> Any:
    """The examples with these numbers, from every array of the data."""
    return jax.tree.map(lambda a: jnp.take(a, index, axis=0, mode="clip"), data)


def update(
    loss: Callable[..., Any],
    optimizer: optax.GradientTransformation,
    model: Any,
    opt_state: Any,
    batch: Any,
    key: Any,
    t: Any,
) -> tuple[Any, Any, Any]:
    """The model and the optimizer's state after step t, and the loss before it."""
    extra = {} if key is None else {"key": jax.random.fold_in(key, t)}
    value, gradient = jax.value_and_grad(loss)(model, batch, **extra)
    change, opt_state = optimizer.update(gradient, opt_state, model)
    return optax.apply_updates(model, change), opt_state, value.astype(jnp.float32)
