"""Copies of the chapters for a class, in student/: no solutions, no outputs, the rest as it is.

usage: student.py NOTEBOOK...
"""

import re
import sys
from pathlib import Path

import nbformat

TARGET = Path(__file__).resolve().parents[1] / "student"
SOLUTION = re.compile(r":::\{solution\} .*?\n:::[ \t]*(\n|$)", re.DOTALL)


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with neither solutions nor stored outputs nor the wrong answers that the tests use."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("wrong", None)
        else:
            cell.source = SOLUTION.sub("", cell.source).strip()
        if cell.source:
            cells.append(cell)
    notebook.cells = cells
    return notebook


def main(paths: list[Path]) -> None:
    """Write the copies; a copy that somebody has changed since is not overwritten."""
    TARGET.mkdir(exist_ok=True)
    for path in paths:
        text = nbformat.writes(without_solutions(nbformat.read(path, as_version=4))) + "\n"
        copy = TARGET / path.name
        if copy.exists() and copy.read_text(encoding="utf-8") != text:
            sys.exit(f"student/{path.name} exists and differs: move it away first, nothing was overwritten")
        copy.write_text(text, encoding="utf-8")
        print(f"student/{path.name}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main([Path(argument) for argument in sys.argv[1:]])
