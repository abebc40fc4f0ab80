"""What an argument may be: real numbers, indices, a share, one of a few words. Every error names the argument."""

import numbers
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def array(name: str, value: Any) -> Array:
    """The value as a JAX array; TypeError where it is none."""
    if isinstance(value, jax.Array):
        return value
    try:
        return jnp.asarray(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name}: got {type(value).__name__}, expected an array of numbers") from None


def floats(name: str, value: Any) -> Array:
    """The value as an array of floating-point numbers; TypeError where it holds others."""
    value = array(name, value)
    if not jnp.issubdtype(value.dtype, jnp.floating):
        raise TypeError(f"{name}: got dtype {value.dtype}, expected floating-point numbers")
    return value


def reals(name: str, value: Any, dtype: Any) -> Array:
    """The value as an array of floating-point numbers; integers and truth values become numbers of the given dtype."""
    value = array(name, value)
    if value.dtype == bool or jnp.issubdtype(value.dtype, jnp.integer):
        return value.astype(dtype)
    return floats(name, value)


def wide(*dtypes: Any) -> Any:
    """Float64 if one of the dtypes is, else float32: sums and statistics of 16 bits lose too much."""
    return jnp.dtype(jnp.float64 if jnp.float64 in dtypes else jnp.float32)


def common(a: Any, b: Any) -> Any:
    """The dtype of a result of two floating-point dtypes."""
    return a if a == b else wide(a, b)


def indices(name: str, value: Any) -> Array:
    """The value as an array of integers of at least 32 bits, so that a number of classes or nodes fits beside them."""
    given, value = value, array(name, value)
    if not jnp.issubdtype(value.dtype, jnp.integer):
        raise TypeError(f"{name}: got dtype {value.dtype}, expected integers")
    if isinstance(given, np.ndarray) and given.size and given.dtype.itemsize > value.dtype.itemsize:
        limits = np.iinfo(value.dtype)
        if not limits.min <= given.min() <= given.max() <= limits.max:
            raise ValueError(f"{name}: got integers from {given.min()} to {given.max()}, expected {value.dtype}")
    return value if value.dtype.itemsize >= 4 else value.astype(jnp.int32)


def share(name: str, value: Any) -> float:
    """A number from 0 on and below 1."""
    if isinstance(value, jax.core.Tracer) or not isinstance(value, (numbers.Real, jax.Array, np.ndarray)):
        raise TypeError(f"{name}: got {type(value).__name__}, expected a number known before the function is traced")
    if np.asarray(value).ndim or not 0 <= float(value) < 1:
        raise ValueError(f"{name}: got {one_line(value)}, expected 0 <= {name} < 1")
    return float(value)


def number(name: str, value: Any, least: float = -np.inf) -> float:
    """A finite number from `least` on, known before the function is traced."""
    array = isinstance(value, (jax.Array, np.ndarray)) and not isinstance(value, jax.core.Tracer)
    array = array and any(jnp.issubdtype(value.dtype, kind) for kind in (jnp.floating, jnp.integer))
    if isinstance(value, bool) or not (array or isinstance(value, numbers.Real)):
        raise TypeError(f"{name}: got {type(value).__name__}, expected a number known before the function is traced")
    if np.ndim(value) or not least <= float(value) < np.inf:
        rule = "a finite number" + f" from {least} on" * (least > -np.inf)
        raise ValueError(f"{name}: got {one_line(value)}, expected {rule}")
    return float(value)


def one_key(name: str, value: Any) -> Array:
    """One PRNG key."""
    kind = getattr(value, "dtype", None)
    typed = kind is not None and jnp.issubdtype(kind, jax.dtypes.prng_key)
    if not isinstance(value, (jax.Array, np.ndarray)) or not (typed or kind == jnp.uint32):
        raise TypeError(f"{name}: got {type(value).__name__}, expected a key from jax.random.key(seed)")
    if value.shape != (() if typed else jax.eval_shape(jax.random.PRNGKey, 0).shape):
        raise ValueError(f"{name}: got an array of shape {value.shape}, expected one key")
    return jnp.asarray(value)


def split(key: Any, count: int) -> Array:
    """Keys made of one."""
    return jax.random.split(one_key("key", key), count)


def whole(least: int, **sizes: Any) -> None:
    """Whole numbers from `least` on."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, numbers.Integral):
            raise TypeError(f"{name}: got {one_line(repr(size))}, expected a whole number")
        if size < least:
            raise ValueError(f"{name}: got {size}, expected a whole number from {least} on")


def sizes(name: str, values: Any) -> None:
    """Sizes of axes, whole numbers from 0 on."""
    for size in values:
        whole(0, **{name: size})


def word(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """One of a few words."""
    if not isinstance(value, str) or value not in allowed:
        rule = f"{', '.join(map(repr, allowed[:-1]))} or {allowed[-1]!r}"
        raise ValueError(f"{name}: got {one_line(repr(value))}, expected {rule}")


def texts(**values: Any) -> None:
    """Texts."""
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"{name}: got {one_line(repr(value))}, expected a text")


def functions(**values: Any) -> None:
    """Functions, or what else can be called."""
    for name, value in values.items():
        if not callable(value):
            raise TypeError(f"{name}: got {one_line(repr(value))}, expected a function")


def path_of(name: str, value: Any) -> Path:
    """Where a file is."""
    try:
        return Path(value)
    except TypeError:
        raise TypeError(f"{name}: got {one_line(repr(value))}, expected the path of a file") from None


def listed(name: str, values: Any) -> Any:
    """Several values, not a text."""
    if not hasattr(values, "__len__") or isinstance(values, str):
        raise TypeError(f"{name}: got {one_line(repr(values))}, expected a list")
    return values


def instance(name: str, value: Any, kind: type | tuple[type, ...], expected: str) -> None:
    """A thing of one kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: got {type(value).__name__}, expected {expected}")


def like(name: str, tree: Any, other: Any) -> Any:
    """A tree with the structure of another one and with floating-point arrays of its shapes."""
    have: Any = jax.tree.structure(tree)
    need: Any = jax.tree.structure(other)
    if have != need:
        raise ValueError(f"{name}: got {one_line(have)}, expected {need}")
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(other)]
    leaves = [floats(name, leaf) for leaf in jax.tree.leaves(tree)]
    if [leaf.shape for leaf in leaves] != shapes:
        raise ValueError(f"{name}: got shapes {[leaf.shape for leaf in leaves]}, expected {shapes}")
    return jax.tree.unflatten(have, leaves)


def one_line(value: Any) -> str:
    """A value as a short text without line breaks."""
    text = " ".join(f"{value}".split())
    return text if len(text) <= 80 else f"{text[:77]}..."
