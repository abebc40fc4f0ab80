"""Drawings: boxes, neurons, tensors with their shapes, and arrows, in one visual language over the whole book.

A drawing has no axes. Its coordinates are inches from the lower left corner, so text is legible as it stands:
10 points at a width of 5.4 inches. What needs more room goes taller, not wider.
"""

from collections.abc import Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text

from deepbook._outlines import Grid, Point, Shape, along, brace_path, line, outline
from deepbook._roles import INK, ROLES, Role, mix

SMALLEST, HEAD = 9.0, 0.1  # pixels of text on a phone; inches of an arrow's head


class Canvas:
    """A drawing or a panel of one: shapes are put at a centre `x`, `y` in inches, and arrows join them.

    Example:
        >>> d = canvas(5.4, 1)
        >>> x, f = d.node(0.5, 0.5, "$x$"), d.box(2.5, 0.5, "linear")
        >>> points = d.arrow(x, f)
        >>> d.role("sums")
        Traceback (most recent call last):
        ValueError: role: got 'sums', expected one of data, parameter, operation, loss, gradient, note
    """

    def __init__(self, axis: Axes, width: float, height: float):
        self.axis, self.figure, self.width, self.height = axis, axis.figure, width, height
        axis.set(xlim=(0, width), ylim=(0, height))
        axis.axis("off")

    def role(self, name: str) -> Role:
        """The role of this name; an error that lists all names if there is none."""
        if name not in ROLES:
            raise ValueError(f"role: got {name!r}, expected one of {', '.join(ROLES)}")
        return ROLES[name]

    def text(
        self, x: float, y: float, text: str, role: str | None = None, *, size: float = 11, ha: str = "center",
        va: str = "center", **style: Any,
    ) -> Text:  # fmt: skip
        """Write words or a formula.

        Args:
            x: place, in inches.
            y: place, in inches.
            text: what to write; formulas between dollars, in the letters of the text.
            role: colours the text; by default it is black.
            size: points. A formula alone is set a little larger, for its indices.
            ha: the side that stands at `x`: left, center or right.
            va: the side that stands at `y`: bottom, center, baseline or top.
            style: of `matplotlib.text.Text`.

        Raises:
            ValueError: on a phone the text would be less than 9 pixels tall.
        """
        if (pixels := size / 72 * 358 / self.figure.get_figwidth()) < SMALLEST:
            least = SMALLEST * 72 / 358 * self.figure.get_figwidth()
            raise ValueError(f"size: got {size:g} points, {pixels:.1f} pixels on a phone, expected {least:.1f} or more")
        text = text.replace(r"^\top", r"^{\!\top}")
        if text.startswith("$") and text.endswith("$") and text.count("$") == 2:
            size *= 1.12
        style = {"color": self.role(role).ink if role else INK, "math_fontfamily": "cm", "zorder": 5} | style
        va = "center_baseline" if va == "center" and "\n" not in text else va
        return self.axis.text(x, y, text, fontsize=size, ha=ha, va=va, **style)

    def box(
        self, x: float, y: float, label: str = "", role: str = "operation", *, width: float | None = None,
        height: float = 0.36, size: float = 11,
    ) -> Shape:  # fmt: skip
        """Draw a box in the form of its role, by default as wide as its label needs."""
        self.text(x, y, label, size=size)
        width = max(0.4, self._room([label], size) + 0.24) if width is None else width
        return self._draw(Shape(x, y, width, height, self.role(role).form), role)

    def node(self, x: float, y: float, label: str = "", role: str = "data", *, size: float = 0.42) -> Shape:
        """Draw a neuron or a value: a circle; for parameters a square, for losses an octagon."""
        self.text(x, y, label)
        form = self.role(role).form
        return self._draw(Shape(x, y, size, size, form if form in ("square", "cut") else "circle"), role)

    def layer(
        self, x: float, y: float, labels: int | Sequence[str], role: str = "data", *, gap: float = 0.55,
        size: float = 0.42, across: bool = False,
    ) -> list[Shape]:  # fmt: skip
        r"""Draw nodes in a column, the first one on top, or in a row; `$\vdots$` as a label leaves a node out."""
        labels = [""] * labels if isinstance(labels, int) else labels
        places = [((len(labels) - 1) / 2 - i) * gap for i in range(len(labels))]
        nodes = []
        for label, place in zip(labels, places, strict=True):
            u, v = (x - place, y) if across else (x, y + place)
            if "dots" in label:
                self.text(u, v, label)
            else:
                nodes.append(self.node(u, v, label, role, size=size))
        return nodes

    def connect(self, before: Sequence[Shape], after: Sequence[Shape], role: str = "operation") -> None:
        """Join every node of a layer with every node of the next one by a thin line."""
        for a in before:
            for b in after:
                self._stroke(line(a, b, 0, ()), role, width=0.7, color=self.role(role).paint(0.6))

    def sign(self, x: float, y: float, sign: Literal["+", "×"] = "+", *, size: float = 0.24) -> Shape:
        """Draw a sum or a product (entry by entry): a small circle with a cross in it."""
        if sign not in ("+", "×"):
            raise ValueError(f"sign: got {sign!r}, expected '+' or '×'")
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
            ha: "left" if `x` is the left end, of the words at the side if there are any.
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

        Raises:
            ValueError: cells have not two axes, or there are more or fewer words than rows or columns.
        """
        values = np.zeros(cells) if isinstance(cells, tuple) else np.asarray(cells)
        if values.ndim != 2 or 0 in values.shape:
            raise ValueError(f"cells: got shape {values.shape}, expected [rows, columns]")
        words, (n, m) = values.dtype.kind in "US", values.shape
        hidden = np.zeros((n, m), bool) if hidden is None else np.broadcast_to(hidden, (n, m))
        wide, high = cell if isinstance(cell, tuple) else (cell, cell)
        if ha == "left":
            x += m * wide / 2 + self._room([rows] if isinstance(rows, str) else rows)
        grid = Grid(x, y, m * wide, n * high, "square", n, m)
        strength = np.zeros((n, m)) if words else values / (limit or np.abs(values).max() or 1)
        for i, j in np.ndindex(n, m):
            self._cell(grid.cell(i, j), role, float(strength[i, j]), bool(hidden[i, j]))
            if (words or show) and not hidden[i, j]:
                text = str(values[i, j]) if words else show.format(values[i, j]).replace("-", "−")
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
        for part in parts:
            if isinstance(part, str):
                self.text(x, y, part, ha="left")
                x += self._room([part]) + gap
                continue
            cells, label, role, rows, columns = (*part, *("", "data", "", "")[len(part) - 1 :])
            grid = self.tensor(x, y, cells, "", role, rows=rows, columns=columns, ha="left", **style)
            grids.append(grid)
            labels.append(label)
            x = grid.right[0] + gap
        low = min(grid.bottom[1] for grid in grids)
        for grid, label in zip(grids, labels, strict=True):
            self.text(grid.x, low - 0.2, label, va="baseline")
        return grids

    def _room(self, words: Sequence[str], size: float = 11) -> float:
        drawn = [self.text(0, 0, word, size=size) for word in words if word]
        room = max((text.get_window_extent().width / self.figure.dpi for text in drawn), default=0.0)
        for text in drawn:
            text.remove()
        return room

    def _cell(self, cell: Shape, role: str, strength: float, hidden: bool) -> None:
        color = self.role(role if strength >= 0 else "note").paint(0.07 + 0.55 * min(abs(strength), 1))
        edge = mix("white", self.role(role).color, 0.45)
        self.axis.add_patch(PathPatch(outline(cell), fc="white" if hidden else color, ec=edge, lw=0.7, zorder=2))
        if hidden:
            for v in (1, -1):
                self._stroke(np.array([cell.at(-1, -v), cell.at(1, v)]) * 0.5 + np.array([cell.at(0, 0)]) * 0.5, "operation", width=0.8)

    def _sides(self, grid: Grid, name: str, words: Any, each: list[Point], middle: Point, off: Point) -> None:
        if not isinstance(words, str) and len(words) != len(each):
            raise ValueError(f"{name}: got {len(words)} words, expected {len(each)}")
        align = {"ha": "right"} if off[0] else {"va": "baseline"}
        for (x, y), word in [(middle, words)] if isinstance(words, str) else zip(each, words, strict=True):
            self.text(x + off[0], y + off[1], word, **align)

    def arrow(
        self, start: Shape | Point, end: Shape | Point, label: str = "", role: str = "operation", *, bend: float = 0.0,
        via: Sequence[Point] = (), at: float = 0.5, side: int = 1, head: bool = True, size: float = 11,
    ) -> np.ndarray:  # fmt: skip
        """Draw an arrow from one shape or point to another; gradients are dashed.

        Args:
            start: a shape, which the arrow leaves at its border, or a point.
            end: a shape, at whose border the arrow ends, or a point.
            label: text beside it.
            role: colour and dashes.
            bend: how far it bulges to the left, as a share of its length.
            via: points at which it turns a round corner.
            at: where the label stands, as a share of the length.
            side: 1 for a label above or to the right, -1 for below or to the left.
            head: false for a line without a head.
            size: points of the label.

        Returns:
            Points `[n, 2]` of the line, the last one its tip.
        """
        points = line(start, end, bend, tuple(via))
        if head:
            tip, base = points[-1], along(points, 1, HEAD)[0]
            across = np.array([base[1] - tip[1], tip[0] - base[0]]) * 0.42
            style = {"fc": self.role(role).color, "ec": "none", "zorder": 3.5}
            self.axis.add_patch(PathPatch(Path([tip, base + across, base - across, tip], closed=True), **style))
        self._stroke(points, role, cut=0.8 * HEAD if head else 0.0)
        if label:
            (x, y), (u, v) = along(points, at)
            flat = abs(u) > 0.7
            off = side * np.array([-v, u]) * (np.sign(u) if flat else -np.sign(v))
            align = {"va": "bottom" if off[1] > 0 else "top"} if flat else {"ha": "left" if off[0] > 0 else "right"}
            space = 0.05 if flat else 0.08
            self.text(x + space * off[0], y + space * off[1], label, role, size=size, **align)
        return points

    def brace(self, start: Point, end: Point, label: str = "", role: str = "note", *, depth: float = 0.14) -> None:
        """Draw a curly brace that points to the left of the way from `start` to `end`, its label at the point."""
        role_ = self.role(role)
        path = brace_path(start, end, depth)
        self.axis.add_patch(PathPatch(path, fc="none", ec=role_.color, lw=1.2, zorder=3))
        (x, y), (u, v) = path.vertices[5], (np.array(end) - start) / np.hypot(*(np.array(end) - start))
        if abs(u) > 0.7:
            self.text(x, y + 0.05 * np.sign(u), label, va="bottom" if u > 0 else "top")
        else:
            self.text(x - 0.06 * np.sign(v), y, label, ha="right" if v > 0 else "left")

    def frame(self, *shapes: Shape, label: str = "", role: str = "note", pad: float = 0.1) -> Shape:
        """Draw a line around shapes that belong together, or around one to point it out; its label above, left."""
        left, low = (min(p[i] for p in (s.at(-1, -1) for s in shapes)) - pad for i in (0, 1))
        right, high = (max(p[i] for p in (s.at(1, 1) for s in shapes)) + pad for i in (0, 1))
        form = "round" if pad else "square"
        shape = Shape((left + right) / 2, (low + high) / 2, right - left, high - low, form)
        self._draw(shape, role, color="none", zorder=4 if not pad else 1)
        self.text(left, high + 0.04, label, role, ha="left", va="bottom")
        return shape

    def _draw(self, shape: Shape, role: str, color: Any = None, zorder: float = 3) -> Shape:
        style = self.role(role)
        fill = style.paint() if color is None else color
        look = {"fc": fill, "ec": style.color, "lw": style.width, "ls": style.dashes, "zorder": zorder}
        self.axis.add_patch(PathPatch(outline(shape), joinstyle="miter", **look))
        return shape

    def _stroke(self, points: np.ndarray, role: str, *, cut: float = 0.0, zorder: float = 2.5, **look: Any) -> None:
        style = self.role(role)
        if cut:
            end, _ = along(points, 1, cut)
            keep = np.linalg.norm(points - points[-1], axis=1) > cut
            points = np.concatenate([points[:1], points[1:-1][keep[1:-1]], end[None]])
        look = {"lw": look.get("width", style.width), "ec": look.get("color", style.color), "ls": style.dashes}
        self.axis.add_patch(PathPatch(Path(points), fc="none", zorder=zorder, capstyle="butt", **look))


def canvas(width: float = 5.4, height: float = 3.0) -> Canvas:
    """An empty drawing of so many inches.

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
    if not titles:
        raise ValueError("titles: got none, expected one for each panel")
    n = len(titles)
    size = (width / n, height) if across else (width, height)
    figure = plt.figure(figsize=(width, height if across else n * height))
    figure.set_layout_engine("none")
    result = []
    for i, title in enumerate(titles):
        place = [i / n, 0, 1 / n, 1] if across else [0, 1 - (i + 1) / n, 1, 1 / n]
        drawing = Canvas(figure.add_axes(place), *size)
        drawing.text(0.08, height - 0.06, title, ha="left", va="top")
        result.append(drawing)
    return result
