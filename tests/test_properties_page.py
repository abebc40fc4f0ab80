"""What a page shows: claims and checks decide as NumPy does, and no argument breaks a figure that moves unnamed."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.strategies import integers, sampled_from
from properties import (
    NO_FLAG,
    NO_FUNCTION,
    NO_NUMBER,
    NO_TEXT,
    all_cases,
    answer,
    covers,
    exact,
    few,
    numbers,
    one_wrong,
    refused,
    seeds,
)

import deepbook as db
from deepbook.page._claims import ClaimError

pytestmark = pytest.mark.usefixtures("unchecked", "without_pixels")
small = sampled_from([-2.0, -1, 0, 0.5, 1, np.float32(0.25), jnp.bfloat16(2), jnp.int32(3), math.inf, math.nan])
SAMPLES = np.random.default_rng(0).normal(size=40)
LINE = (np.arange(1, 6), 3.0 * np.arange(1, 6) ** 2)


@pytest.fixture
def without_pixels(monkeypatch):
    monkeypatch.setenv("DEEPBOOK_PICTURES", "0")


@covers(db.claim)
@few
@given(sampled_from(["equal", "at_least", "at_most", "between"]), small, small, small, sampled_from([0, 0.5, 1.5]))
@example("equal", jnp.bfloat16(2), 1, -2, 1.5)
@example("between", 0.5, -1, 1, 0)
@example("at_least", 0.5, 1, -1, 0)
def test_a_claim_holds_when_the_numbers_say_so(form, measured, bound, other, tol):
    m, a, b = float(measured), float(bound), float(other)
    tol = tol if form == "equal" else 0
    made = math.isfinite(a) and (form != "between" or (math.isfinite(b) and a < b))
    call = lambda: db.claim("x", measured, **{form: (bound, other) if form == "between" else bound}, tol=tol)
    if not made:
        assert form in refused(call)
        return
    holds = {"equal": abs(m - a) <= tol, "at_least": m >= a, "at_most": m <= a, "between": a <= m <= b}[form]
    if math.isfinite(m) and holds:
        assert call().record["value"] == m
    else:
        with pytest.raises(ClaimError, match=r"^false: x: asserted .*, measured"):
            call()


@covers(db.claim)
@few
@given(seeds, sampled_from([-1.5, 0.5, 2]), sampled_from([0.01, 0.3]), sampled_from(["float32", "bfloat16", "float64"]))
def test_claims_on_slopes_and_means(seed, slope, tol, dtype):
    rng = np.random.default_rng(seed)
    x = np.arange(1, 9).astype(float)
    y = np.asarray(
        jnp.asarray(np.exp(slope * np.log(x) + 0.2 * rng.normal(size=8)), dtype) if dtype != "float64" else x**slope
    )
    u, v = np.log(x), np.log(exact(y))
    u, v = u - u.mean(), v - v.mean()
    found = u @ v / (u @ u)
    error = np.sqrt(((v - found * u) ** 2).sum() / 6 / (u @ u))
    holds = abs(found - slope) <= tol and error <= tol
    samples = rng.normal(slope, 1, 50)
    meets = abs(samples.mean() - slope) <= samples.std(ddof=1) / 50**0.5
    for call, good, value in (
        (lambda: db.claim("x", (x, y), slope=slope, tol=tol), holds, found),
        (lambda: db.claim("x", samples, agrees_within_se=slope, standard_errors=1), meets, samples.mean()),
    ):
        if good:
            assert call().record["value"] == pytest.approx(value, rel=1e-9)
        else:
            with pytest.raises(ClaimError):
                call()


NO_LINES = (3, "ab", ([1, 2], [1, 2]), (list("abcd"), list("abcd")), (np.ones(4), np.ones(5)), LINE[0])
NO_LINES = (*NO_LINES, (np.arange(1, 6) + 0j, LINE[1]), ([[1], [2, 3]], LINE[1]))


@covers(db.claim)
@all_cases
@given(
    one_wrong(
        {"statement": "x", "measured": 0.5, "at_most": 1, "tol": 0, "null": 2, "digits": 3},
        statement=NO_TEXT,
        measured=("1", None, [1.0], 1j, {}),
        at_most=("1", *NO_NUMBER, math.inf),
        equal=(1,),
        tol=(-1, 0.5, *NO_NUMBER),
        null=(0.5, *NO_NUMBER),
        standard_errors=(0, 6, *NO_NUMBER),
        kind=("proof", 3),
        source=("Minsky and Papert", 3, ["a"]),
        digits=(0, 18, 2.5, "3", None),
    )
)
def test_arguments_of_a_claim(case):
    arguments, wrong = case
    answer(lambda: repr(db.claim(**arguments)), wrong, "claim")


@covers(db.claim)
@all_cases
@given(
    one_wrong(
        {"line": LINE, "samples": SAMPLES, "between": np.array([-1, 1])},
        line=NO_LINES,
        samples=("a", 3, SAMPLES[:29], SAMPLES[None], SAMPLES + 0j, list("a" * 40)),
        between=(3, "ab", (1,), (1, -1), (0, math.nan), np.array(3), np.ones((2, 2)), {1, 2}),
    )
)
def test_what_a_claim_measures(case):
    (line, samples, between), wrong = case[0].values(), case[1]
    answer(lambda: db.claim("x", line, slope=2, tol=0.1), wrong if wrong == "line" else None, "measured")
    answer(lambda: db.claim("x", samples, agrees_within_se=0), wrong if wrong == "samples" else None, "measured")
    answer(lambda: db.claim("x", 0.5, between=between), wrong if wrong == "between" else None)


@covers(db.claim_table)
@all_cases
@given(sampled_from([0, 1, 2, 3]), sampled_from([None, "x", 3]))
def test_a_table_of_claims(n, stranger):
    claims = [db.claim(f"x{i}", i, equal=i) for i in range(n)] + ([] if stranger is None else [stranger])
    table = answer(lambda: db.claim_table(*claims), None if n > 1 and stranger is None else "claims")
    assert table is None or repr(table) == "\n".join(map(repr, claims))


@covers(db.check)
@few
@given(
    seeds,
    sampled_from([(), (3,), (2, 2), (0,)]),
    sampled_from([0, 1e-3, 0.1]),
    sampled_from([0.0, 1e-4, 1e-2, 1.0, math.nan]),
)
def test_an_answer_is_right_within_its_tolerance(seed, shape, tol, off):
    expected = np.random.default_rng(seed).normal(size=shape)
    given = expected + off * np.random.default_rng(seed + 1).uniform(-1, 1, size=shape)
    right = (abs(given - expected) <= tol * (1 + abs(expected))).all()
    result = db.check(lambda: given, [((), expected)], tol=tol)
    assert result.status == ("passed" if right else "failed"), result


@covers(db.check_gradient)
@few
@given(seeds, sampled_from([1, -1, 0.5, 1.00001]), sampled_from([1e-6, 1e-3]))
def test_a_gradient_is_right_within_its_tolerance(seed, factor, tol):
    w = np.asarray(numbers(seed, (3,)))
    result = db.check_gradient(lambda w: factor * 2 * w, lambda w: (w**2).sum(), [(w,)], tol=tol)
    exactly = 2 * exact(w)
    right = (abs(factor - 1) * abs(exactly) <= tol * (1 + abs(exactly))).all()
    assert result.status == ("passed" if right else "failed"), result


@covers(db.check, db.check_gradient)
@all_cases
@given(
    one_wrong(
        {"of": abs, "cases": [((1.0,), 1.0)], "points": [(1.0,)], "argnums": 0, "tol": np.float32(0.1)},
        of=(*NO_FUNCTION, lambda x: jnp.ones(2) * x),
        cases=(3, None, [], [1.0], [((1.0,),)], [(1.0, 1.0)], [((1.0,), "a")], [((1.0,), None)]),
        points=(3, None, [], [1.0], [("a",)]),
        argnums=(1, "a", None, 0.5),
        tol=(-1, math.inf, *NO_NUMBER),
    )
)
def test_arguments_of_checks(case):
    (of, cases, points, argnums, tol), wrong = case[0].values(), case[1]
    if wrong not in ("of", "points", "argnums"):
        answer(lambda: db.check(abs, cases, tol=tol), wrong, "case")
    if wrong != "cases":
        answer(lambda: db.check_gradient(np.sign, of, points, argnums=argnums, tol=tol), wrong, "case")


@covers(db.slider, db.play)
@few
@given(
    integers(1, 5),
    sampled_from([-1.5, 0, 0.25]),
    sampled_from([0.5, 1, 0, -1]),
    sampled_from([list, tuple, np.array, jnp.array]),
)
def test_values_of_a_slider(n, first, by, kind):
    values = [first + by * i for i in range(n)]
    for control in (db.slider, db.play):
        made = answer(
            lambda control=control: control(kind(values), start=values[-1]), None if n > 1 and by > 0 else "values"
        )
        if made is not None:
            assert (made.values, made.start) == (tuple(values), n - 1)
            assert made.labels == tuple(f"{value:g}" for value in values)


FORMATS = (3, None, "{:d}", "{x}", "{0[x]}", "{", "{!z}", "{} {}")


@covers(db.slider, db.play, db.choice, db.toggle)
@all_cases
@given(
    one_wrong(
        {"values": [0.5, 1], "start": 1, "label": "speed", "format": "{:.1f}", "options": ["a", 1], "ticked": np.True_},
        values=(3, None, [1], [2, 1], ["a", "b"], [0.0, math.nan], [1j, 2], np.eye(2), "12", [1, None]),
        start=(3, math.nan, "b", *NO_NUMBER),
        label=NO_TEXT,
        format=FORMATS,
        options=(3, None, [1], ["1", 1], [None, 1], [np.tanh, 1], [1, 1j], [1, np.ones(2)]),
        ticked=NO_FLAG,
    )
)
def test_arguments_of_controls(case):
    (values, start, label, format, options, ticked), wrong = case[0].values(), case[1]
    if wrong not in ("options", "ticked"):
        answer(lambda: db.slider(values, start=start, label=label, format=format), wrong)
        answer(lambda: db.play(values, start=start, label=label, format=format), wrong)
    if wrong not in ("values", "format", "ticked"):
        answer(lambda: db.choice(options, start=start, label=label), wrong)
    if wrong in (None, "label", "ticked"):
        answer(lambda: db.toggle(start=ticked, label=label), wrong, "start")
