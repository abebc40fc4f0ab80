"""Figures that move and figures that learn: no argument breaks one without being named."""

import math

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import sampled_from
from properties import NO_FUNCTION, NO_NUMBER, NO_SIZE, NO_TEXT, all_cases, answer, covers, one_wrong

import deepbook as db
from deepbook import choice, marks, play, slider, toggle

pytestmark = pytest.mark.usefixtures("unchecked", "without_pixels")
NO_DRAWING = (
    *NO_FUNCTION,
    lambda *_, **__: plt.figure(figsize=(1, 1)),
    lambda *_, **__: (plt.figure(figsize=(1, 1)), "?"),
)


@pytest.fixture
def without_pixels(monkeypatch):
    monkeypatch.setenv("DEEPBOOK_PICTURES", "0")


def draw(value):
    return plt.figure(figsize=(1, 1)), f"An empty picture for the value {value}."


def shown(make):
    """What makes a figure, and shows it."""

    def call():
        page = make()._repr_mimebundle_()
        plt.close("all")
        return page

    return call


@covers(db.explore)
@all_cases
@given(
    one_wrong(
        {"draw": draw, "dpi": 50, "photo": False, "value": slider([1, 2])},
        draw=NO_DRAWING,
        dpi=NO_SIZE,
        value=(3, None, [1, 2], slider(range(65))),
    )
)
def test_arguments_of_explore(case):
    answer(shown(lambda: db.explore(**case[0])), case[1], "explore")


@covers(db.animate)
@all_cases
@given(
    one_wrong(
        {"draw": draw, "frames": np.arange(3), "labels": None, "label": "step", "start": -1, "seconds": 1, "dpi": 50},
        draw=NO_DRAWING,
        frames=(3, None, [1], range(65), iter([1, 2])),
        labels=(3, ["a"], list("abcd"), [1, 2]),
        label=NO_TEXT,
        start=(3, -4, 1.5, "a", None),
        seconds=(0, -1, *NO_NUMBER),
        dpi=NO_SIZE,
    )
)
def test_arguments_of_animate(case):
    answer(shown(lambda: db.animate(**case[0])), case[1], "animate")


@covers(db.stepper)
@all_cases
@given(
    one_wrong(
        {"draw": draw, "stages": {"One": "First.", "Two": "Then."}, "dpi": 50},
        draw=NO_DRAWING,
        stages=(3, None, ["a", "b"], {"a": "b"}, {1: "a", 2: "b"}, {"a": 1, "b": 2}, {str(i): "" for i in range(65)}),
        dpi=NO_SIZE,
    )
)
def test_arguments_of_stepper(case):
    answer(shown(lambda: db.stepper(**case[0])), case[1], "stepper")


@covers(db.predict)
@all_cases
@given(
    one_wrong(
        {"question": "Which?", "draw": draw, "guess": slider([1, 2]), "truth": 1.5, "because": "So.", "dpi": 50},
        question=(None, *NO_TEXT),
        draw=NO_DRAWING,
        guess=(3, None, toggle(), play([1, 2]), slider(range(64))),
        truth=(3, "1", None, *NO_NUMBER),
        because=(None, *NO_TEXT),
        dpi=NO_SIZE,
    ),
    sampled_from([None, "a", "c", 1]),
)
def test_arguments_of_predict(case, option):
    arguments, wrong = case
    answer(shown(lambda: db.predict(**arguments)), wrong, "predict")
    if wrong is None and option is not None:
        chosen = arguments | {"guess": choice(["a", "b"]), "truth": option}
        answer(shown(lambda: db.predict(**chosen)), None if option == "a" else "truth")


@covers(db.placed)
@all_cases
@given(
    one_wrong(
        {"most": 3, "start": [(0.5, 1)], "kinds": ("a", "b"), "label": "points"},
        most=NO_SIZE,
        start=(3, "a", [3], [(1,)], [(1, 2, 3, 4)], [("a", "b")], [(0, math.nan)], [(0, 1)] * 4, [(0, 1, 2)]),
        kinds=(3, ["a", 3]),
        label=(None, *NO_TEXT),
    )
)
def test_arguments_of_placed(case):
    made = answer(lambda: db.placed(**case[0]), case[1])
    assert made is None or made.start.tolist() == [[0.5, 1, 0], [0, 0, -1], [0, 0, -1]]


def step(state, speed, dots):
    return state - speed * state


def look(state, speed, dots):
    return marks.panel(marks.points(state[:1], state[1:]), xlim=(-1, 1), ylim=(-1, 1)), {"height": state[1]}


CONTROLS = {"speed": slider([0.1, 0.2]), "dots": db.placed(2)}
NO_CONTROLS = (3, ["speed"], {"speed": 3}, {"speed": play([0.1, 0.2]), "dots": db.placed(2)})
NO_CONTROLS = (*NO_CONTROLS, {"speed": db.placed(2), "dots": db.placed(2)})


@covers(db.live)
@all_cases
@given(
    one_wrong(
        {"step": step, "state": jnp.ones(2), "draw": look, "controls": CONTROLS, "steps": 2, "tell": "At {height:.2f}."}
        | {"alt": "A point falls to the ground.", "restart": ["speed"], "pace": 1.0, "verb": "Train"},
        step=NO_FUNCTION,
        state=("words", {"a": "words"}),
        draw=(*NO_FUNCTION, lambda state, speed, dots: 3, lambda state, speed, dots: (3, {})),
        controls=NO_CONTROLS,
        restart=(3, ["fast"]),
        steps=NO_SIZE,
        pace=(0, -1, *NO_NUMBER),
        still=(-1, 2.5, "a"),
        tell=(3, None, "{", "}", "{height:d}", "{nothing}", "{}"),
        alt=(3, None, "short"),
        verb=(None, *NO_TEXT),
        size=(3, "ab", (1,), (0, 1), (1, math.nan)),
        widths=(3, "a", [1, 2], [-1]),
    )
)
def test_arguments_of_live(case):
    answer(shown(lambda: db.live(**case[0])), case[1], "live", "speed")


@covers(*(getattr(marks, name) for name in ("panel", "points", "curve", "band", "bars", "field", "contour")))
@all_cases
@given(
    sampled_from(["points", "curve", "band", "bars", "field", "contour"]), sampled_from(["", "colour", "array", "axes"])
)
def test_marks(kind, wrong):
    extent = (0, 1, 0, 1)
    arrays = {"points": 2, "curve": 2, "band": 3, "bars": 2, "field": 1, "contour": 1}[kind]
    grid = (jnp.ones((2, 3)), extent)
    given = grid if arrays == 1 else tuple(jnp.arange(3.0) for _ in range(arrays))
    if wrong == "array":
        given = (jnp.ones(3), extent) if arrays == 1 else (*given[:-1], jnp.arange(4.0))
    name = "colours" if kind in ("points", "field") else "colour"
    style = {name: ["no colour"] if name == "colours" else "no colour"} if wrong == "colour" else {}
    call = lambda: marks.panel(
        getattr(marks, kind)(*given, **style), xlim=3 if wrong == "axes" else (0, 1), ylim=(0, 1)
    )
    made = answer(call, wrong or None, name, "xlim", "values", "x", "y", "low", "high", "heights")
    assert made is None or made.marks[0].kind == kind
