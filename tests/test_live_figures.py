"""Figures that learn in the page: what is written into it, and what is refused. The browser's tests run them."""

import json
import re

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from deepbook import choice, explore, live, marks, placed, slider, toggle
from deepbook.live_figures._double import enable_x64, in_double
from deepbook.live_figures._picture import add_marks, empty_axes
from deepbook.live_figures._program import compile_program
from deepbook.page._digest import MIME
from deepbook.page._frames import figure_kind, with_code, without_code

X = jnp.linspace(-1, 1, 9)


def step(state, speed, way, fast, dots):
    return {
        "x": state["x"] - speed * jnp.where(fast, 2.0, 1.0) * jnp.sign(state["x"] - way.astype(float)),
        "n": state["n"] + 1,
    }


def look(state, speed, way, fast, dots):
    free = dots[:, 2] >= 0
    extent = (-1, 1, -1, 1)
    level = jnp.outer(X, X) - state["x"]
    left = marks.panel(
        marks.field(level, extent, limits=(-1, 1), colours="Greys"), marks.contour(level, extent, level=0.0),
        marks.points(dots[:, 0], dots[:, 1], shown=free, kind=jnp.maximum(dots[:, 2], 0).astype(int)),
        xlim=(-1, 1), ylim=(-1, 1),
    )  # fmt: skip
    right = marks.panel(
        marks.band(X, X - 1, X + 1), marks.curve(X, state["x"] * X, dashed=True), marks.bars(X, X**2, width=0.1),
        xlim=(-1, 1), ylim=(0.01, 2), yscale="log",
    )  # fmt: skip
    return [left, right], {"x": state["x"], "free": free.sum()}


def figure(**changes):
    controls = {
        "way": choice(["to the left", "to the right"]),
        "speed": slider([0.125, 0.25], start=0.25),
        "fast": toggle(),
        "dots": placed(3, start=[(0.5, 0.5, 1)], kinds=("a", "b")),
    }
    words = {"tell": "Step {step}: {x:.2f}, {free} points.", "alt": "A thing that moves to a place."}
    settings = {"controls": controls, "steps": 10} | words
    return live(step, {"x": jnp.float32(1), "n": 0}, look, **(settings | changes))


def record(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])


@pytest.fixture(scope="module", name="page")
def _page():
    return figure()._repr_mimebundle_()


def test_a_page_says_the_same_each_time(page):
    again = figure()._repr_mimebundle_()
    assert again == page
    assert page["text/plain"] == "live(look)"


def test_what_a_reader_without_script_gets(page):
    html = page["text/html"]
    picture = re.search(r'<img src="data:image/\w+;base64,[^"]+" alt="([^"]+)">', html)
    assert picture[1] == "A thing that moves to a place. Step 10: 0.00, 1 points."
    assert without_code(html).count(" disabled") == 8  # three controls, the kind of new points, four buttons
    assert "needs JavaScript" in html


def test_the_record_holds_what_the_script_needs(page):
    told = record(page["text/html"])
    assert [c["name"] for c in told["controls"]] == ["way", "speed", "fast", "dots"]
    assert told["controls"][0]["values"] == [0, 1]
    assert told["controls"][3]["placed"] == [[0.5, 0.5, 1], [0, 0, -1], [0, 0, -1]]
    assert [mark["kind"] for panel in told["panels"] for mark in panel["marks"]] == [
        "field", "contour", "points", "band", "curve", "bars",
    ]  # fmt: skip
    numbers = [i for panel in told["panels"] for mark in panel["marks"] for i in mark["arrays"].values()]
    assert sorted([*numbers, *told["told"].values()]) == list(range(len(told["proof"]["arrays"])))
    assert told["panels"][1]["ylog"]
    assert told["text"] > 9


def test_style_and_script_come_and_go(page):
    html = page["text/html"]
    assert figure_kind(html) == "db-live"
    bare = without_code(html)
    assert "<style>" not in bare
    assert bare.count("<script") == 2  # the record and the programs
    assert with_code(bare) == html
    assert MIME in page


def test_the_picture_shows_the_marks():
    drawn, _ = look({"x": jnp.float32(0.2)}, 0.1, 0, False, jnp.array([[0.5, 0.5, 1], [0, 0, -1]]))
    shown = empty_axes(drawn, (5.4, 3), None)
    add_marks(shown, drawn)
    left, right = shown.axes
    assert len(left.images) == 1
    assert len(left.collections) == 2  # contour and points
    assert left.collections[1].get_offsets().tolist() == [[0.5, 0.5]]
    assert len(right.patches) == 9
    assert right.lines[0].get_linestyle() == "--"
    assert right.get_xlim() == (-1, 1)
    plt.close(shown)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alt": "short"}, "alt: got 'short'"),
        ({"tell": "{x:g}"}, "tell: got {x:g}"),
        ({"tell": "{x.real}"}, "tell: got {x.real:}"),
    ],
)
def test_what_is_refused_at_once(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        figure(**changes)


def test_what_is_refused_when_it_is_shown():
    with pytest.raises(ValueError, match=r"tell: got the names \['y'\], expected step or one of .* \['free', 'x'\]"):
        figure(tell="{y}").html()
    with pytest.raises(ValueError, match=r"step: it returned a state of float32\[\], expected that of"):
        live(
            lambda s: s[0],
            (jnp.zeros(()), 0),
            lambda s: look({"x": s[0]}, 0, 0, 0, jnp.zeros((1, 3))),
            tell="",
            alt="a" * 20,
        ).html()
    big = np.random.default_rng(0).normal(size=(200, 200))
    panel = marks.panel(marks.field(big, (0, 1, 0, 1)), xlim=(0, 1), ylim=(0, 1))
    with pytest.raises(ValueError, match=r"bytes, expected at most 150,000"):
        live(None, 0.0, lambda s: (panel, {}), tell="", alt="a" * 20).html()


@pytest.mark.usefixtures("unchecked")
def test_placed_points():
    with pytest.raises(ValueError, match="start: got 2 points, expected at most 1"):
        placed(1, start=[(0, 0), (1, 1)])
    with pytest.raises(TypeError, match=r"most: got 2\.5, expected a whole number"):
        placed(2.5)


def test_types_that_the_page_does_not_have():
    with pytest.raises(NotImplementedError, match="float16"):
        compile_program(lambda x: x, (jnp.zeros(2, jnp.float16),), [])


def test_constants_are_shared_and_numbers_stay_in_the_text():
    constants = []
    for _ in range(2):
        text, _ = compile_program(lambda x: x * X + 2, (jnp.zeros(9),), constants)
    assert len(constants) == 1
    assert "+2)" in text


def test_what_is_not_needed_is_not_computed():
    text, _ = compile_program(lambda x: (jnp.exp(x), jnp.sin(x))[1], (jnp.zeros(3),), [])
    assert "exp" not in text


def test_double_precision_of_a_function_traced_in_single():
    def walk(key, x):
        def body(x, k):
            return x / 3 + jax.random.normal(k, x.shape), x.sum()

        x, sums = jax.lax.scan(body, x, jax.random.split(key, 4))
        x = jax.lax.cond(x.sum() > 0, jnp.exp, jnp.cos, x)
        return jax.lax.while_loop(lambda x: x.sum() < 9, lambda x: x + 1, x).at[0].add(1.0), sums

    key, x = jax.random.key(0), jnp.ones(3)
    single, exact = walk(key, x), in_double(walk, key, x)
    with enable_x64(True):
        double = exact(key, x)
    for one, other in zip(single, double, strict=True):
        assert other.dtype == np.float64
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert np.abs(np.asarray(single[0]) - np.asarray(double[0])).max() > 0  # it is not the same computation


def test_a_figure_that_moves_is_another_kind():
    moves = explore(lambda n: (plt.figure(), "An empty picture, number one."), n=slider([1, 2]))
    assert figure_kind(moves.html()) == "db-figure"
    assert figure_kind("<p>none</p>") is None
