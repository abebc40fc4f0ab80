"""Claims: every kind holds when true and fails when false, on NaN and on what is not one number."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from deepbook import claim
from deepbook.claims import MIME, ClaimError

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
        ({"at_most": 2, "tol": 0.1}, "tol: got 0.1, expected a positive tolerance, and only with equal"),
        ({"equal": 1, "tol": -1}, "tol: got -1"),
        ({"equal": 1, "source": "Minsky and Papert"}, "source: got 'Minsky and Papert', expected a key"),
    ],
)
def test_a_claim_must_be_well_made(options, message):
    with pytest.raises(ValueError, match=message):
        claim("x", 1.0, **options)


def test_what_is_shown_and_recorded():
    shown = claim("a < b & c", 1234.5678, between=(1000, 2000), source="minsky1969")
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == "✓ a < b & c: measured 1.23e+03, asserted in [1,000, 2,000] [minsky1969]"
    assert "a &lt; b &amp; c" in bundle["text/html"]
    record = json.loads(bundle[MIME])
    assert record == {
        "statement": "a < b & c",
        "bound": "in [1,000, 2,000]",
        "source": "minsky1969",
        "measured": "1.23e+03",
    }
