"""Turn the measurements into RESULTS.md and results.json.

usage: report.py
"""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PACKAGES = ("jax", "optax", "flax", "equinox", "torch")
NAMES = {"mlp": "A", "cnn": "B", "transformer": "C", "lstm": "D"}


def measured(name: str) -> dict:
    """What one script wrote, or nothing where it was not run."""
    file = HERE / f"{name}.json"
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


def main() -> None:
    """Write both files."""
    training, peak = measured("training"), measured("peak")
    lines = ["# Measured speed", "", f"{machine()}.", ""]
    lines += [
        "Medians of interleaved rounds, each contestant in a process of its own. Trust differences above 10 % only."
    ]
    if peak:
        lines += ["", f"Peak of float32 matrix products: {peak['peak']:.0f} GFLOP/s."]
    lines += ["", *training_tables(training, peak)]
    startup, scaling = measured("startup"), measured("scaling")
    lines += startup_lines(startup) + scaling_lines(scaling)
    (HERE / "RESULTS.md").write_text("\n".join(lines).rstrip() + "\n")
    results = {"machine": machine(), "training": training, "peak": peak, "startup": startup, "scaling": scaling}
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
