"""`check`: tell a reader in one line whether an answer is right, and what is wrong where it is not."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Result:
    """The verdict of `check`: a status ("passed", "failed" or "not attempted") and one line for the reader."""

    def __init__(self, status: str, message: str) -> None:
        self.status, self.message = status, message

    def __repr__(self) -> str:
        mark = {"passed": "✓", "failed": "✗", "not attempted": "…"}[self.status]
        return f"{mark} {self.message}"


def check(answer: Callable[..., Any], cases: Sequence[tuple[tuple[Any, ...], Any]], *, tol: float = 1e-5) -> Result:
    r"""Compare a reader's function with expected values, case by case, and diagnose the first difference.

    A case passes when $|a - e| \le \text{tol}\,(1 + |e|)$ for every entry and the structure, shapes and kinds of
    number are the expected ones.

    Args:
        answer: the reader's function. A stub returns `...` or raises NotImplementedError.
        cases: pairs of arguments and expected value: a number, an array (or a list for one), or a tuple of them.
        tol: tolerance, relative for large values and absolute for small ones.

    Returns:
        The verdict, which displays as one line. It never raises for a wrong answer.

    Example:
        >>> check(lambda x: 2 * x, [((1.0,), 2.0), ((3.0,), 6.0)])
        ✓ correct: all 2 cases agree
        >>> check(lambda x: x + 1, [((1.0,), 2.0), ((3.0,), 6.0)])
        ✗ case 2, f(3.0): expected 6.0, got 4.0
        >>> check(lambda x: ..., [((1.0,), 2.0)])
        … not attempted yet: replace the ... with your answer
    """
    if not cases:
        raise ValueError("cases: got none, expected at least one")
    for number, (arguments, expected) in enumerate(cases, 1):
        call = f"case {number}, f({', '.join(_short(a) for a in arguments)})"
        try:
            got = answer(*arguments)
        except NotImplementedError:
            got = ...
        except Exception as error:
            return Result("failed", f"{call}: raised {type(error).__name__}: {error}")
        if got is ... or (got is None and expected is not None):  # a body of ... returns None
            return Result("not attempted", "not attempted yet: replace the ... with your answer")
        problem = _difference(got, expected, tol)
        if problem:
            return Result("failed", f"{call}: {problem}")
    return Result("passed", f"correct: all {len(cases)} cases agree" if len(cases) > 1 else "correct")


def _difference(got: Any, expected: Any, tol: float) -> str | None:
    """What distinguishes two values, or None."""
    if isinstance(expected, tuple):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            return f"expected {len(expected)} values, {_short(expected)}, got {_short(got)}"
        parts = (_difference(g, e, tol) for g, e in zip(got, expected, strict=True))
        return next((f"value {n} of {len(expected)}: {part}" for n, part in enumerate(parts, 1) if part), None)
    try:
        g, e = np.asarray(got), np.asarray(expected)  # a list stands for an array
    except ValueError:  # rows of different lengths
        return f"expected {_short(expected)}, got {_short(got)}"
    if g.dtype.kind not in "biufc":
        return f"expected {'a number' if e.ndim == 0 else 'numbers'}, got {_short(got)}"
    if g.shape != e.shape:
        return f"expected shape {e.shape}, got shape {g.shape}"
    wrong = ~(np.abs(g.astype(float) - e) <= tol * (1 + np.abs(e.astype(float))))  # also true for NaN
    if not wrong.any():
        return None
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f" at index {where}" if where else ""
    return f"expected {_number(e[where])}{place}, got {_number(g[where])}"


def _number(value: Any) -> str:
    return str(value) if value.dtype.kind in "biu" else f"{value:.6}"


def _short(value: Any) -> str:
    text = repr(value.tolist()) if hasattr(value, "tolist") else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
