"""Drawings: boxes, neurons, tensors with their shapes, and arrows, in one visual language over the whole book.

A drawing has no axes. Its coordinates are inches from the lower left corner, so text is legible as it stands:
10 points at a width of 5.4 inches. What needs more room goes taller, not wider.
"""

from collections.abc import Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import PathPatch

from deepbook._checks import instance, listed
from deepbook.page._cells import cells_of, counted, hidden_of, largest, named, parts_of, sides_of, written
from deepbook.page._numbers import finite, positive
from deepbook.page._outlines import Grid, Point, Shape, line, outline
from deepbook.page._pen import Pen
from deepbook.page._roles import ROLES, mix

__all__ = ["ROLES", "Canvas", "Grid", "Shape", "canvas", "panels"]


class Canvas(Pen):
    """A drawing or a panel of one: shapes are put at a centre `x`, `y` in inches, and arrows join them.

    Example:
        >>> d = canvas(5.4, 1)
        >>> x, f = d.node(0.5, 0.5, "$x$"), d.box(2.5, 0.5, "linear")
        >>> points = d.arrow(x, f)
        >>> d.role("sums")
        Traceback (most recent call last):
        ValueError: role: got 'sums', expected one of data, parameter, operation, loss, gradient, note, focus
    """

    def box(
        self, x: float, y: float, label: str = "", role: str = "operation", *, width: float | None = None,
        height: float = 0.36, size: float = 11,
    ) -> Shape:  # fmt: skip
        """Draw a box in the form of its role.

        Args:
            x: centre, in inches.
            y: centre, in inches.
            label: what stands in it.
            role: colour and form.
            width: in inches; by default as wide as the label needs.
            height: in inches.
            size: points of the label.

        Returns:
            The shape, for arrows.
        """
        self.text(x, y, label, size=size)
        width = max(0.4, self._room([label], size) + 0.24) if width is None else width
        return self._draw(Shape(x, y, width, height, self.role(role).form), role)

    def node(self, x: float, y: float, label: str = "", role: str = "data", *, size: float = 0.42) -> Shape:
        """Draw a neuron or a value: a circle; for parameters a square, for losses an octagon.

        Args:
            x: centre, in inches.
            y: centre, in inches.
            label: what stands in it.
            role: colour and form.
            size: width and height in inches.

        Returns:
            The shape, for arrows.
        """
        self.text(x, y, label)
        form = self.role(role).form
        return self._draw(Shape(x, y, size, size, form if form in ("square", "cut") else "circle"), role)

    def layer(
        self, x: float, y: float, labels: int | Sequence[str], role: str = "data", *, gap: float = 0.55,
        size: float = 0.42, across: bool = False,
    ) -> list[Shape]:  # fmt: skip
        r"""Draw a layer of nodes, in a column with the first one on top, or in a row.

        Args:
            x: centre of the layer, in inches.
            y: centre of the layer, in inches.
            labels: one for each node, or how many. At the label `$\vdots$` or `$\dots$` there is no node.
            role: colour and form.
            gap: inches from node to node.
            size: of a node, in inches.
            across: a row from left to right.

        Returns:
            The nodes' shapes, without those left out.

        Example:
            >>> d = canvas(5.4, 2)
            >>> [round(node.y, 2) for node in d.layer(1, 1, 3)]
            [1.55, 1.0, 0.45]
        """
        finite(x=x, y=y)
        words = counted("labels", labels)
        places = [((len(words) - 1) / 2 - i) * gap for i in range(len(words))]
        nodes = []
        for label, place in zip(words, places, strict=True):
            u, v = (x - place, y) if across else (x, y + place)
            if "dots" in label:
                self.text(u, v, label)
            else:
                nodes.append(self.node(u, v, label, role, size=size))
        return nodes

    def connect(self, before: Sequence[Shape], after: Sequence[Shape], role: str = "operation") -> None:
        """Join every node of a layer with every node of the next one by a thin line.

        Args:
            before: the nodes of the layer.
            after: the nodes of the next one.
            role: whose colour the lines have, pale.
        """
        for a in before:
            for b in after:
                instance("after", b, Shape, "shapes")
                self._stroke(line(a, b, 0, ()), role, width=0.9, color=self.role(role).paint(0.65))

    def sign(self, x: float, y: float, sign: Literal["+", "×"] = "+", *, size: float = 0.24) -> Shape:
        """Draw a sum or a product entry by entry: a small circle with a cross in it.

        Args:
            x: centre, in inches.
            y: centre, in inches.
            sign: `"+"` or `"×"`.
            size: of the circle, in inches.

        Returns:
            The shape, for arrows.

        Raises:
            ValueError: another sign.
        """
        if sign not in ("+", "×"):
            raise ValueError(f"sign: got {sign!r}, expected '+' or '×'")
        finite(x=x, y=y)
        shape = self._draw(Shape(x, y, size, size, "circle"), "operation")
        r = size / 2 * (0.6 if sign == "+" else 0.42)
        for u, v in ((r, 0), (0, r)) if sign == "+" else ((r, r), (r, -r)):
            self._stroke(np.array([(x - u, y - v), (x + u, y + v)]), "operation", zorder=4)
        return shape

    def tensor(
        self, x: float, y: float, cells: Any, label: str = "", role: str = "data", *, rows: str | Sequence[str] = "",
        columns: str | Sequence[str] = "", cell: float | tuple[float, float] = 0.24, show: str = "", hidden: Any = None,
        limit: float | None = None, ha: Literal["center", "left"] = "center",
    ) -> Grid:  # fmt: skip
        """Draw a matrix or a vector as a grid of cells, with its shape at the sides.

        Args:
            x: centre, in inches.
            y: centre, in inches.
            cells: numbers of rows and columns; or an array `[rows, columns]` of values, which colour the cells
                (negative ones grey); or one of words, which stand in them.
            label: the name, below.
            role: colour and form.
            rows: number of rows, at the left, as a letter; or one word for each row.
            columns: number of columns, above; or one word for each column.
            cell: side of a cell in inches, or width and height.
            show: how values are written into their cells, for example `"{:.2f}"`; by default they are not.
            hidden: array `[rows, columns]`, true where a cell is masked out: it is crossed.
            limit: the size of a value of full colour; by default the largest.
            ha: `"left"` if `x` is not the centre, but the left end with the words there.

        Returns:
            The grid; its `row(i)`, `column(j)`, `cell(i, j)` and `part(rows, columns)` are shapes as well.

        Raises:
            ValueError: cells have not two axes, or there are more or fewer words than rows or columns.

        Example:
            >>> d = canvas(5.4, 2)
            >>> W = d.tensor(2, 1, (3, 4), "$W$", "parameter", rows="$m$", columns="$d$", cell=0.2)
            >>> round(W.width, 2), round(W.row(0).y, 2)
            (0.8, 1.2)
        """
        values, hidden, (wide, high) = cells_of(cells), hidden_of(hidden, cells_of(cells).shape), sides_of(cell)
        words, (n, m) = values.dtype.kind in "US", values.shape
        rows, columns = named("rows", rows), named("columns", columns)
        finite(x=x, y=y)
        if ha == "left":
            x += m * wide / 2 + self._room([rows] if isinstance(rows, str) else rows)
        grid = Grid(x, y, m * wide, n * high, "square", n, m)
        strength = np.zeros((n, m)) if words else values / largest("limit", limit, values)
        for i, j in np.ndindex(n, m):
            self._cell(grid.cell(i, j), role, float(strength[i, j]), bool(hidden[i, j]))
            if (words or show) and not hidden[i, j]:
                text = str(values[i, j]) if words else written("show", show, values[i, j]).replace("-", "−")
                self.text(*grid.cell(i, j).at(0, 0), text, size=10)
        self._draw(grid, role, color="none")
        self._sides(grid, "rows", rows, [grid.row(i).left for i in range(n)], grid.left, (-0.06, 0))
        self._sides(grid, "columns", columns, [grid.column(j).top for j in range(m)], grid.top, (0, 0.08))
        self.text(grid.x, grid.bottom[1] - 0.2, label, va="baseline")
        return grid

    def equation(self, x: float, y: float, parts: Sequence[Any], *, gap: float = 0.15, **style: Any) -> list[Grid]:
        """Draw tensors and signs from left to right.

        Args:
            x: left end, in inches.
            y: height of the middle, in inches.
            parts: signs like `"="`, and tensors, each as a tuple `(cells, label, role, rows, columns)`, of which the
                end may be left out.
            gap: space between parts in inches.
            style: of all tensors, as for `tensor`.

        Returns:
            The tensors.
        """
        grids, labels = [], []
        for part in parts_of("parts", parts):
            if isinstance(part, str):
                self.text(x, y, part, ha="left")
                x += self._room([part]) + gap
                continue
            filled: tuple[Any, ...] = (*tuple(part), *("", "data", "", "")[len(part) - 1 :])
            cells, label, role, rows, columns = filled
            grid = self.tensor(x, y, cells, "", role, rows=rows, columns=columns, ha="left", **style)
            grids.append(grid)
            labels.append(label)
            x = grid.right[0] + gap
        low = min(grid.bottom[1] for grid in grids)
        for grid, label in zip(grids, labels, strict=True):
            self.text(grid.x, low - 0.2, label, va="baseline")
        return grids

    def _cell(self, cell: Shape, role: str, strength: float, hidden: bool) -> None:
        color = self.role(role if strength >= 0 else "note").paint(0.07 + 0.55 * min(abs(strength), 1))
        edge = mix(color, self.role(role).color, 0.45)
        self.axis.add_patch(PathPatch(outline(cell), fc="white" if hidden else color, ec=edge, lw=0.7, zorder=2))
        if hidden:
            for v in (1, -1):
                self._stroke(np.array([cell.at(-0.5, -0.5 * v), cell.at(0.5, 0.5 * v)]), "operation", width=0.8)

    def _sides(self, grid: Grid, name: str, words: Any, each: list[Point], middle: Point, off: Point) -> None:
        if not isinstance(words, str) and len(words) != len(each):
            raise ValueError(f"{name}: got {len(words)} words, expected {len(each)}")
        align: dict[str, Any] = {"ha": "right"} if off[0] else {"va": "baseline"}
        if isinstance(words, str):
            align["color"] = ROLES["note"].color  # or a letter would read as a factor
        for (x, y), word in [(middle, words)] if isinstance(words, str) else zip(each, words, strict=True):
            self.text(x + off[0], y + off[1], word, **align)


def canvas(width: float = 5.4, height: float = 3.0) -> Canvas:
    """An empty drawing of so many inches.

    Args:
        width: in inches.
        height: in inches.

    Returns:
        The drawing.

    Example:
        >>> d = canvas(5.4, 2)
        >>> x, y = d.node(1, 1, "$x$"), d.node(4, 1, "$y$")
        >>> [round(float(place), 2) for place in d.arrow(x, y)[-1]]  # its tip is at the border
        [3.79, 1.0]
    """
    return panels([""], width, height)[0]


def panels(titles: Sequence[str], width: float = 5.4, height: float = 2.4, *, across: bool = False) -> list[Canvas]:
    """Several drawings in one figure, one below the other or side by side, each with its own coordinates.

    Args:
        titles: one for each panel; it stands at its upper left corner.
        width: of the figure, in inches.
        height: of each panel, in inches.
        across: side by side, so that each has its share of the width.

    Returns:
        The drawings, from the top or from the left.

    Raises:
        ValueError: there are no titles.

    Example:
        >>> left, right = panels(["before", "after"], across=True)
        >>> right.width
        2.7
    """
    if not len(listed("titles", titles)):
        raise ValueError("titles: got none, expected one for each panel")
    n, width, height = len(titles), positive("width", width), positive("height", height)
    size = (width / n, height) if across else (width, height)
    figure = plt.figure(figsize=(width, height if across else n * height))
    figure.set_layout_engine("none")
    result = []
    for i, title in enumerate(titles):
        place = (i / n, 0, 1 / n, 1) if across else (0, 1 - (i + 1) / n, 1, 1 / n)
        drawing = Canvas(figure.add_axes(place), *size)
        drawing.text(0.08, height - 0.06, title, ha="left", va="top")
        result.append(drawing)
    return result
