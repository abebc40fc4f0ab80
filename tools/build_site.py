"""Build the website into _build/html, every warning an error; end with the path to open."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(builder: str = "html") -> Path:
    """Run Jupyter Book from scratch and return the folder with the result."""
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    command = [Path(sys.executable).parent / "jupyter-book", "build", "--all", "-W", "--keep-going", "-q"]
    done = subprocess.run([*command, "--builder", builder, "."], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}\nThe site was not built: the first WARNING or ERROR above says why.")
    return ROOT / "_build" / builder


if __name__ == "__main__":
    page = build() / "index.html"
    print(f"The site is built. Open {page}")
