"""`claim`: a quantitative sentence that is measured and asserted where it stands."""

import html
import json
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

MIME = "application/vnd.deepbook.claim+json"


class ClaimError(AssertionError):
    """A claim turned out to be false; the message holds the claim, the bound and the measured value."""


class Claim:
    """A claim that held, as a cell displays it: one line, with the measured value."""

    def __init__(self, statement: str, bound: str, measured: str, source: str | None) -> None:
        self.statement, self.bound, self.measured, self.source = statement, bound, measured, source

    def __repr__(self) -> str:
        source = f" [{self.source}]" if self.source else ""
        return f"✓ {self.statement}: measured {self.measured}, asserted {self.bound}{source}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        # As text, so that the notebooks' comparison can leave the measured value out.
        record = {
            "statement": self.statement,
            "bound": self.bound,
            "source": self.source,
            "measured": self.measured,
        }
        source = f' <span class="claim-source">{html.escape(self.source)}</span>' if self.source else ""
        anchor = "claim-" + re.sub(r"[^a-z0-9]+", "-", self.statement.lower()).strip("-")[:60]
        mark = '<span class="claim-mark" role="img" aria-label="holds">✓</span>'
        line = (
            f'<p class="claim" id="{anchor}">{mark}{html.escape(self.statement)}: '
            f'<span class="claim-measured">measured {html.escape(self.measured)}</span>, '
            f"asserted <b>{html.escape(self.bound)}</b>{source}</p>"
        )
        return {"text/plain": repr(self), "text/html": line, MIME: json.dumps(record, ensure_ascii=False)}


def claim(
    statement: str,
    measured: Any,
    *,
    equal: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    between: tuple[float, float] | None = None,
    tol: float = 0,
    source: str | None = None,
    digits: int = 3,
) -> Claim:
    r"""Assert a sentence about a measured number, and show both.

    Exactly one bound is given: `equal` holds when $|m - v| \le \text{tol}$, `at_least` when $m \ge v$, `at_most`
    when $m \le v$, `between` when $a \le m \le b$. A measured value that is not a finite number never holds.

    Args:
        statement: the sentence, without its number at the end.
        measured: one number (a scalar array is one).
        equal: the value it must have, up to `tol`.
        at_least: the least value it may have.
        at_most: the greatest value it may have.
        between: the least and the greatest value.
        tol: absolute tolerance of `equal`.
        source: key in references.bib, from which statement or bound come.
        digits: significant digits of the measured value that are shown.

    Returns:
        The claim, to be displayed as the last line of a cell.

    Raises:
        ClaimError: the claim is false.
        ValueError: not exactly one bound, a bound that nothing can miss, or a measured value that is no number.

    Example:
        >>> claim("a fair die shows on average", 3.52, equal=3.5, tol=0.05)
        ✓ a fair die shows on average: measured 3.52, asserted = 3.5 ± 0.05
    """
    value = _number(measured)
    given = {"equal": equal, "at_least": at_least, "at_most": at_most, "between": between}
    given = {name: bound for name, bound in given.items() if bound is not None}
    if len(given) != 1:
        raise ValueError(
            f"claim: got the bounds {sorted(given)}, expected exactly one of equal, at_least, at_most, between"
        )
    if tol < 0 or (tol and equal is None):
        raise ValueError(f"tol: got {tol}, expected a positive tolerance, and only with equal")
    ((kind, bound),) = given.items()
    limits: Sequence[float] = bound if kind == "between" else (bound,)
    if not all(math.isfinite(limit) for limit in limits) or (kind == "between" and limits[0] >= limits[1]):
        raise ValueError(f"{kind}: got {bound}, expected finite bounds in order: a claim must be able to fail")
    if kind == "equal":
        holds, text = abs(value - bound) <= tol, f"= {bound:,}" + (f" ± {tol:g}" if tol else "")
    elif kind == "at_least":
        holds, text = value >= bound, f"≥ {bound:,}"
    elif kind == "at_most":
        holds, text = value <= bound, f"≤ {bound:,}"
    else:
        holds, text = limits[0] <= value <= limits[1], f"in [{limits[0]:,}, {limits[1]:,}]"
    shown = f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.{digits}g}"
    if not (math.isfinite(value) and holds):
        raise ClaimError(f"false: {statement}: asserted {text}, measured {value!r}")
    if source is not None and not re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]*", source):
        raise ValueError(f"source: got {source!r}, expected a key of references.bib such as 'minsky1969'")
    return Claim(statement, text, shown, source)


def _number(measured: Any) -> float:
    array = np.asarray(measured)
    if array.shape != () or array.dtype.kind not in "biuf":
        raise ValueError(f"measured: got {type(measured).__name__} of shape {array.shape}, expected one number")
    return float(array)
