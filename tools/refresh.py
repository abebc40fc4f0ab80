"""Give the stored figures that move today's script and style, without running a cell; the rest stays as it is.

usage: refresh.py NOTEBOOK...   (after the package's scripts or styles have changed in a way that needs no other HTML)
"""

import sys
from pathlib import Path

import nbformat

from deepbook.page._frames import figure_kind, with_code


def refresh(path: Path) -> int:
    """Replace the code in one notebook; returns in how many figures it was another."""
    notebook = nbformat.read(path, as_version=4)
    count = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            page = output.get("data", {}).get("text/html", "")
            if figure_kind(page) and page != with_code(page):
                output.data["text/html"] = with_code(page)
                count += 1
    if count:
        nbformat.write(notebook, path)
    return count


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for argument in sys.argv[1:]:
        print(f"{argument}: {refresh(Path(argument))} figures")
