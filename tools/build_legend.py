"""Draws book/_static/drawing-legend.svg: what the colours and forms of the book's drawings mean.

usage: build_legend.py [FILE]
"""

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

from deepbook import diagrams, plots

LEGEND = Path(__file__).resolve().parents[1] / "book" / "_static" / "drawing-legend.svg"
NAMES = {"data": "$x$", "parameter": "$W$", "operation": "$Wx$", "loss": r"$\ell$", "gradient": r"$\delta$"}


def legend() -> diagrams.Canvas:
    """One row for each role: a box, a tensor, an arrow and what they mean."""
    d = diagrams.canvas(5.4, 0.48 * len(diagrams.ROLES) + 1.1)
    for i, (name, role) in enumerate(diagrams.ROLES.items()):
        y = d.height - 0.3 - 0.48 * i
        d.box(0.4, y, NAMES.get(name, ""), name, width=0.5)
        d.arrow((0.8, y), (1.4, y), role=name)
        d.tensor(1.85, y, (2, 3), role=name, cell=0.15)
        d.text(2.3, y, role.meaning, ha="left")
    d.sign(0.25, 0.78)
    d.sign(0.62, 0.78, "×")
    d.text(2.3, 0.78, "sum, product entry by entry", ha="left")
    cells, hidden = [[1.0, 0.6, 0.2, -0.5, 0.0]], [[0, 0, 0, 0, 1]]
    d.tensor(0.77, 0.3, cells, cell=0.25, hidden=hidden)
    d.text(2.3, 0.3, "large, small; negative or kept; masked", ha="left")
    return d


if __name__ == "__main__":
    plots.use_style()
    mpl.rcParams |= {"svg.fonttype": "path", "svg.hashsalt": "deepbook"}
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else LEGEND
    legend().figure.savefig(path, metadata={"Date": None}, transparent=False)
