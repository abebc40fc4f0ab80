"""What `fit` asks of its arguments; each error names the argument, what came and what was expected."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

jitted = lru_cache(maxsize=64)(jax.jit)  # so that a function is traced once, however often it is used


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


def keys(value: Any) -> Any:
    """A vector of keys."""
    if not (isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jax.dtypes.prng_key)) or value.ndim != 1:
        shape = getattr(value, "shape", type(value).__name__)
        raise ValueError(f"keys: got {shape}, expected a vector of typed keys, as jax.random.split(key, 5) gives")
    if len(value) < 1:
        raise ValueError("keys: got none, expected at least one")
    return value


def grid(value: Mapping[str, Any]) -> dict[str, Any]:
    """Names of hyperparameters and their values as arrays."""
    result = {name: jnp.asarray(values, float) for name, values in value.items()}
    for name, values in result.items():
        if values.ndim != 1 or len(values) < 1:
            raise ValueError(f"grid[{name!r}]: got shape {values.shape}, expected a list of at least one number")
    return result


def data(value: Any) -> tuple[Any, int]:
    """The data as arrays on the device, and the number of examples."""
    value = jax.tree.map(jnp.asarray, value)
    leaves = jax.tree.leaves_with_path(value)
    if not leaves:
        raise ValueError("data: got no arrays, expected at least one")
    for path, leaf in leaves:
        name = f"data{jax.tree_util.keystr(path)}"
        if leaf.ndim == 0:
            raise ValueError(f"{name}: got a scalar, expected an array whose first axis counts the examples")
        if leaf.shape[0] == 0:
            raise ValueError(f"{name}: got shape {leaf.shape}, expected at least one example")
        if jnp.issubdtype(leaf.dtype, jnp.inexact) and not bool(jnp.isfinite(leaf).all()):
            bad = int((~jnp.isfinite(leaf)).sum())
            raise ValueError(f"{name}: got {bad} values that are NaN or infinite, expected finite numbers")
    lengths = {f"data{jax.tree_util.keystr(path)}": leaf.shape[0] for path, leaf in leaves}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"data: got first axes of different lengths, {lengths}, expected one number of examples")
    return value, leaves[0][1].shape[0]


def batch_size(value: int | None, n: int, mesh: Mesh | None) -> int | None:
    """The batch size, checked against the data and the devices."""
    if value is not None:
        positive("batch_size", value)
        if value > n:
            raise ValueError(f"batch_size: got {value}, expected at most {n}, the number of examples")
    if mesh is not None:
        if len(mesh.axis_names) != 1:
            raise ValueError(f"mesh: got axes {mesh.axis_names}, expected one axis")
        value = n if value is None else value
        if value % mesh.size:
            raise ValueError(f"batch_size: got {value}, expected a multiple of {mesh.size}, the number of devices")
    return value


def positive(name: str, value: int) -> int:
    """A whole number of at least 1."""
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}: got {value!r}, expected a whole number of at least 1")
    return value


def metrics(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Pairs of a function and its data, the data on the device."""
    result = {}
    for name, pair in (value or {}).items():
        if not (isinstance(pair, tuple) and len(pair) == 2 and callable(pair[0])):
            raise ValueError(f"metrics[{name!r}]: got {type(pair).__name__}, expected (function, data)")
        result[name] = (pair[0], jax.tree.map(jnp.asarray, pair[1]))
    return result


def model(value: Any) -> Any:
    """A tree whose leaves are all floating-point arrays."""
    leaves = jax.tree.leaves_with_path(value)
    if not leaves:
        raise ValueError("model: got a tree without arrays, expected parameters to train")
    for path, leaf in leaves:
        if not jnp.issubdtype(jnp.result_type(leaf), jnp.floating):
            name = f"model{jax.tree_util.keystr(path)}"
            raise ValueError(f"{name}: got {jnp.result_type(leaf)}, expected a floating-point array (else: static)")
    return value


def alike(models: list[Any]) -> list[Any]:
    """Models which differ in their numbers only."""
    kinds = [(jax.tree.structure(model), [jnp.shape(leaf) for leaf in jax.tree.leaves(model)]) for model in models]
    for k, (structure, shapes) in enumerate(kinds):
        if shapes != kinds[0][1]:
            raise ValueError(f"init: model {k} has arrays of shapes {shapes}, model 0 of {kinds[0][1]}")
        if structure != kinds[0][0]:
            raise ValueError(
                f"init: models 0 and {k} differ in more than their arrays, expected one structure for all keys "
                "(functions in a model, as of Lambda, must be made once, outside of init)"
            )
    return models


def loss(function: Callable[..., Any], model: Any, data: Any, batch_size: int | None, loss_key: Any) -> None:
    """The loss returns one number for a batch of the shape that training will use."""
    size = batch_size or len(jax.tree.leaves(data)[0])
    batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct((size, *a.shape[1:]), a.dtype), data)
    extra = {} if loss_key is None else {"key": jax.eval_shape(lambda: jax.random.key(0))}
    out = jax.eval_shape(jitted(function), model, batch, **extra)
    if getattr(out, "shape", None) != () or not jnp.issubdtype(out.dtype, jnp.floating):
        raise ValueError(f"loss: it returns {out}, expected one floating-point number")
