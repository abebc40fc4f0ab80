"""Trees in files: `save`, `load`, and what checkpoints need of them."""

import contextlib
import os
import secrets
import zipfile
import zlib
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from deepbook._checks import path_of
from deepbook.nn._module import short

T = TypeVar("T")
KEYS = {"key<fry>": "threefry2x32", "key<rbg>": "rbg", "key<urbg>": "unsafe_rbg"}  # dtype of a key: its generator


def save(path: str | Path, tree: Any) -> None:
    """Write the arrays of a tree to one `.npz` file, whole or not at all.

    Args:
        path: the file to write; an existing one is replaced only once the new one is complete, and keeps its
            permissions. A symbolic link is followed.
        tree: a module, or any pytree of arrays, numbers and PRNG keys. Each is stored under its path in the tree.

    Raises:
        OSError: the folder does not exist or cannot be written.
        ValueError: a leaf is something that `load` could not bring back: text, an object, numbers of 64 bits while
            JAX uses 32, or two leaves of one name.

    Example:
        >>> import jax, tempfile, deepbook as db
        >>> layer = db.Linear.init(jax.random.key(0), 3, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     db.save(f"{folder}/layer.npz", layer)
        ...     same = db.load(f"{folder}/layer.npz", layer)
        >>> bool((same.weight == layer.weight).all())
        True
    """
    write_arrays(path_of("path", path), named_arrays(tree))


def load(path: str | Path, like: T) -> T:
    """Read what `save` wrote into a tree of the same structure.

    Args:
        path: the file.
        like: a tree with the structure, shapes and dtypes that the file must have; its values are not used, so what
            `jax.eval_shape` returns will do.

    Returns:
        A tree like `like`, with the file's arrays.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or its arrays differ from those of `like` in name, shape or dtype, or have
            64 bits while JAX uses 32.
    """
    return fill(path, like, read_arrays(path_of("path", path)))


def write_arrays(path: str | Path, arrays: dict[str, Any]) -> None:
    """Write named arrays to an `.npz` file, whole or not at all (what `save` does after naming the leaves)."""
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(temporary, "xb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.chmod(temporary, path.stat().st_mode & 0o777)
            named: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
            np.savez(file, **named)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_arrays(path: str | Path, argument: str = "path") -> dict[str, np.ndarray]:
    """Read the named arrays of an `.npz` file; nothing in it is executed."""
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise ValueError(
            f"{argument}: {path} is damaged or no .npz file, expected one that save or fit wrote"
        ) from error


def fill(path: str | Path, like: T, stored: dict[str, np.ndarray], argument: str = "path") -> T:
    """Put stored arrays into a tree of the structure of `like`; see `load` for the errors."""
    wanted = named_leaves(like)
    names = {name for name, _ in wanted}
    if stored.keys() != names:
        missing, extra = sorted(names - stored.keys()), sorted(stored.keys() - names)
        raise ValueError(f"{argument}: {path} does not fit `like`: missing {missing}, not expected {extra}")
    leaves = []
    for name, leaf in wanted:
        array: Any = stored[name]
        need = _described(leaf)
        if need.dtype.kind == "V" and array.dtype == f"V{need.dtype.itemsize}":  # NumPy's files do not know bfloat16
            array = array.view(need.dtype)
        if (array.shape, array.dtype) != (need.shape, need.dtype):
            raise ValueError(f"{argument}: {path} holds {name} as {short(array)}, expected {_short(need)}")
        if _narrows(array.dtype):
            raise ValueError(
                f"{argument}: {path} holds {name} as {short(array)}, which JAX would cut to 32 bits; {X64}"
            )
        array = jnp.asarray(array)
        leaves.append(jax.random.wrap_key_data(array, impl=KEYS[str(leaf.dtype)]) if _is_key(leaf) else array)
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def named_leaves(tree: Any) -> list[tuple[str, Any]]:
    """The leaves of a tree, each with its path as text, that of a key with its kind."""
    leaves = [(jax.tree_util.keystr(path) or "value", leaf) for path, leaf in jax.tree.leaves_with_path(tree)]
    return [(f"{name}:{leaf.dtype}" if _is_key(leaf) else name, leaf) for name, leaf in leaves]


def named_arrays(tree: Any) -> dict[str, Any]:
    """The leaves of a tree as arrays by name, if `fill` can bring all of them back."""
    result: dict[str, Any] = {}
    for name, leaf in named_leaves(tree):
        if name in result:
            raise ValueError(f"tree: got two leaves of the name {name}, expected one")
        if _is_key(leaf) and str(leaf.dtype) not in KEYS:
            raise ValueError(f"tree: got {name}, expected keys of the generators {list(KEYS.values())}")
        array = jax.random.key_data(leaf) if _is_key(leaf) else _plain(leaf)
        if not (jnp.issubdtype(array.dtype, jnp.number) or array.dtype == bool) or array.dtype == np.longdouble:
            raise ValueError(f"tree: got {name} of type {array.dtype}, expected numbers that JAX has")
        if _narrows(array.dtype):
            raise ValueError(f"tree: got {name} as {short(array)}, which JAX would cut to 32 bits; {X64}")
        result[name] = array
    return result


X64 = "cast it, or set jax.config.update('jax_enable_x64', True)"


def _is_key(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _plain(leaf: Any) -> Any:
    """An array; a number of Python's as JAX takes it."""
    return jnp.asarray(leaf) if isinstance(leaf, (bool, int, float, complex)) else np.asarray(leaf)


def _described(leaf: Any) -> Any:
    """Shape and dtype of what is stored for a leaf."""
    if _is_key(leaf):
        return jax.eval_shape(jax.random.key_data, leaf)
    return leaf if hasattr(leaf, "shape") and hasattr(leaf, "dtype") else _plain(leaf)


def _short(described: Any) -> str:
    return short(np.broadcast_to(np.zeros((), described.dtype), described.shape))


def _narrows(dtype: Any) -> bool:
    return jax.dtypes.canonicalize_dtype(dtype) != dtype
