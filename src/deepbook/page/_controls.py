"""The controls of figures that move: their values, how they read, where they start."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any


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
        A control for `explore` or `predict`.

    Raises:
        ValueError: fewer than two values, values not increasing, or a start that is none of them.

    Example:
        >>> slider([1, 2, 4], start=2).labels
        ('1', '2', '4')
    """
    values = tuple(values)
    if len(values) < 2 or any(b <= a for a, b in itertools.pairwise(values)):
        raise ValueError(f"values: got {values}, expected at least two, increasing")
    return Control("slider", values, tuple(format.format(v) for v in values), label, _start(values, start), format)


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
        A control for `explore` or `predict`.

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
