"""Rules for loops and branches: scan, while and cond."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbook.live_figures._program import Program, rule
from deepbook.live_figures._values import Index, Indices, Value, kind_of, shape_of


def _buffers(program: Program, values: Sequence[Value]) -> list[Value]:
    """Copies of the values in buffers of their own, which a loop overwrites."""
    return [program.store(value) for value in values]


def _renew(program: Program, carry: Sequence[Value], new: Sequence[Value]) -> None:
    """Overwrite the carry, after all of its new values are known."""
    for old, value in zip(carry, _buffers(program, new), strict=True):
        program.body.append(f"{old.buffer}.set({value.buffer});")


@rule("scan")
def _scan(program: Program, equation: Any, *values: Value) -> list[Value]:
    params = equation.params
    consts, length, jaxpr = params["num_consts"], params["length"], params["jaxpr"]
    first = consts + params["num_carry"]  # of what is scanned over
    values = tuple(program.cheap(value) for value in values)
    carry = _buffers(program, values[consts:first])
    count = program.counter()
    time = Index.of(count) * -1 + (length - 1) if params["reverse"] else Index.of(count)
    rows = [_row(value, time) for value in values[first:]]
    made = [program.buffer(shape_of(v.aval), kind_of(v.aval.dtype)) for v in equation.outvars[len(carry) :]]

    def write() -> None:
        results = program.evaluate(jaxpr, [*values[:consts], *carry, *rows])
        for whole, part in zip(made, results[len(carry) :], strict=True):
            program.store(part, whole, time * part.size)
        _renew(program, carry, results[: len(carry)])

    body, _ = program.block(write)
    program.body.append(f"for({count}=0;{count}<{length};{count}++){{{body}}}")
    return [*carry, *made]


def _row(value: Value, time: Index) -> Value:
    def read(indices: Indices) -> str:
        return value.at([time, *indices])

    return Value(value.shape[1:], value.kind, read)


@rule("while")
def _while(program: Program, equation: Any, *values: Value) -> list[Value]:
    params = equation.params
    tested, looped = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    values = tuple(program.cheap(value) for value in values)
    carry = _buffers(program, values[looped:])

    def test() -> Value:
        return program.cheap(program.evaluate(params["cond_jaxpr"], [*values[:tested], *carry])[0])

    def write() -> None:
        _renew(program, carry, program.evaluate(params["body_jaxpr"], [*values[tested:looped], *carry]))

    check, going = program.block(test)
    body, _ = program.block(write)
    program.body.append(f"for(;;){{{check}if(!{going.at([])})break;{body}}}")
    return carry


@rule("cond")
def _cond(program: Program, equation: Any, which: Value, *values: Value) -> list[Value]:
    which, *values = (program.cheap(value) for value in (which, *values))  # type: ignore[assignment]
    branches = equation.params["branches"]
    if re.fullmatch(r"\(?-?\d+\)?", which.at([])):  # a constant
        return program.evaluate(branches[min(max(int(which.at([]).strip("()")), 0), len(branches) - 1)], values)
    results = [program.buffer(shape_of(v.aval), kind_of(v.aval.dtype)) for v in equation.outvars]
    for number, branch in enumerate(branches):

        def write(branch: Any = branch) -> None:
            for result, value in zip(results, program.evaluate(branch, values), strict=True):
                program.store(value, result)

        text, _ = program.block(write)
        if number == len(branches) - 1:
            program.body.append(f"{{{text}}}")
        else:  # an index outside counts as the nearest
            program.body.append(f"if({which.at([])}{'<=' if number == 0 else '=='}{number}){{{text}}}else ")
    return results


@rule("platform_index")
def _platform(program: Program, equation: Any) -> Value:
    """Which of several programs runs: that for the processor, or the one for all."""
    platforms = equation.params["platforms"]
    return program.constant(np.int32(next(i for i, p in enumerate(platforms) if p is None or "cpu" in p)))
