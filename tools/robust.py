"""Do the claims hold elsewhere? Runs each notebook with other seeds, threads, devices and precision.

usage: robust.py [--only VARIANT[,VARIANT...]] NOTEBOOK...

Every cell runs in every variant; cells that raise are listed, and the exit status says whether there was one. The
stored outputs stay as they are. Each run has one core, so that a machine does several at once; that claims hold with
more threads is for `make test`. The environment variable DEEPBOOK_SEED_SHIFT is added to every seed that is a number,
of jax.random.key and of numpy.random.default_rng, in the notebook's own cells (how a data set of the package is split
stays as it is). Nothing is compared with stored outputs: only claims, checks of exercises and crashes count.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

import nbformat
from nbclient import NotebookClient

VARIANTS = {
    "seeds+100": {"DEEPBOOK_SEED_SHIFT": "100"},
    "seeds+200": {"DEEPBOOK_SEED_SHIFT": "200"},
    "generator": {"DEEPBOOK_SEED_SHIFT": "300", "JAX_DEFAULT_PRNG_IMPL": "rbg"},  # another PRNG implementation
    "one-thread": {},
    "eight-devices": {"JAX_NUM_CPU_DEVICES": "8"},
    "float64": {"JAX_ENABLE_X64": "1"},
}
START = """
import os, sys, jax, numpy
def _shifted(make, shift=int(os.environ.get("DEEPBOOK_SEED_SHIFT", "0"))):
    def made(seed=None, **more):
        ours = isinstance(seed, int) and sys._getframe(1).f_globals.get("__name__") == "__main__"
        return make(seed + shift if ours else seed, **more)
    return made
jax.random.key, numpy.random.default_rng = _shifted(jax.random.key), _shifted(numpy.random.default_rng)
"""


def run(path: Path) -> int:
    """Run one notebook in this process's environment; returns how many cells raised, after printing them."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    imports = (i for i, cell in enumerate(notebook.cells) if re.search(r"^import jax$", cell.source, re.MULTILINE))
    notebook.cells.insert(
        next(imports, -1) + 1, nbformat.v4.new_code_cell(START)
    )  # after what a notebook sets before JAX starts
    NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=40"],
        timeout=900,
        allow_errors=True,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    failures = 0
    for i, cell in enumerate(notebook.cells):
        for output in cell.outputs:
            if output.output_type == "error":
                failures += 1
                lines = re.sub(r"\x1b\[[0-9;]*m", "", output.evalue).strip().split("\n")
                print(f"  cell {i}, {cell.source.strip().split(chr(10))[-1][:60]!r}: {output.ename}: {lines[0][:400]}")
    return failures


def job(path: Path, variant: str, cores: Queue) -> bool:
    """One notebook in one variant, in a process of its own on a core of its own; returns whether all cells ran."""
    core, start = cores.get(), time.perf_counter()
    command = ["taskset", "-c", str(core), sys.executable, __file__, "--here", path]
    environment = os.environ | {"DEEPBOOK_STATIC": "1"} | VARIANTS[variant]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    cores.put(core)
    seconds, verdict = time.perf_counter() - start, "FAILED" if done.returncode else "ok"
    trouble = done.stdout + done.stderr[-2000:] if done.returncode else ""
    print(f"{variant:13} {path.name:24} {seconds:4.0f} s  {verdict}\n{trouble}", end="", flush=True)
    return not done.returncode


def main() -> None:
    """Run all variants, or in a child one notebook in this environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join(VARIANTS))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("notebooks", nargs="+", type=Path)
    options = parser.parse_args()
    if options.here:
        sys.exit(min(run(options.notebooks[0]), 100))
    variants = options.only.split(",")
    if unknown := set(variants) - set(VARIANTS):
        parser.error(f"--only: got {', '.join(unknown)}, expected some of {', '.join(VARIANTS)}")
    cores: Queue = Queue()
    for core in os.sched_getaffinity(0):
        cores.put(core)
    with ThreadPoolExecutor(cores.qsize()) as pool:
        passed = pool.map(lambda pair: job(*pair, cores), [(p, v) for v in variants for p in options.notebooks])
        sys.exit(0 if all(list(passed)) else 1)


if __name__ == "__main__":
    main()
