"""The four trainings on whatever accelerator there is: `fit` beside the others, each with its own default precision.

usage: accelerator.py [--rounds 7] [--seconds 1] [TASK ...]   (writes accelerator.json, which RESULTS.md takes in)

As training.py, but all contestants start together, and there are no numbers of threads to compare. Also measured: the
peak of matrix products in three precisions.
"""

import argparse
from importlib.metadata import version

import jax
import numpy as np
from peak import gigaflops
from report import PACKAGES
from tasks import SMOKE, task, write
from training import PEERS, TASKS, Worker

PRECISIONS = {"float32": ("float32", "highest"), "float32, default": ("float32", None), "bfloat16": ("bfloat16", None)}


def compare(tasks: list[str], rounds: int, seconds: float) -> dict:
    """All contestants of these tasks: steps per second of each round, and seconds to the first step."""
    pairs = [
        (module, contestant)
        for module, contestants in PEERS.items()
        for contestant in (contestants[:1] if SMOKE else contestants)
    ]
    workers = {(name, who): Worker(module, who, name, "all") for name in tasks for module, who in pairs}
    for (name, who), worker in list(workers.items()):
        try:
            worker.calibrate(1 if SMOKE else min(task(name).steps, 100), seconds)
            print(f"  {name}, {who}: first step after {sum(worker.first):.1f} s", flush=True)
        except RuntimeError as error:  # a contestant that does not run here is left out of the table
            print(f"  {name}, {who}: {error}", flush=True)
            del workers[name, who]
    rates = {pair: [] for pair in workers}
    for _ in range(rounds):
        for pair, worker in workers.items():
            rates[pair].append(worker.run())
    for worker in workers.values():
        worker.stop()
    return {
        name: {
            "title": task(name).title,
            "first": {who: worker.first for (of, who), worker in workers.items() if of == name},
            "rates": {who: values for (of, who), values in rates.items() if of == name},
        }
        for name in tasks
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tasks", nargs="*", default=TASKS[:1] if SMOKE else TASKS)
    parser.add_argument("--rounds", type=int, default=1 if SMOKE else 7)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    if jax.default_backend() == "cpu" and not SMOKE:
        parser.error("no accelerator: JAX sees only the processor")
    machine = f"{jax.devices()[0].device_kind}; " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    peak = {name: gigaflops(256 if SMOKE else 8192, *spec) / 1000 for name, spec in PRECISIONS.items()}
    training = compare(options.tasks, options.rounds, options.seconds)
    write("accelerator", {"machine": machine, "peak": peak, "training": training})
    for name, result in training.items():
        for who, values in result["rates"].items():
            ratio = np.median(np.divide(result["rates"]["fit"], values))
            print(f"  {name}, {who:24} {np.median(values):9.1f} steps/s   fit is {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
