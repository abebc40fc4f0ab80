"""Rules for reading and writing at computed places."""

import re
from typing import Any

import numpy as np

from deepbook.live_figures._program import Program, each, rule
from deepbook.live_figures._values import Index, Indices, Value, flat, literal, shape_of


def _place(expression: str) -> Index:
    """A computed index; a constant if it is one."""
    return Index(int(expression.strip("()"))) if re.fullmatch(r"\(?-?\d+\)?", expression) else Index.of(expression)


def _clipped(expression: str, most: int) -> Index:
    place = _place(expression)
    if not place.terms:
        return Index(min(max(place.constant, 0), most))
    return Index.of(f"Math.min(Math.max({expression},0),{most})") if most else Index()


def _inside(expression: str, most: int) -> str:
    return f"({expression}>=0&&{expression}<={most})"


@rule("gather")
def _gather(program: Program, equation: Any, x: Value, places: Value) -> Value:
    numbers, mode = equation.params["dimension_numbers"], str(equation.params["mode"])
    sizes = equation.params["slice_sizes"]
    x, places = program.cheap(x, 1), program.cheap(places, 2)
    shape = shape_of(equation.outvars[0].aval)
    batch = [axis for axis in range(len(shape)) if axis not in numbers.offset_dims]
    filling = _filling(equation.params.get("fill_value"), x.kind)
    if len(x.shape) > len(sizes):
        raise NotImplementedError("live: the page cannot take keys at computed places from an array of them")
    gone = {*numbers.collapsed_slice_dims, *numbers.operand_batching_dims}
    kept = [axis for axis in range(len(x.shape)) if axis not in gone]

    def read(indices: Indices) -> str:
        outer = [indices[axis] for axis in batch]
        at = [Index() for _ in x.shape]
        for axis, offset in zip(kept, numbers.offset_dims, strict=True):
            at[axis] = indices[offset]
        pairs = zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True)
        for axis, offset in pairs:
            at[axis] = outer[offset]
        tests = []
        for number, axis in enumerate(numbers.start_index_map):
            start, most = places.at([*outer, Index(number)]), x.shape[axis] - sizes[axis]
            at[axis] += _clipped(start, most)  # as JAX does, also where an index was promised to lie inside
            if "FILL" in mode:
                tests.append(_inside(start, most))
        return f"({'&&'.join(tests)}?{x.at(at)}:{filling})" if tests else x.at(at)

    return each(program, equation, read, x.cost + places.cost + 2)


def _filling(value: Any, kind: str) -> str:
    """What a gather reads outside; JAX's own choice if none is given."""
    usual = {"f": np.nan, "i": -(2**31), "u": 2**32 - 1, "b": 1}[kind]
    return literal(usual if value is None else value, kind)


SCATTER = {
    "scatter": "{0}={1}", "scatter-add": "{0}+={1}", "scatter_add": "{0}+={1}", "scatter_mul": "{0}*={1}",
    "scatter-mul": "{0}*={1}",
    "scatter-sub": "{0}-={1}", "scatter_sub": "{0}-={1}",
    "scatter_max": "{0}=Math.max({0},{1})", "scatter-max": "{0}=Math.max({0},{1})",
    "scatter_min": "{0}=Math.min({0},{1})", "scatter-min": "{0}=Math.min({0},{1})",
}  # fmt: skip


@rule(*SCATTER)
def _scatter(program: Program, equation: Any, x: Value, places: Value, new: Value) -> Value:
    numbers, mode = equation.params["dimension_numbers"], str(equation.params["mode"])
    places = program.cheap(places, 2)
    result = program.store(x)
    head, indices = program.loops(new.shape)
    outer = [i for axis, i in enumerate(indices) if axis not in numbers.update_window_dims]
    gone = {*numbers.inserted_window_dims, *numbers.operand_batching_dims}
    kept = [axis for axis in range(len(x.shape)) if axis not in gone]
    at = [Index() for _ in x.shape]
    sizes = [1] * len(x.shape)
    for axis, window in zip(kept, numbers.update_window_dims, strict=True):
        at[axis], sizes[axis] = indices[window], new.shape[window]
    for axis, offset in zip(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims, strict=True):
        at[axis] = outer[offset]
    tests = []
    for number, axis in enumerate(numbers.scatter_dims_to_operand_dims):
        start, most = places.at([*outer, Index(number)]), x.shape[axis] - sizes[axis]
        at[axis] += _clipped(start, most) if "CLIP" in mode else _place(start)
        if "CLIP" not in mode:
            tests.append(_inside(start, most))
    test = f"if({'&&'.join(tests)})" if tests else ""
    place = f"{result.buffer}[{flat(at, x.shape)}]"
    program.kernel(f"{head}{test}{SCATTER[equation.primitive.name].format(place, new.at(indices))};")
    return result


@rule("dynamic_slice")
def _dynamic_slice(program: Program, equation: Any, x: Value, *starts: Value) -> Value:
    x = program.cheap(x, 1)
    starts = tuple(program.cheap(start) for start in starts)
    shape = shape_of(equation.outvars[0].aval)

    def read(indices: Indices) -> str:
        at = list(indices)
        for axis, start in enumerate(starts):
            at[axis] += _clipped(start.at([]), x.shape[axis] - shape[axis])
        return x.at(at)

    return each(program, equation, read, x.cost + 2)


@rule("dynamic_update_slice")
def _dynamic_update_slice(program: Program, equation: Any, x: Value, new: Value, *starts: Value) -> Value:
    starts = tuple(program.cheap(start) for start in starts)
    result = program.store(x)
    head, indices = program.loops(new.shape)
    at = list(indices)
    for axis, start in enumerate(starts):
        at[axis] += _clipped(start.at([]), x.shape[axis] - new.shape[axis])
    program.kernel(f"{head}{result.buffer}[{flat(at, x.shape)}]={new.at(indices)};")
    return result
