"""Trees in files: `save`, `load`, and what checkpoints need of them."""

import os
import tempfile
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

from deepbook.nn._module import short

T = TypeVar("T")


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
        have, need = short(stored[name]), short(np.asarray(leaf))
        if have != need:
            raise ValueError(f"path: {path} holds {name} as {have}, expected {need}")
    return jax.tree.unflatten(jax.tree.structure(like), [jax.numpy.asarray(stored[n]) for n in wanted])


def named_leaves(tree: Any) -> list[tuple[str, Any]]:
    """The leaves of a tree, each with its path as text."""
    return [(jax.tree_util.keystr(path) or "value", leaf) for path, leaf in jax.tree.leaves_with_path(tree)]
