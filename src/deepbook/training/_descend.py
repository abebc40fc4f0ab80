"""One step of training as a pure function, and many of them as one scan."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax

from deepbook._checks import instance, one_key
from deepbook.nn._module import module, short
from deepbook.training import _inputs as inputs


@module
class TrainState:
    """All that changes in training, as one pytree.

    Attributes:
        model: the parameters, a pytree of floating-point arrays.
        opt_state: the optimizer's state.
        extra: what else the loss carries from step to step, any pytree of arrays; None if it carries nothing.
        step: number of steps taken, an integer scalar.
    """

    model: Any
    opt_state: Any
    extra: Any
    step: Any

    @classmethod
    def init(cls, model: Any, optimizer: optax.GradientTransformation, extra: Any = None) -> "TrainState":
        """The state before the first step.

        Args:
            model: a module, or any pytree of floating-point arrays.
            optimizer: an Optax gradient transformation.
            extra: the first value of what the loss carries along, any pytree of arrays.

        Returns:
            The state, with `step` 0.

        Raises:
            ValueError: the optimizer is none, or the model holds something else.
        """
        return cls(inputs.model(model), checked_optimizer(optimizer).init(model), extra, jnp.zeros((), jnp.int32))


def train_step(
    loss: Callable[..., Any], optimizer: optax.GradientTransformation, state: TrainState, batch: Any, *, key: Any = None
) -> tuple[TrainState, Any]:
    r"""One step of gradient descent, a pure function: use it under `jax.jit`, `jax.vmap`, `jax.lax.scan`, `jax.grad`.

    $\theta_{t+1} = \theta_t + u(\nabla_\theta L(\theta_t, B_t), \theta_t)$ with the optimizer's update $u$.

    Args:
        loss: `loss(model, batch)` returns a floating-point scalar. If it has a parameter `key`, it gets one as
            `key=`. If `state.extra` is not None, it is `loss(model, batch, extra)` and returns the scalar and the new
            extra: statistics of batch normalisation, moving averages, memories. No gradient flows through it.
        optimizer: an Optax gradient transformation.
        state: the state before the step.
        batch: what the loss gets.
        key: a PRNG key; step $t$ uses `jax.random.fold_in(key, t)`. Needed only by a loss that takes one.

    Returns:
        The state after the step, and the loss before it.

    Raises:
        TypeError: the key or the state is none.
        ValueError: the loss returns something else, or needs a key and gets none.

    Example:
        >>> import jax, optax, deepbook as db
        >>> def loss(w, batch, mean):  # carries a moving average of the batches
        ...     return (w - batch) ** 2, 0.9 * mean + 0.1 * batch
        >>> state = TrainState.init(jnp.float32(0), optax.sgd(0.25), extra=jnp.float32(0))
        >>> state, value = jax.jit(train_step, static_argnums=(0, 1))(loss, optax.sgd(0.25), state, jnp.float32(2))
        >>> state.model.item(), state.extra.item(), state.step.item(), value.item()
        (1.0, 0.20000000298023224, 1, 4.0)
    """
    instance("state", state, TrainState, "what TrainState.init returns")
    options = {}
    if takes_key(loss):
        if key is None:
            raise ValueError("key: got None, expected a key from jax.random.key(seed), since the loss takes one")
        options["key"] = jax.random.fold_in(one_key("key", key), state.step)

    def objective(model: Any) -> tuple[Any, Any]:
        if state.extra is None:
            return _scalar(loss(model, batch, **options)), None
        result = loss(model, batch, state.extra, **options)
        if not (isinstance(result, tuple) and len(result) == 2):
            raise ValueError(f"loss: it returns {short(result)}, expected (value, new extra), since it is given extra")
        return _scalar(result[0]), _alike(result[1], state.extra)

    (value, extra), gradient = jax.value_and_grad(objective, has_aux=True)(state.model)
    updates, opt_state = checked_optimizer(optimizer).update(gradient, state.opt_state, state.model)
    return TrainState(optax.apply_updates(state.model, updates), opt_state, extra, state.step + 1), value


def descend(
    loss: Callable[..., Any],
    model: Any,
    batches: Any,
    optimizer: optax.GradientTransformation,
    *,
    extra: Any = None,
    key: Any = None,
) -> tuple[TrainState, Any]:
    """Many steps of gradient descent as one `jax.lax.scan` of `train_step`.

    A pure function, which `fit` is not: `jax.jit` compiles it, `jax.vmap` trains for many learning rates and seeds
    side by side, `jax.grad` differentiates through the training, as meta-learning does. It checks and reports
    nothing on the way.

    Args:
        loss: as in `train_step`.
        model: a module, or any pytree of floating-point arrays.
        batches: a pytree whose leaves have a first axis of steps; step $t$ gets row $t$ of each. Where every step
            sees all data, let the loss read them and give `jnp.arange(steps)`.
        optimizer: an Optax gradient transformation; its learning rate may be traced.
        extra: the first value of what the loss carries along, as in `train_step`.
        key: a PRNG key for a loss that takes one.

    Returns:
        The state after the last step, and the losses before each, shape `[steps]`.

    Raises:
        ValueError: as `train_step`; or the batches have no common first axis.

    Example:
        >>> import jax, jax.numpy as jnp, optax, deepbook as db
        >>> x = jnp.linspace(-1, 1, 64)[:, None]
        >>> def loss(model, index):
        ...     return db.mean_squared_error(model(x[index]), 3 * x[index] + 1)
        >>> order = jax.random.randint(jax.random.key(1), (100, 16), 0, 64)  # 100 batches of 16
        >>> def final(rate, key):
        ...     return descend(loss, db.Linear.init(key, 1, 1), order, optax.sgd(rate))[1][-1]
        >>> rates, keys = jnp.array([0.03, 0.1, 0.3]), jax.random.split(jax.random.key(0), 5)
        >>> table = jax.jit(jax.vmap(jax.vmap(final, (None, 0)), (0, None)))(rates, keys)  # rates x seeds
        >>> table.shape, table.mean(1).argmin().item()
        ((3, 5), 2)
    """
    lengths = {jnp.shape(leaf)[:1] for leaf in jax.tree.leaves(batches)}
    if len(lengths) != 1 or () in lengths:
        found = sorted(lengths) or "no arrays"
        raise ValueError(f"batches: got first axes {found}, expected one number of steps, the first axis of each array")
    step = partial(train_step, loss, optimizer, key=key)
    return jax.lax.scan(step, TrainState.init(model, optimizer, extra), batches)


def takes_key(loss: Callable[..., Any]) -> bool:
    """Whether a loss has a parameter `key` that `functools.partial` has not filled already."""
    if not callable(loss):
        raise ValueError(f"loss: got {short(loss)}, expected a function of (model, batch)")
    inner: Any = loss
    while hasattr(inner, "__wrapped__") or isinstance(inner, partial):
        if isinstance(inner, partial) and "key" in inner.keywords:
            return False
        inner = inner.func if isinstance(inner, partial) else inner.__wrapped__
    return "key" in inspect.signature(loss).parameters


def checked_optimizer(value: Any) -> optax.GradientTransformation:
    """Something with the two functions of an Optax transformation."""
    if not (callable(getattr(value, "init", None)) and callable(getattr(value, "update", None))):
        hint = f"; call it: {value.__name__}(...)" if hasattr(value, "__name__") else ""
        raise ValueError(f"optimizer: got {short(value)}, expected an Optax one such as optax.adam(1e-3){hint}")
    return value


def _scalar(value: Any) -> Any:
    if not (isinstance(value, jax.Array) and value.shape == () and jnp.issubdtype(value.dtype, jnp.floating)):
        raise ValueError(
            f"loss: it returns {short(value)}, expected one floating-point number, computed from the model"
        )
    return value


def _alike(new: Any, old: Any) -> Any:
    """The new extra, if a loop can carry it in place of the old."""
    have: Any = jax.tree.structure(new)
    need: Any = jax.tree.structure(old)
    if have != need:
        raise ValueError(f"extra: the loss returns the structure {have}, expected that of what it was given, {need}")
    for (path, a), b in zip(jax.tree.leaves_with_path(new), jax.tree.leaves(old), strict=True):
        have, need = (jax.ShapeDtypeStruct(jnp.shape(leaf), jnp.result_type(leaf)) for leaf in (a, b))
        if have != need:
            name = f"extra{jax.tree_util.keystr(path)}"
            raise ValueError(f"{name}: the loss returns {short(have)}, expected {short(need)}, as it was given")
    return new
