"""`live`: a figure that learns in the page."""

import base64
import dataclasses
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from string import Formatter
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from deepbook._checks import functions, instance, listed, texts, whole
from deepbook.live_figures._controls import Placed, control_record, control_row, first_value
from deepbook.live_figures._double import double, enable_x64, in_double
from deepbook.live_figures._picture import add_marks, colour_table, empty_axes, places
from deepbook.live_figures._program import compile_program
from deepbook.live_figures._values import kind_of, plain
from deepbook.live_figures.marks import Panel
from deepbook.page._controls import Control
from deepbook.page._digest import MIME, digest, pack
from deepbook.page._frames import encode, figure_id, rendered, with_code, without_code
from deepbook.page._html import button
from deepbook.page._numbers import positive, positives, row
from deepbook.page.plots import phone_text
from deepbook.training._inputs import arrays

MAX_BYTES = 150_000
PROOF_STEPS = 100
PROOF_ENTRIES = 60  # of each array
Step = Callable[..., Any]
Draw = Callable[..., tuple[Panel | Sequence[Panel], dict[str, Any]]]


class Live:
    """A figure that learns in the page, as `live` returns it."""

    def __init__(self, name: str, make: Callable[[], tuple[str, str]]) -> None:
        self.name, self.make = name, make

    def __repr__(self) -> str:
        return f"live({self.name})"

    def html(self) -> str:
        """The figure as a page shows it."""
        return self.make()[0]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        page, shown = self.make()
        return {"text/plain": repr(self), "text/html": page, MIME: shown}


def live(
    step: Step | None,
    state: Any,
    draw: Draw,
    *,
    controls: Mapping[str, Control | Placed] | None = None,
    restart: Sequence[str] = (),
    steps: int = 1000,
    pace: float = 1.0,
    still: int | None = None,
    tell: str,
    alt: str,
    verb: str = "Train",
    size: tuple[float, float] = (5.4, 3.2),
    widths: Sequence[float] | None = None,
) -> Live:
    """A figure that learns while the reader watches, on a page without a kernel.

    The functions are traced and compiled to JavaScript when the figure is displayed; the page then computes every step
    itself, in 64 bits. Arrays that the functions close over travel with the page.

    Args:
        step: `step(state, **controls)` returns the next state; None for a figure that only answers its controls.
        state: the first state, any tree of arrays; or a function of the controls that returns it.
        draw: `draw(state, **controls)` returns a panel of marks (`deepbook.marks`) or a list of panels, and a
            dictionary of numbers that `tell` mentions.
        controls: name of an argument to `slider(...)`, `choice(...)`, `toggle(...)` or `placed(...)`. The functions get
            the slider's number, the choice's position (a whole number from 0), the toggle's truth value, the points.
        restart: controls that begin the run anew when they change.
        steps: of a whole run.
        pace: steps between two pictures; below 1 several pictures show the same state.
        still: the step whose state the picture for readers without script shows; by default the last.
        tell: a sentence on the state, with `{step}` and the numbers of draw, such as
            `"After {step} steps the loss is {loss:.3f}."`
        alt: what the picture shows; `tell` is added to it.
        verb: the word on the button that starts.
        size: width and height of the picture in inches.
        widths: relative widths of the panels.

    Returns:
        An object to be the last line of a cell.

    Raises:
        NotImplementedError: on display, a primitive of JAX that the page cannot compute, named with its line.
        ValueError: an alt text of less than 20 characters, or a form of a number in tell that the page does not know;
            on display, a figure of more than 150 KB.

    Example:
        >>> from deepbook import marks, slider
        >>> def fall(x, speed):
        ...     return x - speed * x
        >>> def draw(x, speed):
        ...     return marks.panel(marks.points(x[:1], x[1:]), xlim=(-1, 1), ylim=(-1, 1)), {"height": x[1]}
        >>> start = jnp.ones(2)
        >>> speeds = {"speed": slider([0.1, 0.2])}
        >>> live(fall, start, draw, controls=speeds, tell="At {height:.2f}.", alt="A point falls to the ground.")
        live(draw)
    """
    functions(draw=draw, step=draw if step is None else step)
    texts(tell=tell, alt=alt, verb=verb)
    whole(1, steps=steps)
    whole(0, still=still or 0)
    positive("pace", pace)
    positives("size", row("size", size, 2))
    positives("widths", [1] if widths is None else widths)
    if len(alt) < 20:
        raise ValueError(f"alt: got {alt!r}, expected a sentence that tells what the picture shows")
    for name, form in _fields(tell):
        if name is not None and not (name.isidentifier() and re.fullmatch(r"(\.\d+f)?", form or "")):
            raise ValueError(f"tell: got {{{name}:{form}}}, expected {{name}} or {{name:.2f}}")
    instance("controls", {} if controls is None else controls, Mapping, "a dictionary of name: control")
    given = dict(controls or {})
    for name, control in given.items():
        instance(name, control, (Control, Placed), "slider(...), choice(...), toggle(...) or placed(...)")
    if unknown := set(listed("restart", restart)) - set(given):
        raise ValueError(f"restart: got {sorted(unknown)}, expected names of controls, {sorted(given)}")
    kinds = [getattr(c, "kind", "placed") for c in given.values()]
    if kinds.count("placed") > 1 or "play" in kinds:
        rule = "sliders, choices, toggles and at most one set of placed points"
        raise ValueError(f"controls: got {', '.join(kinds)}, expected {rule}")
    figure = _Figure(step, state, draw, given, tuple(restart), steps, tell, alt)
    settings: dict[str, Any] = {
        "pace": pace,
        "still": steps if still is None else still,
        "verb": verb,
        "size": size,
        "widths": widths,
    }
    return Live(figure.name, lambda: figure.page(**settings))


@dataclasses.dataclass(frozen=True)
class _Figure:
    step: Step | None
    state: Any
    draw: Draw
    controls: dict[str, Control | Placed]
    restart: tuple[str, ...]
    steps: int
    tell: str
    alt: str

    @property
    def name(self) -> str:
        return getattr(self.draw, "__name__", "figure")

    def values(self) -> list[Any]:
        """What the functions get from the controls at first, in the controls' order."""
        return [first_value(control) for control in self.controls.values()]

    def begin(self, values: list[Any]) -> Any:
        state = self.state(**self.named(values)) if callable(self.state) else self.state
        return arrays("state", state)

    def advance(self, state: Any, values: list[Any]) -> Any:
        return jax.tree.map(jnp.asarray, self.step(state, **self.named(values)) if self.step else state)

    def view(self, state: Any, values: list[Any]) -> tuple[list[Panel], dict[str, Any]]:
        drawn = self.draw(state, **self.named(values))
        if not (isinstance(drawn, tuple) and len(drawn) == 2 and isinstance(drawn[0], (Panel, list, tuple))):
            raise TypeError(f"draw: it returned {type(drawn).__name__}, expected (panels, dictionary of numbers)")
        panels, told = drawn
        return ([panels] if isinstance(panels, Panel) else list(panels)), {k: jnp.asarray(v) for k, v in told.items()}

    def named(self, values: list[Any]) -> dict[str, Any]:
        return dict(zip(self.controls, values, strict=True))

    def computed(self, *counts: int) -> list[tuple[list[Panel], dict[str, Any]]]:
        """What is drawn after so many steps, for each of the counts: with 64 bits, as the page computes it."""
        values = self.values()
        state = jax.eval_shape(self.begin, values)
        begin, run = in_double(self.begin, values), in_double(self.advance, state, values)
        look, found = in_double(self.view, state, values), {}
        with enable_x64(True):
            values = list(map(double, values))
            state = begin(values)
            for n in range(max(counts) + 1):
                if n in counts:
                    found[n] = jax.tree.map(np.asarray, look(state, values))
                state = run(state, values)
        return [found[n] for n in counts]

    def programs(self) -> tuple[list[str], list[np.ndarray], Any]:
        """What begins, steps and draws, as JavaScript; the arrays that they need; the tree of what is drawn."""
        constants: list[np.ndarray] = []
        values = self.values()
        begin, state = compile_program(self.begin, (values,), constants)
        advance, new = compile_program(self.advance, (state, values), constants)
        if str(jax.tree.structure(new)) != str(jax.tree.structure(state)) or _types(new) != _types(state):
            raise ValueError(
                f"step: it returned a state of {_types(new)}, expected that of its argument, {_types(state)}"
            )
        look, drawn = compile_program(self.view, (state, values), constants)
        return [begin, advance, look], constants, drawn

    def page(self, *, pace: float, still: int, verb: str, size: Any, widths: Any) -> tuple[str, str]:
        """The HTML, and what its still picture shows."""
        programs, constants, (panels, told) = self.programs()
        figure = empty_axes(panels, size, widths)
        axes, frame = places(figure), _image(figure)
        if missing := {name for _, name, *_ in Formatter().parse(self.tell) if name} - {"step", *told}:
            raise ValueError(
                f"tell: got the names {sorted(missing)}, expected step or one of draw's numbers {sorted(told)}"
            )
        proven, still = (min(PROOF_STEPS, self.steps), still) if self.step else (0, 0)
        proof, (shown, numbers) = self.computed(proven, still)
        add_marks(figure, shown)
        picture, text, seen = _image(figure), phone_text(figure), digest(figure, most=2, blocks=2)
        plt.close(figure)
        count = iter(range(10**6))  # the programs' outputs, in the order of the tree's leaves
        for place, panel in zip(axes, panels, strict=True):
            place["marks"] = [_mark(mark, count) for mark in panel.marks]
        record = {
            "kind": "live", "text": round(min(text, 99.0), 1), "frame": frame, "panels": axes,
            "told": {name: next(count) for name in sorted(told)}, "tell": self.tell, "alt": self.alt, "verb": verb,
            "steps": self.steps if self.step else 0, "pace": pace,
            "controls": [control_record(n, c, n in self.restart) for n, c in self.controls.items()],
            "constants": [_packed(array) for array in constants],
            "proof": {"steps": proven, "arrays": [_packed(_sample(a)) for a in jax.tree.leaves(proof)]},
        }  # fmt: skip
        spoken = {name: np.asarray(value).item() for name, value in numbers.items()}
        alt = f"{self.alt} {self.tell.format(step=still, **spoken)}"
        page = self.markup(record, programs, picture, alt)
        if (own := len(without_code(page))) > MAX_BYTES:
            raise ValueError(f"live: {own:,} bytes, expected at most {MAX_BYTES:,}: use smaller arrays or fewer layers")
        return page, pack(seen)

    def markup(self, record: dict[str, Any], programs: list[str], picture: str, alt: str) -> str:
        """The figure's HTML, with style and script."""
        rows = "".join(control_row(name, control) for name, control in self.controls.items())
        verb = record["verb"]
        names = [("run", verb, verb), ("step", "One step", "One step")] if self.step else []
        buttons = "".join(button(*name) for name in [*names, ("reset", "Start again", "Start again")])
        text = json.dumps(record, ensure_ascii=False).replace("</", r"<\/")
        number, inner = figure_id(self.name), ",\n".join(programs)
        return with_code(
            f'<div class="db-live" id="{number}"><img src="{picture}" alt="{html.escape(alt)}">'
            f'<p class="db-told"></p><div class="db-controls">{rows}<span>{buttons}</span></div>'
            f'<p class="db-note">{NOTE}</p><p class="db-hidden" aria-live="polite"></p>'
            f'<script type="application/json">{text}</script>'
            f'<script data-program>((globalThis.deepbook??={{}}).programs??={{}})["{number}"]=[{inner}];</script></div>'
        )


NOTE = "This figure learns in the page, which needs JavaScript; without it this is its picture at the end."


def _fields(tell: str) -> list[tuple[str | None, str | None]]:
    """The names in a sentence, each with the form of its number."""
    try:
        return [(name, form) for _, name, form, _ in Formatter().parse(tell)]
    except ValueError as error:
        raise ValueError(f"tell: got {tell!r} ({error}), expected a sentence with {{names}}") from None


def _types(tree: Any) -> str:
    return ", ".join(f"{a.dtype}{list(a.shape)}" for a in jax.tree.leaves(tree))


def _mark(mark: Any, count: Any) -> dict[str, Any]:
    style = dict(mark.style)
    if mark.kind == "field":
        style["colours"] = colour_table(style["colours"])
    shape = {"shape": mark.arrays["values"].shape} if "values" in mark.arrays else {}
    return {"kind": mark.kind, "arrays": {name: next(count) for name in mark.arrays}} | style | shape


def _sample(array: Any) -> np.ndarray:
    flat = plain(array).ravel()
    return flat[np.linspace(0, flat.size - 1, min(flat.size, PROOF_ENTRIES)).astype(int)]


def _packed(array: np.ndarray) -> list[str]:
    """An array as its kind and its bytes: numbers of 32 or 64 bits, truth values of 8."""
    kind = kind_of(array.dtype)
    sort = {"f": f"<f{array.dtype.itemsize}", "i": "<i4", "u": "<u4", "b": "|u1"}[kind]
    data = base64.b64encode(np.ascontiguousarray(array, np.dtype(sort)).tobytes()).decode()
    return [kind + str(np.dtype(sort).itemsize), f"data:application/octet-stream;base64,{data}"]


def _image(figure: Any) -> str:
    data, kind = encode(rendered(figure, dpi=160))
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
