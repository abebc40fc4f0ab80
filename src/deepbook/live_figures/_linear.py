"""Rules for sums of many entries: products of matrices, reductions, running sums, triangular systems."""

import math
from collections.abc import Sequence
from typing import Any

from deepbook.live_figures._program import Program, rule
from deepbook.live_figures._values import Index, Value, flat, kind_of, shape_of

TALL, WIDE = 2, 4  # rows and columns of a product that are computed together


@rule("dot_general")
def _dot(program: Program, equation: Any, a: Value, b: Value) -> Value:
    (a_sum, b_sum), (a_batch, b_batch) = equation.params["dimension_numbers"]
    a, b = program.cheap(a, 1), program.cheap(b, 1)
    kind = kind_of(equation.outvars[0].aval.dtype)
    result = program.buffer(shape_of(equation.outvars[0].aval), kind)
    rows = [axis for axis in range(len(a.shape)) if axis not in (*a_sum, *a_batch)]
    columns = [axis for axis in range(len(b.shape)) if axis not in (*b_sum, *b_batch)]
    tall = _tile(a.shape[rows[-1]], TALL) if rows else 1
    wide = _tile(b.shape[columns[-1]], WIDE) if columns else 1
    letters = (("g", [a.shape[x] for x in a_batch], 1), ("i", [a.shape[x] for x in rows], tall))
    head, found = _heads([*letters, ("j", [b.shape[x] for x in columns], wide)])
    inner, terms = program.loops([a.shape[x] for x in a_sum], "k")
    a_at = _arrange(len(a.shape), (a_batch, found[0]), (rows, found[1]), (a_sum, terms))
    b_at = _arrange(len(b.shape), (b_batch, found[0]), (columns, found[2]), (b_sum, terms))
    lefts = [a.at(_moved(a_at, rows, p)) for p in range(tall)]
    rights = [b.at(_moved(b_at, columns, q)) for q in range(wide)]
    sums = ",".join(f"s{p}{q}=0" for p in range(tall) for q in range(wide))
    reads = [f"x{p}={text}" for p, text in enumerate(lefts)] + [f"y{q}={text}" for q, text in enumerate(rights)]
    adds = "".join(f"s{p}{q}+=x{p}*y{q};" for p in range(tall) for q in range(wide))
    place = flat([*found[0], *found[1], *found[2]], result.shape)
    down = math.prod(b.shape[axis] for axis in columns)  # from one row of the result to the next
    stores = "".join(f"{result.buffer}[{place + (p * down + q)}]=s{p}{q};" for p in range(tall) for q in range(wide))
    program.kernel(f"{head}{{let {sums};{inner}{{const {','.join(reads)};{adds}}}{stores}}}")
    return result


def _tile(length: int, most: int) -> int:
    """How many rows or columns are computed together, so that each number read is used more than once."""
    return next(n for n in range(most, 0, -1) if length % n == 0)


def _heads(groups: Sequence[tuple[str, Sequence[int], int]]) -> tuple[str, list[list[Index]]]:
    """Loops over several groups of axes; the last axis of each goes in larger steps."""
    head, found = "", []
    for letter, lengths, step in groups:
        names = [f"{letter}{axis}" for axis in range(len(lengths))]
        steps = [1] * (len(lengths) - 1) + [step]
        for name, length, by in zip(names, lengths, steps, strict=False):
            if length != by:
                head += f"for(let {name}=0;{name}<{length};{name}+={by})"
        alone = [length == by for length, by in zip(lengths, steps, strict=False)]
        found.append([Index() if one else Index.of(name) for name, one in zip(names, alone, strict=True)])
    return head, found


def _arrange(axes: int, *groups: tuple[Sequence[int], Sequence[Index]]) -> list[Index]:
    at = [Index()] * axes
    for places, indices in groups:
        for axis, index in zip(places, indices, strict=True):
            at[axis] = index
    return at


def _moved(at: list[Index], axes: Sequence[int], by: int) -> list[Index]:
    return [index + by if axes and axis == axes[-1] else index for axis, index in enumerate(at)]


REDUCE = {
    "reduce_sum": ("0", "{0}+={1}"), "reduce_prod": ("1", "{0}*={1}"), "reduce_and": ("-1", "{0}&={1}"),
    "reduce_or": ("0", "{0}|={1}"), "reduce_max": ("-Infinity", "{0}=Math.max({0},{1})"),
    "reduce_min": ("Infinity", "{0}=Math.min({0},{1})"),
}  # fmt: skip


def _first(name: str, kind: str) -> str:
    """What a reduction begins with: for whole numbers the largest or smallest there is."""
    bounds = {"i": ("(-2147483648)", "2147483647"), "u": ("0", "4294967295"), "b": ("0", "1")}.get(kind)
    if name.endswith(("max", "min")) and bounds:
        return bounds[name.endswith("min")]
    return REDUCE[name][0]


@rule(*REDUCE)
def _reduce(program: Program, equation: Any, x: Value) -> Value:
    name, axes = equation.primitive.name, equation.params["axes"]
    aval = equation.outvars[0].aval
    result = program.buffer(shape_of(aval), kind_of(aval.dtype))
    form, first = REDUCE[name][1], _first(name, result.kind)
    kept = [axis for axis in range(len(x.shape)) if axis not in axes]
    whole, indices = program.loops(x.shape)
    place = f"{result.buffer}[{flat([indices[axis] for axis in kept], result.shape)}]"
    if kept and x.shape[kept[-1]] > 1 and all(axis < kept[-1] for axis in axes):  # read row by row
        program.kernel(f"{result.buffer}.fill({first});{whole}{form.format(place, x.at(indices))};")
        return result
    heads = [f"for(let i{axis}=0;i{axis}<{n};i{axis}++)" if n != 1 else "" for axis, n in enumerate(x.shape)]
    outer, inner = ("".join(heads[axis] for axis in group) for group in (kept, axes))
    program.kernel(f"{outer}{{let s={first};{inner}{form.format('s', x.at(indices))};{place}=s;}}")
    return result


@rule("argmax", "argmin")
def _arg(program: Program, equation: Any, x: Value) -> Value:
    axis = equation.params["axes"][0]
    sign = ">" if equation.primitive.name == "argmax" else "<"
    x = program.cheap(x, 1)
    result = program.buffer(shape_of(equation.outvars[0].aval), "i")
    _, indices = program.loops(x.shape)
    heads = [f"for(let i{a}=0;i{a}<{n};i{a}++)" if n != 1 else "" for a, n in enumerate(x.shape)]
    outer = "".join(head for a, head in enumerate(heads) if a != axis)
    place = flat([i for a, i in enumerate(indices) if a != axis], result.shape)
    start = x.at([Index() if a == axis else i for a, i in enumerate(indices)])
    better = f"const v=+{x.at(indices)};if(v{sign}s||(v!=v&&s==s)){{s=v;at={indices[axis]};}}"
    program.kernel(f"{outer}{{let s=+{start},at=0;{heads[axis]}{{{better}}}{result.buffer}[{place}]=at;}}")
    return result


RUNNING = {"cumsum": "{}+{}", "cumprod": "{}*{}", "cummax": "Math.max({},{})", "cummin": "Math.min({},{})"}


@rule(*RUNNING)
def _running(program: Program, equation: Any, x: Value) -> Value:
    axis, reverse = equation.params["axis"], equation.params["reverse"]
    result = program.store(x)
    step = flat([Index(int(a == axis)) for a in range(len(x.shape))], x.shape).constant
    shape = [n - (a == axis) for a, n in enumerate(x.shape)]
    head, indices = program.loops(shape)
    if reverse:
        indices[axis] = indices[axis] * -1 + (x.shape[axis] - 2)
        before, after = flat(indices, x.shape) + step, flat(indices, x.shape)
    else:
        before, after = flat(indices, x.shape), flat(indices, x.shape) + step
    if shape[axis]:
        reads = [f"{result.buffer}[{place}]" for place in (before, after)]
        program.kernel(f"{head}{reads[1]}={RUNNING[equation.primitive.name].format(*reads)};")
    return result


@rule("cholesky")
def _cholesky(program: Program, equation: Any, x: Value) -> Value:
    size, x = x.shape[-1], x if x.buffer else program.store(x)
    result = program.buffer(x.shape, "f")
    program.kernel(f"for(let i=0;i<{x.size};i+={size * size})h.cholesky({x.buffer},{result.buffer},i,{size});")
    return result


@rule("triangular_solve")
def _triangular(program: Program, equation: Any, a: Value, b: Value) -> Value:
    params = equation.params
    if len(a.shape) != 2 or not params["left_side"]:
        raise NotImplementedError("live: the page solves one triangular system from the left, not several at once")
    a, b = (v if v.buffer else program.store(v) for v in (a, b))
    result = program.buffer(b.shape, "f")
    flags = ",".join(str(int(params[name])) for name in ("lower", "transpose_a", "unit_diagonal"))
    program.kernel(f"h.triangular({a.buffer},{b.buffer},{result.buffer},{b.shape[0]},{b.shape[1]},{flags});")
    return result
