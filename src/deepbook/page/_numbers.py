"""Numbers as notebooks hold them: of Python, NumPy or JAX, in any precision."""

import math
import numbers
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from deepbook._checks import listed, one_line

Number = float | np.generic | np.ndarray | jax.Array  # one number, of whatever library


def as_numbers(value: Any) -> np.ndarray | None:
    """The value as an array of numbers that NumPy can compute with, or None where it is none."""
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O" and array.size and all(isinstance(v, numbers.Number) for v in array.flat):
            return array.astype(float)  # whole numbers of Python that no integer type holds
        if array.dtype.kind == "V" and jnp.issubdtype(array.dtype, jnp.number):
            return array.astype(float)  # bfloat16 and what is smaller
    except Exception:  # what an object does when it is asked for an array is its own affair
        return None
    return array if array.dtype.kind in "biufc" else None


def python_number(name: str, value: Any) -> int | float:
    """One real number as an int or float of Python."""
    array = as_numbers(value)
    if array is None or array.ndim or array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got {one_line(repr(value))}, expected a number")
    return value if type(value) in (int, float) else array.item()


def finite_number(name: str, value: Any) -> int | float:
    """One finite real number as an int or float of Python."""
    value = python_number(name, value)
    if not math.isfinite(value):
        raise ValueError(f"{name}: got {value}, expected a finite number")
    return value


def tolerance(name: str, value: Any) -> float:
    """A finite number from 0 on."""
    value = finite_number(name, value)
    if value < 0:
        raise ValueError(f"{name}: got {value}, expected a finite number from 0 on")
    return value


def positive(name: str, value: Any) -> int | float:
    """A finite number above 0."""
    value = finite_number(name, value)
    if value <= 0:
        raise ValueError(f"{name}: got {value}, expected a number above 0")
    return value


def positives(name: str, values: Any) -> None:
    """Several finite numbers above 0."""
    for value in listed(name, values):
        positive(name, value)


def finite(**values: Any) -> None:
    """Finite numbers."""
    for name, value in values.items():
        finite_number(name, value)


def row(name: str, value: Any, *lengths: int) -> tuple[int | float, ...]:
    """So many finite numbers, as the ends of an axis or the coordinates of a point."""
    if not (isinstance(value, (tuple, list)) or getattr(value, "ndim", 0) == 1) or len(value) not in lengths:
        rule = " or ".join(map(str, lengths))
        raise ValueError(f"{name}: got {one_line(repr(value))}, expected {rule} numbers")
    return tuple(finite_number(name, number) for number in value)


def line_of_points(name: str, value: Any) -> tuple[np.ndarray, np.ndarray]:
    """A pair of arrays of real numbers of one length, at least 4."""
    pair = [as_numbers(part) for part in value] if isinstance(value, (tuple, list)) else []
    if len(pair) == 2 and all(a is not None and a.ndim == 1 and len(a) > 3 and a.dtype.kind != "c" for a in pair):
        x, y = (np.asarray(a, float) for a in pair)
        if x.shape == y.shape:
            return x, y
    rule = "a pair of arrays (x, y) of one length, at least 4 points"
    raise ValueError(f"{name}: got {type(value).__name__}, expected {rule}")
