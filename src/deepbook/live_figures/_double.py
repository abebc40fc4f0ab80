"""What the page should compute: a traced function, evaluated by JAX with 64 bits wherever it has 32."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import Literal

from deepbook.live_figures._program import CALLS

enable_x64 = jax.enable_x64 if hasattr(jax, "enable_x64") else import_module("jax.experimental").enable_x64  # JAX 0.7


def in_double(function: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """The function, compiled with numbers of 64 bits; it is traced with those that it has.

    Random bits, whole numbers and truth values stay what they are. Call it within `with enable_x64(True)`.

    Args:
        function: a function of JAX.
        *arguments: trees of arrays as it takes them.

    Returns:
        A function of such trees that returns the same tree as the function does, with numbers of 64 bits.

    Example:
        >>> third = in_double(lambda x: x / 3, jnp.float32(1))
        >>> with enable_x64(True):
        ...     print(third(np.float64(1)))
        0.3333333333333333
    """
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
    tree = jax.tree.structure(shapes)

    @jax.jit
    def evaluated(*arguments: Any) -> Any:
        leaves = map(double, jax.tree.leaves(arguments))
        return jax.tree.unflatten(tree, _evaluate(closed, list(leaves)))

    return evaluated


def double(value: Any) -> Any:
    """A number or an array with 64 bits, if it is one of floating point."""
    if jnp.issubdtype(getattr(value, "dtype", np.int32), jnp.floating):
        return jnp.asarray(value, jnp.float64)
    return value


def _evaluate(jaxpr: Any, arguments: Sequence[Any]) -> list[Any]:
    consts, jaxpr = getattr(jaxpr, "consts", ()), getattr(jaxpr, "jaxpr", jaxpr)
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*map(double, consts), *arguments), strict=True))

    def read(atom: Any) -> Any:
        aval: Any = atom.aval
        return double(np.asarray(atom.val, aval.dtype)) if isinstance(atom, Literal) else known[atom]

    for equation in jaxpr.eqns:
        name, values = equation.primitive.name, list(map(read, equation.invars))
        rule = RULES.get(name, _scatter if name.startswith("scatter") else _bind)
        known.update(zip(equation.outvars, rule(equation, values), strict=True))
    return list(map(read, jaxpr.outvars))


def _bind(equation: Any, values: list[Any]) -> list[Any]:
    params = {k: np.dtype(np.float64) if _is_single(v) else v for k, v in equation.params.items()}
    result = equation.primitive.bind(*values, **params)
    return list(result) if equation.primitive.multiple_results else [result]


def _is_single(value: Any) -> bool:
    return isinstance(value, np.dtype | type) and value == np.float32


def _call(equation: Any, values: list[Any]) -> list[Any]:
    return _evaluate(equation.params[CALLS[equation.primitive.name]], values)


def _bitcast(equation: Any, values: list[Any]) -> list[Any]:
    single = jnp.asarray(values[0], equation.invars[0].aval.dtype)
    return [double(lax.bitcast_convert_type(single, equation.params["new_dtype"]))]


def _scatter(equation: Any, values: list[Any]) -> list[Any]:
    names = ("dimension_numbers", "indices_are_sorted", "unique_indices", "mode")
    function = getattr(lax, equation.primitive.name.replace("-", "_"))
    return [function(*values, **{name: equation.params[name] for name in names})]


def _scan(equation: Any, values: list[Any]) -> list[Any]:
    params = equation.params
    consts, first = params["num_consts"], params["num_consts"] + params["num_carry"]

    def body(carry: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        results = _evaluate(params["jaxpr"], [*values[:consts], *carry, *rows])
        return results[: len(carry)], results[len(carry) :]

    how = {"length": params["length"], "reverse": params["reverse"]}
    carry, made = lax.scan(body, values[consts:first], values[first:], **how)
    return [*carry, *made]


def _while(equation: Any, values: list[Any]) -> list[Any]:
    params = equation.params
    tested, looped = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    return lax.while_loop(
        lambda carry: _evaluate(params["cond_jaxpr"], [*values[:tested], *carry])[0],
        lambda carry: _evaluate(params["body_jaxpr"], [*values[tested:looped], *carry]),
        values[looped:],
    )


def _cond(equation: Any, values: list[Any]) -> list[Any]:
    branches = [lambda *v, branch=branch: _evaluate(branch, v) for branch in equation.params["branches"]]
    return list(lax.switch(values[0], branches, *values[1:]))


RULES = {name: _call for name in CALLS} | {
    "bitcast_convert_type": _bitcast, "scan": _scan, "while": _while, "cond": _cond,
}  # fmt: skip
