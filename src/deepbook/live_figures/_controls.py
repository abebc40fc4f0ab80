"""The controls of live figures: those of figures that move, and points that the reader places."""

import dataclasses
import html
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from deepbook._checks import listed, texts, whole
from deepbook.page._controls import Control
from deepbook.page._html import button, control_html
from deepbook.page._numbers import row as numbers_of


@dataclasses.dataclass(frozen=True)
class Placed:
    """A control that is a set of points which the reader puts into the first panel."""

    start: np.ndarray
    kinds: tuple[str, ...]
    label: str


def placed(
    most: int, *, start: Sequence[Sequence[float]] = (), kinds: Sequence[str] = (), label: str = "points"
) -> Placed:
    """Points that the reader puts into the first panel, by mouse, finger or keyboard.

    Args:
        most: how many there can be.
        start: those that are there at first: x, y and, where there are kinds, the number of the kind.
        kinds: names of the kinds of points, if there is more than one.
        label: what they are called.

    Returns:
        A control for `live`. Its value is an array of shape (most, 3): x, y, kind; the kind of a free place is -1.

    Raises:
        TypeError: `most` is no whole number.
        ValueError: more points at the start than there can be, or one that is none.

    Example:
        >>> placed(3, start=[(0.5, 1.0)]).start
        array([[ 0.5,  1. ,  0. ],
               [ 0. ,  0. , -1. ],
               [ 0. ,  0. , -1. ]], dtype=float32)
    """
    whole(1, most=most)
    texts(label=label, **{f"kinds[{i}]": kind for i, kind in enumerate(listed("kinds", kinds))})
    if len(listed("start", start)) > most:
        raise ValueError(f"start: got {len(start)} points, expected at most {most}")
    table = np.tile(np.array([0, 0, -1], np.float32), (most, 1))
    for row, point in zip(table, start, strict=False):
        row[:] = (*numbers_of("start", point, 2, 3), 0)[:3]
        if row[2] not in range(max(1, len(kinds))):
            raise ValueError(f"start: got a point of kind {row[2]:g}, expected 0 to {max(1, len(kinds)) - 1}")
    return Placed(table, tuple(kinds), label)


def first_value(control: Control | Placed) -> Any:
    """What the functions of a figure get from a control at first."""
    if isinstance(control, Placed):
        return jnp.asarray(control.start)
    if control.kind == "choice":
        return jnp.int32(control.start)
    value = control.values[control.start]
    return jnp.asarray(value, bool if control.kind == "toggle" else jnp.float32)


def control_record(name: str, control: Control | Placed, restart: bool) -> dict[str, Any]:
    """What the script knows of a control."""
    record: dict[str, Any] = {"name": name, "restart": restart}
    if isinstance(control, Placed):
        return record | {"placed": [[float(v) for v in row] for row in control.start], "kinds": control.kinds}
    values = range(len(control.values)) if control.kind == "choice" else control.values
    return record | {"labels": control.labels, "values": [float(np.float32(v)) for v in values], "start": control.start}


def control_row(name: str, control: Control | Placed) -> str:
    """The control as a page shows it, off until the script runs."""
    if isinstance(control, Control):
        return control_html(name, control)
    label = html.escape(control.label)
    if len(control.start) == 1:
        hint = "Click or tap where it should be, or move the frame with the arrow keys and press Enter."
        return f'<span class="db-hint">{hint}</span>'
    hint = (
        '<span class="db-hint">Click or tap to put a point or to take it away, drag to move it; '
        "or move the frame with the arrow keys, and press Enter or Delete. Start again brings "
        "the first points back.</span>"
    )
    clear = button("clear", f"Remove all {label}", "Remove all")
    if len(control.kinds) < 2:
        return f"<span>{clear}</span>{hint}"
    options = "".join(f'<option value="{i}">{html.escape(kind)}</option>' for i, kind in enumerate(control.kinds))
    return f'<span><label>New {label} <select class="db-kind" disabled>{options}</select></label>{clear}</span>{hint}'
