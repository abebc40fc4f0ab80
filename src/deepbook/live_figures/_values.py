"""Arrays of a program that are not yet computed: what JavaScript reads at an index, and the index itself."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np


@dataclass(frozen=True)
class Index:
    """A whole number that the program knows: a constant plus multiples of loop variables or of other terms.

    Example:
        >>> str(Index.of("i") * 4 + Index.of("j") + 2)
        'i*4+j+2'
    """

    constant: int = 0
    terms: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, term: str) -> "Index":
        """A loop variable, or any expression of JavaScript that binds at least as strongly as a product."""
        return cls(0, ((term, 1),))

    def __add__(self, other: "Index | int") -> "Index":
        if not isinstance(other, Index):
            return Index(self.constant + int(other), self.terms)
        factors = dict(self.terms)
        for term, factor in other.terms:
            factors[term] = factors.get(term, 0) + factor
        return Index(self.constant + other.constant, tuple((t, f) for t, f in factors.items() if f))

    def __mul__(self, factor: int) -> "Index":
        return Index(self.constant * int(factor), tuple((t, f * int(factor)) for t, f in self.terms if factor))

    def __str__(self) -> str:
        parts = [term if factor == 1 else f"{term}*{factor}" for term, factor in self.terms]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return "+".join(parts).replace("+-", "-")


Indices = Sequence[Index]


@dataclass(frozen=True)
class Value:
    """An array of the program.

    Attributes:
        shape: its shape; an array of keys has a last axis of two.
        kind: "f" for floating-point, "i" for signed, "u" for unsigned whole numbers, "b" for truth values.
        at: from one index for each axis to the expression that reads there.
        cost: about how many operations reading takes; 0 is a look into a buffer.
        buffer: the buffer that holds it whole and row by row, if there is one.
    """

    shape: tuple[int, ...]
    kind: str
    at: Callable[[Indices], str]
    cost: int = 0
    buffer: str | None = None

    @property
    def size(self) -> int:
        """How many entries it has."""
        return math.prod(self.shape)


def flat(indices: Indices, shape: Sequence[int]) -> Index:
    """Where an entry lies in a buffer, row by row."""
    place = Index()
    for index, length in zip(indices, shape, strict=True):
        place = place * length + index
    return place


def kind_of(dtype: Any) -> str:
    """The kind of a data type of JAX.

    Raises:
        NotImplementedError: the page computes in 64 bits and has no narrower floating-point numbers, and no complex.
    """
    if jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key):
        return "u"
    kind = np.dtype(dtype).kind
    if kind not in "fiub" or (kind != "b" and np.dtype(dtype).itemsize < 4):
        raise NotImplementedError(f"live: got an array of {dtype}, expected float32, int32, uint32 or bool")
    return kind


def shape_of(aval: Any) -> tuple[int, ...]:
    """The shape of a traced array; of keys with the two numbers that each holds."""
    return (*aval.shape, 2) if jax.dtypes.issubdtype(aval.dtype, jax.dtypes.prng_key) else tuple(aval.shape)


def plain(array: Any) -> np.ndarray:
    """An array or a number, or the numbers of keys, as NumPy has it."""
    if jax.dtypes.issubdtype(getattr(array, "dtype", np.float32), jax.dtypes.prng_key):
        return np.asarray(jax.random.key_data(array))
    return np.asarray(array)


def literal(number: Any, kind: str) -> str:
    """A number as JavaScript writes it.

    Example:
        >>> literal(np.float32(0.1), "f"), literal(-2, "i"), literal(True, "b")
        ('0.10000000149011612', '(-2)', '1')
    """
    value = float(number) if kind == "f" else int(number)
    if math.isnan(value):
        return "NaN"
    text = ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else repr(value)
    text = text.removesuffix(".0")
    return f"({text})" if text.startswith("-") else text
