"""What a drawn tensor is given: its cells, what stands in them and at the sides."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbook._checks import listed, one_line, texts, whole
from deepbook.page._numbers import as_numbers, positive


def named(name: str, words: Any) -> Any:
    """A word, or a list of words."""
    for word in (words,) if isinstance(words, str) else listed(name, words):
        texts(**{name: word})
    return words


def counted(name: str, words: Any) -> Any:
    """A list of words; of a number so many empty ones."""
    if hasattr(words, "__len__"):
        return named(name, words)
    whole(1, **{name: words})
    return [""] * int(words)


def cells_of(cells: Any) -> np.ndarray:
    """Numbers or words in rows and columns; zeros where only the numbers of rows and columns are given."""
    if isinstance(cells, tuple):
        for count in cells:
            whole(1, cells=count)
        values: Any = np.zeros(cells)
    else:
        values = as_numbers(cells) if np.asarray(cells).dtype.kind not in "US" else np.asarray(cells)
    if values is None or values.dtype.kind == "c":
        raise TypeError(f"cells: got {one_line(repr(cells))}, expected numbers or words")
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"cells: got shape {values.shape}, expected [rows, columns]")
    return values


def hidden_of(hidden: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Which cells are crossed out."""
    values = np.asarray(False if hidden is None else hidden)
    try:
        if values.dtype.kind in "biuf":
            return np.broadcast_to(values.astype(bool), shape)
    except ValueError:
        pass
    raise ValueError(f"hidden: got {one_line(repr(hidden))}, expected truth values of shape {shape}")


def sides_of(cell: Any) -> tuple[float, float]:
    """Width and height of a cell."""
    pair = cell if isinstance(cell, tuple) else (cell, cell)
    if len(pair) != 2:
        raise ValueError(f"cell: got {cell}, expected a number, or width and height")
    return positive("cell", pair[0]), positive("cell", pair[1])


def largest(name: str, limit: Any, values: np.ndarray) -> float:
    """The value of full colour."""
    return float(np.abs(values).max() or 1) if limit is None else positive(name, limit)


def written(name: str, form: Any, value: Any) -> str:
    """A value in a cell."""
    try:
        return str(form.format(value))
    except (ValueError, LookupError, AttributeError, TypeError):
        raise ValueError(f"{name}: got {form!r}, expected a format of a number, such as '{{:g}}'") from None


def parts_of(name: str, parts: Any) -> Sequence[Any]:
    """Signs and tensors, one tensor at least."""
    for part in listed(name, parts):
        if not isinstance(part, str) and not (isinstance(part, (tuple, list)) and 1 <= len(part) <= 5):
            rule = "a sign, or a tensor (cells, label, role, rows, columns)"
            raise ValueError(f"{name}: got {one_line(repr(part))}, expected {rule}")
    if all(isinstance(part, str) for part in parts):
        raise ValueError(f"{name}: got {one_line(repr(parts))}, expected a tensor among them")
    return parts
