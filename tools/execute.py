"""Run notebooks from top to bottom and store their outputs, so that two runs give the same bytes.

usage: execute.py NOTEBOOK...
"""

import asyncio
import base64
import hashlib
import io
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

from deepbook.page._frames import palette

COST = re.compile(r"^\*Measured run time: .*\*$", re.MULTILINE)
WIDGET = "application/vnd.jupyter.widget-view+json"


def normalise(notebook: nbformat.NotebookNode) -> None:
    """Drop whatever changes from run to run or from machine to machine."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    seen: set[str] = set()
    for cell in notebook.cells:
        name = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        while name in seen:
            name += "x"
        seen.add(name)
        cell.id = name
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(WIDGET, None)  # without it JupyterLab shows the stored picture
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])


def smaller(png: str) -> str:
    """A picture (base64) in as few colours as it needs; a photograph, or one that gains nothing, as it was."""
    picture = palette(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"))
    if picture is None:
        return png
    file = io.BytesIO()
    picture.save(file, "png", optimize=True)
    return min(png, base64.b64encode(file.getvalue()).decode() + "\n", key=len)


def cost_line(seconds: float, gigabytes: float) -> str:
    """What a chapter costs, rounded up so coarsely that the line stays when the machine changes a little."""
    seconds = next((s for s in (5, 10, 20, 30, 45, 60) if seconds <= s), round(seconds))
    gigabytes = next((g for g in (0.5, 1, 1.5, 2) if gigabytes <= g), round(gigabytes, 1))
    return f"*Measured run time: under {seconds} s with under {gigabytes} GB of memory on two CPU cores.*"


def execute(path: Path) -> None:
    """Run one notebook in its own folder with this environment's kernel."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    os.environ |= {"DEEPBOOK_STATIC": "1"}
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=40"],
        timeout=300,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # one output for one stream, however the kernel happens to flush it
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.perf_counter()
    client.execute()
    seconds = time.perf_counter() - start
    gigabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            stated = re.search(r"under (\d+) s with under ([\d.]+) GB", cell.source)
            # Stay with what is stated while it is true and within a factor of three.
            if stated and seconds <= float(stated[1]) <= 3 * seconds and gigabytes <= float(stated[2]) <= 3 * gigabytes:
                continue
            cell.source = COST.sub(cost_line(seconds, gigabytes), cell.source)
    normalise(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    print(f"{path.name}: {seconds:.1f} s, {gigabytes:.2f} GB, {path.stat().st_size / 1000:.0f} KB", flush=True)


if __name__ == "__main__":
    paths = [Path(argument) for argument in sys.argv[1:]]
    if not paths:
        sys.exit(__doc__)
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        sys.exit(f"no such notebook: {', '.join(missing)}")
    if len(paths) == 1:
        asyncio.set_event_loop(asyncio.new_event_loop())
        execute(paths[0])
    else:  # one process each, so that the measured memory is that notebook's own
        codes = [subprocess.run([sys.executable, __file__, str(path)]).returncode for path in paths]
        sys.exit(int(any(codes)))  # a killed process has a negative code
