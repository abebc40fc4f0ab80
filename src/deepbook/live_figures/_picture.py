"""A live figure as Matplotlib draws it: its empty axes, and its marks for readers without script."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from deepbook.live_figures.marks import Panel
from deepbook.page.plots import MARKERS


def empty_axes(panels: Sequence[Panel], size: tuple[float, float], widths: Sequence[float] | None) -> Figure:
    """A figure with the panels' axes side by side, without their marks."""
    if widths and len(widths) != len(panels):
        raise ValueError(f"widths: got {len(widths)}, expected {len(panels)}, one for each panel")
    figure, axes = plt.subplots(
        1, len(panels), figsize=size, squeeze=False, gridspec_kw={"width_ratios": widths} if widths else None
    )
    for axis, panel in zip(axes[0], panels, strict=True):
        axis.set(**dict(panel.axes))
        axis.set_autoscale_on(False)
    figure.draw_without_rendering()
    figure.draw_without_rendering()  # axes of a fixed shape settle in the second round
    figure.set_layout_engine("none")
    return figure


def places(figure: Figure) -> list[dict[str, Any]]:
    """Where each pair of axes lies, as parts of the figure's width and height from its top left; limits and scales."""
    found = []
    width, height = figure.bbox.size
    for axis in figure.axes:
        box = axis.get_window_extent()
        edges = (box.x0 / width, 1 - box.y1 / height, box.x1 / width, 1 - box.y0 / height)
        limits = {"xlim": axis.get_xlim(), "ylim": axis.get_ylim()}
        scales = {"xlog": axis.get_xscale() == "log", "ylog": axis.get_yscale() == "log"}
        found.append({"box": [round(e, 5) for e in edges]} | limits | scales)
    return found


def add_marks(figure: Figure, panels: Sequence[Panel]) -> None:
    """Draw the marks into their axes."""
    for axis, panel in zip(figure.axes, panels, strict=True):
        for level, mark in enumerate(panel.marks, 2):
            DRAW[mark.kind](axis, {k: np.asarray(v) for k, v in mark.arrays.items()}, dict(mark.style), level)


def _points(axis: Axes, a: dict[str, np.ndarray], style: dict[str, Any], level: int) -> None:
    colours = style["colours"]
    for kind in np.unique(a["kind"][a["shown"].astype(bool)]).astype(int):
        chosen = a["shown"].astype(bool) & (a["kind"] == kind)
        axis.scatter(
            a["x"][chosen], a["y"][chosen], s=style["size"] ** 2, c=colours[kind % len(colours)], zorder=level,
            marker=MARKERS[kind % len(MARKERS)], edgecolors="white", linewidths=0.7,
        )  # fmt: skip


def _curve(axis: Axes, a: dict[str, np.ndarray], style: dict[str, Any], level: int) -> None:
    axis.plot(a["x"], a["y"], style["colour"], lw=style["width"], ls="--" if style["dashed"] else "-", zorder=level)


def _band(axis: Axes, a: dict[str, np.ndarray], style: dict[str, Any], level: int) -> None:
    axis.fill_between(a["x"], a["low"], a["high"], color=style["colour"], alpha=0.2, lw=0, zorder=level)


def _bars(axis: Axes, a: dict[str, np.ndarray], style: dict[str, Any], level: int) -> None:
    axis.bar(a["x"], a["heights"], style["width"], color=style["colour"], zorder=level)


def _field(axis: Axes, a: dict[str, np.ndarray], style: dict[str, Any], level: int) -> None:
    axis.imshow(
        a["values"], extent=style["extent"], origin="lower", vmin=style["limits"][0], vmax=style["limits"][1],
        cmap=colour_map(style["colours"]), interpolation="bilinear", aspect=axis.get_aspect(), zorder=level,
    )  # fmt: skip


def _contour(axis: Axes, a: dict[str, np.ndarray], style: dict[str, Any], level: int) -> None:
    x0, x1, y0, y1 = style["extent"]
    rows, columns = a["values"].shape
    grid = np.linspace(x0, x1, columns), np.linspace(y0, y1, rows)
    if a["values"].min() < style["level"] < a["values"].max():
        look = {"colors": style["colour"], "linewidths": style["width"], "zorder": level}
        axis.contour(*grid, a["values"], levels=[style["level"]], **look)


DRAW = {"points": _points, "curve": _curve, "band": _band, "bars": _bars, "field": _field, "contour": _contour}


def colour_map(colours: str | Sequence[str]) -> Colormap:
    """A map of Matplotlib by its name, or one that runs through colours."""
    return mpl.colormaps[colours] if isinstance(colours, str) else LinearSegmentedColormap.from_list("", list(colours))


def colour_table(colours: str | Sequence[str], steps: int = 48) -> list[str]:
    """Colours of a map from its first to its last, for the page."""
    return [mpl.colors.to_hex(c) for c in colour_map(colours)(np.linspace(0, 1, steps))]
