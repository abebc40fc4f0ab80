"""Modules: frozen dataclasses that are pytrees, counted and printed."""

import dataclasses
from typing import Any, TypeVar, dataclass_transform

import jax
import numpy as np

T = TypeVar("T")


def static(**kwargs: Any) -> Any:
    """Mark a field of a module as static: configuration, not data.

    A static field (a size, a rate, an activation function) is part of the tree's structure. JAX neither
    differentiates nor traces it, and a change of its value compiles anew.

    Args:
        **kwargs: passed on to `dataclasses.field`, for example `default=0.1`.

    Returns:
        The field's specification.

    Example:
        >>> import dataclasses
        >>> static(default=2).metadata["static"]
        True
    """
    return dataclasses.field(metadata={"static": True}, **kwargs)


@dataclass_transform(frozen_default=True, field_specifiers=(static,))
def module(cls: type[T]) -> type[T]:
    """Turn a class into a module: a frozen dataclass, registered as a pytree.

    Its arrays and sub-modules are the tree's children, its `static` fields belong to the structure. So
    `jax.jit`, `jax.grad`, `jax.vmap`, `jax.tree.map` and Optax take the module itself.

    Args:
        cls: a class with annotated fields, and methods that read them.

    Returns:
        The same class as a dataclass; instances cannot be changed, `dataclasses.replace` makes a changed copy.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> @module
        ... class Scale:
        ...     factor: jax.Array
        ...     def __call__(self, x):
        ...         return self.factor * x
        >>> scale = Scale(factor=jnp.array(3.0))
        >>> scale
        Scale(factor=f32[])
        >>> jax.grad(lambda m: m(2.0))(scale).factor.item()
        2.0

    References:
        JAX documentation, "Custom pytrees": `jax.tree_util.register_dataclass`.
    """
    if "__repr__" not in vars(cls):
        cls.__repr__ = _module_repr  # type: ignore[method-assign]
    return jax.tree_util.register_dataclass(dataclasses.dataclass(frozen=True, eq=False, repr=False)(cls))


def _module_repr(self: Any) -> str:
    parts = (f"{f.name}={short(getattr(self, f.name))}" for f in dataclasses.fields(self))
    return f"{type(self).__name__}({', '.join(parts)})"


def short(value: Any) -> str:
    """One value as text: an array by dtype and shape, a function by name."""
    if isinstance(value, (jax.Array, np.ndarray)):
        kind = value.dtype.name.replace("float", "f").replace("uint", "u").replace("int", "i")
        return f"{kind}[{','.join(map(str, value.shape))}]"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(short, value))
        return f"({inside}{',' if len(value) == 1 else ''})" if isinstance(value, tuple) else f"[{inside}]"
    if callable(value) and not dataclasses.is_dataclass(value):
        return getattr(value, "__name__", type(value).__name__)
    return repr(value)


def parameter_count(tree: Any) -> int:
    r"""Count the trainable numbers of a tree.

    $P = \sum_k \prod_j d_{kj}$ over all floating-point arrays $k$ with axes $d_{kj}$.

    Args:
        tree: a module, or any pytree.

    Returns:
        The number of elements of its floating-point arrays.

    Example:
        >>> import jax, deepbook as db
        >>> db.parameter_count(db.Linear.init(jax.random.key(0), 784, 10))
        7850
    """
    return sum(leaf.size for leaf in jax.tree.leaves(tree) if _is_float_array(leaf))


def _is_float_array(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating)
