"""Rules for what happens to each entry alone."""

from typing import Any

from deepbook.live_figures._program import Program, each, rule
from deepbook.live_figures._values import Index, Indices, Value, kind_of, literal

UNARY = {
    "neg": "-{}", "not": "~{}", "sign": "Math.sign({})", "abs": "Math.abs({})", "floor": "Math.floor({})",
    "ceil": "Math.ceil({})", "is_finite": "Number.isFinite({})", "sqrt": "Math.sqrt({})", "rsqrt": "1/Math.sqrt({})",
    "cbrt": "Math.cbrt({})", "exp": "Math.exp({})", "exp2": "Math.pow(2,{})", "log": "Math.log({})",
    "log1p": "Math.log1p({})", "expm1": "Math.expm1({})", "logistic": "1/(1+Math.exp(-{}))", "tanh": "h.tanh({})",
    "sin": "Math.sin({})", "cos": "Math.cos({})", "tan": "Math.tan({})", "asin": "Math.asin({})",
    "acos": "Math.acos({})", "atan": "Math.atan({})", "sinh": "Math.sinh({})", "cosh": "Math.cosh({})",
    "asinh": "Math.asinh({})", "acosh": "Math.acosh({})", "atanh": "Math.atanh({})", "square": "h.square({})",
    "erf": "h.erf({})", "erfc": "1-h.erf({})", "erf_inv": "h.erfinv({})",
}  # fmt: skip
BINARY = {
    "add": "{}+{}", "add_any": "{}+{}", "sub": "{}-{}", "mul": "{}*{}", "div": "{}/{}", "rem": "{}%{}",
    "max": "Math.max({},{})", "min": "Math.min({},{})", "pow": "Math.pow({},{})", "atan2": "Math.atan2({},{})",
    "eq": "{}=={}", "ne": "{}!={}", "lt": "{}<{}", "le": "{}<={}", "gt": "{}>{}", "ge": "{}>={}",
    "and": "{}&{}", "or": "{}|{}", "xor": "{}^{}", "shift_left": "h.left({},{})",
    "shift_right_logical": "h.right({},{})", "shift_right_arithmetic": "{0}>>Math.min({1},31)",
}  # fmt: skip
LIMITS = {"i": "-2147483648,2147483647", "u": "0,4294967295"}
CHEAP = {"neg", "not", "abs", "add", "add_any", "sub", "mul", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor"}


def _entries(value: Value, indices: Indices) -> str:
    """Read an operand, whose axes of length one are repeated; a choice between keys has an axis less."""
    return value.at([Index() if n == 1 else i for i, n in zip(indices, value.shape, strict=False)])


def _spread(program: Program, equation: Any, values: tuple[Value, ...]) -> list[Value]:
    """The operands, computed once where their entries are repeated."""
    size = equation.outvars[0].aval.size
    return [program.cheap(v, 1) if v.size < size else v for v in values]


@rule(*UNARY, *BINARY)
def _operator(program: Program, equation: Any, *values: Value) -> Value:
    name, kind = equation.primitive.name, kind_of(equation.outvars[0].aval.dtype)
    values = tuple(_spread(program, equation, values))
    form = {1: UNARY, 2: BINARY}[len(values)][name]
    if name == "not" and kind == "b":
        form = "!{}"
    if name in ("mul", "square") and kind in "iu":
        form = "Math.imul({0},{0})" if name == "square" else "Math.imul({},{})"
    whole = {"i": "(({})|0)", "u": "(({})>>>0)"}.get(kind, "({})")

    def read(indices: Indices) -> str:
        return whole.format(form.format(*(_entries(v, indices) for v in values)))

    return each(program, equation, read, sum(v.cost for v in values) + (1 if name in CHEAP else 8))


@rule("integer_pow")
def _integer_pow(program: Program, equation: Any, x: Value) -> Value:
    power = equation.params["y"]
    form = {1: "{}", 2: "h.square({})", -1: "(1/{})"}.get(power, f"Math.pow({{}},{literal(power, 'i')})")
    if x.kind in "iu":
        form = {"i": "h.power({},%s)", "u": "(h.power({},%s)>>>0)"}[x.kind] % power
    return each(program, equation, lambda at: form.format(x.at(at)), x.cost + (1 if power in (1, 2) else 8))


@rule("select_n")
def _select(program: Program, equation: Any, which: Value, *cases: Value) -> Value:
    which, *cases = _spread(program, equation, (which, *cases))  # type: ignore[assignment]

    def read(indices: Indices) -> str:
        texts = [_entries(case, indices) for case in cases]
        chosen = _entries(which, indices)
        if which.kind == "b":
            return f"({chosen}?{texts[1]}:{texts[0]})"
        tests = "".join(f"{chosen}=={i}?{text}:" for i, text in enumerate(texts[:-1]))
        return f"({tests}{texts[-1]})"

    return each(program, equation, read, which.cost + sum(c.cost for c in cases) + 2)


@rule("clamp")
def _clamp(program: Program, equation: Any, low: Value, x: Value, high: Value) -> Value:
    def read(indices: Indices) -> str:
        bounds = [v.at(indices[: len(v.shape)]) for v in (low, high)]
        return f"Math.min(Math.max({x.at(indices)},{bounds[0]}),{bounds[1]})"

    return each(program, equation, read, low.cost + x.cost + high.cost + 2)


@rule("round")
def _round(program: Program, equation: Any, x: Value) -> Value:
    form = "h.even({})" if "EVEN" in str(equation.params["rounding_method"]) else "h.away({})"
    return each(program, equation, lambda at: form.format(x.at(at)), x.cost + 4)


@rule("convert_element_type")
def _convert(program: Program, equation: Any, x: Value) -> Value:
    kind = kind_of(equation.outvars[0].aval.dtype)
    form = {"b": "({}!=0)", "i": "({}|0)", "u": "({}>>>0)", "f": "(+{})"}[kind]
    if x.kind == "f" and kind in "iu":
        form = f"h.whole({{}},{LIMITS[kind]})"
    if kind == x.kind or (kind == "f" and x.kind != "b"):
        form = "{}"
    return each(program, equation, lambda at: form.format(x.at(at)), x.cost + (form != "{}"))


@rule("bitcast_convert_type")
def _bitcast(program: Program, equation: Any, x: Value) -> Value:
    dtypes = (equation.invars[0].aval.dtype, equation.outvars[0].aval.dtype)
    kinds = "".join(map(kind_of, dtypes))
    form = {"uf": "h.float({})", "if": "h.float({})", "ui": "({}|0)", "iu": "({}>>>0)"}.get(kinds)
    if form is None or any(dtype.itemsize != 4 for dtype in dtypes):
        raise NotImplementedError(f"live: the page cannot read the bits of {dtypes[0]} as {dtypes[1]}")
    return each(program, equation, lambda at: form.format(x.at(at)), x.cost + 2)


@rule("stop_gradient", "copy", "copy_p", "optimization_barrier", "sharding_constraint", "pvary")
def _same(program: Program, equation: Any, *values: Value) -> list[Value]:
    return list(values)
