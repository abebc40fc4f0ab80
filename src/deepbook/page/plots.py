"""The look of the book's figures, and the two pictures that most chapters need."""

import itertools
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text

from deepbook._checks import functions, instance, whole
from deepbook.page._digest import MIME, digest, pack
from deepbook.page._numbers import as_numbers, positive, row, tolerance

# Okabe and Ito's palette: told apart with every common kind of colour vision. The first is the book's accent.
BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#767676",
)  # fmt: skip
CYCLE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def use_style() -> None:
    """Set Matplotlib to the book's style: quiet axes, colour-blind safe colours, white paper.

    The site turns white paper dark in its dark mode, so figures need no second version.

    Example:
        >>> use_style()
        >>> mpl.rcParams["axes.spines.top"]
        False
    """
    mpl.rcParams.update(
        {
            "figure.figsize": (5.4, 3.2),  # text of 10 points is then legible on a phone
            "figure.dpi": 180,
            "savefig.pad_inches": 0.05,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "font.size": 10,
            "axes.titlesize": 10.5,
            "axes.titleweight": "normal",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#444444",
            "axes.labelcolor": "#222222",
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=CYCLE),
            "grid.color": "#e4e4e4",
            "grid.linewidth": 0.7,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "lines.markersize": 5,
            "image.cmap": "gray_r",
            "xtick.color": "#444444",
            "ytick.color": "#444444",
        }
    )
    _describe_figures()


def smallest_text(figure: Figure, *, drawn: bool = False) -> float:
    """The size in points of a figure's smallest visible text; infinite if it has none.

    Args:
        figure: the figure; it is laid out, not rendered.
        drawn: it was drawn as it is, so that its layout is known.

    Returns:
        The size in points.

    Example:
        >>> figure, axis = plt.subplots()
        >>> _ = axis.text(0, 0, "small", fontsize=7)
        >>> float(smallest_text(figure))
        7.0
    """
    return min((float(t.get_fontsize()) for t in _shown_texts(figure, not drawn)), default=np.inf)


def phone_text(figure: Figure, *, drawn: bool = False) -> float:
    r"""Height in pixels of the smallest text on a phone: $\text{points} / 72 \cdot 358 / \text{width in inches}$.

    Args:
        figure: the figure; it is laid out, not rendered.
        drawn: it was drawn as it is, so that its layout is known.

    Returns:
        The height in pixels of a page 390 pixels wide; infinite if there is no text.
    """
    return smallest_text(figure, drawn=drawn) / 72 * 358 / figure.get_figwidth()


def clashes(figure: Figure) -> list[str]:
    """What is wrong with a figure's texts: pairs that overlap, and texts that the border cuts.

    Args:
        figure: the figure; it is laid out, not rendered.

    Returns:
        A sentence for each text or pair of texts; none if all is well.

    Example:
        >>> figure, axis = plt.subplots()
        >>> _ = axis.axis("off"), axis.text(0.5, 0.5, "one"), axis.text(0.51, 0.5, "two")
        >>> clashes(figure)
        ["'one' overlaps 'two'"]
    """
    texts = [(t.get_text(), t.get_window_extent()) for t in _shown_texts(figure, True)]
    cut = [f"{a!r} is cut" for a, box in texts if not figure.bbox.padded(1).contains(box.x0, box.y0)
           or not figure.bbox.padded(1).contains(box.x1, box.y1)]  # fmt: skip
    pairs = itertools.combinations([(a, box.padded(-0.5)) for a, box in texts], 2)
    return cut + [f"{a!r} overlaps {b!r}" for (a, box), (b, other) in pairs if box.overlaps(other)]


def _shown_texts(figure: Figure, draw: bool) -> list[Text]:
    instance("figure", figure, Figure, "a figure of Matplotlib")
    if draw:
        figure.draw_without_rendering()
    hidden = {
        id(t) for axis in figure.axes if not axis.axison for a in (axis.xaxis, axis.yaxis) for t in a.findobj(Text)
    }
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and id(t) not in hidden]


def _describe_figures() -> None:
    """In a notebook a figure comes with a text, its size and that of its smallest text, which `make check` reads, and
    with a digest of what it shows, which `make test` compares."""
    from IPython import get_ipython
    from IPython.core.formatters import BaseFormatter

    if (shell := get_ipython()) is not None:
        if "inline" in mpl.get_backend():
            import_module("matplotlib_inline.backend_inline")  # which forgets what is registered before it
        formatters = shell.display_formatter.formatters
        formatters["text/plain"].for_type(Figure, lambda figure, p, cycle: p.text(_size(figure)))
        formatters[MIME] = BaseFormatter(parent=shell.display_formatter, print_method="_repr_shown_")
        formatters[MIME].for_type(Figure, lambda figure: pack(digest(figure)))


def _size(figure: Figure) -> str:
    width, height = figure.get_size_inches()
    return f"Figure {width:g} x {height:g} in at {figure.dpi:g} dpi, text from {smallest_text(figure):g} pt"


def show_images(
    images: Any,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 10,
    size: float = 0.54,
    limit: Any = None,
) -> Figure:
    """Show images in a grid: grey ones with ink dark on paper, coloured ones as they are.

    Args:
        images: array `[n, height, width]`, or `[n, height, width, 3]` of red, green and blue between 0 and 1, clipped.
        titles: one short title for each image.
        columns: images in a row.
        size: width of one image in inches.
        limit: values of white and black of grey images; by default the smallest and largest value of all images.

    Returns:
        The figure.

    Raises:
        TypeError: the number of columns is no whole one.
        ValueError: the array has another shape or is empty, or the number of titles or of columns does not fit.

    Example:
        >>> show_images(np.zeros((3, 8, 8)), ["a", "b", "c"], limit=(0, 1)).axes[2].get_title()
        'c'
    """
    images = _real("images", images)
    if images.ndim != 3 and (images.ndim != 4 or images.shape[-1] != 3):
        raise ValueError(f"images: got shape {images.shape}, expected [n, height, width] or [n, height, width, 3]")
    if not images.size:
        raise ValueError(f"images: got shape {images.shape}, expected at least one image")
    whole(1, columns=columns)
    images = images if images.ndim == 3 else images.clip(0, 1)
    size = positive("size", size)
    if titles is not None and np.shape(titles)[:1] != (len(images),):
        raise ValueError(f"titles: got {np.size(titles)}, expected {len(images)}")
    low, high = (images.min(), images.max()) if limit is None else row("limit", limit, 2)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = size * (1.3 if titles is not None else 1.0)
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns, height * rows), squeeze=False)
    for i, axis in enumerate(axes.flat):
        axis.axis("off")
        if i < len(images):
            axis.imshow(images[i], vmin=low, vmax=high)
            if titles is not None:
                axis.set_title(titles[i], fontsize=10, pad=2)
    return figure


def _classes(name: str, value: Any) -> np.ndarray:
    """Class numbers for which there are a colour and a marker."""
    classes, most = _real(name, value, "class numbers"), min(len(CYCLE), len(MARKERS)) - 1
    if classes.size and not -1 <= classes.min() <= classes.max() < most + 1:
        raise ValueError(f"{name}: got classes {classes.min():g} to {classes.max():g}, expected -1 to {most}")
    return classes


def _real(name: str, value: Any, expected: str = "an array of numbers") -> np.ndarray:
    array = as_numbers(value)
    if array is None or array.dtype.kind == "c":
        raise TypeError(f"{name}: got {type(value).__name__}, expected {expected}")
    return array


def show_points(axis: Axes, x: Any, y: Any, *, size: float = 25) -> None:
    """Draw labelled points of the plane, each class with its colour and its marker, named for a legend.

    Args:
        axis: where to draw.
        x: points `[n, 2]`.
        y: class numbers `[n]`; classes -1 and 1 are drawn like 0 and 1.
        size: area of a marker in square points.

    Raises:
        TypeError: the classes are no numbers.
        ValueError: the shapes do not fit, or there are more classes than colours, of which there are seven.

    Example:
        >>> figure, axis = plt.subplots()
        >>> show_points(axis, [[0, 0], [1, 1]], [-1, 1])
        >>> [text.get_text() for text in axis.legend().get_texts()]
        ['-1', '1']
    """
    instance("axis", axis, Axes, "axes of Matplotlib")
    x, y, size = _real("x", x), _classes("y", y), tolerance("size", size)
    if y.ndim != 1 or x.shape != (len(y), 2):
        raise ValueError(f"x, y: got shapes {x.shape}, {y.shape}, expected [n, 2], [n]")
    for label in np.unique(y):
        c = max(int(label), 0)
        style: dict[str, Any] = {"color": CYCLE[c], "marker": MARKERS[c], "edgecolor": "white", "linewidth": 0.6}
        u, v = x[y == label].T
        axis.scatter(u, v, s=size, zorder=3, label=f"{label:g}", **style)


def show_regions(
    axis: Axes,
    decide: Callable[[Any], Any],
    x: Any,
    y: Any,
    *,
    limits: tuple[float, float, float, float],
    grid: int = 200,
    size: float = 25,
) -> None:
    """Draw the regions in which a classifier of the plane gives each answer, and labelled points over them.

    Args:
        axis: where to draw.
        decide: from points `[n, 2]` to class numbers `[n]`.
        x: points `[n, 2]`.
        y: class numbers `[n]`.
        limits: left, right, bottom and top.
        grid: points of the grid in each direction.
        size: area of a marker in square points.

    Raises:
        TypeError: the classes are no numbers, or the size of the grid is no whole one.
        ValueError: the shapes do not fit, or there are more classes than colours, of which there are seven.

    Example:
        >>> figure, axis = plt.subplots()
        >>> show_regions(axis, lambda p: (p[:, 0] > 0).astype(int), [[-1, 0], [1, 0]], [0, 1], limits=(-2, 2, -2, 2))
        >>> len(axis.collections)
        2
    """
    whole(1, grid=grid)
    functions(decide=decide)
    left, right, bottom, top = row("limits", limits, 4)
    instance("axis", axis, Axes, "axes of Matplotlib")
    u, v = np.meshgrid(np.linspace(left, right, grid), np.linspace(bottom, top, grid))
    points = np.stack([u.ravel(), v.ravel()], axis=1).astype(np.float32)
    regions, y = _classes("decide", decide(points)), _classes("y", y)
    if regions.size != len(points):
        raise ValueError(
            f"decide: it returned shape {regions.shape}, expected ({len(points)},), a class for each point"
        )
    regions, classes = regions.reshape(grid, grid), int(max(y.max(initial=0), regions.max())) + 1
    axis.imshow(
        regions, origin="lower", extent=limits, aspect="auto", alpha=0.25, interpolation="nearest",
        cmap=ListedColormap(CYCLE[:classes]), vmin=-0.5, vmax=classes - 0.5,
    )  # fmt: skip
    show_points(axis, x, y, size=size)
    axis.set(xlim=(left, right), ylim=(bottom, top))
    axis.grid(False)
