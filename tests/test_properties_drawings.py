"""Drawings: shapes lie where the geometry says, and no argument breaks one without being named."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.strategies import sampled_from
from properties import NO_NUMBER, NO_TEXT, all_cases, answer, covers, few, one_wrong

from deepbook.page import diagrams
from deepbook.page.diagrams import Canvas, Grid, Shape

pytestmark = pytest.mark.usefixtures("unchecked")
NO_WIDTH = (0, -1, math.inf, *NO_NUMBER)
NO_ROLE = ("sums", 3, None, ["data"])
NO_POINT = (3, "ab", None, (1,), ("a", 1), (0, math.nan))


@covers(diagrams.canvas, diagrams.panels)
@all_cases
@given(
    one_wrong(
        {"titles": ["a", "b"], "width": 4, "height": np.float32(1.5), "across": True},
        titles=(3, None, [], [1, 2]),
        width=NO_WIDTH,
        height=NO_WIDTH,
    )
)
def test_canvas_and_panels(case):
    arguments, wrong = case
    made = answer(lambda: diagrams.panels(**arguments), wrong, "text")
    assert made is None or [(d.width, d.height) for d in made] == [(2, 1.5)] * 2
    if wrong != "titles":
        answer(lambda: diagrams.canvas(arguments["width"], arguments["height"]), wrong)
    plt.close("all")


@covers(Shape, Shape.at, Shape.border)
@few
@given(
    sampled_from(["round", "square", "pill", "cut", "circle"]),
    sampled_from([(2.0, 1.0), (0.5, 0.5), (1.0, 0.1)]),
    sampled_from([(5.0, 1.0), (1.0, -3.0), (1.5, 2.5), (1.0, 1.0)]),
)
def test_the_border_of_a_shape(form, size, toward):
    shape = Shape(1.0, 1.0, *size, form)
    u, v = np.subtract(shape.border(toward), 1) / size * 2  # in halves of the size
    if toward == (1.0, 1.0):
        assert (u, v) == (0, 0)
        return
    np.testing.assert_allclose(shape.at(u, v), shape.border(toward))
    du, dv = np.subtract(toward, 1)
    assert abs(u * size[0] * dv - v * size[1] * du) < 1e-6  # on the way there
    assert u * du + v * dv > 0
    if form == "circle" or form == "square":
        assert (math.hypot(u, v) if form == "circle" else max(abs(u), abs(v))) == pytest.approx(1, abs=2e-2)


@covers(Grid, Grid.part, Grid.cell, Grid.row, Grid.column)
@all_cases
@given(sampled_from([0, 2, -1, -3, 3, -4, 1.5, "0", None]), sampled_from([0, 3, -4, 4, -5, "a"]))
@example(1, 1)
def test_the_cells_of_a_grid(i, j):
    grid = Grid(2.0, 1.0, 4.0, 1.5, "square", 3, 4)
    row, column = isinstance(i, int) and -3 <= i < 3, isinstance(j, int) and -4 <= j < 4
    y, x = 1.5 - (i % 3) * 0.5 if row else None, 0.5 + j % 4 if column else None
    for call, wrong, need in (
        (lambda: grid.row(i), None if row else "i", (2.0, y, 4.0, 0.5)),
        (lambda: grid.column(j), None if column else "j", (x, 1.0, 1.0, 1.5)),
        (lambda: grid.cell(i, j), None if row and column else "i" if not row else "j", (x, y, 1.0, 0.5)),
    ):
        shape = answer(call, wrong)
        assert shape is None or (shape.x, shape.y, shape.width, shape.height) == pytest.approx(need)
    if row and column:
        part = grid.part(slice(i % 3, i % 3 + 1), slice(j % 4, j % 4 + 1))
        assert (part.x, part.y, part.width, part.height) == pytest.approx((x, y, 1.0, 0.5))


@covers(Grid.part, Shape.at, Shape.border)
@all_cases
@given(
    one_wrong(
        {"rows": slice(0, 2), "columns": slice(None), "u": 0.5, "v": 1, "toward": (3.0, 1.0)},
        rows=(3, slice(3, 4), slice(1, 1), slice("words", None)),
        columns=(3, slice(4, 5)),
        u=NO_NUMBER,
        v=NO_NUMBER,
        toward=NO_POINT,
    )
)
def test_arguments_of_shapes(case):
    (rows, columns, u, v, toward), wrong = case[0].values(), case[1]
    grid = Grid(2.0, 1.0, 4.0, 1.5, "square", 3, 4)
    if wrong in (None, "rows", "columns"):
        answer(lambda: grid.part(rows, columns), wrong)
    if wrong in (None, "u", "v"):
        answer(lambda: grid.at(u, v), wrong)
    if wrong in (None, "toward"):
        answer(lambda: grid.border(toward), wrong)


@covers(Canvas, Canvas.role, Canvas.text, Canvas.box, Canvas.node, Canvas.layer, Canvas.sign)
@all_cases
@given(
    one_wrong(
        {"x": 1, "y": np.float32(1), "label": "$x$", "role": "data", "size": 11, "labels": ["a", "b"], "sign": "×"},
        x=NO_NUMBER,
        y=NO_NUMBER,
        label=(None, *NO_TEXT),
        role=NO_ROLE,
        size=(1, -1, *NO_NUMBER),
        labels=(None, 2.5, [1, 2], -1),
        sign=("-", None, 3, ["+"]),
    )
)
def test_arguments_of_things(case):
    (x, y, label, role, size, labels, sign), wrong = case[0].values(), case[1]
    d = diagrams.canvas(5.4, 2)
    place = wrong in (None, "x", "y")
    if wrong in (None, "role"):
        answer(lambda: d.role(role), wrong)
    if place or wrong in ("label", "size"):
        answer(lambda: d.text(x, y, label, size=size), wrong, "text")
    if place or wrong in ("label", "role", "size"):
        answer(lambda: d.box(x, y, label, role, size=size), wrong, "text")
    if place or wrong in ("label", "role"):
        node = answer(lambda: d.node(x, y, label, role), wrong, "text")
        assert node is None or (node.x, node.y, node.form) == (1, 1, "circle")
    if place or wrong in ("labels", "role"):
        nodes = answer(lambda: d.layer(x, y, labels, role), wrong)
        assert nodes is None or [node.y for node in nodes] == pytest.approx([1.275, 0.725])
    if place or wrong == "sign":
        answer(lambda: d.sign(x, y, sign), wrong)
    plt.close("all")


@covers(Canvas.arrow, Canvas.brace, Canvas.connect, Canvas.frame)
@all_cases
@given(
    one_wrong(
        {"start": (1.0, 1.0), "end": Shape(3, 1, 1, 1), "label": "a", "role": "gradient", "bend": 0.2, "via": [(2, 2)]}
        | {"at": 0.5, "depth": 0.1, "pad": 0.1},
        start=NO_POINT,
        end=NO_POINT,
        label=NO_TEXT,
        role=NO_ROLE,
        bend=NO_NUMBER,
        via=(3, [3], ["a"]),
        at=NO_NUMBER,
        depth=NO_NUMBER,
        pad=NO_NUMBER,
    )
)
def test_arguments_of_lines(case):
    (start, end, label, role, bend, via, at, depth, pad), wrong = case[0].values(), case[1]
    d = diagrams.canvas(5.4, 2)
    if wrong not in ("depth", "pad"):
        points = answer(lambda: d.arrow(start, end, label, role, bend=bend, via=via, at=at), wrong, "text")
        assert points is None or points[-1].tolist() == pytest.approx([2.5, 1.5])
    if wrong in (None, "start", "end", "label", "role", "depth"):
        point = (3.0, 1.0) if isinstance(end, Shape) else end
        answer(lambda: d.brace(start, point, label, role, depth=depth), wrong, "text")
    if wrong in (None, "end", "label", "role", "pad"):
        answer(lambda: d.frame(end, label=label, role=role, pad=pad), wrong, "shapes", "text")
    if wrong in (None, "end", "role"):
        answer(lambda: d.connect([Shape(1, 1, 1, 1)], [end], role), wrong, "after")
    plt.close("all")


@covers(Canvas.arrow, Canvas.brace, Canvas.frame)
def test_what_has_no_direction_or_nothing_inside():
    d = diagrams.canvas(5.4, 2)
    answer(lambda: d.brace((1, 1), (1, 1)), "end")
    answer(lambda: d.arrow((1, 1), (1, 1)), "end")
    answer(lambda: d.frame(), "shapes")


@covers(Canvas.tensor, Canvas.equation)
@all_cases
@given(
    one_wrong(
        {"x": 2, "y": 1, "cells": (2, 3), "label": "$W$", "role": "parameter", "rows": ["a", "b"], "columns": "$d$"}
        | {"cell": 0.2, "show": "{:.1f}", "hidden": [True, False, False], "limit": 2},
        x=NO_NUMBER,
        y=NO_NUMBER,
        cells=(3, "a", None, (2, 0), (2, -1), (2, 2.5), (2,), np.ones(3), [[1j]], [[object()]]),
        label=(None, *NO_TEXT),
        role=NO_ROLE,
        rows=(3, ["a"], [1, 2]),
        columns=(3, ["a"], [1, 2, 3]),
        cell=(0, -1, (1,), *NO_NUMBER),
        show=("{:d}", "{x}", 3),
        hidden=("a", np.ones((3, 2), bool)),
        limit=(-1, *NO_NUMBER),
    )
)
def test_arguments_of_tensors(case):
    arguments, wrong = case
    d = diagrams.canvas(5.4, 2)
    grid = answer(lambda: d.tensor(**arguments), wrong, "text")
    assert grid is None or (grid.x, grid.y, grid.width, grid.height) == pytest.approx((2, 1, 0.6, 0.4))
    if wrong in (None, "cells", "label", "role", "rows", "columns"):
        part = tuple(arguments[name] for name in ("cells", "label", "role", "rows", "columns"))
        grids = answer(lambda: d.equation(0.5, 1, [part, "=", part], cell=0.1), wrong, "text", "parts")
        assert grids is None or (len(grids) == 2 and grids[0].right[0] < grids[1].left[0])
    plt.close("all")


@covers(Canvas.equation)
@all_cases
@given(sampled_from([3, None, ["="], [3], [((2, 2), "W", "data", "", "", "more")], []]))
def test_what_is_no_equation(parts):
    answer(lambda: diagrams.canvas(5.4, 2).equation(0.5, 1, parts), "parts", "cells")
    plt.close("all")
