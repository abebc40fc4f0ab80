"""`claim`: a quantitative sentence that is measured and asserted where it stands."""

import html
import json
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbook._checks import one_line, texts
from deepbook.page._markup import prose
from deepbook.page._numbers import Number, as_numbers, line_of_points, python_number, tolerance

MIME = "application/vnd.deepbook.claim+json"
KINDS = ("theorem", "replication", "observation")
MARK = '<span class="claim-mark" role="img" aria-label="holds">✓</span>'


class ClaimError(AssertionError):
    """A claim turned out to be false; the message holds the claim, the bound and the measured value."""


class Claim:
    """A claim that held, as a cell displays it: one line, with the measured value."""

    def __init__(self, statement: str, record: dict[str, Any]) -> None:
        self.statement, self.record = statement, {"statement": statement} | record

    def __repr__(self) -> str:
        r = self.record
        null = f", null {r['null']}" if r["null"] else ""
        source = f" [{r['source']}]" if r["source"] else ""
        return f"✓ {self.statement}: measured {r['measured']}, asserted {r['bound']}{null} ({r['kind']}){source}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        r = self.record
        null = f", null {html.escape(r['null'])}" if r["null"] else ""
        line = (
            f'<p class="claim" id="{anchor(self.statement)}">{MARK}{prose(self.statement)}: '
            f'<span class="claim-measured">measured {html.escape(r["measured"])}</span>, '
            f"asserted <b>{html.escape(r['bound'])}</b>{null}{_origin(r)}</p>"
        )
        return _bundle(repr(self), line, [self])


class ClaimTable:
    """Several claims that belong together, as one table."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self.claims = claims

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.claims))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        nulls = any(c.record["null"] for c in self.claims)
        head = "<th>Claim</th><th>Measured</th><th>Asserted</th>" + "<th>Null</th>" * nulls + "<th>Kind</th>"
        rows = "".join(
            f'<tr class="claim" id="{anchor(c.statement)}"><td>{MARK}{prose(c.statement)}</td>'
            f'<td class="claim-measured">{html.escape(c.record["measured"])}</td>'
            f"<td><b>{html.escape(c.record['bound'])}</b></td>"
            + f"<td>{html.escape(c.record['null'] or '–')}</td>" * nulls
            + f"<td>{_origin(c.record)}</td></tr>"
            for c in self.claims
        )
        table = f'<table class="claims"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        return _bundle(repr(self), table, self.claims)


def _bundle(text: str, page: str, claims: Sequence[Claim]) -> dict[str, Any]:
    # The record as text, so that the notebooks' comparison can leave the measured values out.
    return {
        "text/plain": text,
        "text/html": page,
        MIME: json.dumps([c.record for c in claims], ensure_ascii=False),
    }


def anchor(statement: str) -> str:
    """The id of a claim on its page; the site numbers those that begin alike."""
    return "claim-" + re.sub(r"[^a-z0-9]+", "-", statement.lower()).strip("-")[:60]


def _origin(record: dict[str, Any]) -> str:
    """Kind and source; the site turns the key into author and year, with a link to the bibliography."""
    source = html.escape(record["source"] or "")
    cited = f' <span class="claim-source" data-source="{source}">{source}</span>' if source else ""
    return f' <span class="claim-kind">{record["kind"]}</span>{cited}'


def claim(
    statement: str,
    measured: Any,
    *,
    equal: Number | None = None,
    at_least: Number | None = None,
    at_most: Number | None = None,
    between: Sequence[Number] | np.ndarray | None = None,
    slope: Number | None = None,
    agrees_within_se: Number | None = None,
    tol: Number = 0,
    standard_errors: Number = 4,
    null: Number | None = None,
    kind: str | None = None,
    source: str | None = None,
    digits: int = 3,
) -> Claim:
    r"""Assert a sentence about a measured number, and show both.

    Exactly one bound is given. `equal` holds when $|m - v| \le \text{tol}$, `at_least` when $m \ge v$, `at_most`
    when $m \le v$, `between` when $a \le m \le b$. For `slope` the measured value is a pair of arrays $(x, y)$; the
    least-squares slope of $\log y$ on $\log x$ must lie within `tol` of $v$, and its standard error must not exceed
    `tol`. For `agrees_within_se` it is an array of independent samples, whose mean must lie within `standard_errors`
    times its standard error of $v$. A measured value that is not finite never holds.

    A claim that nothing can miss is refused. So is one that holds without the effect it speaks of: `null` is what
    would be measured then (chance, a uniform or constant answer, the rival), and it must miss the bound.

    Args:
        statement: the sentence, without its number at the end; $formulas$ are allowed.
        measured: one number (a scalar array is one), or what `slope` and `agrees_within_se` take.
        equal: the value it must have, up to `tol`.
        at_least: the least value it may have.
        at_most: the greatest value it may have.
        between: the least and the greatest value.
        slope: the exponent of a power law.
        agrees_within_se: the theoretical mean of the samples.
        tol: absolute tolerance of `equal` and `slope`.
        standard_errors: how far the mean of samples may be from theory; 4 fails by chance once in 16,000 times.
        null: what would be measured without the effect, in the units of the bound (for `slope` an exponent).
        kind: "theorem" where the bound follows from a proof, "replication" where it comes from the literature,
            "observation" where it comes from trials of one's own; by default a replication if there is a source.
        source: key in references.bib, from which statement or bound come.
        digits: significant digits of the measured value that are shown, 1 to 17.

    Returns:
        The claim, to be displayed as the last line of a cell.

    Raises:
        ClaimError: the claim is false.
        ValueError: not exactly one bound, a bound that nothing or not even the null can miss, or a measured value
            of the wrong kind.

    Example:
        >>> claim("a fair die shows on average", 3.52, equal=3.5, tol=0.05, null=3)
        ✓ a fair die shows on average: measured 3.52, asserted = 3.5 ± 0.05, null 3 (observation)
        >>> radius, area = np.array([1.0, 2.0, 4.0, 8.0]), np.array([3.2, 12.5, 50.1, 201.0])
        >>> claim("a disc's area grows with its radius as a power", (radius, area), slope=2, tol=0.02)
        ✓ a disc's area grows with its radius as a power: measured 1.99 ± 0.007, asserted slope 2 ± 0.02 (observation)
    """
    texts(statement=statement)
    given = {"equal": equal, "at_least": at_least, "at_most": at_most, "between": between}
    given |= {"slope": slope, "agrees_within_se": agrees_within_se}
    given = {name: bound for name, bound in given.items() if bound is not None}
    if len(given) != 1:
        raise ValueError(f"claim: got the bounds {sorted(given)}, expected exactly one")
    ((form, bound),) = given.items()
    bound, tol, standard_errors = _check_bound(form, bound, tol, standard_errors)
    null = None if null is None else python_number("null", null)
    if digits not in range(1, 18):
        raise ValueError(f"digits: got {digits}, expected 1 to 17")
    if kind is None:
        kind = "replication" if source else "observation"
    if kind not in KINDS:
        raise ValueError(f"kind: got {kind!r}, expected one of {', '.join(KINDS)}")
    if source is not None and not re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]*", f"{source}"):
        raise ValueError(f"source: got {source!r}, expected a key of references.bib such as 'minsky1969'")
    value, error = _measure(form, measured)
    holds, text = _compare(form, bound, value, error, tol, standard_errors)
    if not (math.isfinite(value) and holds):
        raise ClaimError(f"false: {statement}: asserted {text}, measured {_show(value, error, 17)}")
    if null is not None and not (
        math.isfinite(null) and not _compare(form, bound, null, error, tol, standard_errors)[0]
    ):
        raise ValueError(f"null: got {null}, which meets the bound {text}: a claim must fail without the effect")
    low, high = _limits(form, bound, error, tol, standard_errors)
    record = {
        "bound": text,
        "measured": _show(value, error, digits),
        "null": None if null is None else _show(float(null), None, digits),
        "kind": kind,
        "source": source,
        "value": value,
        "low": low,
        "high": high,
        "without": None if null is None else float(null),
    }
    return Claim(statement, record)


def claim_table(*claims: Claim) -> ClaimTable:
    """Show several claims that belong together as one table.

    Args:
        *claims: two or more of what `claim` returns.

    Returns:
        The table, to be displayed as the last line of a cell.

    Raises:
        ValueError: fewer than two claims, or something else.

    Example:
        >>> claim_table(
        ...     claim("two and two are", 4, equal=4, kind="theorem"),
        ...     claim("a coin falls on heads, share of a thousand", 0.51, equal=0.5, tol=0.06, null=1),
        ... )
        ✓ two and two are: measured 4, asserted = 4 (theorem)
        ✓ a coin falls on heads, share of a thousand: measured 0.51, asserted = 0.5 ± 0.06, null 1 (observation)
    """
    if len(claims) < 2 or not all(isinstance(c, Claim) for c in claims):
        raise ValueError(
            f"claims: got {[type(c).__name__ for c in claims]}, expected two or more of what claim returns"
        )
    return ClaimTable(claims)


def _limits(
    form: str, bound: Any, error: float | None, tol: float, standard_errors: float
) -> tuple[float | None, float | None]:
    """The interval in which the measured value must lie; None where it is open."""
    if form == "agrees_within_se":
        tol = standard_errors * (error or 0.0)
    if form == "between":
        return float(bound[0]), float(bound[1])
    return (
        None if form == "at_most" else float(bound - (0 if form == "at_least" else tol)),
        None if form == "at_least" else float(bound + (0 if form == "at_most" else tol)),
    )


def _check_bound(kind: str, bound: Any, tol: Any, standard_errors: Any) -> tuple[Any, float, float]:
    """A claim must be able to fail; the bound, the tolerance and the standard errors as numbers of Python."""
    if kind == "between":
        if not isinstance(bound, (tuple, list, np.ndarray)) or getattr(bound, "ndim", 1) != 1 or len(bound) != 2:
            raise ValueError(
                f"between: got {one_line(repr(bound))}, expected two numbers, the least and the greatest value"
            )
        bound = tuple(python_number(kind, limit) for limit in bound)
    else:
        bound = python_number(kind, bound)
    limits: tuple[Any, ...] = bound if kind == "between" else (bound,)
    if not all(math.isfinite(limit) for limit in limits) or (kind == "between" and limits[0] >= limits[1]):
        raise ValueError(f"{kind}: got {bound}, expected finite bounds in order: a claim must be able to fail")
    tol = tolerance("tol", tol)
    if (tol and kind not in ("equal", "slope")) or (kind == "slope" and not tol):
        raise ValueError(f"tol: got {tol}, expected a positive tolerance with equal or slope, and none otherwise")
    standard_errors = python_number("standard_errors", standard_errors)
    if not 0 < standard_errors <= 5:
        raise ValueError(f"standard_errors: got {standard_errors}, expected a number up to 5")
    return bound, tol, standard_errors


def _measure(kind: str, measured: Any) -> tuple[float, float | None]:
    """The measured number, with its standard error where the kind has one."""
    if kind == "slope":
        x, y = line_of_points("measured", measured)
        if not ((x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)).all() or (x == x[0]).all():
            return math.nan, math.nan
        u, v = np.log(x) - np.log(x).mean(), np.log(y)
        value = (u @ v) / (u @ u)
        residual = v - v.mean() - value * u
        return float(value), float(np.sqrt(residual @ residual / (len(x) - 2) / (u @ u)))
    array = as_numbers(measured)
    if kind == "agrees_within_se":
        if array is None or array.ndim != 1 or len(array) < 30 or array.dtype.kind == "c":
            raise ValueError(f"measured: got {type(measured).__name__}, expected an array of at least 30 samples")
        if not np.isfinite(array).all():
            return math.nan, math.nan
        return float(array.mean()), float(array.std(ddof=1) / math.sqrt(len(array)))
    if array is None or array.shape != () or array.dtype.kind == "c":
        raise ValueError(f"measured: got {type(measured).__name__} of shape {np.shape(measured)}, expected one number")
    return float(array), None


def _compare(
    kind: str, bound: Any, value: float, error: float | None, tol: float, standard_errors: float
) -> tuple[bool, str]:
    """Whether the bound holds, and how it reads."""
    if kind == "between":
        return bound[0] <= value <= bound[1], f"in [{bound[0]:,}, {bound[1]:,}]"
    if kind == "at_least":
        return value >= bound, f"≥ {bound:,}"
    if kind == "at_most":
        return value <= bound, f"≤ {bound:,}"
    if kind == "slope":
        return abs(value - bound) <= tol and error is not None and error <= tol, f"slope {bound:,} ± {tol:.3g}"
    if kind == "agrees_within_se":
        holds = error is not None and error > 0 and abs(value - bound) <= standard_errors * error
        shown = f"{bound:,}" if len(f"{bound}") < 8 else f"{bound:.4g}"
        return holds, f"{shown} within {standard_errors:g} standard errors"
    return abs(value - bound) <= tol, f"= {bound:,}" + (f" ± {tol:.3g}" if tol else "")


def _show(value: float, error: float | None, digits: int) -> str:
    short = value if value.is_integer() else float(f"{value:.{digits}g}")
    shown = f"{short:,.0f}" if short.is_integer() and abs(short) < 1e15 else f"{value:.{digits}g}"
    return shown if error is None else f"{shown} ± {error:.1g}"
