"""Modules: frozen dataclasses that are pytrees, counted, printed, saved and loaded."""

import dataclasses
import os
import tempfile
from pathlib import Path
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
    parts = (f"{f.name}={_short(getattr(self, f.name))}" for f in dataclasses.fields(self))
    return f"{type(self).__name__}({', '.join(parts)})"


def _short(value: Any) -> str:
    """One value as text: an array by dtype and shape, a function by name."""
    if isinstance(value, (jax.Array, np.ndarray)):
        kind = value.dtype.name.replace("float", "f").replace("uint", "u").replace("int", "i")
        return f"{kind}[{','.join(map(str, value.shape))}]"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(_short, value))
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


def save(path: str | Path, tree: Any) -> None:
    """Write the arrays of a tree to one `.npz` file, whole or not at all.

    Args:
        path: the file to write; an existing one is replaced only once the new one is complete.
        tree: a module, or any pytree of arrays. Each array is stored under its path in the tree.

    Raises:
        OSError: the folder does not exist or cannot be written.

    Example:
        >>> import jax, tempfile, deepbook as db
        >>> layer = db.Linear.init(jax.random.key(0), 3, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     db.save(f"{folder}/layer.npz", layer)
        ...     same = db.load(f"{folder}/layer.npz", layer)
        >>> bool((same.weight == layer.weight).all())
        True
    """
    write_arrays(path, dict(named_leaves(tree)))


def load(path: str | Path, like: T) -> T:
    """Read what `save` wrote into a tree of the same structure.

    Args:
        path: the file.
        like: a tree with the structure, shapes and dtypes that the file must have; its values are not used.

    Returns:
        A tree like `like`, with the file's arrays.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file's arrays differ from those of `like` in name, shape or dtype.
    """
    return fill(path, like, read_arrays(path))


def write_arrays(path: str | Path, arrays: dict[str, Any]) -> None:
    """Write named arrays to an `.npz` file, whole or not at all (what `save` does after naming the leaves)."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **{name: np.asarray(array) for name, array in arrays.items()})
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Read the named arrays of an `.npz` file; nothing in it is executed."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def fill(path: str | Path, like: T, stored: dict[str, np.ndarray]) -> T:
    """Put stored arrays into a tree of the structure of `like`; see `load` for the errors."""
    wanted = dict(named_leaves(like))
    if stored.keys() != wanted.keys():
        missing, extra = sorted(wanted.keys() - stored.keys()), sorted(stored.keys() - wanted.keys())
        raise ValueError(f"path: {path} does not fit `like`: missing {missing}, not expected {extra}")
    for name, leaf in wanted.items():
        kind = np.asarray(leaf).dtype
        if kind.kind == "V" and stored[name].dtype == f"V{kind.itemsize}":  # NumPy's files do not know bfloat16
            stored[name] = stored[name].view(kind)
        have, need = _short(stored[name]), _short(np.asarray(leaf))
        if have != need:
            raise ValueError(f"path: {path} holds {name} as {have}, expected {need}")
    return jax.tree.unflatten(jax.tree.structure(like), [jax.numpy.asarray(stored[n]) for n in wanted])


def named_leaves(tree: Any) -> list[tuple[str, Any]]:
    """The leaves of a tree, each with its path as text."""
    return [(jax.tree_util.keystr(path) or "value", leaf) for path, leaf in jax.tree.leaves_with_path(tree)]
