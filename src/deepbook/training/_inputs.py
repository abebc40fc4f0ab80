"""What `fit` is given: checked, and brought to the device. Each error names the argument, what came, what fits."""

import operator
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh

from deepbook.nn._module import short


def key(value: Any) -> Any:
    """A fresh key derived from the caller's, after checking that it is one and was not used before."""
    if not (isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jax.dtypes.prng_key)):
        kind = "a legacy uint32 key" if getattr(value, "dtype", None) == jnp.uint32 else repr(type(value).__name__)
        raise ValueError(f"key: got {kind}, expected a typed key from jax.random.key(seed)")
    if value.shape != ():
        raise ValueError(f"key: got an array of keys of shape {value.shape}, expected one key")
    try:
        return jax.random.split(value, 1)[0]
    except Exception as error:  # raised only under the setting jax_debug_key_reuse
        if type(error).__name__ != "KeyReuseError":
            raise
        raise ValueError("key: got a key that was used before, expected a fresh one from jax.random.split") from error


def data(value: Any) -> tuple[Any, int]:
    """The data as arrays on the device, and the number of examples."""
    leaves = jax.tree.leaves_with_path(value)
    if not leaves:
        raise ValueError("data: got no arrays, expected at least one")
    arrays: list[Any] = []
    for path, leaf in leaves:
        name = f"data{jax.tree_util.keystr(path)}"
        array = _array(name, leaf)
        if array.ndim == 0:
            raise ValueError(f"{name}: got a scalar, expected an array whose first axis counts the examples")
        if array.shape[0] == 0:
            raise ValueError(f"{name}: got shape {array.shape}, expected at least one example")
        if array.shape[0] != len(arrays[0] if arrays else array):
            first = f"data{jax.tree_util.keystr(leaves[0][0])}"
            raise ValueError(
                f"data: got first axes of different lengths, {len(arrays[0])} of {first} and {array.shape[0]} of "
                f"{name}, expected one number of examples"
            )
        if jnp.issubdtype(array.dtype, jnp.inexact):
            bad = array.size - int(np.isfinite(leaf if isinstance(leaf, np.ndarray) else array).sum())
            if bad:
                raise ValueError(f"{name}: got {bad} values that are NaN or infinite, expected finite numbers")
        arrays.append(array)
    return jax.tree.unflatten(jax.tree.structure(value), arrays), len(arrays[0])


def batch_size(value: Any, n: int, mesh: Mesh | None) -> int | None:
    """The batch size, checked against the data and the devices."""
    if value is not None:
        value = positive("batch_size", value)
        if value > n:
            raise ValueError(f"batch_size: got {value}, expected at most {n}, the number of examples")
    size = n if value is None else value
    if mesh is not None and size % mesh.size:
        raise ValueError(f"batch_size: got {size}, expected a multiple of {mesh.size}, the number of devices")
    return value


def mesh(value: Any) -> Mesh | None:
    """None, or a mesh of one axis on which the compiler places the arrays."""
    if value is None:
        return None
    if not isinstance(value, Mesh):
        raise ValueError(f"mesh: got {short(value)}, expected a mesh of devices, as make_mesh() gives")
    if len(value.axis_names) != 1:
        raise ValueError(f"mesh: got axes {value.axis_names}, expected one axis")
    if value.axis_types != (AxisType.Auto,):
        raise ValueError(f"mesh: got an axis of type {value.axis_types[0]}, expected AxisType.Auto, as of make_mesh()")
    return value


def positive(name: str, value: Any) -> int:
    """A whole number of at least 1, also one of NumPy's."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if isinstance(value, bool) or number < 1:
        raise ValueError(f"{name}: got {value!r}, expected a whole number of at least 1")
    return number


def metrics(value: Any) -> dict[str, Any]:
    """Pairs of a function and its data, the data on the device."""
    if not isinstance(value, Mapping | None):
        raise ValueError(f"metrics: got {type(value).__name__}, expected a dictionary of name: (function, data)")
    result = {}
    for name, pair in (value or {}).items():
        if not (isinstance(pair, tuple) and len(pair) == 2 and callable(pair[0])):
            raise ValueError(f"metrics[{name!r}]: got {type(pair).__name__}, expected (function, data)")
        result[name] = (pair[0], arrays(f"metrics[{name!r}][1]", pair[1]))
    return result


def metric(name: str, value: Any) -> float:
    """What a metric's function returned, as one number."""
    if jnp.shape(value) != ():
        raise ValueError(f"metrics[{name!r}]: it returns {short(value)}, expected one number")
    return float(value)


def model(value: Any) -> Any:
    """A tree whose leaves are all floating-point arrays."""
    leaves = jax.tree.leaves_with_path(value)
    if not leaves:
        raise ValueError("model: got a tree without arrays, expected parameters to train")
    for path, leaf in leaves:
        name = f"model{jax.tree_util.keystr(path)}"
        array = _array(name, leaf, "a floating-point array (else: static)")
        if not jnp.issubdtype(array.dtype, jnp.floating):
            raise ValueError(f"{name}: got {array.dtype}, expected a floating-point array (else: static)")
    return value


def arrays(name: str, tree: Any) -> Any:
    """A tree with its leaves as arrays on the device."""
    return jax.tree.map_with_path(lambda path, leaf: _array(f"{name}{jax.tree_util.keystr(path)}", leaf), tree)


def _array(name: str, leaf: Any, expected: str = "an array of numbers") -> jax.Array:
    try:
        return jnp.asarray(leaf)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: got {short(leaf)}, expected {expected}") from error
