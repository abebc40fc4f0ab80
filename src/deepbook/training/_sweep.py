"""`fit_many`: one training for each setting of the hyperparameters and each key, compiled once."""

import inspect
import itertools
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from deepbook.training import _arguments as arguments
from deepbook.training._batches import CHUNK, Batches, Pace
from deepbook.training._progress import Progress
from deepbook.training._step import take, update

SIDE_BY_SIDE = 2.4e7  # operations of a loss below which vmap is faster on a CPU; measured by bench/sweeps.py


def fit_many(
    loss: Callable[..., Any],
    init: Callable[[Any], Any],
    data: Any,
    optimizer: Callable[..., optax.GradientTransformation],
    *,
    grid: Mapping[str, Sequence[float]],
    keys: Any,
    steps: int,
    batch_size: int | None = None,
    side_by_side: bool | None = None,
) -> tuple[Any, np.ndarray]:
    r"""Train a model for each combination of hyperparameters, and for each key.

    The run of a setting $s$ and a key $k$ is `fit(loss, init(a), data, optimizer(**s), key=b, ...)` with
    `a, b = jax.random.split(k)`, up to rounding: settings share the models at the start and the order of the data.
    Hyperparameters are arguments of the compiled loop, so all runs share one program. Models whose step is small
    are trained side by side by `jax.vmap`, since starting an operation costs more than the operation; others one
    after another.

    Args:
        loss: as in `fit`.
        init: `init(key)` returns the model.
        data: as in `fit`.
        optimizer: `optimizer(**setting)` returns an Optax transformation, for example `optax.adam`; it gets
            scalar arrays, which it must not branch on.
        grid: name of a hyperparameter to its values; all combinations are trained, the last name fastest.
        keys: an array of PRNG keys, for example `jax.random.split(key, 5)`.
        steps: number of updates of each run.
        batch_size: examples in a batch; None takes all data in each step.
        side_by_side: True or False decides it; None chooses by the operations of one step, and always True
            on an accelerator.

    Returns:
        The trained models, stacked: each leaf has an axis for each name of the grid and one for the keys in front.
        And the losses, shape `[*grid, keys, steps]`. A run that diverges has losses that are not finite from there
        on; it does not disturb the others. Interrupted from the keyboard, it warns and returns what it has, NaN in
        place of the losses of steps not taken.

    Raises:
        ValueError: an argument is unusable; the message names it, what came and what was expected.

    Example:
        >>> import jax, jax.numpy as jnp, optax, deepbook as db
        >>> x = jnp.linspace(-1, 1, 64)[:, None]
        >>> def loss(model, batch):
        ...     return db.mean_squared_error(model(batch[0]), batch[1])
        >>> models, losses = fit_many(
        ...     loss,
        ...     lambda key: db.Linear.init(key, 1, 1),
        ...     (x, 3 * x + 1),
        ...     optax.sgd,
        ...     grid={"learning_rate": [0.03, 0.1, 0.3]},
        ...     keys=jax.random.split(jax.random.key(0), 2),
        ...     steps=100,
        ... )
        >>> models.weight.shape, losses.shape, losses[..., -1].mean(1).argmin().item()
        ((3, 2, 1, 1), (3, 2, 100), 2)
    """
    arguments.positive("steps", steps)
    data, n = arguments.data(data)
    batch_size = arguments.batch_size(batch_size, n, None)
    settings = arguments.grid(grid)
    init_keys, keys = zip(*map(jax.random.split, arguments.keys(keys)), strict=True)
    models, keys = arguments.alike([arguments.model(init(key)) for key in init_keys]), list(map(arguments.key, keys))
    with_key = "key" in inspect.signature(loss).parameters
    arguments.loss(loss, models[0], data, batch_size, keys[0] if with_key else None)
    if side_by_side is None:
        side_by_side = jax.default_backend() != "cpu" or _operations(loss, models[0], data, batch_size) < SIDE_BY_SIDE
    points = [dict(zip(settings, values, strict=True)) for values in itertools.product(*settings.values())]
    start, run = _program(loss, optimizer, with_key, len(points) if side_by_side else None)
    losses = np.full((len(points), len(keys), steps), np.nan, np.float32)
    batches = [Batches(key, n, batch_size, runs=len(keys) if side_by_side else 1) for key in keys]
    if side_by_side:
        jobs = [(losses, _stack(points), _stack(models), _stack(keys), batches)]
    else:
        runs = itertools.product(range(len(points)), range(len(keys)))
        jobs = [(losses[s, k], points[s], models[k], keys[k], batches[k : k + 1]) for s, k in runs]
    states = [start(setting, model) for _, setting, model, _, _ in jobs]
    taken = 0
    try:
        with Progress(steps * len(jobs), "step") as bar:
            for j, (out, setting, _, key, draws) in enumerate(jobs):
                step, pace = 0, Pace()
                while step < steps:
                    stop = min(step + min(pace.length, draws[0].limit), steps)
                    rows = [draw.rows(step, stop) for draw in draws]
                    rows = None if batch_size is None else np.stack(rows) if side_by_side else rows[0]
                    begun = time.perf_counter()
                    new, values = run(*states[j], data, rows, key, setting, step, stop)
                    values = np.asarray(values)[..., : stop - step]  # waits for the device
                    states[j], out[..., step:stop] = new, values  # together, as in fit
                    pace.took(stop - step, time.perf_counter() - begun)
                    step, taken = stop, j * steps + stop
                    bar.update(taken)
    except KeyboardInterrupt:
        share = taken / (steps * len(jobs))  # not from the losses: a run that diverged was trained too
        warnings.warn(f"fit_many was interrupted after {share:.0%} of the steps; it returns those models", stacklevel=2)
    trained = states[0][0] if side_by_side else _stack([model for model, _ in states])
    shape = (*map(len, settings.values()), len(keys))
    old = 2 if side_by_side else 1
    return jax.tree.map(lambda a: a.reshape(*shape, *a.shape[old:]), trained), losses.reshape(*shape, steps)


@lru_cache(maxsize=64)
def _program(
    loss: Callable[..., Any],
    optimizer: Callable[..., optax.GradientTransformation],
    with_key: bool,
    side_by_side: int | None,
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The start of a run, and its loop from `step` to `stop`; side by side, of that many settings and all keys."""

    def start(setting: Any, model: Any) -> Any:
        return model, optimizer(**setting).init(model)

    def run(model: Any, opt_state: Any, data: Any, rows: Any, key: Any, setting: Any, step: Any, stop: Any) -> Any:
        transformation = optimizer(**setting)

        def body(t: Any, carry: Any) -> Any:
            model, opt_state, losses = carry
            batch = data if rows is None else take(data, rows[t - step])
            model, opt_state, value = update(
                loss, transformation, model, opt_state, batch, key if with_key else None, t
            )
            return model, opt_state, losses.at[t - step].set(value)

        model, opt_state, losses = jax.lax.fori_loop(
            step, stop, body, (model, opt_state, jnp.zeros(CHUNK, jnp.float32))
        )
        return (model, opt_state), losses

    if side_by_side:
        start = jax.vmap(jax.vmap(start, (None, 0)), (0, None), axis_size=side_by_side)
        run = jax.vmap(jax.vmap(run, (0, 0, None, 0, 0, None, None, None)), (0, 0, None, None, None, 0, None, None))
    return jax.jit(start), jax.jit(run)


def _stack(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def _operations(loss: Callable[..., Any], model: Any, data: Any, batch_size: int | None) -> float:
    """Floating-point operations of the loss of one batch, as XLA counts them."""
    batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct((batch_size or len(a), *a.shape[1:]), a.dtype), data)
    extra = {"key": jax.random.key(0)} if "key" in inspect.signature(loss).parameters else {}
    return arguments.jitted(loss).lower(model, batch, **extra).cost_analysis()["flops"]
