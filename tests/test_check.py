"""check: the verdict and its one line."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepbook import check, check_gradient

CASES = [((1.0,), 2.0), ((3.0,), 6.0)]


def stub(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (lambda x: 2 * x, "passed", "correct: all 2 cases agree"),
        (lambda x: jnp.float32(2 * x), "passed", "correct: all 2 cases agree"),
        (lambda x: 2 * x + 1e-7, "passed", "correct: all 2 cases agree"),
        (lambda x: ..., "not attempted", "not attempted yet: replace the ... with your answer"),
        (stub, "not attempted", "not attempted yet: replace the ... with your answer"),
        (lambda x: None, "not attempted", "not attempted yet: replace the ... with your answer"),
        (lambda x: 2, "failed", "case 2, f(3.0): expected 6.0, got 2"),
        (lambda x: True, "failed", "case 1, f(1.0): expected 2.0, got True"),
        (lambda x: float("nan"), "failed", "case 1, f(1.0): expected 2.0, got nan"),
        (lambda x: "2", "failed", "case 1, f(1.0): expected a number, got '2'"),
        (lambda x: [2.0], "failed", "case 1, f(1.0): expected shape (), got shape (1,)"),
        (lambda x: np.ones((1, 1)), "failed", "case 1, f(1.0): expected shape (), got shape (1, 1)"),
        (lambda x: 1 / 0, "failed", "case 1, f(1.0): raised ZeroDivisionError: division by zero"),
    ],
)
def test_scalars(answer, status, message):
    result = check(answer, CASES)
    assert (result.status, result.message) == (status, message)


def test_arrays_name_the_index():
    cases = [((), np.array([[1.0, 2.0], [3.0, 4.0]]))]
    assert check(lambda: np.array([[1.0, 2.0], [3.0, 4.5]]), cases).message.endswith(
        "expected 4.0 at index (1, 1), got 4.5"
    )
    assert check(lambda: np.ones(3), cases).message.endswith("expected shape (2, 2), got shape (3,)")


def test_an_answer_that_writes_into_its_arguments_fails():
    def shift(x, y):
        y += x
        return y

    cases = [((np.array([1.0, np.nan]), np.array([2.0, 0.0])), np.array([3.0, np.nan]))]
    assert check(lambda x, y: x + y, cases).status == "passed"
    result = check(shift, cases)
    assert result.status == "failed"
    assert result.message.endswith("argument 2 was changed; leave it as it is and return something new")


def test_a_list_may_stand_for_an_array():
    assert check(lambda: np.array([1.0, 2.0]), [((), [1.0, 2.0])]).status == "passed"


def test_tuples_are_compared_entry_by_entry():
    cases = [((), (156, 4704))]
    assert check(lambda: (156, 4704), cases).status == "passed"
    assert check(lambda: [156, 4704], cases).status == "passed"
    assert check(lambda: (156, 4705), cases).message == "case 1, f(): value 2 of 2: expected 4704, got 4705"
    assert check(lambda: 156, cases).message == "case 1, f(): expected 2 values, (156, 4704), got 156"


def test_no_cases_is_the_authors_mistake():
    with pytest.raises(ValueError, match="cases: got none"):
        check(stub, [])


def loss(W, x):
    return jnp.sum(jnp.tanh(W @ x) ** 2)


def gradient(W, x):
    h = jnp.tanh(W @ x)
    return jnp.outer(2 * h * (1 - h**2), x)


POINTS = [(np.array([[0.3, -0.2], [0.5, 0.1]]), np.array([1.0, 2.0])), (np.eye(2), np.array([0.5, -0.5]))]


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (gradient, "passed", "correct: the gradient agrees at 2 points"),
        (lambda W, x: -gradient(W, x), "failed", "point 1: your gradient has the wrong sign"),
        (lambda W, x: gradient(W, x) / 2, "failed", "point 1: your gradient is 0.5 times the right one"),
        (lambda W, x: gradient(W, x).T, "failed", "point 1: your gradient is the transpose of the right one"),
        (lambda W, x: W, "failed", "point 1: expected -0.197356 at index (0, 0), got 0.3"),
        (lambda W, x: x, "failed", "point 1: expected shape (2, 2), got shape (2,)"),
        (lambda W, x: "no", "failed", "point 1: expected numbers, got 'no'"),
        (lambda W, x: 0 * W, "failed", "point 1: expected -0.197356 at index (0, 0), got 0"),
        (lambda W, x: float("nan") * W, "failed", "point 1: expected -0.197356 at index (0, 0), got nan"),
        (lambda W, x: 1 / 0, "failed", "point 1: raised ZeroDivisionError: division by zero"),
        (lambda W, x: ..., "not attempted", "not attempted yet: replace the ... with your answer"),
    ],
)
def test_gradients(answer, status, message):
    result = check_gradient(answer, loss, POINTS)
    assert result.status == status
    assert result.message[: len(message) - 3] == message[:-3]  # last digits depend on the processor


def test_gradients_of_several_arguments():
    both = lambda W, x: (gradient(W, x), W.T @ (2 * jnp.tanh(W @ x) * (1 - jnp.tanh(W @ x) ** 2)))
    assert check_gradient(both, loss, POINTS, argnums=(0, 1)).status == "passed"
    wrong = lambda W, x: (both(W, x)[0], -both(W, x)[1])
    result = check_gradient(wrong, loss, POINTS, argnums=(0, 1))
    assert result.message == "point 1: value 2 of 2: your gradient has the wrong sign"
    assert check_gradient(gradient, loss, POINTS, argnums=(0, 1)).status == "failed"


def test_nothing_to_compare_with_is_an_error_of_the_author():
    with pytest.raises(ValueError, match="points: got none"):
        check_gradient(gradient, loss, [])
    with pytest.raises(ValueError, match="cases: got none"):
        check(gradient, [])


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        (np.inf, [np.inf, jnp.inf, float("inf")], [0.0, 1e38, -np.inf, np.nan]),
        (-np.inf, [-np.inf], [np.inf, 0.0, np.nan]),
        (np.nan, [np.nan], [0.0, np.inf]),
        (np.array([1.0, np.inf]), [[1.0, np.inf]], [[1.0, 1.0], [np.inf, np.inf], [1.0, -np.inf]]),
        (1.0, [1 + 0j], [1 + 5j, np.inf, -np.inf]),
        (1 + 4j, [1 + 4j, np.complex64(1 + 4j)], [1.0, 1 - 4j, 4 + 1j]),
        (2.5, [jnp.bfloat16(2.5), np.float16(2.5), np.float64(2.5)], [jnp.bfloat16(2.625), np.float16(2.52)]),
        (0.1, [jnp.bfloat16(0.1), np.float16(0.1)], [jnp.bfloat16(0.12), np.float16(0.102)]),
        (3, [np.int8(3), np.uint64(3), jnp.int16(3), 3.0], [np.uint8(253), np.int8(-3)]),
        (10**30, [10**30], [10**29, "10", None]),
        ((None, 2.0), [(None, 2.0)], [(0.0, 2.0), (None, 3.0)]),
    ],
)
def test_every_kind_of_number(expected, right, wrong):
    for answer in right:
        assert check(lambda a=answer: a, [((), expected)]).status == "passed", answer
    for answer in wrong:
        assert check(lambda a=answer: a, [((), expected)]).status != "passed", answer


def test_without_tolerance_half_precision_must_be_exact():
    assert check(lambda: jnp.bfloat16(0.1), [((), 0.1)], tol=0).status == "failed"
    assert check(lambda: jnp.bfloat16(0.5), [((), 0.5)], tol=0).status == "passed"


def test_none_may_be_expected():
    cases = [((0.0,), None), ((4.0,), 2.0)]
    assert check(lambda x: None if x == 0 else x**0.5, cases).status == "passed"
    assert check(lambda x: x**0.5, cases).message == "case 1, f(0.0): expected None, got 0.0"
    assert check(lambda x: ..., cases).status == "not attempted"
    with pytest.raises(ValueError, match="cases: each expects None, which a stub returns too"):
        check(lambda x: ..., [((1.0,), None)])


@pytest.mark.parametrize(
    "answer",
    [{"a": 1}, object(), jax.random.key(0), [1, [2, 3]], [None], "two\nlines", b"x", {1}, np.array(["a"]), lambda: 1],
)
def test_no_wrong_answer_raises(answer):
    for expected in (1.0, (1.0, 2.0), np.ones(2), np.inf, 1j):
        result = check(lambda: answer, [((), expected)])
        assert result.status == "failed"
        assert "\n" not in result.message


def test_an_infinite_gradient_is_infinite():
    root = [(np.array(0.0),)]
    assert check_gradient(lambda x: 0 * x, jnp.sqrt, root).message == "point 1: expected inf, got 0.0"
    assert check_gradient(lambda x: -0.5 / jnp.sqrt(x), jnp.sqrt, root).message == "point 1: expected inf, got -inf"
    assert check_gradient(lambda x: 0.5 / jnp.sqrt(x), jnp.sqrt, root).status == "passed"


def test_gradients_of_other_kinds():
    half = [(jnp.bfloat16(3),)]
    assert check_gradient(lambda x: 2 * x, lambda x: x**2, half).status == "passed"
    assert check_gradient(lambda x: 2 * x + 0.25, lambda x: x**2, half).status == "failed"
    assert check_gradient(lambda x: 2 * x + 1j, lambda x: x**2, [(3.0,)]).status == "failed"
    assert check_gradient(lambda x: None, lambda x: x.sum(), [(np.zeros(0),)]).status == "not attempted"
    assert check_gradient(lambda x: np.ones(1), lambda x: x.sum(), [(np.zeros(0),)]).status == "failed"


@pytest.mark.parametrize("tol", [-1.0, float("inf"), float("nan"), np.float32("inf")])
def test_a_tolerance_that_accepts_all_or_nothing_is_refused(tol):
    with pytest.raises(ValueError, match=r"tol: got .*, expected a finite number"):
        check(lambda: 1, [((), 1)], tol=tol)
    with pytest.raises(ValueError, match="tol: got"):
        check_gradient(lambda x: x, lambda x: x**2, [(1.0,)], tol=tol)


def test_an_expected_value_that_is_none_of_the_kinds_is_the_authors_mistake():
    with pytest.raises(ValueError, match="expected value: got 'a', expected a number, an array, None or a tuple"):
        check(lambda: 1.0, [((), "a")])
