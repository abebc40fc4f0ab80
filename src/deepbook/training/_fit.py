"""`fit`: the training loop, compiled whole."""

import dataclasses
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, SupportsIndex

import jax
import numpy as np
import optax
from jax.sharding import Mesh

from deepbook._checks import path_of
from deepbook.training import _inputs as inputs
from deepbook.training._batches import Batches, Pace
from deepbook.training._checkpoint import Checkpoint, identity
from deepbook.training._descend import checked_optimizer, takes_key
from deepbook.training._devices import replicate
from deepbook.training._identity import identity as reads_of
from deepbook.training._loop import block_length, copy, jitted, starter, stepper
from deepbook.training._progress import Progress


@dataclasses.dataclass
class History:
    """What happened in a training run.

    Attributes:
        losses: loss of each step's batch, before its update, shape `[steps]`.
        metrics: values of each metric, shape `[evaluations]`.
        metric_steps: steps taken before each evaluation, shape `[evaluations]`.
        seconds: wall-clock time, compilation included.
        interrupted: whether the run was stopped from the keyboard.
        extra: what the loss carried along, after the last step; None if it carried nothing.
    """

    losses: np.ndarray
    metrics: dict[str, np.ndarray]
    metric_steps: np.ndarray
    seconds: float = 0.0
    interrupted: bool = False
    extra: Any = None

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
    steps: SupportsIndex,
    key: Any,
    batch_size: SupportsIndex | None = None,
    eval_every: SupportsIndex | None = None,
    metrics: Mapping[str, tuple[Callable[..., Any], Any]] | None = None,
    extra: Any = None,
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
            `key` it gets a fresh key in each step (for dropout and noise). Runs that share loss and optimizer as
            objects share one compiled program, as long as the variables that the loss reads keep their values; a new
            object compiles anew. What the loss has under `jax.jit` itself keeps the values that it read first.
        model: a module, or any pytree of floating-point arrays. It is copied, not changed.
        data: a pytree of arrays with a common first axis, for example `(x, y)`; a batch has the same structure.
        optimizer: an Optax gradient transformation.
        steps: number of updates.
        key: a PRNG key, made by `jax.random.key`. The same key gives the same run.
        batch_size: examples in a batch; None takes all data in each step.
        eval_every: steps between evaluations of the metrics; None evaluates before and after training.
        metrics: name to `(function, data)`; `function(model, data)` returns a scalar, with extra
            `function(model, data, extra)` does.
        extra: what the loss carries from step to step beside the model, a pytree of arrays: with it the loss is
            `loss(model, batch, extra)` and returns the scalar and the new extra, as in `train_step`.
        checkpoint: a file. The run is saved there at each evaluation, once a minute, at the end and when it is
            interrupted, and continues from it if it exists: the resumed run equals the uninterrupted one bit for bit.
            Another key, batch size, data, loss, optimizer, first model, first extra or metric (its function or its
            data) are refused. Functions are compared by their code and by the numbers and arrays that they read,
            functions and metrics only if Python, JAX, Optax and the device are those of the file; a change inside a
            library or an object of one is not seen.
        mesh: a mesh of devices with one axis, over which each batch is split; see `make_mesh`.

    Returns:
        The trained model and its History. Interrupted from the keyboard, it warns and returns what it has.

    Raises:
        ValueError: an argument is unusable; the message names it, what came and what was expected.
        NonFiniteLossError: the loss or the final model is not finite; the last good model is on the error.
        CheckpointError: the checkpoint could not be written; the model as it is is on the error.

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
    key = inputs.key(key)
    data, n = inputs.data(data)
    metrics, mesh = inputs.metrics(metrics), inputs.mesh(mesh)
    checkpoint = None if checkpoint is None else path_of("checkpoint", checkpoint)
    batch_size = inputs.batch_size(batch_size, n, mesh)
    steps = inputs.positive("steps", steps)
    eval_every = inputs.positive("eval_every", steps if eval_every is None else eval_every)
    step_key = key if takes_key(loss) else None
    shell = jax.tree.map(lambda _: None, inputs.model(model))  # its classes and functions, which may read variables
    reads = reads_of(checked_optimizer(optimizer))
    state = starter(optimizer, reads)(model, inputs.arrays("extra", extra))
    described = {} if checkpoint is None else identity(loss, state, optimizer, data, batch_size, key, metrics)
    file = Checkpoint(checkpoint, described)
    batches = Batches(key, n, batch_size)
    if mesh is not None:
        data, state, step_key = replicate((data, state, step_key), mesh)
        metrics = {name: (function, replicate(values, mesh)) for name, (function, values) in metrics.items()}
    run = stepper(loss, optimizer, mesh, block_length(), reads_of(loss, optimizer, shell))
    measures = {name: jitted(function, reads_of(function, shell)) for name, (function, _) in metrics.items()}
    jax.eval_shape(run, state, data, batches.rows(0, 1), step_key, 1)  # traces, so that errors come before all work

    losses: list[np.ndarray] = []
    values: dict[str, list[float]] = {name: [] for name in metrics}
    metric_steps: list[int] = []
    step = 0
    found = file.read(state, list(metrics), steps)
    if found is not None:
        state, stored = found
        step, losses, metric_steps = int(state.step), [stored["losses"]], stored["metric_steps"].tolist()
        values = {name: stored["metrics"][name].tolist() for name in metrics}

    def history(interrupted: bool = False) -> History:
        return History(
            losses=np.concatenate(losses) if losses else np.zeros(0, np.float32),
            metrics={name: np.array(v) for name, v in values.items()},
            metric_steps=np.array(metric_steps, dtype=int),
            seconds=time.perf_counter() - started,
            interrupted=interrupted,
            extra=state.extra,
        )

    def evaluate() -> None:
        if not metric_steps or metric_steps[-1] < step:
            with_extra = () if state.extra is None else (state.extra,)
            new = {
                name: inputs.metric(name, measures[name](state.model, metrics[name][1], *with_extra))
                for name in metrics
            }
            metric_steps.append(step)
            for name, value in new.items():
                values[name].append(value)
        file.write(state, history())

    previous = current = (step, copy(state))
    pace = Pace()
    try:
        with Progress(steps, "step") as bar:
            if not metric_steps or step == steps:
                evaluate()
            while step < steps:
                stop = min(step + min(pace.length, batches.limit), steps, (step // eval_every + 1) * eval_every)
                previous, current = current, (step, copy(state))
                begun = time.perf_counter()
                new_state, chunk_losses = run(state, data, batches.rows(step, stop), step_key, stop)
                chunk_losses = np.asarray(chunk_losses)[: stop - step]  # waits for the device
                pace.took(stop - step, time.perf_counter() - begun)
                if not np.isfinite(chunk_losses).all():
                    bad = step + int(np.isfinite(chunk_losses).argmin())
                    losses.append(chunk_losses[: bad + 1 - step])
                    at, good = current if current[0] < bad else previous
                    good, _ = run(good, data, batches.rows(at, bad - 1), step_key, max(bad - 1, at))
                    raise NonFiniteLossError(bad, good.model, history())
                losses.append(chunk_losses)
                state, step = new_state, stop  # together, so that an interruption finds them in agreement
                bar.update(step, loss=chunk_losses[-1])
                if step % eval_every == 0 or step == steps:
                    evaluate()
                elif file.due():
                    file.write(state, history())
    except KeyboardInterrupt:
        step, state = (step, state) if not _deleted(state) else current
        losses = [np.concatenate(losses)[:step]] if losses else []
        file.write(state, history())
        warnings.warn(f"fit was interrupted after {step} of {steps} steps; it returns that model", stacklevel=2)
        return state.model, history(interrupted=True)
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.model)):
        at, good = current
        good, _ = run(good, data, batches.rows(at, steps - 1), step_key, max(steps - 1, at))
        raise NonFiniteLossError(steps, good.model, history())
    return state.model, history()


def _deleted(tree: Any) -> bool:
    return any(leaf.is_deleted() for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array))
