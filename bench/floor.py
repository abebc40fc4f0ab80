"""`fit` beside its floor, a scan written by hand, in one process.

usage: floor.py   (writes floor.json)

Two processes with the same program differ by several per cent for as long as they live, more than what is asked here.
So both train in one process, in turn, each time for about a second and a half.
"""

import time

import jax
import numpy as np
from ours import CONTESTANTS
from tasks import SMOKE, task, write
from training import TASKS

ROUNDS, SECONDS = (1, 0.0) if SMOKE else (15, 1.5)


def timed(train: object, steps: int) -> float:
    """Seconds of so many steps."""
    start = time.perf_counter()
    jax.block_until_ready(train(steps))
    return time.perf_counter() - start


def compare(name: str) -> list[float]:
    """Seconds of the scan over seconds of `fit`, round after round; every second round in the other order."""
    both = {who: make(name) for who, make in CONTESTANTS.items()}
    steps = 2 if SMOKE else task(name).steps
    for _ in range(2):  # the second time without compilation
        seconds = timed(both["fit"], steps)
    steps = max(2, round(steps * SECONDS / seconds))
    ratios = []
    for k in range(ROUNDS + 1):
        took = {who: timed(both[who], steps) for who in (list(both) if k % 2 else reversed(both))}
        ratios.append(took["scan by hand"] / took["fit"])
    return ratios[1:]  # the first compiles the scan for this length


def main() -> None:
    """Measure and write."""
    result = {name: compare(name) for name in (TASKS[:1] if SMOKE else TASKS)}
    for name, ratios in result.items():
        print(f"{name:12} {np.median(ratios):.3f}", flush=True)
    write("floor", result)


if __name__ == "__main__":
    main()
