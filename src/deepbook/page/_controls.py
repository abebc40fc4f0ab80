"""The controls of figures that move: their values, how they read, where they start."""

import dataclasses
import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from deepbook._checks import one_line, texts
from deepbook.page._numbers import Number, as_numbers, finite_number, python_number


@dataclasses.dataclass(frozen=True)
class Control:
    """One control of a figure: the values of its pre-rendered grid, how they read, and where it starts."""

    kind: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    label: str | None
    start: int
    format: str = "{}"

    def named(self, name: str) -> str:
        """What the reader sees beside the control."""
        return self.label or name.replace("_", " ")


def slider(
    values: Iterable[Number], *, start: Number | None = None, label: str | None = None, format: str = "{:g}"
) -> Control:
    """A slider over numbers.

    Args:
        values: increasing numbers of Python, NumPy or JAX: the grid that is pre-rendered. With a kernel the slider
            takes any number between the first and the last (any whole number, if all are whole).
        start: one of the values; by default the first.
        label: text beside the control; by default the argument's name.
        format: how a value reads, for example `"{:.2f} px"`.

    Returns:
        A control for `explore` or `predict`.

    Raises:
        TypeError: the values are no several ones, or one of them is no number.
        ValueError: fewer than two values, values not increasing, a start that is none of them, or a format for
            something else.

    Example:
        >>> slider([1, 2, 4], start=2).labels
        ('1', '2', '4')
    """
    values = tuple[Any, ...](finite_number("values", value) for value in _several("values", values))
    start = None if start is None else python_number("start", start)
    texts(label=label or "")
    if len(values) < 2 or any(b <= a for a, b in itertools.pairwise(values)):
        raise ValueError(f"values: got {values}, expected at least two, increasing")
    try:
        labels = tuple(format.format(value) for value in values)
    except (ValueError, LookupError, AttributeError, TypeError):
        raise ValueError(f"format: got {format!r}, expected one for a number, such as '{{:g}}'") from None
    return Control("slider", values, labels, label, _start(values, start), format)


def play(
    values: Iterable[Number], *, start: Number | None = None, label: str | None = None, format: str = "{:g}"
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
        TypeError: as for `slider`.
        ValueError: as for `slider`.

    Example:
        >>> play([0, 10, 20], label="step").kind
        'play'
    """
    return dataclasses.replace(slider(values, start=start, label=label, format=format), kind="play")


def choice(options: Iterable[Any], *, start: Any = None, label: str | None = None) -> Control:
    """A menu of a few named options.

    Args:
        options: texts or numbers, passed to draw as they are; no two read the same.
        start: one of them; by default the first.
        label: text beside the control; by default the argument's name.

    Returns:
        A control for `explore` or `predict`.

    Raises:
        TypeError: the options are no several ones, or one of them is neither a text nor a number.
        ValueError: fewer than two options, two that read the same, or a start that is none of them.

    Example:
        >>> choice([1, 2]).labels
        ('1', '2')
    """
    options = tuple(_option("options", option) for option in _several("options", options))
    labels = tuple(map(str, options))
    texts(label=label or "")
    if len(options) < 2 or len(set(labels)) < len(labels):
        raise ValueError(f"options: got {options}, expected at least two, no two of them alike")
    return Control(
        "choice", options, labels, label, _start(options, None if start is None else _option("start", start))
    )


def toggle(*, start: bool = False, label: str | None = None) -> Control:
    """A box to tick.

    Args:
        start: whether it is ticked at first.
        label: text beside the control; by default the argument's name.

    Returns:
        A control for `explore`.

    Raises:
        TypeError: the start is no truth value, or the label no text.
    """
    if not isinstance(start, (bool, np.bool_)):
        raise TypeError(f"start: got {one_line(repr(start))}, expected True or False")
    texts(label=label or "")
    return Control("toggle", (False, True), ("off", "on"), label, int(start))


def _several(name: str, values: Any) -> tuple[Any, ...]:
    try:
        return tuple(values)
    except TypeError:
        raise TypeError(f"{name}: got {values!r}, expected several, such as a list") from None


def _option(name: str, value: Any) -> str | int | float:
    if isinstance(value, str):
        return str(value)
    if as_numbers(value) is None or np.ndim(value):
        raise TypeError(f"{name}: got {type(value).__name__}, expected texts or numbers")
    return python_number(name, value)


def _start(values: tuple[Any, ...], start: Any) -> int:
    if start is not None and start not in values:
        raise ValueError(f"start: got {start!r}, expected one of {values}")
    return 0 if start is None else values.index(start)
