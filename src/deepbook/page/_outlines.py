"""The geometry of drawings: shapes that arrows can find the border of, and the lines between them."""

import dataclasses

import numpy as np
from matplotlib.path import Path

from deepbook._checks import whole
from deepbook.page._numbers import finite, row

Point = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Shape:
    """Something drawn: its centre and size in inches, and its form (round, square, pill, cut or circle)."""

    x: float
    y: float
    width: float
    height: float
    form: str = "square"

    def at(self, u: float, v: float) -> Point:
        """A point by its place in the shape: `at(1, 0)` is the middle of the right side.

        Args:
            u: from the centre to the right, as a share of the half width.
            v: from the centre upwards, as a share of the half height.

        Returns:
            The point, in inches.
        """
        finite(u=u, v=v)
        return self.x + u * self.width / 2, self.y + v * self.height / 2

    @property
    def left(self) -> Point:
        """The middle of the left side; `right`, `top` and `bottom` likewise."""
        return self.at(-1, 0)

    @property
    def right(self) -> Point:
        """The middle of the right side."""
        return self.at(1, 0)

    @property
    def top(self) -> Point:
        """The middle of the upper side."""
        return self.at(0, 1)

    @property
    def bottom(self) -> Point:
        """The middle of the lower side."""
        return self.at(0, -1)

    def border(self, toward: Point) -> Point:
        """Where the line from the centre to a point leaves the shape.

        Args:
            toward: the point, in inches.

        Returns:
            The place, in inches; the centre itself if that is the point.
        """
        d = np.subtract(row("toward", toward, 2), (self.x, self.y))
        if not d.any():
            return self.x, self.y
        around = np.asarray(outline(self).to_polygons()[0]) - (self.x, self.y)
        p, e = around[:-1], np.diff(around, axis=0)
        across = d[0] * e[:, 1] - d[1] * e[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            far = (p[:, 0] * e[:, 1] - p[:, 1] * e[:, 0]) / across  # of d: where the ray meets the line of a side
            place = (p[:, 0] * d[1] - p[:, 1] * d[0]) / across  # of the side
        met = far[(place >= -1e-9) & (place <= 1 + 1e-9) & (far > 0)]
        return self.x + float(d[0] * met.max()), self.y + float(d[1] * met.max())


@dataclasses.dataclass(frozen=True)
class Grid(Shape):
    """A tensor drawn as cells, which are shapes as well."""

    rows: int = 1
    columns: int = 1

    def part(self, rows: slice, columns: slice) -> Shape:
        """The cells in these rows and columns, as one shape.

        Args:
            rows: which rows; row 0 is at the top.
            columns: which columns.

        Returns:
            The shape.
        """
        i, j = _chosen("rows", rows, self.rows), _chosen("columns", columns, self.columns)
        high, wide = self.height / self.rows, self.width / self.columns
        left, top = self.x - self.width / 2 + j[0] * wide, self.y + self.height / 2 - i[0] * high
        return Shape(left + len(j) * wide / 2, top - len(i) * high / 2, len(j) * wide, len(i) * high)

    def cell(self, i: int, j: int) -> Shape:
        """One cell.

        Args:
            i: its row, counted from 0 at the top; negative numbers count from the end.
            j: its column, likewise from the left.

        Returns:
            The shape.
        """
        return self.part(_one("i", i, self.rows), _one("j", j, self.columns))

    def row(self, i: int) -> Shape:
        """One row.

        Args:
            i: which, counted from 0 at the top; negative numbers count from the end.

        Returns:
            The shape.
        """
        return self.part(_one("i", i, self.rows), slice(None))

    def column(self, j: int) -> Shape:
        """One column.

        Args:
            j: which, counted from 0 at the left; negative numbers count from the end.

        Returns:
            The shape.
        """
        return self.part(slice(None), _one("j", j, self.columns))


def _one(name: str, i: int, count: int) -> slice:
    whole(-count, **{name: i})
    if i >= count:
        raise ValueError(f"{name}: got {i}, expected one of {count}")
    return slice(i, i + 1 or None)


def _chosen(name: str, which: slice, count: int) -> range:
    try:
        chosen = range(count)[which] if isinstance(which, slice) else range(0)
    except TypeError:
        chosen = range(0)
    if not chosen:
        raise ValueError(f"{name}: got {which!r}, expected a slice of {count} that holds one at least")
    return chosen


def outline(shape: Shape) -> Path:
    """The closed line around a shape."""
    if shape.form == "circle":
        unit = Path.unit_circle()
        circle = np.asarray(unit.vertices) * [shape.width / 2, shape.height / 2] + [shape.x, shape.y]
        return Path(circle, unit.codes)
    corner = {"round": 0.07, "square": 0.0, "pill": shape.height / 2, "cut": 0.11}[shape.form]
    corner = min(corner, shape.width / 2, shape.height / 2)
    bow = 0.0 if shape.form == "cut" else 0.5523 * corner  # a Bézier curve that is nearly a quarter of a circle
    vertices, codes = [], []
    for u, v in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        x, y = shape.at(u, v)
        along, across = (x, y - v * corner), (x - u * corner, y)
        enter, leave = (along, across) if u * v > 0 else (across, along)
        share = bow / (corner or 1)
        soft = [(p[0] + (x - p[0]) * share, p[1] + (y - p[1]) * share) for p in (enter, leave)]
        vertices += [enter, *soft, leave]
        codes += [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    codes[0] = Path.MOVETO
    return Path([*vertices, vertices[0]], [*codes, Path.CLOSEPOLY])


def line(start: Shape | Point, end: Shape | Point, bend: float, via: tuple[Point, ...]) -> np.ndarray:
    """Points `[n, 2]` of a line between two shapes or points: straight, curved, or round corners at `via`."""
    ends = {"start": start, "end": end}
    a, b = (np.array((p.x, p.y) if isinstance(p, Shape) else row(n, p, 2), float) for n, p in ends.items())
    if np.array_equal(a, b) and not len(via):
        raise ValueError(f"end: got the place of the start, {tuple(b)}, expected another one")
    normal = np.array([a[1] - b[1], b[0] - a[0]])
    stops = [np.array(row("via", p, 2), float) for p in via] or ([(a + b) / 2 + 2 * bend * normal] if bend else [])
    first, last = (stops[0], stops[-1]) if stops else (b, a)
    if isinstance(start, Shape):
        a = np.array(start.border(tuple(first)))
    if isinstance(end, Shape):
        b = np.array(end.border(tuple(last)))
    if not via:
        return curve(a, stops[0], b) if stops else np.array([a, b])
    points = [a, *stops, b]
    pieces = [a[None]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        lengths = [np.linalg.norm(p - corner) for p in (before, after)]
        enter, leave = (
            corner + (p - corner) * min(0.1, n / 2) / (n or 1) for p, n in zip((before, after), lengths, strict=True)
        )
        pieces.append(curve(enter, corner, leave))
    return np.concatenate([*pieces, b[None]])


def curve(a: np.ndarray, control: np.ndarray, b: np.ndarray, count: int = 41) -> np.ndarray:
    """Points `[count, 2]` of the curve from `a` to `b` that leaves and arrives in the direction of `control`."""
    t = np.linspace(0, 1, count)[:, None]
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * control + t**2 * b


def along(points: np.ndarray, share: float, back: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The point at a share of a line's length, less `back` inches, and the direction there, of length 1."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    place = np.clip(share * steps.sum() - back, 0, steps.sum())
    ends = np.cumsum(steps)
    i = min(int(np.searchsorted(ends, place)), len(steps) - 1)
    direction = (points[i + 1] - points[i]) / (steps[i] or 1)
    return points[i + 1] - direction * (ends[i] - place), direction


def brace_path(start: Point, end: Point, depth: float) -> Path:
    """A curly brace from `start` to `end` that points to the left of the way."""
    a, b = np.array(start, float), np.array(end, float)
    length = np.linalg.norm(b - a)
    step, out = (b - a) / length, np.array([a[1] - b[1], b[0] - a[0]]) / length * depth / 2
    r = min(depth / 2, length / 4) * step
    m = (a + b) / 2
    vertices = [a, a + out, a + out + r, m - r + out, m + out, m + 2 * out]
    vertices += [m + out, m + r + out, b - r + out, b + out, b]
    codes = [Path.MOVETO, Path.CURVE3, Path.CURVE3, Path.LINETO, Path.CURVE3, Path.CURVE3]
    codes += [Path.CURVE3, Path.CURVE3, Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path(vertices, codes)
