"""A training run in a file: what it holds, whether it belongs to this call, and when it is written."""

import platform
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax

from deepbook.training._batches import ORDER
from deepbook.training._descend import TrainState
from deepbook.training._files import fill, named_arrays, read_arrays, write_arrays
from deepbook.training._identity import fingerprint

SECONDS_PER_CHECKPOINT = 60.0
CODE = ("loss", "optimizer", "model", "extra")  # fingerprints that may change with the software, as those of metrics do


class CheckpointError(OSError):
    """A checkpoint could not be written; nothing of the training is lost.

    Attributes:
        model: the model as it is.
        history: the losses and metrics so far.
    """

    def __init__(self, path: str | Path, error: OSError, model: Any, history: Any) -> None:
        super().__init__(
            f"checkpoint: {path} could not be written after {len(history.losses)} steps ({error}). "
            "The model is `error.model`, the losses are in `error.history`."
        )
        self.model, self.history = model, history


class Checkpoint:
    """The file of a run, or none.

    Args:
        path: the file, or None.
        identity: what must be equal in this run and in the one that wrote the file; see `identity`.
    """

    def __init__(self, path: str | Path | None, identity: dict[str, Any]) -> None:
        self.path, self.identity, self.written = path, identity, time.monotonic()

    def due(self) -> bool:
        """Whether the last one is so old that much would be lost."""
        return self.path is not None and time.monotonic() - self.written >= SECONDS_PER_CHECKPOINT

    def write(self, state: TrainState, history: Any) -> None:
        """Save the run; of several processes the first one does."""
        if self.path is None or jax.process_index() != 0:
            return
        arrays = _prefixed("state", (state.model, state.opt_state)) | _prefixed("extra", state.extra)
        arrays |= {f"identity/{name}": value for name, value in self.identity.items()}
        arrays |= {f"metric/{name}": value for name, value in history.metrics.items()}
        arrays |= {"step": np.asarray(state.step), "losses": history.losses, "metric_steps": history.metric_steps}
        try:
            write_arrays(self.path, arrays)
        except OSError as error:
            raise CheckpointError(self.path, error, state.model, history) from error
        self.written = time.monotonic()

    def read(self, state: TrainState, metrics: list[str], steps: int) -> tuple[TrainState, dict[str, Any]] | None:
        """The run that the file holds: its state, and its losses, metric steps and metrics; None without a file."""
        if self.path is None or not Path(self.path).exists():
            return None
        stored = read_arrays(self.path, "checkpoint")
        self._compare(stored)
        step = int(stored["step"])
        if step > steps:
            raise ValueError(f"checkpoint: {self.path} has {step} steps, this call asks for steps={steps}")
        if {f"metric/{name}" for name in metrics} != {name for name in stored if name.startswith("metric/")}:
            raise ValueError(f"checkpoint: {self.path} was made with other metrics than {sorted(metrics)}")
        like = state.model, state.opt_state
        model, opt_state = fill(self.path, like, _named("state", stored), "checkpoint")
        extra = fill(self.path, state.extra, _named("extra", stored), "checkpoint")
        found = {name: stored[name] for name in ("losses", "metric_steps")} | {"metrics": _named("metric/", stored)}
        return TrainState(model, opt_state, extra, jax.numpy.asarray(step, jax.numpy.int32)), found

    def _compare(self, stored: dict[str, np.ndarray]) -> None:
        have = {name.removeprefix("identity/"): v for name, v in stored.items() if name.startswith("identity/")}
        for name in ("key", "batch_size", "examples", "order"):
            if name not in have or not np.array_equal(have[name], self.identity[name]):
                was = f"was made with {name} {have.get(name)}, this call has {name} {self.identity[name]}"
                raise ValueError(f"checkpoint: {self.path} {was}")
        moved = have.get("software") != self.identity["software"]
        code = (*CODE, *(name for name in self.identity if name.startswith("metric ")))
        for name in ("data", *code):  # files of earlier versions do not hold all of them
            if name in have and not (name in code and moved) and have[name] != self.identity[name]:
                raise ValueError(
                    f"checkpoint: {self.path} was made with another {name}, expected the {name} of this call; "
                    "give the same, or another file"
                )


def identity(
    loss: Any,
    start: TrainState,
    optimizer: optax.GradientTransformation,
    data: Any,
    batch_size: int | None,
    key: Any,
    metrics: dict[str, Any],
) -> dict[str, Any]:
    """What tells whether two calls of `fit` train the same; the first model and what it reads count as well."""
    device = jax.devices()[0].device_kind
    return {
        "key": np.asarray(jax.random.key_data(key)),
        "batch_size": batch_size or 0,
        "examples": len(jax.tree.leaves(data)[0]),
        "order": ORDER,
        "software": f"{platform.python_version()}, {jax.__version__}, {optax.__version__}, {device}",
        "data": fingerprint(data),
        "loss": fingerprint(loss),
        "optimizer": fingerprint(optimizer),
        "model": fingerprint(start.model),
        "extra": fingerprint(start.extra),
    } | {f"metric {name!r}": fingerprint(*pair) for name, pair in metrics.items()}


def _prefixed(prefix: str, tree: Any) -> dict[str, Any]:
    return {f"{prefix}{name}": array for name, array in named_arrays(tree).items()}


def _named(prefix: str, stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in stored.items() if name.startswith(prefix)}
