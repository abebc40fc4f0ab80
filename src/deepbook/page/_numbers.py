"""Numbers as notebooks hold them: of Python, NumPy or JAX, in any precision."""

import math
import numbers
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

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
        raise TypeError(f"{name}: got {value!r}, expected a number")
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
