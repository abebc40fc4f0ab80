"""What a function computes, as far as it can be told without calling it: its code and the values that it reads.

JAX compiles a function once and does not see that a global variable, or a variable of an enclosing function, has
changed since. `fit` therefore keeps a compiled program only as long as `identity` is the same, and a checkpoint holds
a `fingerprint`, which is the same in another process.
"""

import dataclasses
import dis
import hashlib
import sys
from argparse import Namespace
from collections.abc import Iterator
from functools import lru_cache, partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

OURS = __name__.partition(".")[0]
PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...), np.generic, np.dtype)


class Same:
    """Equal only if it holds the very same object."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def identity(*roots: Any) -> tuple[Any, ...]:
    """Equal as long as the functions do the same: arrays of JAX, which cannot change, and unknown objects count as
    the same only if they are the same object.
    """
    return tuple(part if isinstance(part, str) else Same(part) for part in _parts(roots))


def fingerprint(*roots: Any) -> str:
    """Text that is the same in another process, where objects that are neither numbers nor functions count by type."""
    return _hash(_bytes(part) if isinstance(part, jax.Array) else _name(part) for part in _parts(roots))


def _name(part: Any) -> str:
    return part if isinstance(part, str) else getattr(type(part), "__qualname__", "")


def _bytes(array: jax.Array) -> str:
    if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
        array = jax.random.key_data(array)
    return _digest(np.asarray(array))


def _digest(array: np.ndarray) -> str:
    return f"{array.dtype} {array.shape} {hashlib.blake2b(np.ascontiguousarray(array).tobytes()).hexdigest()}"


def _hash(parts: Any) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(f"{len(part)} {part}".encode())
    return digest.hexdigest()


def _parts(roots: tuple[Any, ...]) -> Iterator[Any]:
    """Text for code and plain values, and the objects that only their owner can compare."""
    seen: dict[int, tuple[int, Any]] = {}  # with the objects, so that no other one gets their id
    todo: list[Any] = list(reversed(roots))
    while todo:
        value = todo.pop()
        if isinstance(value, PLAIN):
            yield f"{type(value).__name__} {value!r}"
            continue
        if id(value) in seen:
            yield f"seen {seen[id(value)][0]}"
            continue
        seen[id(value)] = len(seen), value
        if isinstance(value, np.ndarray) and value.dtype != object:
            yield _digest(value)
        elif isinstance(value, jax.Array):
            yield value
        else:
            label, inside = _inside(value)
            yield value if inside is None else label
            todo += reversed(inside or [])


def _inside(value: Any) -> tuple[str, list[Any] | None]:
    """A name for an object, and what it is made of; None where that is not looked into."""
    kind = type(value)
    if isinstance(value, dict):
        return f"dict {len(value)}", [part for pair in value.items() for part in pair]
    if isinstance(value, (tuple, list)):
        return f"{kind.__qualname__} {len(value)}", list(value)
    if isinstance(value, (set, frozenset)):
        return f"{kind.__qualname__} {len(value)}", sorted(value, key=repr)
    if isinstance(value, CellType):
        try:
            return "cell", [value.cell_contents]
        except ValueError:
            return "empty cell", []
    if isinstance(value, CodeType):
        return f"code {value.co_code.hex()} {value.co_names}", list(value.co_consts)
    if isinstance(value, FunctionType):
        return f"function {value.__qualname__}", _of_function(value)
    if isinstance(value, partial):
        return "partial", [value.func, value.args, value.keywords]
    if isinstance(value, MethodType):
        return "method", [value.__func__, value.__self__]
    if isinstance(value, (staticmethod, classmethod)) or hasattr(value, "__wrapped__"):
        return f"{kind.__qualname__} of", [value.__wrapped__]
    if isinstance(value, property):
        return "property", [value.fget]
    if isinstance(value, (ModuleType, BuiltinFunctionType)):
        return f"{kind.__qualname__} {value.__name__}", []
    if isinstance(value, type):
        return f"class {value.__qualname__}", [] if _of_a_library(value) else _of_class(value)
    if dataclasses.is_dataclass(value):
        return f"a {kind.__qualname__}", [kind, *(getattr(value, f.name) for f in dataclasses.fields(value))]
    if hasattr(value, "__dict__") and (not _of_a_library(kind) or kind in (SimpleNamespace, Namespace)):
        return f"a {kind.__qualname__}", [kind, vars(value)]
    return "", None


def _of_function(function: FunctionType) -> list[Any]:
    """What a function encloses; of one that belongs to no library also its code and the global variables it reads."""
    enclosed = [*(function.__closure__ or ()), *(function.__defaults__ or ()), function.__kwdefaults__]
    if _of_a_library(function):
        return [_settled(part) for part in enclosed]
    values = [function.__globals__[name] for name in _globals(function.__code__) if name in function.__globals__]
    attributes = [
        vars(module)[name]
        for module in values
        if isinstance(module, ModuleType) and not _library(module.__name__)
        for name in _names(function.__code__)
        if name in vars(module)
    ]
    return [function.__code__, *enclosed, *values, *attributes]


def _settled(part: Any) -> Any:
    """A library's schedules turn whole numbers that they enclose into floats when they are first called."""
    try:
        number = isinstance(part, CellType) and type(part.cell_contents) in (int, float)
    except ValueError:  # an empty cell
        return part
    return float(part.cell_contents) if number else part


def _of_class(kind: type) -> list[Any]:
    """The methods and constants of a class, and its bases."""
    own = [value for name, value in vars(kind).items() if not name.startswith("__") or isinstance(value, FunctionType)]
    return [*own, *kind.__bases__]


@lru_cache(maxsize=4096)
def _globals(code: CodeType) -> tuple[str, ...]:
    """The global names that code, and the functions defined in it, read and do not set (as a counter of calls is)."""
    steps = list(dis.get_instructions(code))
    names = dict.fromkeys(step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    for const in code.co_consts:
        names |= dict.fromkeys(_globals(const) if isinstance(const, CodeType) else ())
    own = {step.argval for step in steps if step.opname == "STORE_GLOBAL"}
    return tuple(name for name in names if name not in own)


@lru_cache(maxsize=4096)
def _names(code: CodeType) -> tuple[str, ...]:
    """All names of code, attributes too, and of the functions defined in it."""
    inner = [name for const in code.co_consts if isinstance(const, CodeType) for name in _names(const)]
    return tuple(dict.fromkeys([*code.co_names, *inner]))


def _of_a_library(value: Any) -> bool:
    return _library(getattr(value, "__module__", None) or "builtins")


@lru_cache(maxsize=4096)
def _library(name: str) -> bool:
    """Whether a module is one of Python's, of this package, or of an installed one: then its code stays as it is."""
    root = name.partition(".")[0]
    if root == OURS or root in sys.stdlib_module_names:
        return True
    path = getattr(sys.modules.get(root), "__file__", None) or ""
    return "site-packages" in path or "dist-packages" in path
