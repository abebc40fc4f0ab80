"""From a function of JAX to a program of JavaScript: arrays become buffers, equations become loops."""

from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import jax
import numpy as np
from jax.extend import source_info_util
from jax.extend.core import Literal

from deepbook.live_figures._values import Index, Indices, Value, flat, kind_of, literal, plain, shape_of

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}  # name of a primitive -> rule(program, equation, *values)
ARRAYS = {"f": "Float64Array", "i": "Int32Array", "u": "Uint32Array", "b": "Uint8Array"}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a function as the translation of primitives."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


class Program:
    """A program as it is being written."""

    def __init__(self, constants: list[np.ndarray]) -> None:
        self.constants = constants  # shared by the programs of one figure
        self.buffers: dict[str, tuple[str, int]] = {}
        self.used: dict[int, str] = {}  # constants that occur
        self.functions: list[str] = []
        self.counters: list[str] = []
        self.body: list[str] = []
        self.where = "JAX itself"  # the last line of the author's that was met

    def buffer(self, shape: Sequence[int], kind: str) -> Value:
        """A new buffer."""
        name = f"b{len(self.buffers)}"
        value = self.whole(name, shape, kind)
        self.buffers[name] = (kind, value.size)
        return value

    @staticmethod
    def whole(name: str, shape: Sequence[int], kind: str) -> Value:
        """A buffer seen as an array of this shape."""
        shape = tuple(shape)
        return Value(shape, kind, lambda at: f"{name}[{flat(at, shape)}]", 0, name)

    def constant(self, array: Any) -> Value:
        """An array known before: a number in the text, or a buffer that comes with the page."""
        array = plain(array)
        kind = kind_of(array.dtype)
        if array.size and (array == array.flat[0]).all():
            text = literal(array.flat[0], kind)
            return Value(array.shape, kind, lambda at: text)
        same = (i for i, c in enumerate(self.constants) if c.dtype == array.dtype and np.array_equal(c, array))
        number = next(same, len(self.constants))
        if number == len(self.constants):
            self.constants.append(array)
        self.used[number] = f"c{number}"
        return self.whole(f"c{number}", array.shape, kind)

    @staticmethod
    def loops(shape: Sequence[int], letter: str = "i") -> tuple[str, list[Index]]:
        """The heads of nested loops over a shape, and their indices."""
        names = [f"{letter}{axis}" for axis in range(len(shape))]
        head = "".join(f"for(let {i}=0;{i}<{n};{i}++)" for i, n in zip(names, shape, strict=True) if n != 1)
        return head, [Index() if n == 1 else Index.of(i) for i, n in zip(names, shape, strict=True)]

    def kernel(self, text: str) -> None:
        """Add a function that computes something, and call it here."""
        if text not in self.functions:
            self.functions.append(text)
        self.body.append(f"k{self.functions.index(text)}();")

    def store(self, value: Value, into: Value | None = None, at: Index | None = None) -> Value:
        """Compute a value: into a new buffer, or into part of one, from a place on."""
        into = into or self.buffer(value.shape, value.kind)
        head, indices = self.loops(value.shape)
        place = flat(indices, value.shape) + (at or Index())
        self.kernel(f"{head}{into.buffer}[{place}]={value.at(indices)};")
        return into

    def cheap(self, value: Value, most: int = 0) -> Value:
        """The value itself if reading it costs no more than that, else computed."""
        return value if value.cost <= most else self.store(value)

    def block(self, write: Callable[[], Any]) -> tuple[str, Any]:
        """What is written by a function, not yet part of the program, and what it returns."""
        before, self.body = self.body, []
        result = write()
        inner, self.body = "".join(self.body), before
        return inner, result

    def counter(self) -> str:
        """A new variable that the whole program sees, for loops around kernels."""
        self.counters.append(f"n{len(self.counters)}")
        return self.counters[-1]

    def evaluate(self, jaxpr: Any, inputs: Sequence[Value], wanted: Sequence[bool] | None = None) -> list[Any]:
        """Translate the equations of a jaxpr that its wanted outputs need; the outputs, None for the others."""
        consts, jaxpr = getattr(jaxpr, "consts", ()), getattr(jaxpr, "jaxpr", jaxpr)
        wanted = wanted or [True] * len(jaxpr.outvars)
        outputs = [v for v, keep in zip(jaxpr.outvars, wanted, strict=True) if keep]
        equations, uses = _needed(jaxpr.eqns, outputs)
        known: dict[Any, Value] = {}

        def bind(variables: Sequence[Any], values: Sequence[Value]) -> None:
            for variable, value in zip(variables, values, strict=True):
                if uses[variable]:
                    known[variable] = self.cheap(value) if uses[variable] > 1 else value

        def read(atom: Any) -> Value:
            if not isinstance(atom, Literal):
                return known[atom]
            aval: Any = atom.aval
            return self.constant(np.asarray(atom.val, aval.dtype))

        bind(jaxpr.constvars, [self.constant(array) for array in consts])
        bind(jaxpr.invars, inputs)
        for equation in equations:
            name = equation.primitive.name
            self.where = source_info_util.summarize(equation.source_info) or self.where
            if name not in RULES:
                raise NotImplementedError(f"live: the page cannot compute the primitive {name!r}, used in {self.where}")
            needed = [bool(uses[v]) for v in equation.outvars]
            more = {"wanted": needed} if name in CALLS else {}
            result = RULES[name](self, equation, *map(read, equation.invars), **more)
            bind(equation.outvars, [result] if isinstance(result, Value) else result)
        return [read(v) if keep else None for v, keep in zip(jaxpr.outvars, wanted, strict=True)]


def _needed(equations: Sequence[Any], outputs: Sequence[Any]) -> tuple[list[Any], Counter[Any]]:
    """The equations that the outputs depend on, and how often each variable is read."""
    uses = Counter(v for v in outputs if not isinstance(v, Literal))
    kept = []
    for equation in reversed(equations):
        if any(uses[v] for v in equation.outvars):
            kept.append(equation)
            uses.update(v for v in equation.invars if not isinstance(v, Literal))
    return kept[::-1], uses


CALLS = {
    "jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr", "remat": "jaxpr",
    "remat2": "jaxpr", "checkpoint": "jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
}  # fmt: skip


@rule(*CALLS)
def _call(program: Program, equation: Any, *values: Value, wanted: list[bool]) -> list[Any]:
    return program.evaluate(equation.params[CALLS[equation.primitive.name]], values, wanted)


def expand(program: Program, function: Callable[..., Any], *values: Value) -> list[Value]:
    """Translate what a function of JAX does to the values."""
    dtypes = {"f": np.float32, "i": np.int32, "u": np.uint32, "b": np.bool_}
    arguments = [jax.ShapeDtypeStruct(v.shape, dtypes[v.kind]) for v in values]
    return program.evaluate(jax.make_jaxpr(function)(*arguments), values)


def compile_program(function: Callable[..., Any], arguments: Any, constants: list[np.ndarray]) -> tuple[str, Any]:
    """Trace `function(*arguments)` and write it as JavaScript.

    Floating-point numbers have 64 bits in the page, whatever they have in JAX.

    Args:
        function: a function of JAX; all leaves of its arguments are traced.
        arguments: a tuple of trees of arrays, or of their shapes and types.
        constants: the arrays that come with the page; what this program needs besides is added.

    Returns:
        An expression of JavaScript, a function of the helpers and of the constants that returns
        `{ins, outs, run}`: buffers of the arguments' and of the result's leaves, and what computes them; and the
        tree of shapes that the function returns.

    Raises:
        NotImplementedError: a primitive or a data type that the page cannot compute, named with its line.

    Example:
        >>> import jax.numpy as jnp
        >>> print(compile_program(lambda x: 2 * x, (jnp.zeros(3),), [])[0])
        (h,C)=>{const b0=new Float64Array(3),b1=new Float64Array(3);
        function k0(){for(let i0=0;i0<3;i0++)b1[i0]=(2*b0[i0]);}
        return{ins:[b0],outs:[b1],run(){k0();}}}
    """
    for name in ("_elementwise", "_shapes", "_indexing", "_loops", "_linear", "_random"):
        import_module(f"deepbook.live_figures.{name}")  # the rules
    closed, result = jax.make_jaxpr(function, return_shape=True)(*arguments)
    program = Program(constants)
    ins = [program.buffer(shape_of(v.aval), kind_of(v.aval.dtype)) for v in closed.jaxpr.invars]
    outs: list[Value] = []
    for value in program.evaluate(closed, ins):
        fresh = value.buffer in program.buffers and value.buffer not in {v.buffer for v in (*ins, *outs)}
        outs.append(value if fresh else program.store(value))
    names = [f"{name}=C[{number}]" for number, name in program.used.items()]
    names += [f"{name}=new {ARRAYS[kind]}({size})" for name, (kind, size) in program.buffers.items()]
    counters = f"let {','.join(program.counters)};" if program.counters else ""
    functions = "".join(f"function k{i}(){{{text}}}\n" for i, text in enumerate(program.functions))
    lists = "],outs:[".join(",".join(v.buffer or "" for v in part) for part in (ins, outs))
    head = f"(h,C)=>{{const {','.join(names)};{counters}\n{functions}"
    return f"{head}return{{ins:[{lists}],run(){{{''.join(program.body)}}}}}}}", result


def each(program: Program, equation: Any, read: Callable[[Indices], str], cost: int) -> Value:
    """The result of an equation of one output, from what reads it."""
    aval = equation.outvars[0].aval
    return Value(shape_of(aval), kind_of(aval.dtype), read, cost)
