"""`check`: tell a reader in one line whether an answer is right, and what is wrong where it is not."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from deepbook._checks import functions, one_line
from deepbook.page._numbers import Number, as_numbers, tolerance


class Result:
    """The verdict of `check`: a status ("passed", "failed" or "not attempted") and one line for the reader."""

    def __init__(self, status: str, message: str) -> None:
        self.status, self.message = status, message

    def __repr__(self) -> str:
        mark = {"passed": "✓", "failed": "✗", "not attempted": "…"}[self.status]
        return f"{mark} {self.message}"


def check(answer: Callable[..., Any], cases: Sequence[tuple[tuple[Any, ...], Any]], *, tol: Number = 1e-5) -> Result:
    r"""Compare a reader's function with expected values, case by case, and diagnose the first difference.

    A case passes when the structure and the shapes are the expected ones and $|a - e| \le \text{tol}\,(1 + |e|)$ for
    every entry. An infinite or undefined entry (NaN) must be just that; where the answer holds numbers of 16 bits or
    fewer, the tolerance is at least their precision, unless it is 0. NumPy arrays among the arguments must be what they
    were: an answer that writes into them fails.

    Args:
        answer: the reader's function. A stub returns `...` or raises NotImplementedError.
        cases: pairs of arguments and expected value: a number, an array (or a list for one), None, or a tuple of them.
        tol: tolerance, relative for large values and absolute for small ones.

    Returns:
        The verdict, which displays as one line. It never raises for a wrong answer.

    Raises:
        ValueError: there is no case, an expected value is no number, or the tolerance is negative or infinite.

    Example:
        >>> check(lambda x: 2 * x, [((1.0,), 2.0), ((3.0,), 6.0)])
        ✓ correct: all 2 cases agree
        >>> check(lambda x: x + 1, [((1.0,), 2.0), ((3.0,), 6.0)])
        ✗ case 2, f(3.0): expected 6.0, got 4.0
        >>> check(lambda x: ..., [((1.0,), 2.0)])
        … not attempted yet: replace the ... with your answer
    """
    _tuples("cases", cases, "pairs of a tuple of arguments and the expected value")
    for case in cases:
        if len(case) != 2 or not isinstance(case[0], (tuple, list)):
            raise ValueError(f"cases: got {one_line(repr(case))}, expected (arguments, value), the arguments a tuple")
    tol = tolerance("tol", tol)
    if all(expected is None for _, expected in cases):
        raise ValueError("cases: each expects None, which a stub returns too; expected at least one other value")
    for number, (arguments, expected) in enumerate(cases, 1):
        call = f"case {number}, f({', '.join(_short(a) for a in arguments)})"
        before = [np.copy(a) if isinstance(a, np.ndarray) else None for a in arguments]
        result = _try(answer, arguments, call, expected is None)
        if isinstance(result, Result):
            return result
        problem = _difference(result[0], expected, tol) or _changed(arguments, before)
        if problem:
            return Result("failed", f"{call}: {problem}")
    return Result("passed", f"correct: all {len(cases)} cases agree" if len(cases) > 1 else "correct")


def check_gradient(
    answer: Callable[..., Any],
    of: Callable[..., Any],
    points: Sequence[tuple[Any, ...]],
    *,
    argnums: int | tuple[int, ...] = 0,
    tol: Number = 1e-4,
) -> Result:
    r"""Compare a reader's gradient with the one JAX derives, and name the usual slips.

    At each point $x$ every entry must satisfy $|a - \nabla f(x)| \le \text{tol}\,(1 + |\nabla f(x)|)$. When it does
    not, the message says whether the sign, a constant factor or a transposition explains it.

    Args:
        answer: the reader's function; it gets the same arguments as `of` and returns the gradient.
        of: the function that is differentiated; returns one number.
        points: tuples of arguments at which they are compared.
        argnums: the argument, or the tuple of arguments, with respect to which; as in `jax.grad`.
        tol: tolerance, relative for large values and absolute for small ones.

    Returns:
        The verdict, which displays as one line. It never raises for a wrong answer.

    Raises:
        ValueError: there is no point, or the tolerance is negative or infinite.

    Example:
        >>> loss = lambda w: (w**2).sum()
        >>> check_gradient(lambda w: 2 * w, loss, [(np.array([1.0, -2.0]),)])
        ✓ correct: the gradient agrees at 1 point
        >>> check_gradient(lambda w: w, loss, [(np.array([1.0, -2.0]),)])
        ✗ point 1: your gradient is 0.5 times the right one
    """
    functions(of=of)
    _tuples("points", points, "tuples of arguments")
    tol = tolerance("tol", tol)
    for number, point in enumerate(points, 1):
        arguments = tuple(jnp.asarray(x, jnp.float32) if np.asarray(x).dtype.kind == "f" else x for x in point)
        try:
            expected = jax.grad(of, argnums)(*arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"of, points, argnums: got what jax.grad cannot differentiate at point {number} "
                f"({one_line(error)}), expected a function with one number as its value, and arguments of it"
            ) from error
        result = _try(answer, arguments, f"point {number}", False)
        if isinstance(result, Result):
            return result
        problem = _difference(result[0], expected, tol)
        if problem:
            slip = _slip(result[0], expected, tol)
            return Result("failed", f"point {number}: {slip or problem}")
    return Result("passed", f"correct: the gradient agrees at {len(points)} point{'s' * (len(points) > 1)}")


def _tuples(name: str, values: Any, expected: str) -> None:
    """At least one tuple in a list."""
    if isinstance(values, (list, tuple)) and not values:
        raise ValueError(f"{name}: got none, expected at least one")
    for value in values if isinstance(values, (list, tuple)) else [values]:
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{name}: got {one_line(repr(value))}, expected {expected}")


def _try(answer: Callable[..., Any], arguments: tuple[Any, ...], call: str, none: bool) -> Result | tuple[Any]:
    """The answer's value as a tuple of one, or a verdict where there is none; `none` says whether None is a value."""
    try:
        got = answer(*arguments)
    except NotImplementedError:
        got = ...
    except Exception as error:
        return Result("failed", f"{call}: raised {type(error).__name__}: {error}")
    if got is ... or (got is None and not none):  # a body of ... returns None
        return Result("not attempted", "not attempted yet: replace the ... with your answer")
    return (got,)


def _changed(arguments: Sequence[Any], before: Sequence[Any]) -> str | None:
    """Which array the answer wrote into, in words, or None."""
    for number, (now, then) in enumerate(zip(arguments, before, strict=True), 1):
        if then is not None and now.tobytes() != then.tobytes():
            return f"argument {number} was changed; leave it as it is and return something new"
    return None


def _slip(got: Any, expected: Any, tol: float) -> str | None:
    """The usual mistake that explains a wrong gradient, or None."""
    if isinstance(expected, tuple):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            return None
        parts = [(n, g, e) for n, (g, e) in enumerate(zip(got, expected, strict=True), 1) if _difference(g, e, tol)]
        slip = _slip(parts[0][1], parts[0][2], tol)
        return slip and f"value {parts[0][0]} of {len(expected)}: {slip}"
    g, e = as_numbers(got), as_numbers(expected)
    if g is None or e is None or not e.size:
        return None
    if g.ndim == 2 and g.shape == e.T.shape and not _difference(g.T, e, tol):
        return "your gradient is the transpose of the right one"
    if g.shape != e.shape or not np.abs(e).max() > tol:
        return None
    at = np.unravel_index(np.abs(e).argmax(), e.shape)
    if not (np.isfinite(g[at]) and np.isfinite(e[at])) or np.iscomplexobj(g) or g[at] == 0:
        return None
    factor = float(g[at] / e[at])
    if _difference(g / factor, e, tol):
        return None
    return (
        "your gradient has the wrong sign"
        if abs(factor + 1) <= tol
        else f"your gradient is {factor:.4g} times the right one"
    )


def _difference(got: Any, expected: Any, tol: float) -> str | None:
    """What distinguishes two values, or None."""
    if isinstance(expected, tuple):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            return f"expected {len(expected)} values, {_short(expected)}, got {_short(got)}"
        parts = (_difference(g, e, tol) for g, e in zip(got, expected, strict=True))
        return next((f"value {n} of {len(expected)}: {part}" for n, part in enumerate(parts, 1) if part), None)
    if expected is None:
        return None if got is None else f"expected None, got {_short(got)}"
    g, e = as_numbers(got), as_numbers(expected)  # a list stands for an array
    if e is None:
        raise ValueError(
            f"cases: expected value: got {_short(expected)}, expected a number, an array, None or a tuple of them"
        )
    if g is None:
        return f"expected {'a number' if e.ndim == 0 else 'numbers'}, got {_short(got)}"
    if g.shape != e.shape:
        return f"expected shape {e.shape}, got shape {g.shape}"
    given = np.asarray(got).dtype
    if tol and given.itemsize < 4 and jnp.issubdtype(given, jnp.floating):
        tol = max(tol, float(jnp.finfo(given).eps))
    kind = complex if "c" in g.dtype.kind + e.dtype.kind else float
    a, b = g.astype(kind), e.astype(kind)
    with np.errstate(all="ignore"):
        near = np.isfinite(b) & (np.abs(a - b) <= tol * (1 + np.abs(b)))
    wrong = ~(near | (a == b) | (np.isnan(a) & np.isnan(b)))
    if not wrong.any():
        return None
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f" at index {where}" if where else ""
    return f"expected {_number(e[where])}{place}, got {_number(g[where])}"


def _number(value: Any) -> str:
    return str(value) if value.dtype.kind in "biu" else f"{value:.6}"


def _short(value: Any) -> str:
    try:
        text = " ".join(repr(value.tolist() if hasattr(value, "tolist") else value).split())
    except Exception:
        text = type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."
