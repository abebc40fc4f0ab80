"""What the property tests share: what is drawn, how a call is judged, and which functions are covered."""

import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.strategies import integers, sampled_from

quiet = {"deadline": None, "derandomize": True, "database": None, "suppress_health_check": list(HealthCheck)}
few, fewer = settings(max_examples=10, **quiet), settings(max_examples=3, **quiet)  # fewer where much is compiled
all_cases = settings(max_examples=200, **quiet)  # of a list that has fewer
OURS = re.compile(r"[a-z][\w.]*(\[.*?\][\w.]*)*(, \w+)*: .*\b(expected|needs?|must|cast)\b.*")  # in one line
FLOATS, INTS = ("float32", "bfloat16", "float16"), ("int32", "uint8", "int8", "uint32")
seeds, floats, batches = integers(0, 9), sampled_from(FLOATS), sampled_from([(), (3,), (2, 3), (0,)])
kinds = sampled_from([*FLOATS, *FLOATS, "int32", "uint8", "bool", "complex64"])  # of inputs
KEY = jax.random.key(0)

# What an argument may not be.
NO_SIZE = (0, -1, 2.5, "3", True)
NO_KEY = (3, "words", jax.random.split(KEY), np.zeros(3, np.uint32))
NO_FUNCTION = (3, "relu")
NO_NUMBER = ("words", 1j, float("nan"), np.ones((2, 2)))
NO_TEXT = (3, ["a"])
NO_FLAG = ("words", 2)

COVERED = set()


def covers(*functions):
    """Mark a test as the one of these functions; a class stands for what makes it and for its call."""

    def mark(test):
        COVERED.update(map(identity, functions))
        return test

    return mark


def identity(function):
    """Where a function or a class was written; methods that a class inherits are those of the other class."""
    function = inspect.unwrap(getattr(function, "__func__", function))
    return f"{function.__module__}.{function.__qualname__}"


def one_wrong(good, **bad):
    """The good arguments, or all but one of them with its name; it is what it may not be."""
    cases = [(good, None)]
    return sampled_from(cases + [(good | {name: value}, name) for name, values in bad.items() for value in values])


def numbers(seed, shape, dtype="float32", size=3.0):
    values = size * np.random.default_rng(seed).normal(size=shape)
    return jnp.asarray(values if dtype in (*FLOATS, "complex64") else abs(values), dtype)


def below(seed, n, shape, dtype):
    """Integers below n that the dtype holds."""
    return np.random.default_rng(seed).integers(0, min(n, np.iinfo(dtype).max + 1), shape).astype(dtype)


def shaped(make, *arguments, **options):
    """A module without its numbers, which take time to draw."""
    return jax.eval_shape(lambda: make(KEY, *arguments, **options))


def drawn(seed, module, dtype="float32"):
    """The module with numbers of NumPy's as parameters, biases and all."""
    leaves, tree = jax.tree.flatten(module)
    return jax.tree.unflatten(tree, [numbers(seed + i, a.shape, dtype, 0.6) for i, a in enumerate(leaves)])


def once(function, *arguments):
    """What a function returns, as one compiled program: a program for each operation takes longer to make."""
    return jax.jit(lambda *arguments: function(*arguments))(*arguments)


def exact(x):
    return np.asarray(x).astype(np.float64)


def refused(call):
    """The text of the error of ours that a call raises."""
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert OURS.fullmatch(str(caught.value)), repr(caught.value)
    return str(caught.value)


def answer(call, wrong, *also):
    """What a call returns; if an argument is wrong, nothing, and its error names that (or what else will do)."""
    if wrong is None:
        return call()
    named = re.findall(r"\w+", refused(call).split(":")[0])
    assert {wrong, *also} & set(named), (wrong, named)
    return None


def tried(call):
    """What a call returns, and the text of the ValueError that it raises; one of them is None."""
    try:
        return call(), None
    except ValueError as error:
        return None, str(error)


def judge(call, valid, expected, dtype="float32", scale=1.0):
    """The value where the arguments are valid, up to the dtype's rounding; an error of ours where they are not."""
    if not valid:
        refused(call)
        return
    got, need = call(), expected()
    close = 20 * float(jnp.finfo(dtype).eps)
    assert np.shape(got) == np.shape(need)
    np.testing.assert_allclose(exact(got), need, rtol=close, atol=close * scale)


def log_softmax(z):
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))
