"""Steps per second and time to the first step: `fit`, a hand-written scan, Flax NNX, Equinox and PyTorch.

usage: training.py [--rounds 7] [--seconds 2] [TASK ...]   (run by bench/.venv/bin/python)

Each contestant has a process of its own, with one thread and with two. They are asked in turn, round after round, to
train for about as long, so that a busy machine disturbs all alike, and are compared by the median of the ratios of one
round. Writes training.json, which report.py turns into tables.
"""

import argparse
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from tasks import OUT, SMOKE, task

HERE = Path(__file__).parent
PEERS = {  # module: contestants
    "ours": ["fit", "scan by hand"],
    "flax_nnx": ["Flax nnx.jit", "Flax nnx cached"],
    "equinox_peer": ["Equinox"],
    "pytorch": ["PyTorch", "PyTorch, DataLoader", "PyTorch, fused Adam", "PyTorch, torch.compile"],
}
NAMES = {"mlp": "A", "cnn": "B", "transformer": "C", "lstm": "D"}
TASKS = tuple(NAMES)


class Worker:
    """A contestant's process; `first` holds the seconds of import and from there to the end of the first step."""

    first: list[float]

    def __init__(self, module: str, contestant: str, name: str, threads: int | str) -> None:
        command = [sys.executable, HERE / "worker.py", module, contestant, name, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE)
        self.steps = 1

    def run(self) -> float:
        """Train; returns steps per second."""
        self.process.stdin.write(f"{self.steps}\n")
        self.process.stdin.flush()
        return self.steps / float(self._line())

    def calibrate(self, steps: int, seconds: float) -> None:
        """Find how many steps take about so many seconds; what is compiled for that length is compiled here."""
        self.first = [float(x) for x in self._line().split()]
        self.steps = steps
        self.run()
        if SMOKE:
            return
        self.steps = max(10, round(self.run() * seconds))
        self.run()

    def stop(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait()

    def _line(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[2:]} ended with code {self.process.wait()}")
        return line


def taking_part(module: str, name: str) -> list[str]:
    """A module's contestants; in a smoke run `fit`, and of each module one, another one for each task."""
    contestants = PEERS[module]
    if not SMOKE:
        return contestants
    return [
        who for i, who in enumerate(contestants) if who == "fit" or (i + TASKS.index(name) + 1) % len(contestants) == 0
    ]


def compare(name: str, rounds: int, seconds: float) -> dict:
    """All contestants of one task: steps per second of each round, and seconds to the first step."""
    start = {}
    for module in PEERS:
        for contestant in taking_part(module, name):
            for threads in (2,) if module == "ours" or SMOKE else (1, 2):
                label = f"{contestant}, {threads} thread{'s' * (threads > 1)}"
                start[label] = partial(Worker, module, contestant, name, threads)
    started = {label: make() for label, make in start.items()} if SMOKE else {}  # together, since nothing is measured
    workers, first = {}, {}
    for label, make in start.items():
        worker = workers[label] = started.get(label) or make()
        worker.calibrate(1 if SMOKE else min(task(name).steps, 100), seconds)
        first[label] = worker.first
        print(f"  {label}: first step after {sum(worker.first):.1f} s", flush=True)
    rates = {label: [] for label in workers}
    for _ in range(rounds):
        for label, worker in workers.items():
            rates[label].append(worker.run())
    for worker in workers.values():
        worker.stop()
    return {"title": task(name).title, "first": first, "rates": rates}


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tasks", nargs="*", default=TASKS)
    parser.add_argument("--rounds", type=int, default=1 if SMOKE else 7)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    file = OUT / "training.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    for name in options.tasks:
        print(name, flush=True)
        results[name] = compare(name, options.rounds, options.seconds)
        for label, rates in results[name]["rates"].items():
            ratio = np.median(np.divide(results[name]["rates"]["fit, 2 threads"], rates))
            print(f"  {label:34} {np.median(rates):9.1f} steps/s   fit is {ratio:.2f} times as fast", flush=True)
        file.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
