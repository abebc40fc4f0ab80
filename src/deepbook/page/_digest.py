"""What a figure shows, in a few numbers: stored beside its picture, so that a re-run can be compared with it."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.category import StrCategoryFormatter
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.colors import to_hex, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.quiver import Quiver
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

MIME = "application/vnd.deepbook.figure+json"
Digest = dict[str, Any]


def digest(figure: Figure, *, most: int = 6, blocks: int = 4) -> Digest:
    """What is drawn in each axes: words, scales and limits, and where the data lie.

    Positions are in thousandths of the axes' width and height, values of images in thousandths of their colours'
    range. A sequence is told by its first value, the means of some blocks, its last, smallest and largest value.

    Args:
        figure: the figure; its layout must be known, as it is after it was drawn.
        most: lines, patches or collections of one axes that are told one by one; more of them are told together.
        blocks: of a sequence.

    Returns:
        From the axes' number and the name of a part, like "1 line 2", to what it shows.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> figure, axis = plt.subplots()
        >>> _ = axis.plot([0, 1], [1, 3], "r"), axis.set(xlim=(0, 1), ylim=(0, 4), ylabel="loss")
        >>> digest(figure)["1"], digest(figure)["1 y"]
        (' |  | loss', ['linear', 0.0, 4.0])
        >>> digest(figure)["1 line 1"]
        {'n': 2, 'c': '#ff0000', 'x': [0, 1000], 'y': [250, 750]}
    """
    found: Digest = {}
    if words := [t.get_text() for t in figure.texts if t.get_visible() and t.get_text()]:
        found["figure"] = " | ".join(words)
    axes = [a for axis in figure.axes for a in (axis, *axis.child_axes) if isinstance(a, Axes) and a.get_visible()]
    for number, axis in enumerate(dict.fromkeys(axes), 1):
        found |= {f"{number} {part}".strip(): value for part, value in _parts(axis, most, blocks)}
    before: dict[str, Any] = {}
    for name, image in found.items():
        if " image " in name:  # a grid of images shares much: each tells what differs from the one before
            found[name] = {key: value for key, value in image.items() if key == "value" or before.get(key) != value}
            before = image
    return found


def pack(frames: Digest | Sequence[Digest]) -> str:
    """A digest, or those of the frames of a moving figure, as text; of a frame only what differs from the one before.

    Example:
        >>> pack([{"1": "a", "1 line 1": {"n": 2, "x": [1]}}, {"1": "a", "1 line 1": {"n": 2, "x": [3]}}])
        '[{"1":"a","1 line 1":{"n":2,"x":[1]}},{"1 line 1":{"x":[3]}}]'
    """
    told = frames if isinstance(frames, dict) else list(map(_change, [{}, *frames], frames))
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> list[Digest]:
    """The digests of all frames; of a figure that does not move its only one.

    Example:
        >>> unpack('[{"1":"a","1 line 1":{"n":2,"x":[1]}},{"1 line 1":{"x":[3]}}]')[1]
        {'1': 'a', '1 line 1': {'n': 2, 'x': [3]}}
    """
    told = json.loads(text)
    return list(itertools.accumulate([told] if isinstance(told, dict) else told, _changed))


def _change(before: Any, now: Any) -> Any:
    """What turns one into the other; None removes."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return now
    return {key: _change(before.get(key), now.get(key)) for key in before | now if before.get(key) != now.get(key)}


def _changed(before: Any, change: Any) -> Any:
    if not (isinstance(before, dict) and isinstance(change, dict)):
        return change
    both = before | {key: _changed(before.get(key), value) for key, value in change.items()}
    return {key: value for key, value in both.items() if value is not None}


def _parts(axis: Axes, most: int, blocks: int) -> Iterator[tuple[str, Any]]:
    """The parts of one axes, each with its name."""
    title = " ".join(filter(None, (axis.get_title(where) for where in ("left", "center", "right"))))
    if axis.axison:
        yield "", " | ".join((title, axis.get_xlabel(), axis.get_ylabel()))
        for name, side in (("x", axis.xaxis), ("y", axis.yaxis)):
            limits = [_short(value) for value in side.get_view_interval()]
            yield name, [side.get_scale(), *(limits[::-1] if side.get_inverted() else limits)]
            if isinstance(side.get_major_formatter(), FixedFormatter | FuncFormatter | StrCategoryFormatter):
                yield f"{name} ticks", " | ".join(t.get_text() for t in side.get_majorticklabels())
    elif title:
        yield "", title
    if legend := axis.get_legend():
        yield "legend", " | ".join(t.get_text() for t in legend.get_texts())
    for i, image in enumerate(filter(Artist.get_visible, axis.images), 1):
        yield f"image {i}", _image(axis, image)
    for name, artists in (("line", axis.lines), ("patch", axis.patches), ("collection", axis.collections)):
        shown = [artist for artist in artists if artist.get_visible()]
        if len(shown) > most:
            yield f"every {name}", _drawn(axis, shown, 2 * blocks)
        else:
            for i, artist in enumerate(shown, 1):
                yield f"{name} {i}", _drawn(axis, [artist], blocks)
    if texts := [t for t in axis.texts if t.get_visible() and t.get_text().strip()]:
        where = _where(axis, np.array([_place(t) for t in texts]), 2 * blocks)
        yield "texts", {"words": " | ".join(t.get_text() for t in texts)} | where


def _place(text: Text) -> np.ndarray:
    x, y = text.get_position()
    return text.get_transform().transform((text.convert_xunits(x), text.convert_yunits(y)))


def _drawn(axis: Axes, artists: Sequence[Any], blocks: int) -> dict[str, Any]:
    """How many, in which colour, where, and with which values."""
    points = [_points(artist) for artist in artists]
    one = len(artists) == 1
    count = _count(artists[0], points[0]) if one else len(artists)
    told: dict[str, Any] = {"n": count} | _colour(artists, blocks)
    if one and isinstance(artists[0], Quiver):
        longest = np.hypot(artists[0].U, artists[0].V).max() or 1.0
        told |= {k: _told(500 + 500 * getattr(artists[0], k.upper()) / longest, blocks) for k in "uv"}
    in_order = not (one and isinstance(artists[0], Collection) and count != len(points[0]))
    if isinstance(artists[0], Patch):  # lower corners, then upper ones
        points = [np.stack(points, axis=1).reshape(-1, 2)]
    told |= _where(axis, np.concatenate(points), blocks, in_order=in_order)
    if one and isinstance(artists[0], Line2D) and count > blocks + 2:  # how far it goes up and down, in axes' heights
        told["way"] = round(np.nansum(np.abs(np.diff(_thousandths(axis, points[0])[:, 1]))) / 1000, 2)
    return told


def _count(artist: Any, points: np.ndarray) -> int:
    """Points of a line or scatter plot, paths of another collection: their vertices may change at a touch."""
    if isinstance(artist, Line2D | PathCollection | Quiver):
        return len(points)
    return len(artist.get_paths()) if isinstance(artist, Collection) and not isinstance(artist, QuadMesh) else 1


def _points(artist: Any) -> np.ndarray:
    """Points `[n, 2]` of the screen: of a line its own, of a patch two corners, of a collection places or vertices."""
    if isinstance(artist, Patch):
        return artist.get_path().get_extents(artist.get_transform()).get_points()
    if isinstance(artist, Line2D):
        return artist.get_transform().transform(np.asarray(artist.get_path().vertices))
    if isinstance(artist, PathCollection | Quiver):
        return artist.get_offset_transform().transform(np.ma.filled(artist.get_offsets(), np.nan))
    if isinstance(artist, QuadMesh):
        return artist.get_transform().transform(np.asarray(artist.get_coordinates()).reshape(-1, 2))
    vertices = [np.asarray(path.vertices) for path in artist.get_paths()]
    return artist.get_transform().transform(np.concatenate(vertices)) if vertices else np.zeros((0, 2))


def _colour(artists: Sequence[Any], blocks: int) -> dict[str, Any]:
    """The one colour, the values that are shown as colours, or how dark the colours are."""
    if len(artists) == 1 and isinstance(artists[0], Collection) and artists[0].get_array() is not None:
        shown: Any = artists[0].get_array()
        values: Any = artists[0].norm(shown)
        return {"map": artists[0].get_cmap().name, "value": _told(1000 * np.ma.filled(values, np.nan).ravel(), blocks)}
    every = [_rgba(artist) for artist in artists]
    colours = np.concatenate([rows for rows in every if len(rows)] or [np.zeros((1, 4))])
    if (colours == colours[0]).all():
        return {"c": to_hex(colours[0])}
    return {"dark": _told(1000 * (1 - colours[:, :3] @ np.array([0.3, 0.59, 0.11])), blocks)}


def _rgba(artist: Any) -> np.ndarray:
    if isinstance(artist, Line2D):
        return to_rgba_array(artist.get_color())
    face = to_rgba_array(artist.get_facecolor())
    return face if len(face) and face[:, 3].any() else to_rgba_array(artist.get_edgecolor())


def _image(axis: Axes, image: AxesImage) -> dict[str, Any]:
    """An image's size, where it lies, and its means over nine parts, from top left to bottom right as it is seen."""
    left, right, bottom, top = image.get_extent()
    corners = _thousandths(axis, image.axes.transData.transform([(left, bottom), (right, top)]))
    stored: Any = image.get_array()
    array: Any = np.ma.masked_invalid(np.ma.asarray(stored, float))
    told: dict[str, Any] = {"n": list(array.shape[:2])}
    if array.ndim == 2:
        told |= {"map": image.get_cmap().name, "limits": [_short(v) for v in image.get_clim()]}
        array = image.norm(array)
    else:
        array = array[..., :3].mean(-1) / (255 if stored.dtype == np.uint8 else 1)
    upward = (image.origin == "lower") == (corners[1, 1] > corners[0, 1])
    array = array[:: -1 if upward else 1, :: -1 if corners[0, 0] > corners[1, 0] else 1]
    parts = [p for rows in np.array_split(array, min(3, len(array)))
             for p in np.array_split(rows, min(3, rows.shape[1]), axis=1)]  # fmt: skip
    told["value"] = [_whole(1000 * part.mean()) for part in parts]
    box = [_whole(v) for v in (*corners.min(0), *corners.max(0))]
    return told if box == [0, 0, 1000, 1000] else told | {"box": box}


def _where(axis: Axes, points: np.ndarray, blocks: int, *, in_order: bool = True) -> dict[str, list[int | None]]:
    x, y = _thousandths(axis, points).T
    return {"x": _told(x, blocks, in_order=in_order), "y": _told(y, blocks, in_order=in_order)}


def _thousandths(axis: Axes, points: Any) -> np.ndarray:
    """Points of the screen in thousandths of the axes; outside it matters only on which side."""
    if len(points) == 0:
        return np.zeros((0, 2))
    return np.clip(1000 * axis.transAxes.inverted().transform(points), -100, 1100)


def _told(values: Any, blocks: int, *, in_order: bool = True) -> list[int | None]:
    """First, means of blocks, last, smallest and largest; a few values as they are; one if all are the same."""
    values = np.asarray(values, float)
    if not in_order:
        told = [np.nanmean(values), np.nanmin(values), np.nanmax(values)] if np.isfinite(values).any() else [np.nan]
    elif len(values) <= blocks + 2:
        told = list(values)
    else:
        means = [part[np.isfinite(part)] for part in np.array_split(values, blocks)]
        known = values[np.isfinite(values)]
        ends = [known.min(), known.max()] if len(known) else []
        told = [values[0], *(p.mean() if len(p) else np.nan for p in means), values[-1], *ends]
    whole = [_whole(value) for value in told]
    return whole[:1] if len(set(whole)) == 1 else whole


def _whole(value: Any) -> int | None:
    return round(float(value)) if np.isfinite(np.ma.filled(value, np.nan)) else None


def _short(value: float) -> float:
    return float(f"{value:.4g}")
