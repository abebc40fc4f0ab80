"""Rules for what moves entries without computing: reshaping, repeating, cutting, joining."""

import math
from typing import Any

import jax
import numpy as np

from deepbook.live_figures._program import Program, each, expand, rule
from deepbook.live_figures._values import Index, Indices, Value, flat, shape_of


@rule("broadcast_in_dim")
def _broadcast(program: Program, equation: Any, x: Value) -> Value:
    shape = shape_of(equation.outvars[0].aval)
    axes = list(equation.params["broadcast_dimensions"])
    axes += range(len(shape) - len(x.shape) + len(axes), len(shape))  # of keys
    x = program.cheap(x, 1) if math.prod(shape) > x.size else x

    def read(indices: Indices) -> str:
        return x.at([Index() if n == 1 else indices[axis] for axis, n in zip(axes, x.shape, strict=True)])

    return each(program, equation, read, x.cost)


@rule("reshape", "squeeze", "expand_dims")
def _reshape(program: Program, equation: Any, x: Value) -> Value:
    shape = shape_of(equation.outvars[0].aval)
    if x.buffer:
        return program.whole(x.buffer, shape, x.kind)
    if [n for n in x.shape if n != 1] != [n for n in shape if n != 1]:
        return program.whole(program.store(x).buffer or "", shape, x.kind)

    def read(indices: Indices) -> str:
        long = iter([i for i, n in zip(indices, shape, strict=True) if n != 1])
        return x.at([Index() if n == 1 else next(long) for n in x.shape])

    return each(program, equation, read, x.cost)


@rule("transpose")
def _transpose(program: Program, equation: Any, x: Value) -> Value:
    order = list(equation.params["permutation"])
    order += range(len(order), len(x.shape))

    def read(indices: Indices) -> str:
        return x.at([indices[order.index(axis)] for axis in range(len(order))])

    return each(program, equation, read, x.cost)


@rule("rev")
def _reverse(program: Program, equation: Any, x: Value) -> Value:
    axes = equation.params["dimensions"]

    def read(indices: Indices) -> str:
        turned = [i * -1 + (n - 1) if a in axes else i for a, (i, n) in enumerate(zip(indices, x.shape, strict=True))]
        return x.at(turned)

    return each(program, equation, read, x.cost)


@rule("slice")
def _slice(program: Program, equation: Any, x: Value) -> Value:
    starts = list(equation.params["start_indices"])
    steps = list(equation.params["strides"] or [1] * len(starts))
    more = len(x.shape) - len(starts)  # of keys
    starts, steps = starts + [0] * more, steps + [1] * more

    def read(indices: Indices) -> str:
        return x.at([i * int(step) + int(start) for i, start, step in zip(indices, starts, steps, strict=True)])

    return each(program, equation, read, x.cost)


@rule("iota")
def _iota(program: Program, equation: Any) -> Value:
    axis = equation.params["dimension"]
    return each(program, equation, lambda at: f"({at[axis]})", 1)


@rule("concatenate")
def _concatenate(program: Program, equation: Any, *parts: Value) -> Value:
    axis = equation.params["dimension"]
    result = program.buffer(shape_of(equation.outvars[0].aval), parts[0].kind)
    start = 0
    for part in parts:
        _into(program, part, result, axis, start)
        start += part.shape[axis]
    return result


def _into(program: Program, part: Value, result: Value, axis: int, start: int) -> None:
    """Compute a value into a stretch of a buffer along one axis."""
    head, indices = program.loops(part.shape)
    place = [i + start if a == axis else i for a, i in enumerate(indices)]
    program.kernel(f"{head}{result.buffer}[{flat(place, result.shape)}]={part.at(indices)};")


@rule("pad")
def _pad(program: Program, equation: Any, x: Value, filling: Value) -> Value:
    settings = equation.params["padding_config"]
    result = program.buffer(shape_of(equation.outvars[0].aval), x.kind)
    program.kernel(f"{result.buffer}.fill({filling.at([])});")
    head, indices = program.loops(x.shape)
    place = [i * (inner + 1) + low for i, (low, _, inner) in zip(indices, settings, strict=True)]
    store = f"{result.buffer}[{flat(place, result.shape)}]={x.at(indices)};"
    if any(low < 0 or high < 0 for low, high, _ in settings):  # what lies outside is cut off
        tests = [f"({p})>=0&&({p})<{n}" for p, n in zip(place, result.shape, strict=True)]
        store = f"if({'&&'.join(tests)}){store}"
    program.kernel(head + store)
    return result


@rule("stack")
def _stack(program: Program, equation: Any, *parts: Value) -> Value:
    axis = equation.params["axis"] % (len(parts[0].shape) + 1)
    result = program.buffer(shape_of(equation.outvars[0].aval), parts[0].kind)
    for start, part in enumerate(parts):
        shape = (*part.shape[:axis], 1, *part.shape[axis:])

        def read(at: Indices, part: Value = part) -> str:
            return part.at([*at[:axis], *at[axis + 1 :]])

        _into(program, Value(shape, part.kind, read, part.cost), result, axis, start)
    return result


@rule("unstack")
def _unstack(program: Program, equation: Any, x: Value) -> list[Value]:
    axis = equation.params["axis"] % len(x.shape)
    return _cut(program, x, axis, [1] * x.shape[axis], drop=True)


@rule("split")
def _split(program: Program, equation: Any, x: Value) -> list[Value]:
    return _cut(program, x, equation.params["axis"], equation.params["sizes"], drop=False)


def _cut(program: Program, x: Value, axis: int, sizes: Any, *, drop: bool) -> list[Value]:
    x = program.cheap(x)
    parts = []
    for start, size in zip(np.cumsum([0, *sizes]), sizes, strict=False):

        def read(indices: Indices, start: int = int(start)) -> str:
            inner = [Index(), *indices[axis:]] if drop else list(indices[axis:])
            return x.at([*indices[:axis], inner[0] + start, *inner[1:]])

        middle = () if drop else (size,)
        parts.append(Value((*x.shape[:axis], *middle, *x.shape[axis + 1 :]), x.kind, read))
    return parts


@rule("tile")
def _tile(program: Program, equation: Any, x: Value) -> Value:
    times = equation.params["reps"]
    thin = [n for length in x.shape for n in (1, length)]
    thick = [n for pair in zip(times, x.shape, strict=True) for n in pair]
    shape = shape_of(equation.outvars[0].aval)

    def repeat(a: jax.Array) -> jax.Array:
        return jax.numpy.broadcast_to(a.reshape(thin), thick).reshape(shape)

    return expand(program, repeat, x)[0]
