"""Claims: every kind holds when true and fails when false, on NaN and on what is not one number."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from deepbook import claim, claim_table
from deepbook.page._claims import MIME, ClaimError

TRUE = [
    ({"equal": 3}, 3),
    ({"equal": 3.0, "tol": 0.125}, 3.125),
    ({"equal": 3.0, "tol": 0.125}, 2.875),
    ({"at_least": 2}, 2),
    ({"at_most": 2}, 2),
    ({"between": (1, 2)}, 1),
    ({"between": (1, 2)}, 2),
]
FALSE = [
    ({"equal": 3}, 3.0001),
    ({"equal": 3.0, "tol": 0.1}, 3.11),
    ({"at_least": 2}, 1.99),
    ({"at_most": 2}, 2.01),
    ({"between": (1, 2)}, 0.99),
    ({"between": (1, 2)}, 2.01),
]


@pytest.mark.parametrize(("bound", "measured"), TRUE)
@pytest.mark.parametrize("kind", [float, np.float32, jnp.float32])
def test_true(bound, measured, kind):
    assert repr(claim("x", kind(measured), **bound)).startswith("✓ x: measured")


@pytest.mark.parametrize(("bound", "measured"), FALSE)
def test_false(bound, measured):
    with pytest.raises(ClaimError, match=r"false: the sentence: asserted .*, measured"):
        claim("the sentence", measured, **bound)


@pytest.mark.parametrize("bound", [b for b, _ in TRUE])
@pytest.mark.parametrize("measured", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_never_holds(bound, measured):
    with pytest.raises(ClaimError):
        claim("x", measured, **bound)


@pytest.mark.parametrize("measured", [[1.0], np.ones(2), "1", None, {}])
def test_only_one_number(measured):
    with pytest.raises(ValueError, match=r"measured: got .*, expected one number"):
        claim("x", measured, at_least=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"got the bounds \[\], expected exactly one"),
        ({"equal": 1, "at_most": 2}, "expected exactly one"),
        ({"at_least": -float("inf")}, "expected finite bounds"),
        ({"between": (2, 1)}, "expected finite bounds in order"),
        ({"at_most": 2, "tol": 0.1}, "tol: got 0.1, expected a positive tolerance with equal or slope"),
        ({"equal": 1, "tol": -1}, "tol: got -1"),
        ({"equal": 1, "tol": float("inf")}, "tol: got inf, expected a finite number"),
        ({"equal": 1, "tol": float("nan")}, "tol: got nan, expected a finite number"),
        ({"slope": 1, "tol": np.inf}, "tol: got inf, expected a finite number"),
        ({"between": (0, 1, 2)}, r"between: got \(0, 1, 2\), expected two numbers"),
        ({"between": (1,)}, r"between: got \(1,\), expected two numbers"),
        ({"at_least": 1, "standard_errors": float("nan")}, "standard_errors: got nan"),
        ({"at_least": 1, "digits": 0}, "digits: got 0, expected 1 to 17"),
        ({"equal": float("nan")}, "equal: got nan, expected finite bounds"),
        ({"slope": 1}, "tol: got 0, expected a positive tolerance"),
        ({"at_least": 1, "standard_errors": 9}, "standard_errors: got 9, expected a number up to 5"),
        ({"equal": 1, "source": "Minsky and Papert"}, "source: got 'Minsky and Papert', expected a key"),
    ],
)
def test_a_claim_must_be_well_made(options, message):
    with pytest.raises(ValueError, match=message):
        claim("x", 1.0, **options)


@pytest.mark.parametrize("number", [np.float32, np.float64, np.int64, jnp.int32, jnp.bfloat16, np.array, jnp.asarray])
def test_numbers_of_every_kind(number):
    assert claim("x", number(3), equal=3).record["value"] == 3
    shown = claim("x", number(1504), between=(number(1000), number(2000)), null=number(3))
    assert repr(shown) == "✓ x: measured 1,504, asserted in [{:,}, {:,}], null 3 (observation)".format(
        *([1000.0, 2000.0] if "f" in str(np.asarray(number(1)).dtype) else [1000, 2000])
    )
    json.dumps(shown.record)
    assert repr(claim("x", number(3), equal=number(4), tol=np.float32(1))).endswith("± 1 (observation)")


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("bound", ["1", None, [1.0], 1j, np.ones(2)])
def test_a_bound_or_null_is_a_number(bound):
    with pytest.raises((TypeError, ValueError), match=r"at_least: got .*, expected a number|claim: got the bounds"):
        claim("x", 1.0, at_least=bound)
    if bound is not None:
        with pytest.raises(TypeError, match=r"null: got .*, expected a number"):
            claim("x", 1.0, at_least=0.5, null=bound)


def test_samples_and_points_of_16_bits():
    samples = jnp.asarray(np.random.default_rng(0).normal(2.0, 1.0, 1000), jnp.bfloat16)
    assert abs(claim("x", samples, agrees_within_se=2).record["value"] - np.float64(samples).mean()) < 1e-12
    x = jnp.asarray([1, 2, 4, 8], jnp.bfloat16)
    assert claim("x", (x, x * x), slope=2, tol=0.01).record["value"] == pytest.approx(2)


@pytest.mark.parametrize("measured", [1 + 0j, jnp.complex64(1), np.ones(1, jnp.bfloat16)])
def test_complex_numbers_and_arrays_are_not_one_number(measured):
    with pytest.raises(ValueError, match="expected one number"):
        claim("x", measured, at_least=0)


def test_what_is_shown_and_recorded():
    shown = claim("a < b & c", 1234.5678, between=(1000, 2000), null=7, source="minsky1969")
    bundle = shown._repr_mimebundle_()
    text = "✓ a < b & c: measured 1,230, asserted in [1,000, 2,000], null 7 (replication) [minsky1969]"
    assert bundle["text/plain"] == text
    assert "a &lt; b &amp; c" in bundle["text/html"]
    (record,) = json.loads(bundle[MIME])
    assert record == {
        "statement": "a < b & c",
        "bound": "in [1,000, 2,000]",
        "measured": "1,230",
        "null": "7",
        "kind": "replication",
        "source": "minsky1969",
        "value": 1234.5678,
        "low": 1000,
        "high": 2000,
        "without": 7,
    }


@pytest.mark.parametrize(
    ("bound", "measured", "null"),
    [
        ({"equal": 3.0, "tol": 0.1}, 3.0, 2.95),
        ({"at_least": 2}, 3.0, 2),
        ({"at_most": 2}, 1.0, 0.5),
        ({"between": (1, 2)}, 1.5, 2),
        ({"at_most": 2}, 1.0, float("inf")),
        ({"slope": 1, "tol": 0.2}, (np.arange(1, 6), np.arange(1, 6)), 0.9),
        ({"agrees_within_se": 0}, np.tile([-1.0, 1.0], 50), 0.3),
    ],
)
def test_a_bound_that_the_null_meets_is_refused(bound, measured, null):
    with pytest.raises(ValueError, match=r"null: got .*, which meets the bound .*: a claim must fail without"):
        claim("x", measured, null=null, **bound)


@pytest.mark.parametrize(
    ("bound", "measured", "null", "limits"),
    [
        ({"equal": 3.0, "tol": 0.5}, 3.0, 2, (2.5, 3.5)),
        ({"at_least": 2}, 3.0, 1, (2, None)),
        ({"at_most": 2}, 1.0, 3, (None, 2)),
        ({"slope": 1, "tol": 0.5}, (np.arange(1, 6), np.arange(1, 6)), 0, (0.5, 1.5)),
        ({"agrees_within_se": 0}, np.tile([-1.0, 1.0], 50), 1, (-4 / 99**0.5, 4 / 99**0.5)),
    ],
)
def test_the_record_has_the_limits_in_numbers(bound, measured, null, limits):
    record = claim("x", measured, null=null, **bound).record
    assert record["without"] == null
    for have, want in zip((record["low"], record["high"]), limits, strict=True):
        assert have == (want if want is None else pytest.approx(want))


def test_kinds():
    assert claim("x", 1, equal=1).record["kind"] == "observation"
    assert claim("x", 1, equal=1, source="minsky1969").record["kind"] == "replication"
    assert claim("x", 1, equal=1, source="minsky1969", kind="theorem").record["kind"] == "theorem"
    with pytest.raises(ValueError, match="kind: got 'law', expected one of theorem, replication, observation"):
        claim("x", 1, equal=1, kind="law")


def test_a_table_of_claims():
    table = claim_table(claim("$a^2$ is", 1, equal=1, null=0), claim("b & c", 2.5, at_most=3, source="minsky1969"))
    bundle = table._repr_mimebundle_()
    assert repr(table).count("\n✓ ") == 1
    assert [r["statement"] for r in json.loads(bundle[MIME])] == ["$a^2$ is", "b & c"]
    page = bundle["text/html"]
    assert page.count('<tr class="claim"') == 2
    assert '<tr class="claim" id="claim-b-c">' in page
    assert r'<span class="mathjax_process">\(a^2\)</span>' in page
    assert "<td>0</td>" in page  # the null, in a column of its own
    assert "Null" not in claim_table(claim("a", 1, equal=1), claim("b", 1, equal=1))._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("claims", [(), (claim("a", 1, equal=1),), (claim("a", 1, equal=1), 3)])
def test_a_table_needs_two_claims(claims, unchecked):
    with pytest.raises(ValueError, match="expected two or more of what claim returns"):
        claim_table(*claims)


X = np.array([1.0, 2.0, 4.0, 8.0, 16.0])


def test_slope_recovers_the_exponent_and_its_standard_error():
    rng = np.random.default_rng(0)
    y = 3 * X**-0.5 * np.exp(0.01 * rng.normal(size=5))
    shown = repr(claim("x", (X, y), slope=-0.5, tol=0.05))
    design = np.c_[np.log(X), np.ones(5)]
    solution, residual, *_ = np.linalg.lstsq(design, np.log(y), rcond=None)
    error = np.sqrt(residual[0] / 3 * np.linalg.inv(design.T @ design)[0, 0])
    assert f"measured {solution[0]:.3g} ± {error:.1g}, asserted slope -0.5 ± 0.05" in shown


@pytest.mark.parametrize(
    "y",
    [
        X**-0.4,  # another exponent
        X**-0.5 * np.array([1, 3, 1 / 3, 3, 1]),  # the right one on average, but with a large standard error
        np.where(X > 2, np.nan, X),
        -X,
        np.zeros(5),
        np.array([1, 1, 1, 1, np.inf]),
    ],
)
def test_slope_fails(y):
    with pytest.raises(ClaimError):
        claim("x", (X, y), slope=-0.5, tol=0.05)


@pytest.mark.parametrize("measured", [1.0, X, (X, X[:4]), (X[:3], X[:3]), (X[:, None], X[:, None])])
def test_slope_needs_a_pair_of_arrays(measured):
    with pytest.raises(ValueError, match="expected a pair of arrays"):
        claim("x", measured, slope=1, tol=0.1)


def test_samples_that_agree_with_theory():
    samples = np.random.default_rng(0).normal(2.0, 1.0, 10_000)
    shown = repr(claim("x", samples, agrees_within_se=2))
    assert f"measured {samples.mean():.3g} ± 0.01, asserted 2 within 4 standard errors" in shown


@pytest.mark.parametrize(
    "samples",
    [
        np.random.default_rng(0).normal(2.05, 1.0, 10_000),  # five standard errors away
        np.full(100, np.nan),
        np.full(100, 2.1),  # no spread, so no error to compare with
    ],
)
def test_samples_that_do_not_agree(samples):
    with pytest.raises(ClaimError):
        claim("x", samples, agrees_within_se=2)


@pytest.mark.parametrize("samples", [2.0, np.ones(29), np.ones((100, 2)), ["a"] * 50])
def test_samples_must_be_an_array(samples):
    with pytest.raises(ValueError, match="expected an array of at least 30 samples"):
        claim("x", samples, agrees_within_se=2)


def test_four_standard_errors_seldom_fail_by_chance():
    rng = np.random.default_rng(1)
    means = rng.normal(size=(2000, 100))
    failed = 0
    for samples in means:
        try:
            claim("x", samples, agrees_within_se=0)
        except ClaimError:
            failed += 1
    assert failed <= 2  # expected 0.2 of 2,000 (Student's t with 99 degrees of freedom)
