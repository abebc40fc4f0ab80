"""Which examples each step sees: every epoch goes once through the data in a new random order."""

from typing import Any

import jax
import numpy as np

CHUNK = 1024  # at most so many steps in one call of a compiled loop, before the host looks at the losses
SECONDS_PER_CHUNK = 0.5
MAX_INDICES = 2**21
ORDER = 1  # to be raised when the same key gives another order: a checkpoint goes on only in its own


class Batches:
    """The examples' numbers of each step's batch, drawn on the host (sorting a random key for each example on the
    device, as jax.random.permutation does, costs more than the training of a small model).

    The order of an epoch depends on the key and on the epoch's number only, so a run can be resumed anywhere.

    Args:
        key: a PRNG key.
        n: number of examples.
        size: examples in a batch; None takes all in each step.
    """

    def __init__(self, key: Any, n: int, size: int | None) -> None:
        self.seed = np.asarray(jax.random.key_data(key)).ravel().tolist()
        self.n, self.size = n, size
        self.limit = CHUNK if size is None else max(1, min(CHUNK, MAX_INDICES // size))
        self._epoch, self._order = -1, np.empty(0, np.int32)

    def rows(self, step: int, stop: int) -> np.ndarray | None:
        """Indices for the steps from `step` to `stop`, shape `[limit, size]`, the rest zeros; None without batches."""
        if self.size is None:
            return None
        rows, batches, at = np.zeros((self.limit, self.size), np.int32), self.n // self.size, step
        while at < stop:
            epoch, first = divmod(at, batches)
            count = min(batches - first, stop - at)
            order = self._permutation(epoch)[first * self.size : (first + count) * self.size]
            rows[at - step : at - step + count] = order.reshape(count, self.size)
            at += count
        return rows

    def _permutation(self, epoch: int) -> np.ndarray:
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = np.random.default_rng([*self.seed, epoch]).permutation(self.n).astype(np.int32)
        return self._order


class Pace:
    """How many steps to take before the host looks again: what takes about half a second.

    Attributes:
        length: that many.
    """

    def __init__(self) -> None:
        self.length, self._chunks = 16, 0

    def took(self, steps: int, seconds: float) -> None:
        """Learn from a chunk; the first one includes compilation and counts for nothing."""
        self._chunks += 1
        if self._chunks > 1:
            self.length = int(np.clip(SECONDS_PER_CHUNK * steps / seconds, 1, CHUNK))
