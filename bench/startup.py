"""How long a process takes to start: the import, and to the first chunk of a training; and whether the cache is safe.

usage: startup.py   (writes startup.json)

Everything is timed in new processes, in turn. The compilation cache is a temporary folder. It is safe if losses are
the same bit for bit without a cache, with a full one, and with one whose every entry was overwritten by rubbish.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tasks import SMOKE, write

HERE = Path(__file__).parent
REPEATS, COLD, WARM = (1, 1, 1) if SMOKE else (9, 3, 5)
NAME = "mlp" if SMOKE else "transformer"
TRAIN = f"""
import jax, optax, deepbook as db
from tasks import task, model, loss_of
t = task("{NAME}")
fit = db.fit(loss_of("{NAME}"), model("{NAME}"), t.data, optax.adam(t.rate), steps=16,
             batch_size=t.batch_size, key=jax.random.key(1))
print(fit[1].losses.tobytes().hex())
"""


def run(code: str, cache: str | None = None) -> tuple[float, str]:
    """Run code in a new process: wall-clock seconds and what it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    if cache:
        environment |= {"JAX_COMPILATION_CACHE_DIR": cache, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        environment |= {"JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE, env=environment, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - start, done.stdout


def main() -> None:
    """Measure and write."""
    imports = {"jax, optax": "import jax, optax", "jax, optax, deepbook": "import jax, optax, deepbook"}
    times = {name: [] for name in imports}
    for _ in range(REPEATS):
        for name, code in imports.items():
            times[name].append(run(code)[0])
    added = np.subtract(times["jax, optax, deepbook"], times["jax, optax"])
    with tempfile.TemporaryDirectory() as cache:
        cold = [run(TRAIN) for _ in range(COLD)]
        run(TRAIN, cache)
        warm = [run(TRAIN, cache) for _ in range(WARM)]
        entries = [file for file in Path(cache).rglob("*") if file.is_file()]
        for file in entries:
            file.write_bytes(b"rubbish" * 100)
        corrupt = run(TRAIN, cache)
    result = {
        "import_seconds": {name: float(np.median(t)) for name, t in times.items()},
        "deepbook_adds_seconds": float(np.median(added)),
        "first_chunk_cold_seconds": float(np.median([seconds for seconds, _ in cold])),
        "first_chunk_cached_seconds": float(np.median([seconds for seconds, _ in warm])),
        "cache_entries": len(entries),
        "losses_equal_with_cache": len({losses for _, losses in cold + warm}) == 1,
        "corrupt_cache_survived": corrupt[1] == cold[0][1],
    }
    write("startup", result)


if __name__ == "__main__":
    main()
