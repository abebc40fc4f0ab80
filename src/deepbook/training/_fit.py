"""`fit`: the training loop, compiled whole."""

import dataclasses
import inspect
import time
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from deepbook.training import _arguments as arguments
from deepbook.training._batches import CHUNK, ORDER, Batches, Pace
from deepbook.training._devices import replicate
from deepbook.training._files import fill, named_leaves, read_arrays, write_arrays
from deepbook.training._progress import Progress
from deepbook.training._step import take, update


@dataclasses.dataclass
class History:
    """What happened in a training run.

    Attributes:
        losses: loss of each step's batch, before its update, shape `[steps]`.
        metrics: values of each metric, shape `[evaluations]`.
        metric_steps: steps taken before each evaluation, shape `[evaluations]`.
        seconds: wall-clock time, compilation included.
        interrupted: whether the run was stopped from the keyboard.
    """

    losses: np.ndarray
    metrics: dict[str, np.ndarray]
    metric_steps: np.ndarray
    seconds: float = 0.0
    interrupted: bool = False

    def __repr__(self) -> str:
        loss = f"loss {self.losses[0]:.3g} to {self.losses[-1]:.3g}" if len(self.losses) else "no loss"
        last = "".join(f", {name} {values[-1]:.3g}" for name, values in self.metrics.items() if len(values))
        return f"History({len(self.losses)} steps, {loss}{last})"


class NonFiniteLossError(FloatingPointError):
    """The loss became infinite or not a number.

    Attributes:
        step: the first step (from 0) whose loss was not finite.
        model: the last model whose loss was finite; the initial one if there was none.
        history: losses up to that step.
    """

    def __init__(self, step: int, model: Any, history: History) -> None:
        super().__init__(
            f"the loss is not finite at step {step}: try a smaller learning rate, and look at the data. "
            "The last good model is `error.model`, the losses are in `error.history`."
        )
        self.step, self.model, self.history = step, model, history


def fit(
    loss: Callable[..., Any],
    model: Any,
    data: Any,
    optimizer: optax.GradientTransformation,
    *,
    steps: int,
    key: Any,
    batch_size: int | None = None,
    eval_every: int | None = None,
    metrics: Mapping[str, tuple[Callable[[Any, Any], Any], Any]] | None = None,
    checkpoint: str | Path | None = None,
    mesh: Mesh | None = None,
) -> tuple[Any, History]:
    r"""Train a model by minibatch gradient descent.

    Step $t$ computes $g_t = \nabla_\theta L(\theta_t, B_t)$ on a batch $B_t$, and
    $\theta_{t+1} = \theta_t + u(g_t, \theta_t)$ with the optimizer's update $u$. Each epoch goes once through the
    data in a new random order; examples that do not fill a last batch are left out of that epoch. Gathering, gradients
    and updates run on the device, hundreds of steps in one compiled loop.

    Args:
        loss: `loss(model, batch)` or `loss(model, batch, key=key)`, returns a scalar. With a parameter named
            `key` it gets a fresh key in each step (for dropout and noise).
        model: a module, or any pytree of floating-point arrays. It is copied, not changed.
        data: a pytree of arrays with a common first axis, for example `(x, y)`; a batch has the same structure.
        optimizer: an Optax gradient transformation. Runs that share loss and optimizer as objects share one
            compiled program; a new object, even with the same settings, compiles anew.
        steps: number of updates.
        key: a PRNG key, made by `jax.random.key`. The same key gives the same run.
        batch_size: examples in a batch; None takes all data in each step.
        eval_every: steps between evaluations of the metrics; None evaluates before and after training.
        metrics: name to `(function, data)`; `function(model, data)` returns a scalar.
        checkpoint: a file. The run is saved there at each evaluation and at the end, and continues from it if it
            exists: the resumed run equals the uninterrupted one bit for bit.
        mesh: a mesh of devices with one axis, over which each batch is split; see `make_mesh`.

    Returns:
        The trained model and its History. Interrupted from the keyboard, it warns and returns what it has.

    Raises:
        ValueError: an argument is unusable; the message names it, what came and what was expected.
        NonFiniteLossError: the loss or the final model is not finite; the last good model is on the error.

    Example:
        >>> import jax, jax.numpy as jnp, optax, deepbook as db
        >>> x = jnp.linspace(-1, 1, 64)[:, None]
        >>> line = db.Linear.init(jax.random.key(0), 1, 1)
        >>> def loss(model, batch):
        ...     return db.mean_squared_error(model(batch[0]), batch[1])
        >>> line, history = fit(loss, line, (x, 3 * x + 1), optax.sgd(0.3), steps=200, key=jax.random.key(1))
        >>> round(line.weight.item(), 3), round(line.bias.item(), 3)
        (3.0, 1.0)
    """
    started = time.perf_counter()
    key = arguments.key(key)
    data, n = arguments.data(data)
    metrics = arguments.metrics(metrics)
    batch_size = arguments.batch_size(batch_size, n, mesh)
    arguments.positive("steps", steps)
    eval_every = arguments.positive("eval_every", steps if eval_every is None else eval_every)
    state = _start(optimizer)(arguments.model(model))
    with_key = "key" in inspect.signature(loss).parameters
    arguments.loss(loss, state[0], data, batch_size, key if with_key else None)
    batches = Batches(key, n, batch_size)
    identity = {"key": jax.random.key_data(key), "batch_size": batch_size or 0, "examples": n, "order": ORDER}
    if mesh is not None:
        data, state, key = replicate((data, state, key), mesh)
        metrics = {name: (function, replicate(values, mesh)) for name, (function, values) in metrics.items()}
    run = _program(loss, optimizer, with_key, mesh)

    losses: list[np.ndarray] = []
    values: dict[str, list[float]] = {name: [] for name in metrics}
    metric_steps: list[int] = []
    step = 0
    if checkpoint is not None and Path(checkpoint).exists():
        state, step, losses, metric_steps, values = _resume(checkpoint, state, identity, values, steps)

    def history(interrupted: bool = False) -> History:
        return History(
            losses=np.concatenate(losses) if losses else np.zeros(0, np.float32),
            metrics={name: np.array(v) for name, v in values.items()},
            metric_steps=np.array(metric_steps, dtype=int),
            seconds=time.perf_counter() - started,
            interrupted=interrupted,
        )

    def evaluate() -> None:
        if not metric_steps or metric_steps[-1] < step:
            metric_steps.append(step)
            for name, (function, metric_data) in metrics.items():
                values[name].append(float(arguments.jitted(function)(state[0], metric_data)))
        if checkpoint is not None and jax.process_index() == 0:
            _write(checkpoint, state, step, identity, history())

    previous = current = (step, _copy(state))
    pace = Pace()
    try:
        with Progress(steps, "step") as bar:
            evaluate()
            while step < steps:
                stop = min(step + min(pace.length, batches.limit), steps, (step // eval_every + 1) * eval_every)
                previous, current = current, (step, _copy(state))
                begun = time.perf_counter()
                new_state, reached, chunk_losses = run(*state, data, batches.rows(step, stop), key, step, stop)
                chunk_losses = np.asarray(chunk_losses)[: int(reached) - step]  # waits for the device
                pace.took(stop - step, time.perf_counter() - begun)
                losses.append(chunk_losses)
                if not np.isfinite(chunk_losses[-1]):
                    bad = int(reached) - 1
                    at, good = current if current[0] < bad else previous
                    good, _, _ = run(*good, data, batches.rows(at, bad - 1), key, at, max(bad - 1, at))
                    raise NonFiniteLossError(bad, good[0], history())
                state, step = new_state, stop  # together, so that an interruption finds them in agreement
                bar.update(step, loss=chunk_losses[-1])
                if step % eval_every == 0 or step == steps:
                    evaluate()
    except KeyboardInterrupt:
        done, state = (step, state) if not _deleted(state) else current
        losses = [np.concatenate(losses)[:done]] if losses else []
        warnings.warn(f"fit was interrupted after {done} of {steps} steps; it returns that model", stacklevel=2)
        return state[0], history(interrupted=True)
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state[0])):
        at, good = current
        good, _, _ = run(*good, data, batches.rows(at, steps - 1), key, at, max(steps - 1, at))
        raise NonFiniteLossError(steps, good[0], history())
    return state[0], history()


@lru_cache(maxsize=64)
def _program(
    loss: Callable[..., Any],
    optimizer: optax.GradientTransformation,
    with_key: bool,
    mesh: Mesh | None,
) -> Callable[..., Any]:
    """The compiled loop from step `step` to `stop`: one program for any number of steps up to CHUNK."""
    spread = None if mesh is None else NamedSharding(mesh, PartitionSpec(mesh.axis_names[0]))

    @partial(jax.jit, donate_argnums=(0, 1))
    def run(model: Any, opt_state: Any, data: Any, rows: Any, key: Any, step: Any, stop: Any) -> Any:
        def body(carry: Any) -> Any:
            t, model, opt_state, losses, _ = carry
            batch = data if rows is None else take(data, rows[t - step])
            if spread is not None:
                batch = jax.lax.with_sharding_constraint(batch, spread)
            model, opt_state, value = update(loss, optimizer, model, opt_state, batch, key if with_key else None, t)
            return t + 1, model, opt_state, losses.at[t - step].set(value), value

        def go_on(carry: Any) -> Any:
            return (carry[0] < stop) & jnp.isfinite(carry[-1])

        start = (jnp.asarray(step, jnp.int32), model, opt_state, jnp.zeros(CHUNK, jnp.float32), jnp.float32(0))
        reached, model, opt_state, losses, _ = jax.lax.while_loop(go_on, body, start)
        return (model, opt_state), reached, losses

    return run


@lru_cache(maxsize=64)
def _start(optimizer: optax.GradientTransformation) -> Callable[..., Any]:
    """A copy of the model, and the optimizer's first state, by one compiled program."""

    @jax.jit
    def start(model: Any) -> Any:
        model = jax.tree.map(partial(jnp.array, copy=True), model)
        return model, optimizer.init(model)

    return start


_copy = jax.jit(partial(jax.tree.map, jnp.copy))


def _deleted(tree: Any) -> bool:
    return any(leaf.is_deleted() for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array))


def _write(path: str | Path, state: Any, step: int, identity: dict[str, Any], history: History) -> None:
    arrays = {f"state{name}": leaf for name, leaf in named_leaves(state)}
    arrays |= {f"identity/{name}": value for name, value in identity.items()}
    arrays |= {f"metric/{name}": value for name, value in history.metrics.items()}
    write_arrays(path, arrays | {"step": step, "losses": history.losses, "metric_steps": history.metric_steps})


def _resume(
    path: str | Path, state: Any, identity: dict[str, Any], values: dict[str, list[float]], steps: int
) -> tuple[Any, int, list[np.ndarray], list[int], dict[str, list[float]]]:
    stored = read_arrays(path)
    for name, value in identity.items():
        have = stored.get(f"identity/{name}")
        if have is None or not np.array_equal(have, value):
            raise ValueError(f"checkpoint: {path} was made with {name} {have}, this call has {name} {value}")
    step = int(stored["step"])
    if step > steps:
        raise ValueError(f"checkpoint: {path} has {step} steps, this call asks for steps={steps}")
    if {f"metric/{name}" for name in values} != {name for name in stored if name.startswith("metric/")}:
        raise ValueError(f"checkpoint: {path} was made with other metrics than {sorted(values)}")
    values = {name: stored[f"metric/{name}"].tolist() for name in values}
    tree = {name.removeprefix("state"): a for name, a in stored.items() if name.startswith("state")}
    return fill(path, state, tree), step, [stored["losses"]], stored["metric_steps"].tolist(), values
