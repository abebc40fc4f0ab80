"""Rules for random numbers: the same bits as JAX, which defines them by the threefry hash of keys and counters."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.random import threefry_prng_impl

from deepbook.live_figures._program import Program, expand, rule
from deepbook.live_figures._values import Index, Value, flat, shape_of


@rule("random_bits")
def _bits(program: Program, equation: Any, key: Value) -> Value:
    width, shape = equation.params["bit_width"], equation.params["shape"]

    def bits(key: jax.Array) -> jax.Array:
        for _ in key.shape[:-1]:
            return jax.vmap(bits)(key)
        return threefry_prng_impl.random_bits(key, width, shape)

    return expand(program, bits, key)[0]


@rule("random_split")
def _split(program: Program, equation: Any, key: Value) -> Value:
    return expand(program, lambda k: threefry_prng_impl.split(k, equation.params["shape"]), key)[0]


@rule("random_fold_in")
def _fold_in(program: Program, equation: Any, key: Value, number: Value) -> Value:
    return expand(program, lambda k, n: threefry_prng_impl.fold_in(k, n.astype(jnp.uint32)), key, number)[0]


@rule("random_seed")
def _seed(program: Program, equation: Any, number: Value) -> Value:
    return expand(program, threefry_prng_impl.seed, number)[0]


@rule("random_wrap", "random_unwrap")
def _bare(program: Program, equation: Any, key: Value) -> Value:
    return key


@rule("iota_2x32_shape")
def _counters(program: Program, equation: Any) -> list[Value]:
    shape = equation.params["shape"]
    low = Value(shape, "u", lambda at: f"({flat(at, shape)})", 1)
    return [program.constant(jnp.zeros(shape, jnp.uint32)), low]


@rule("threefry2x32")
def _threefry(program: Program, equation: Any, *values: Value) -> list[Value]:
    shape = shape_of(equation.outvars[0].aval)
    outs = [program.buffer(shape, "u") for _ in range(2)]
    head, indices = program.loops(shape)
    reads = []
    for value in values:
        trailing = indices[len(indices) - len(value.shape) :]
        reads.append(value.at([Index() if n == 1 else i for i, n in zip(trailing, value.shape, strict=True)]))
    place = flat(indices, shape)
    stores = "".join(f"{out.buffer}[{place}]=h.pair[{number}];" for number, out in enumerate(outs))
    if math.prod(shape):
        program.kernel(f"{head}{{h.threefry({','.join(reads)});{stores}}}")
    return outs
