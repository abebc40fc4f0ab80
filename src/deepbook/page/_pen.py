"""The pen of drawings: writes, draws lines, arrows, braces and frames, each in the look of a role."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text

from deepbook._checks import instance, listed, texts
from deepbook.page._numbers import finite, row
from deepbook.page._outlines import Point, Shape, along, brace_path, line, outline
from deepbook.page._roles import INK, ROLES, Role

SMALLEST, HEAD = 9.0, 0.1  # pixels of text on a phone; inches of an arrow's head


class Pen:
    """What a drawing is made with that knows nothing of networks; `deepbook.page.diagrams.Canvas` has the rest.

    Args:
        axis: where to draw.
        width: in inches.
        height: in inches.
    """

    def __init__(self, axis: Axes, width: float, height: float):
        self.axis, self.width, self.height = axis, width, height
        self.figure: Any = axis.figure
        axis.set(xlim=(0, width), ylim=(0, height))
        axis.axis("off")

    def role(self, name: str) -> Role:
        """The role of this name.

        Args:
            name: one of those on the notation page.

        Returns:
            Its colour and its form.

        Raises:
            ValueError: there is none; the error lists all names.
        """
        if not isinstance(name, str) or name not in ROLES:
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

        Returns:
            The text, as Matplotlib has it.

        Raises:
            ValueError: on a phone the text would be less than 9 pixels tall.
        """
        finite(x=x, y=y, size=size)
        texts(text=text)
        if (pixels := size / 72 * 358 / self.figure.get_figwidth()) < SMALLEST:
            least = SMALLEST * 72 / 358 * self.figure.get_figwidth()
            raise ValueError(f"size: got {size:g} points, {pixels:.1f} pixels on a phone, expected {least:.1f} or more")
        text = text.replace(r"^\top", r"^{\!\top\!}")
        if text.startswith("$") and text.endswith("$") and text.count("$") == 2:
            size *= 1.12
        style = {"color": self.role(role).ink if role else INK, "math_fontfamily": "cm", "zorder": 5} | style
        va = "center_baseline" if va == "center" and "\n" not in text else va
        return self.axis.text(x, y, text, fontsize=size, ha=ha, va=va, **style)

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
        finite(bend=bend, at=at)
        points = line(start, end, bend, tuple(listed("via", via)))
        if head:
            tip, base = points[-1], along(points, 1, HEAD)[0]
            across = np.array([base[1] - tip[1], tip[0] - base[0]]) * 0.42
            style = {"fc": self.role(role).color, "ec": "none", "zorder": 3.5}
            self.axis.add_patch(PathPatch(Path([tip, base + across, base - across, tip], closed=True), **style))
        self._stroke(points, role, cut=0.8 * HEAD if head else 0.0)
        if label:
            (x, y), (u, v) = along(points, at)
            off = side * np.array([-v, u]) * (np.sign(u) if abs(u) > 0.1 else -np.sign(v))
            align = {"ha": ("right", "center", "left")[int(np.sign(off[0]) * (abs(off[0]) > 0.3)) + 1]}
            align["va"] = ("top", "center", "bottom")[int(np.sign(off[1]) * (abs(off[1]) > 0.3)) + 1]
            self.text(x + 0.06 * off[0], y + 0.05 * off[1], label, role, size=size, **align)
        return points

    def brace(self, start: Point, end: Point, label: str = "", role: str = "note", *, depth: float = 0.14) -> None:
        """Draw a curly brace.

        Args:
            start: a point; the brace points to the left of the way from here to `end`.
            end: a point.
            label: text at the point of the brace.
            role: its look.
            depth: inches from its ends to its point.
        """
        role_ = self.role(role)
        finite(depth=depth)
        if row("start", start, 2) == row("end", end, 2):
            raise ValueError(f"end: got {end}, the start, expected another point")
        path = brace_path(start, end, depth)
        self.axis.add_patch(PathPatch(path, fc="none", ec=role_.color, lw=1.2, zorder=3))
        way = np.array(end) - start
        (x, y), (u, v) = np.asarray(path.vertices)[5], way / np.hypot(*way)
        if abs(u) > 0.7:
            self.text(x, y + 0.05 * np.sign(u), label, va="bottom" if u > 0 else "top")
        else:
            self.text(x - 0.06 * np.sign(v), y, label, ha="right" if v > 0 else "left")

    def frame(self, *shapes: Shape, label: str = "", role: str = "note", pad: float = 0.1) -> Shape:
        """Draw a line around shapes that belong together, or around one to point it out.

        Args:
            shapes: what is inside.
            label: text above its left end.
            role: its look; `"focus"` points out.
            pad: inches between the shapes and the line; at 0 the line has sharp corners and lies on the border.

        Returns:
            The frame as a shape.
        """
        for shape in shapes or (None,):
            instance("shapes", shape, Shape, "at least one shape")
        finite(pad=pad)
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

    def _room(self, words: Sequence[str], size: float = 11) -> float:
        drawn = [self.text(0, 0, word, size=size) for word in words if word]
        room = max((text.get_window_extent().width / self.figure.dpi for text in drawn), default=0.0)
        for text in drawn:
            text.remove()
        return room
