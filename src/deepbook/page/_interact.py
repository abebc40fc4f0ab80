"""Figures that move: `explore`, `animate`, `stepper` and `predict`. All work on a page without a kernel."""

import html
import itertools
import math
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from deepbook._checks import functions, instance, texts, whole
from deepbook.page._controls import Control
from deepbook.page._digest import MIME
from deepbook.page._frames import MAX_FRAMES, Draw, encode, page, picture
from deepbook.page._html import button, control_html
from deepbook.page._markup import prose
from deepbook.page._numbers import positive, python_number


class Moving:
    """A figure that moves: a notebook displays it, with all its frames, when it is the last line of a cell."""

    def __init__(self, description: str, make: Callable[[], tuple[str, str]]) -> None:
        self.description, self.make = description, make

    def html(self) -> str:
        """The figure as a page shows it."""
        return self.make()[0]

    def __repr__(self) -> str:
        return self.description

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        page, shown = self.make()
        return {"text/plain": repr(self), "text/html": page, MIME: shown}


class Explore(Moving):
    """A figure with controls, as `explore` returns it; live where a kernel runs."""

    def __init__(self, draw: Draw, controls: dict[str, Control], dpi: int, photo: bool) -> None:
        self.draw, self.controls, self.dpi, self.photo = draw, controls, dpi, photo
        parts = (f"{name} in {', '.join(c.labels)}" for name, c in controls.items())
        super().__init__(f"explore({_name(draw)}: {'; '.join(parts)})", self._page)

    def render(self, **values: Any) -> tuple[bytes, str, str]:
        """One frame: its bytes, their kind ("png" or "webp") and the alt text."""
        image, alt = picture(self.draw, dpi=self.dpi, **values)
        return *encode(image), alt

    def _page(self) -> tuple[str, str]:
        grid = itertools.product(*(c.values for c in self.controls.values()))
        calls = [
            partial(picture, self.draw, dpi=self.dpi, **dict(zip(self.controls, values, strict=True)))
            for values in grid
        ]
        first = 0
        for control in self.controls.values():
            first = first * len(control.values) + control.start
        controls = [{"name": n, "labels": c.labels} for n, c in self.controls.items()]
        rows = "".join(map(control_html, self.controls, self.controls.values()))
        below = f'<div class="db-controls">{rows}</div>'
        return page("explore", _name(self.draw), calls, controls, after=below, start=first, photo=self.photo)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_()
        if os.environ.get("DEEPBOOK_STATIC", "0") == "0" and _has_kernel():
            from deepbook.page._live import live_widget

            bundle |= live_widget(self.controls, self.render)._repr_mimebundle_()
        return bundle


def explore(draw: Draw, *, dpi: int = 100, photo: bool = False, **controls: Control) -> Explore:
    """Show a figure that a reader moves.

    Args:
        draw: `draw(**values)` returns `(figure, alt text)`; it is called with one value for each control.
        dpi: dots per inch of the pre-rendered frames.
        photo: whether the figure shows photographs, which the site's dark mode must not turn into negatives.
        **controls: name of an argument of draw to `slider(...)`, `play(...)`, `choice(...)` or `toggle(...)`.

    Returns:
        An object to be the last line of a cell. With a kernel it is live: any value, drawn at once. Elsewhere
        (the site, a viewer, from disk) it shows pre-rendered frames of the controls' grid, and without
        JavaScript the first of them.

    Raises:
        TypeError: a control is something else.
        ValueError: no control, or more than 64 frames; on display, more than 300 KB of frames.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> from deepbook import slider
        >>> def line(slope):
        ...     figure, axis = plt.subplots()
        ...     axis.plot([0, 1], [0, slope])
        ...     return figure, f"A straight line through the origin with slope {slope}."
        >>> explore(line, slope=slider([1, 2, 3]))
        explore(line: slope in 1, 2, 3)
    """
    if not controls:
        raise ValueError("controls: got none, expected at least one slider, choice or toggle")
    for name, control in controls.items():
        if not isinstance(control, Control):
            raise TypeError(f"{name}: got {type(control).__name__}, expected slider(...), choice(...) or toggle(...)")
    sizes = ", ".join(f"{name} {len(c.values)}" for name, c in controls.items())
    _limit("explore", math.prod(len(c.values) for c in controls.values()), sizes, draw, dpi)
    return Explore(draw, controls, dpi, photo)


def animate(
    draw: Draw,
    frames: Sequence[Any],
    *,
    labels: Sequence[str] | None = None,
    label: str = "step",
    start: int = 0,
    seconds: float = 8.0,
    dpi: int = 100,
) -> Moving:
    """Show a training run, or anything else that unfolds, as a film with play, pause and single steps.

    Args:
        draw: `draw(frame)` returns `(figure, alt text)`.
        frames: what draw gets, one after another: numbers, arrays, networks.
        labels: how each frame reads beside the control; by default its position, 0, 1, 2, ...
        label: what the positions count.
        start: the place of the frame that it opens on, and that print and a page without JavaScript show; -1 for
            the last, from which it plays from the beginning.
        seconds: how long the whole film runs.
        dpi: dots per inch of the frames.

    Returns:
        An object to be the last line of a cell.

    Raises:
        TypeError: the frames are no sequence, the start is no whole number, or the seconds are no number.
        ValueError: fewer than 2 or more than 64 frames, another number of labels, or a start that is no place; on
            display, more than 300 KB of frames.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> def losses(values):
        ...     figure, axis = plt.subplots()
        ...     axis.plot(values)
        ...     return figure, f"A curve of losses over {len(values)} steps."
        >>> animate(losses, [[3.0], [3.0, 2.0], [3.0, 2.0, 1.5]])
        animate(losses: 3 frames, step 0 to 2)
    """
    texts(label=label)
    if not hasattr(frames, "__len__"):
        raise TypeError(f"frames: got {type(frames).__name__}, expected a sequence")
    _limit("animate", len(frames), "use every second one, or fewer", draw, dpi)
    given: Any = range(len(frames)) if labels is None else labels
    names = [str(text) for text in (given if hasattr(given, "__iter__") else ())]
    if len(names) != len(frames):
        raise ValueError(f"labels: got {len(names)}, expected one for each of {len(frames)} frames")
    whole(-len(frames), start=start)
    if start >= len(frames):
        raise ValueError(f"start: got {start}, expected the place of one of {len(frames)} frames")
    start %= len(frames)
    control = Control("slider", tuple(range(len(frames))), tuple(names), label, start)
    text = html.escape(label)
    play_button, back, ahead = button("play", f"Play {text}", "Play"), _move(-1, text), _move(1, text)
    row = f'<div class="db-controls">{control_html(label, control)}<span>{back}{play_button}{ahead}</span></div>'
    calls = [partial(picture, draw, frame, dpi=dpi) for frame in frames]
    controls = [{"name": "frame", "labels": names}]
    interval = round(1000 * positive("seconds", seconds) / len(frames))
    make = partial(page, "animate", _name(draw), calls, controls, after=row, start=start, interval=interval)
    return Moving(f"animate({_name(draw)}: {len(frames)} frames, {label} {names[0]} to {names[-1]})", make)


def stepper(draw: Draw, stages: Mapping[str, str], *, dpi: int = 100) -> Moving:
    """Show a construction or a proof one stage at a time, each with its text.

    Args:
        draw: `draw(stage)` returns `(figure, alt text)` for stage 0, 1, 2, ...
        stages: the title of each stage and its text, in which $formulas$ and *italics* are allowed. A page
            without JavaScript shows all texts as a list.
        dpi: dots per inch of the pictures.

    Returns:
        An object to be the last line of a cell.

    Raises:
        TypeError: the stages are no dictionary.
        ValueError: fewer than 2 or more than 64 stages; on display, more than 300 KB of pictures.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> def square(stage):
        ...     return plt.figure(), f"A square with {stage} of its sides drawn."
        >>> stepper(square, {"Nothing": "An empty page.", "One side": "Draw the first side."})
        stepper(square: Nothing; One side)
    """
    if not isinstance(stages, Mapping):
        raise TypeError(f"stages: got {type(stages).__name__}, expected a dictionary of title: text")
    texts(**{f"stages[{i}]": text for i, text in enumerate(sum(stages.items(), ()))})
    _limit("stepper", len(stages), "tell it in fewer", draw, dpi)
    labels = tuple(f"{i} of {len(stages)}" for i in range(1, len(stages) + 1))
    stage = control_html("stage", Control("slider", tuple(range(len(stages))), labels, None, 0))
    row = f'<div class="db-controls">{stage}<span>{_move(-1, "stage")}{_move(1, "stage")}</span></div>'
    items = "".join(
        f'<li value="{i}"><strong>{prose(title)}.</strong> {prose(text)}</li>'  # numbered also when seen alone
        for i, (title, text) in enumerate(stages.items(), 1)
    )
    calls = [partial(picture, draw, i, dpi=dpi) for i in range(len(stages))]
    controls = [{"name": "stage", "labels": labels}]
    below = f'{row}<ol class="db-stages">{items}</ol>'
    make = partial(page, "stepper", _name(draw), calls, controls, after=below)
    return Moving(f"stepper({_name(draw)}: {'; '.join(stages)})", make)


def predict(question: str, draw: Draw, *, guess: Control, truth: Any, because: str, dpi: int = 100) -> Moving:
    """Let the reader commit to an answer before the result is shown; the picture then shows guess and truth.

    Args:
        question: one sentence, in which $formulas$ and *italics* are allowed.
        draw: `draw(guess)` returns `(figure, alt text)`; with `None` it draws the question, without the answer,
            and with a value both the guess and the truth.
        guess: `choice(...)` for one of a few answers, or `slider(...)` for a number.
        truth: the answer: one of the options, or a number, which reads as the slider's values do.
        because: why, in a sentence or two that follow the answer.
        dpi: dots per inch of the pictures.

    Returns:
        An object to be the last line of a cell. Without JavaScript the answer is folded below the question.

    Raises:
        TypeError: the truth is neither a text nor a number.
        ValueError: a guess of another kind, a truth that is none of the options or outside the slider, or more
            than 63 possible guesses; on display, more than 300 KB of pictures.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> from deepbook import slider
        >>> def dice(guess):
        ...     return plt.figure(), f"Two dice are thrown. The guess is {guess}."
        >>> sums = slider(range(2, 13), label="sum")
        >>> predict("Which sum is the most frequent?", dice, guess=sums, truth=7, because="Six ways lead to it.")
        predict(Which sum is the most frequent? 11 guesses)
    """
    texts(question=question, because=because)
    instance("guess", guess, Control, "choice(...) or slider(...)")
    if guess.kind not in ("choice", "slider"):
        raise ValueError(f"guess: got {guess.kind}, expected choice(...) or slider(...)")
    first, last = guess.values[0], guess.values[-1]
    truth = truth if isinstance(truth, str) and guess.kind == "choice" else python_number("truth", truth)
    if truth not in guess.values if guess.kind == "choice" else not first <= truth <= last:
        raise ValueError(f"truth: got {truth!r}, expected one that can be guessed, {first!r} to {last!r}")
    _limit("predict", len(guess.values) + 1, "offer fewer guesses", draw, dpi)
    answer = guess.format.format(truth)
    nearest = truth if guess.kind == "choice" else min(guess.values, key=lambda value: abs(value - truth))
    wrong = [f"Your guess: {label}. The answer: {answer}." for label in guess.labels]
    right = f"Right: {answer}." if nearest == truth else f"Right, as near as the slider comes: {answer}."
    verdicts = [right if value == nearest else text for value, text in zip(guess.values, wrong, strict=True)]
    if guess.kind == "choice":
        asked = "".join(button("commit", html.escape(t), html.escape(t), i) for i, t in enumerate(guess.labels))
        asked = f"<span>{asked}</span>"
    else:
        asked = control_html("guess", guess) + button("commit", "Commit to this guess", "Commit")
    row = f'<div class="db-controls">{asked}{button("again", "Ask again", "Ask again")}</div>'
    answer = f'<span class="db-answer">The answer: {html.escape(answer)}.</span>'
    told = f"<details><summary>Show the answer</summary><p>{answer} {prose(because)}</p></details>"

    above = f'<p class="db-question">{prose(question)}</p>'
    below = f'{row}<p class="db-verdict"></p>{told}'
    calls = [partial(picture, draw, value, dpi=dpi) for value in (None, *guess.values)]
    controls = [{"name": "guess", "labels": guess.labels}]
    make = partial(page, "predict", _name(draw), calls, controls, before=above, after=below, verdicts=verdicts)
    return Moving(f"predict({question} {len(guess.values)} guesses)", make)


def _name(draw: Draw) -> str:
    return getattr(draw, "__name__", "figure")


def _move(by: int, text: str) -> str:
    seen = "Back" if by < 0 else "Next"
    return button("move", f"{seen} {text}", seen, by)


def _limit(kind: str, count: int, cure: str, draw: Any, dpi: Any) -> None:
    functions(draw=draw)
    whole(1, dpi=dpi)
    if not 2 <= count <= MAX_FRAMES:
        raise ValueError(f"{kind}: {count} frames, expected 2 to {MAX_FRAMES} ({cure})")


def _has_kernel() -> bool:
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
