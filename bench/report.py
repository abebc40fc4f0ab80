"""Turn the measurements into RESULTS.md and results.json.

usage: report.py
"""

import json
import os
import platform
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from tasks import OUT
from training import NAMES

PACKAGES = ("jax", "optax", "flax", "equinox", "torch")
GOALS = [("mlp", "PyTorch", 4), ("mlp", "PyTorch, DataLoader", 6), ("mlp", "Flax nnx.jit", 4)]
GOALS += [("mlp", "Flax nnx cached", 2), ("mlp", "Equinox", 2.5)]
GOALS += [("cnn", "PyTorch*", 1.1), ("cnn", "Flax*", 3.5), ("cnn", "Equinox", 3.5)]
GOALS += [("transformer", "PyTorch*", 1.1), ("transformer", "Flax*", 2), ("transformer", "Equinox", 2)]
GOALS += [("lstm", name, 1) for name in ("PyTorch*", "Flax*", "Equinox")]
PEAK_GOALS = {"mlp": 0.3, "cnn": 0.2, "transformer": 0.25}


def measured(name: str) -> dict:
    """What one script wrote, or nothing where it was not run."""
    file = OUT / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else {}


def machine() -> str:
    """Processor, number of cores and versions, in a line."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0))
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    kind = cpu.partition(":")[2].strip() or platform.machine()
    return f"{kind}, {cores} cores; Python {platform.python_version()}, {', '.join(found)}"


def training_tables(training: dict, peak: dict) -> list[str]:
    """Steps per second, the ratio to fit with the quartiles over rounds, and the time to the first step."""
    lines = ["## Training, beside what a reader would use instead", ""]
    for name, result in training.items():
        fit = np.array(result["rates"]["fit, 2 threads"])
        lines += [f"### {NAMES[name]}. {result['title']}", ""]
        if peak:
            share = np.median(fit) * peak["operations"][name] / peak["peak"] / 1e9
            lines += [f"`fit` runs at {100 * share:.0f} % of the measured peak of float32 matrix products.", ""]
        lines += ["| | steps per second | `fit` is faster by (quartiles) | import, s | to the first step, s |"]
        lines += ["|---|---|---|---|---|"]
        for label, rates in result["rates"].items():
            low, middle, high = np.quantile(fit / np.array(rates), (0.25, 0.5, 0.75))
            seconds = " | ".join(f"{x:.1f}" for x in result["first"][label])
            spread = f"{middle:.2f} ({low:.2f}-{high:.2f})"
            lines += [f"| {label} | {np.median(rates):,.0f} | {spread} | {seconds} |"]
        lines += [""]
    return lines


def goal_lines(training: dict, floor: dict, peak: dict, startup: dict) -> list[str]:
    """Each goal with what was measured; peers count with the better of their variants and numbers of threads."""
    scan = "`fit` over the scan by hand, in one process"
    rows = [(f"{NAMES[task]}: {scan}", 0.95, np.median(ratios)) for task, ratios in floor.items()]
    for task, pattern, goal in GOALS:
        if task in training:
            rates = training[task]["rates"]
            fit = np.array(rates["fit, 2 threads"])
            peers = [np.array(r) for label, r in rates.items() if fnmatch(label.rpartition(", ")[0], pattern)]
            if not peers:
                continue  # in a smoke run
            best = max(peers, key=np.median)
            rows.append(
                (f"{NAMES[task]}: `fit` over {pattern.rstrip('*')}, the best variant", goal, np.median(fit / best))
            )
    for task, share in PEAK_GOALS.items() if peak else ():
        if task in training:
            rate = np.median(training[task]["rates"]["fit, 2 threads"])
            measured_share = rate * peak["operations"][task] / peak["peak"] / 1e9
            rows.append((f"{NAMES[task]}: share of the matrix-product peak", share, measured_share))
    at_most = []
    if startup:
        at_most.append(("seconds that `import deepbook` adds", 0.1, startup["deepbook_adds_seconds"]))
        at_most.append(("seconds to the first chunk of C, cold", 3.0, startup["first_chunk_cold_seconds"]))
        at_most.append(("seconds to the first chunk of C, cached", 1.5, startup["first_chunk_cached_seconds"]))
    lines = ["## Goals", "", "| | goal | measured | |", "|---|---|---|---|"]
    lines += [f"| {n} | >= {g:g} | {m:.3g} | {'met' if m >= g else 'not met'} |" for n, g, m in rows]
    lines += [f"| {n} | <= {g:g} | {m:.3g} | {'met' if m <= g else 'not met'} |" for n, g, m in at_most]
    return [*lines, ""]


def startup_lines(startup: dict) -> list[str]:
    """Imports, first chunk, and the safety of the cache."""
    if not startup:
        return []
    imports = startup["import_seconds"]
    return [
        "## Start-up",
        "",
        f"- `import jax, optax` takes {imports['jax, optax']:.2f} s; "
        f"deepbook adds {1000 * startup['deepbook_adds_seconds']:.0f} ms.",
        f"- A process that trains task C has its first 16 steps after {startup['first_chunk_cold_seconds']:.1f} s, "
        f"with a full compilation cache after {startup['first_chunk_cached_seconds']:.1f} s, all imports included.",
        f"- Losses without a cache and with a full one are equal bit for bit: {startup['losses_equal_with_cache']}; "
        f"with every entry overwritten by rubbish too: {startup['corrupt_cache_survived']}.",
        "",
    ]


def scaling_lines(scaling: dict) -> list[str]:
    """Microseconds of a step against each of four sizes."""
    if not scaling:
        return []
    lines = [
        "## What a step of `fit` costs",
        "",
        "MLP with 2 layers of 128, batch 128, 10,000 examples; one size varied.",
    ]
    for name, costs in scaling.items():
        lines += ["", f"| {name} | " + " | ".join(f"{int(v):,}" for v in costs) + " |"]
        lines += ["|---" * (len(costs) + 1) + "|"]
        lines += ["| microseconds | " + " | ".join(f"{1e6 * c:,.0f}" for c in costs.values()) + " |"]
    return [*lines, ""]


def accelerator_lines(accelerator: dict) -> list[str]:
    """The same trainings on an accelerator, as accelerator.py measured them there."""
    if not accelerator:
        return []
    peaks = ", ".join(f"{value:.0f} ({name})" for name, value in accelerator["peak"].items())
    lines = ["## On an accelerator", "", f"{accelerator['machine']}. {accelerator.get('note', '')}".strip(), ""]
    lines += [f"Peak of matrix products, TFLOP/s: {peaks}.", ""]
    lines += ["| | | steps per second | `fit` is faster by | import, s | to the first step, s |", "|---" * 6 + "|"]
    for name, result in accelerator["training"].items():
        for who, rates in result["rates"].items():
            ratio = np.median(np.divide(result["rates"]["fit"], rates))
            seconds = " | ".join(f"{x:.1f}" for x in result["first"][who])
            lines.append(f"| {NAMES[name]} | {who} | {np.median(rates):,.0f} | {ratio:.2f} | {seconds} |")
    return [*lines, ""]


def main() -> None:
    """Write both files."""
    training, floor, peak = measured("training"), measured("floor"), measured("peak")
    lines = ["# Measured speed", "", f"{machine()}.", ""]
    lines += [
        "Medians of interleaved rounds, each contestant in a process of its own. Trust differences above 10 % only."
    ]
    if peak:
        lines += ["", f"Peak of float32 matrix products: {peak['peak']:.0f} GFLOP/s."]
    startup, scaling = measured("startup"), measured("scaling")
    lines += ["", *goal_lines(training, floor, peak, startup)]
    notes = Path(__file__).parent / "what_is_left.md"
    lines += [notes.read_text(), ""] if notes.exists() else []
    lines += training_tables(training, peak)
    lines += startup_lines(startup) + scaling_lines(scaling)
    lines += accelerator_lines(measured("accelerator"))
    (OUT / "RESULTS.md").write_text("\n".join(lines).rstrip() + "\n")
    results = {
        "machine": machine(),
        "training": training,
        "floor": floor,
        "peak": peak,
        "startup": startup,
        "scaling": scaling,
        "accelerator": measured("accelerator"),
    }
    (OUT / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
