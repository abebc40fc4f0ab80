"""`explore`: a figure with controls, live where a kernel runs and pre-rendered everywhere else."""

import base64
import dataclasses
import html
import io
import itertools
import json
import math
import os
import re
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

MAX_FRAMES = 64
MAX_BYTES = 300_000
Draw = Callable[..., tuple[Figure, str]]


@dataclasses.dataclass(frozen=True)
class Control:
    """One control of a figure: the values of its pre-rendered grid, how they read, and where it starts."""

    kind: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    label: str | None
    start: int

    def named(self, name: str) -> str:
        """What the reader sees beside the control."""
        return self.label or name.replace("_", " ")


def slider(
    values: Sequence[float], *, start: float | None = None, label: str | None = None, format: str = "{:g}"
) -> Control:
    """A slider over numbers.

    Args:
        values: increasing numbers: the grid that is pre-rendered. With a kernel the slider takes any number
            between the first and the last (any whole number, if all are whole).
        start: one of the values; by default the first.
        label: text beside the control; by default the argument's name.
        format: how a value reads, for example `"{:.2f} px"`.

    Returns:
        A control for `explore`.

    Raises:
        ValueError: fewer than two values, values not increasing, or a start that is none of them.

    Example:
        >>> slider([1, 2, 4], start=2).labels
        ('1', '2', '4')
    """
    values = tuple(values)
    if len(values) < 2 or any(b <= a for a, b in itertools.pairwise(values)):
        raise ValueError(f"values: got {values}, expected at least two, increasing")
    return Control("slider", values, tuple(format.format(v) for v in values), label, _start(values, start))


def play(
    values: Sequence[float], *, start: float | None = None, label: str | None = None, format: str = "{:g}"
) -> Control:
    """A slider that runs by itself when asked to, with a button to start and to pause.

    It runs to its last value and stops. For readers who asked their system for less motion the button moves it by
    one step.

    Args:
        values: as for `slider`.
        start: as for `slider`.
        label: as for `slider`.
        format: as for `slider`.

    Returns:
        A control for `explore`.

    Raises:
        ValueError: as for `slider`.

    Example:
        >>> play([0, 10, 20], label="step").kind
        'play'
    """
    return dataclasses.replace(slider(values, start=start, label=label, format=format), kind="play")


def choice(options: Sequence[str], *, start: str | None = None, label: str | None = None) -> Control:
    """A menu of a few named options.

    Args:
        options: the texts, passed to draw as they are.
        start: one of them; by default the first.
        label: text beside the control; by default the argument's name.

    Returns:
        A control for `explore`.

    Raises:
        ValueError: fewer than two options, or a start that is none of them.
    """
    options = tuple(options)
    if len(options) < 2:
        raise ValueError(f"options: got {options}, expected at least two")
    return Control("choice", options, options, label, _start(options, start))


def toggle(*, start: bool = False, label: str | None = None) -> Control:
    """A box to tick.

    Args:
        start: whether it is ticked at first.
        label: text beside the control; by default the argument's name.

    Returns:
        A control for `explore`.
    """
    return Control("toggle", (False, True), ("off", "on"), label, int(start))


def _start(values: tuple[Any, ...], start: Any) -> int:
    if start is not None and start not in values:
        raise ValueError(f"start: got {start!r}, expected one of {values}")
    return 0 if start is None else values.index(start)


class Explore:
    """A figure with controls, as `explore` returns it; a notebook displays it, the site shows its frames."""

    def __init__(self, draw: Draw, controls: dict[str, Control], dpi: int) -> None:
        self.draw, self.controls, self.dpi = draw, controls, dpi
        self.id = "fig-" + re.sub(r"[^a-z0-9]+", "-", draw.__name__.lower()).strip("-")

    def __repr__(self) -> str:
        parts = (f"{name} in {', '.join(c.labels)}" for name, c in self.controls.items())
        return f"explore({self.draw.__name__}: {'; '.join(parts)})"

    def render(self, **values: Any) -> tuple[bytes, str, str]:
        """One frame: its bytes, their kind ("png" or "webp") and the alt text."""
        drawn = self.draw(**values)
        if not (isinstance(drawn, tuple) and isinstance(drawn[0], Figure) and isinstance(drawn[1], str)):
            raise TypeError(f"draw: it returned {type(drawn).__name__}, expected (figure, alt text)")
        figure, alt = drawn
        if len(alt) < 20:
            raise ValueError(f"draw: got the alt text {alt!r}, expected a sentence that tells what the picture shows")
        data, kind = _encode(figure, self.dpi)
        return data, kind, alt

    def html(self) -> str:
        """The whole figure for a page: first picture, controls, all frames, and the script that moves them."""
        frames, alts = [], []
        grid = itertools.product(*(c.values for c in self.controls.values()))
        for values in grid:
            data, kind, alt = self.render(**dict(zip(self.controls, values, strict=True)))
            frames.append(f"data:image/{kind};base64,{base64.b64encode(data).decode()}")
            alts.append(alt)
        size = sum(map(len, frames))
        if size > MAX_BYTES:
            raise ValueError(
                f"explore: {len(frames)} frames take {size:,} bytes, at most {MAX_BYTES:,} are allowed: "
                "thin the grid of a control, or draw less in a frame (fewer points, smaller dpi)"
            )
        first = 0
        for control in self.controls.values():
            first = first * len(control.values) + control.start
        controls = [{"name": n, "kind": c.kind, "labels": c.labels} for n, c in self.controls.items()]
        record = json.dumps({"controls": controls, "alts": alts, "frames": frames}, ensure_ascii=False)
        record = record.replace("</", r"<\/")  # no text can end the script element
        package = resources.files("deepbook")
        return (
            f'<div class="db-explore" id="{self.id}"><style>{(package / "interact.css").read_text()}</style>'
            f'<img src="{frames[first]}" alt="{html.escape(alts[first])}">'
            f'<div class="db-controls">{"".join(map(_control_html, self.controls, self.controls.values()))}</div>'
            '<p class="db-note">The controls need JavaScript; without it this is the first picture.</p>'
            '<p class="db-hidden" aria-live="polite"></p>'
            f'<script type="application/json">{record}</script>'
            f"<script>{(package / 'interact.js').read_text()}</script></div>"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": self.html()}
        if os.environ.get("DEEPBOOK_STATIC", "0") == "0" and _has_kernel():
            from deepbook._live import live_widget

            bundle |= live_widget(self)._repr_mimebundle_()
        return bundle


def explore(draw: Draw, *, dpi: int = 100, **controls: Control) -> Explore:
    """Show a figure that a reader moves.

    Args:
        draw: `draw(**values)` returns `(figure, alt text)`; it is called with one value for each control.
        dpi: dots per inch of the pre-rendered frames.
        **controls: name of an argument of draw to `slider(...)`, `choice(...)` or `toggle(...)`.

    Returns:
        An object to be the last line of a cell. With a kernel it is live: any value, drawn at once. Elsewhere
        (the site, a viewer, from disk) it shows pre-rendered frames of the controls' grid, and without
        JavaScript the first of them.

    Raises:
        ValueError: no control, or more than 64 frames; on display, more than 300 KB of frames.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> def line(slope):
        ...     figure, axis = plt.subplots()
        ...     axis.plot([0, 1], [0, slope])
        ...     return figure, f"A straight line through the origin with slope {slope}."
        >>> explore(line, slope=slider([1, 2, 3]))
        explore(line: slope in 1, 2, 3)
    """
    if not controls:
        raise ValueError("controls: got none, expected at least one slider, choice or toggle")
    count = math.prod(len(c.values) for c in controls.values())
    if count > MAX_FRAMES:
        sizes = ", ".join(f"{name} {len(c.values)}" for name, c in controls.items())
        raise ValueError(f"explore: {count} frames ({sizes}), at most {MAX_FRAMES} are allowed: thin a grid")
    return Explore(draw, controls, dpi)


def _control_html(name: str, control: Control) -> str:
    text = html.escape(control.named(name))
    if control.kind == "choice":
        options = "".join(
            f'<option value="{i}"{" selected" * (i == control.start)}>{html.escape(label)}</option>'
            for i, label in enumerate(control.labels)
        )
        return f"<label>{text} <select disabled>{options}</select></label>"
    if control.kind == "toggle":
        return f'<label><input type="checkbox" disabled{" checked" * control.start}> {text}</label>'
    label = html.escape(control.labels[control.start])
    range_html = (
        f'<label>{text} <input type="range" min="0" max="{len(control.values) - 1}" step="1" '
        f'value="{control.start}" aria-valuetext="{label}" disabled><output>{label}</output></label>'
    )
    if control.kind == "slider":
        return range_html
    button = f'<button type="button" class="db-play" aria-label="Play {text}" disabled>Play</button>'
    return f"<span>{range_html}{button}</span>"


def _encode(figure: Figure, dpi: int) -> tuple[bytes, str]:
    """The smallest of a palette PNG, a lossless and a lossy WebP; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    plt.close(figure)
    picture = Image.open(buffer).convert("RGB")
    palette = picture.quantize(32, dither=Image.Dither.NONE)
    settings = (
        ("png", palette, {"optimize": True}),
        ("webp", palette.convert("RGB"), {"lossless": True, "method": 4, "quality": 100}),
        ("webp", picture, {"quality": 82, "method": 4}),
    )
    files = []
    for kind, image, options in settings:
        file = io.BytesIO()
        image.save(file, kind, **options)
        files.append((file.getvalue(), kind))
    return min(files, key=lambda pair: len(pair[0]))


def _has_kernel() -> bool:
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
