"""What a live figure draws: marks in panels, made of arrays that the page computes anew after every step."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.colors import to_hex

from deepbook._checks import instance
from deepbook.page._numbers import row
from deepbook.page.plots import BLUE, CYCLE

Array = Any  # of JAX or NumPy, or traced
Extent = tuple[float, float, float, float]
CLASSES = ("#a6cde4", "#ffffff", "#f6dda6")  # a third of blue, white, a third of orange


@jax.tree_util.register_pytree_node_class
@dataclasses.dataclass(frozen=True)
class Mark:
    """One thing that is drawn: arrays that change, and a style that does not."""

    kind: str
    arrays: dict[str, Array]
    style: tuple[tuple[str, Any], ...]

    def tree_flatten(self) -> tuple[tuple[Array, ...], Any]:
        """The arrays, and the rest."""
        return tuple(self.arrays.values()), (self.kind, tuple(self.arrays), self.style)

    @classmethod
    def tree_unflatten(cls, rest: Any, arrays: Sequence[Array]) -> "Mark":
        """The mark again."""
        kind, names, style = rest
        return cls(kind, dict(zip(names, arrays, strict=True)), style)


@jax.tree_util.register_pytree_node_class
@dataclasses.dataclass(frozen=True)
class Panel:
    """One pair of axes with its marks, later ones above earlier ones."""

    marks: tuple[Mark, ...]
    axes: tuple[tuple[str, Any], ...]

    def tree_flatten(self) -> tuple[tuple[Any, ...], Any]:
        """The marks, and the axes."""
        return (self.marks,), self.axes

    @classmethod
    def tree_unflatten(cls, axes: Any, children: Sequence[Any]) -> "Panel":
        """The panel again."""
        return cls(tuple(children[0]), axes)


def panel(*marks: Mark, xlim: tuple[float, float], ylim: tuple[float, float], **axes: Any) -> Panel:
    """One pair of axes.

    Args:
        *marks: what is drawn, the last on top.
        xlim: the ends of the horizontal axis; a live figure keeps them.
        ylim: those of the vertical axis.
        **axes: whatever else `Axes.set` of Matplotlib takes: `xlabel`, `ylabel`, `title`, `xscale="log"`, `aspect`.

    Returns:
        The panel, which `draw` of a live figure returns, alone or in a list.

    Example:
        >>> panel(curve([0, 1], [0, 2]), xlim=(0, 1), ylim=(0, 2), xlabel="step").marks[0].kind
        'curve'
    """
    for mark in marks:
        instance("marks", mark, Mark, "marks such as points(...)")
    limits = {"xlim": row("xlim", xlim, 2), "ylim": row("ylim", ylim, 2)}
    return Panel(marks, tuple({**limits, **axes}.items()))


def points(
    x: Array, y: Array, *, kind: Array | None = None, shown: Array | None = None, colours: Sequence[str] = CYCLE,
    size: float = 6.0,
) -> Mark:  # fmt: skip
    """Dots.

    Args:
        x: of shape (n,).
        y: of shape (n,).
        kind: whole numbers of shape (n,): which of the colours each has; by default the first.
        shown: truth values of shape (n,): those that are drawn; by default all.
        colours: of the kinds; each has a marker of its own too: a disc, a square, a triangle, and so on.
        size: diameter in points.

    Returns:
        The mark, for a panel.
    """
    n = _rows(x=x, y=y, kind=x if kind is None else kind, shown=x if shown is None else shown)
    arrays = {
        "x": x, "y": y,
        "kind": jnp.zeros(n, jnp.int32) if kind is None else kind,
        "shown": jnp.ones(n, bool) if shown is None else shown,
    }  # fmt: skip
    return Mark("points", arrays, (("colours", tuple(_hex("colours", c) for c in colours)), ("size", size)))


def curve(x: Array, y: Array, *, colour: str = BLUE, width: float = 1.8, dashed: bool = False) -> Mark:
    """A line through points, in their order; it is broken where a coordinate is not finite.

    Args:
        x: of shape (n,).
        y: of shape (n,).
        colour: any colour of Matplotlib.
        width: in points.
        dashed: whether it is drawn in dashes.

    Returns:
        The mark, for a panel.
    """
    _rows(x=x, y=y)
    return Mark("curve", {"x": x, "y": y}, (("colour", _hex("colour", colour)), ("width", width), ("dashed", dashed)))


def band(x: Array, low: Array, high: Array, *, colour: str = BLUE) -> Mark:
    """A light area between two curves.

    Args:
        x: of shape (n,).
        low: of shape (n,).
        high: of shape (n,).
        colour: any colour of Matplotlib; a fifth of it is drawn.

    Returns:
        The mark, for a panel.
    """
    _rows(x=x, low=low, high=high)
    return Mark("band", {"x": x, "low": low, "high": high}, (("colour", _hex("colour", colour)),))


def bars(x: Array, heights: Array, *, width: float = 0.8, colour: str = BLUE) -> Mark:
    """Bars from zero.

    Args:
        x: their centres, of shape (n,).
        heights: of shape (n,).
        width: of each, in units of the axis.
        colour: any colour of Matplotlib.

    Returns:
        The mark, for a panel.
    """
    _rows(x=x, heights=heights)
    return Mark("bars", {"x": x, "heights": heights}, (("colour", _hex("colour", colour)), ("width", width)))


def field(
    values: Array, extent: Extent, *, limits: tuple[float, float] = (0.0, 1.0), colours: str | Sequence[str] = CLASSES
) -> Mark:
    """A plane filled by colours, smooth between the values of a grid.

    Args:
        values: of shape (rows, columns); the first row is the lowest.
        extent: left, right, bottom and top edge of the grid.
        limits: the values of the first and of the last colour.
        colours: a colour map of Matplotlib, or colours to run through; by default those of the classes 0 and 1, pale.

    Returns:
        The mark, for a panel.
    """
    _grid(values)
    table = colours if isinstance(colours, str) else tuple(_hex("colours", colour) for colour in colours)
    style = (("extent", row("extent", extent, 4)), ("limits", row("limits", limits, 2)), ("colours", table))
    return Mark("field", {"values": values}, style)


def contour(values: Array, extent: Extent, *, level: float = 0.5, colour: str = "#222222", width: float = 1.4) -> Mark:
    """The line on which the values of a grid have one level.

    Args:
        values: of shape (rows, columns); the first row is the lowest.
        extent: left, right, bottom and top of the grid's outermost points.
        level: the value on the line.
        colour: any colour of Matplotlib.
        width: in points.

    Returns:
        The mark, for a panel.
    """
    _grid(values)
    style = (
        ("extent", row("extent", extent, 4)),
        ("level", level),
        ("colour", _hex("colour", colour)),
        ("width", width),
    )
    return Mark("contour", {"values": values}, style)


def _hex(name: str, colour: Any) -> str:
    try:
        return to_hex(colour)
    except ValueError:
        raise ValueError(f"{name}: got {colour!r}, expected a colour of Matplotlib") from None


def _rows(**arrays: Array) -> tuple[int, ...]:
    """The shape of arrays of one axis, if it is the same."""
    shapes = {name: np.shape(array) for name, array in arrays.items()}
    if len({*shapes.values()}) > 1 or len(shapes["x"]) != 1:
        raise ValueError(f"{', '.join(shapes)}: got shapes {list(shapes.values())}, expected one, (n,)")
    return shapes["x"]


def _grid(values: Array) -> None:
    if np.ndim(values) != 2:
        raise ValueError(f"values: got shape {np.shape(values)}, expected (rows, columns)")
