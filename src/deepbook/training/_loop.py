"""The compiled programs of `fit`: the start, the loop over many steps, a copy, a function called once."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from deepbook.training._batches import CHUNK
from deepbook.training._descend import TrainState, train_step

# Each function below is kept by its last argument too, what the functions read; see _identity.

copy = jax.jit(partial(jax.tree.map, jnp.copy))


def block_length() -> int:
    """How many steps run between two looks at whether to go on: a look costs an accelerator as much as a small step,
    and a processor less than a second compilation of the step.
    """
    return 1 if jax.default_backend() == "cpu" else 16


@lru_cache(maxsize=64)
def jitted(function: Callable[..., Any], reads: tuple[Any, ...]) -> Callable[..., Any]:
    """The function, compiled."""
    return jax.jit(partial(function))  # partial, since JAX would take the function for that of an earlier call


@lru_cache(maxsize=64)
def starter(optimizer: optax.GradientTransformation, reads: tuple[Any, ...]) -> Callable[..., Any]:
    """A copy of model and extra, and the optimizer's first state, by one compiled program."""

    @jax.jit
    def start(model: Any, extra: Any) -> TrainState:
        model, extra = jax.tree.map(partial(jnp.array, copy=True), (model, extra))
        return TrainState.init(model, optimizer, extra)

    return start


@lru_cache(maxsize=64)
def stepper(
    loss: Callable[..., Any],
    optimizer: optax.GradientTransformation,
    mesh: Mesh | None,
    block: int,
    reads: tuple[Any, ...],
) -> Callable[..., Any]:
    """The loop up to step `stop`, or to a loss that is not finite: one program for any number of steps up to CHUNK."""
    spread = None if mesh is None else NamedSharding(mesh, PartitionSpec(mesh.axis_names[0]))

    @partial(jax.jit, donate_argnums=0)
    def run(state: TrainState, data: Any, rows: Any, key: Any, stop: Any) -> tuple[TrainState, Any]:
        first = state.step

        def body(_: Any, carry: Any) -> Any:
            state, losses, _ = carry
            t = state.step - first
            batch = data if rows is None else take(data, rows[t])
            if spread is not None:
                batch = jax.lax.with_sharding_constraint(batch, spread)
            state, value = train_step(loss, optimizer, state, batch, key=key)
            value = value.astype(jnp.float32)
            return state, losses.at[t].set(value), value

        def at_least(steps: int) -> Callable[..., Any]:
            return lambda carry: (carry[0].step + steps <= stop) & jnp.isfinite(carry[2])

        carry = state, jnp.zeros(CHUNK, jnp.float32), jnp.float32(0)
        if block > 1:
            carry = jax.lax.while_loop(at_least(block), lambda c: jax.lax.fori_loop(0, block, body, c), carry)
        carry = jax.lax.while_loop(at_least(1), partial(body, None), carry)
        return carry[0], carry[1]

    return run


def take(data: Any, index: Any) -> Any:
    """The examples with these numbers, from every array of the data."""
    return jax.tree.map(lambda a: jnp.take(a, index, axis=0, mode="clip"), data)
