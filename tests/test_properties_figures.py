"""Plots and drawings: what NumPy says lies where it should, and no argument breaks one without being named."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.strategies import sampled_from
from properties import (
    NO_FUNCTION,
    NO_NUMBER,
    NO_SIZE,
    all_cases,
    answer,
    covers,
    few,
    kinds,
    numbers,
    one_wrong,
    seeds,
)

from deepbook import plots

pytestmark = pytest.mark.usefixtures("unchecked")
NO_WIDTH = (0, -1, math.inf, *NO_NUMBER)
PICTURES = np.zeros((3, 2, 2))
DOTS = [[0.0, 1.0], [1.0, 0.0]]


@covers(plots.show_images)
@few
@given(
    sampled_from([(3, 2, 4), (1, 1, 1), (2, 2, 2, 3), (2, 2, 2, 4), (0, 2, 2), (2, 2)]),
    kinds,
    sampled_from([1, 2, 9]),
    seeds,
)
@example((2, 2, 2, 3), "bfloat16", 1, 0)
@example((3, 2, 4), "bool", 2, 0)
def test_pictures_are_shown_as_they_are(shape, kind, columns, seed):
    images = np.asarray(numbers(seed, shape, kind))
    valid = 0 not in shape and (len(shape) == 3 or (len(shape) == 4 and shape[-1] == 3)) and kind != "complex64"
    figure = answer(lambda: plots.show_images(images, columns=columns), None if valid else "images")
    if valid:
        values = images.astype(float) if len(shape) == 3 else images.astype(float).clip(0, 1)
        for axis, image in zip(figure.axes, values, strict=False):
            np.testing.assert_allclose(np.asarray(axis.images[0].get_array(), float), image)
            if len(shape) == 3:
                np.testing.assert_allclose(axis.images[0].get_clim(), (values.min(), values.max()))
        assert len(figure.axes) == -(-shape[0] // min(columns, shape[0])) * min(columns, shape[0])
    plt.close("all")


@covers(plots.show_images)
@all_cases
@given(
    one_wrong(
        {"images": PICTURES, "titles": list("abc"), "columns": 2, "size": 0.5, "limit": (0, 1)},
        images=("words", None, 3, [["a"]], [[["a"]]]),
        titles=(3, ["a"]),
        columns=NO_SIZE,
        size=NO_WIDTH,
        limit=(3, "ab", (1,), (0, math.nan)),
    )
)
def test_arguments_of_pictures(case):
    figure = answer(lambda: plots.show_images(**case[0]), case[1])
    assert figure is None or [axis.get_title() for axis in figure.axes[:3]] == ["a", "b", "c"]
    plt.close("all")


@covers(plots.show_points, plots.show_regions)
@few
@given(sampled_from([(5, 2), (0, 2), (5, 3), (5,)]), sampled_from([5, 0, 4]), sampled_from([2, 7, 8]), seeds)
@example((5, 2), 5, 7, 0)
def test_points_and_regions(shape, n, classes, seed):
    x, y = np.random.default_rng(seed).normal(size=shape), np.arange(n) % classes
    valid = len(shape) == 2 and shape[1] == 2 and shape[0] == n
    _, axis = plt.subplots()
    for draw in (
        lambda: plots.show_points(axis, x, y),
        lambda: plots.show_regions(axis, lambda p: (p > 0).sum(1), x, y, limits=(-1, 1, -1, 1), grid=4),
    ):
        for drawn in list(axis.collections):
            drawn.remove()
        answer(draw, None if valid else "x", "y")
        if valid:
            for label, drawn in zip(np.unique(y), axis.collections, strict=True):
                np.testing.assert_array_equal(drawn.get_offsets(), x[y == label])
    if valid:
        u, v = np.meshgrid(*[np.linspace(-1, 1, 4) > 0] * 2)
        np.testing.assert_array_equal(axis.images[0].get_array(), u.astype(int) + v)
    plt.close("all")


@covers(plots.show_points, plots.show_regions)
@all_cases
@given(
    one_wrong(
        {"axis": None, "decide": lambda p: p[:, 0] > 0, "x": DOTS, "y": [0, 1], "limits": (-1, 1, -1, 1)}
        | {"grid": 4, "size": 9},
        axis=(3, "axis"),
        decide=(*NO_FUNCTION, lambda p: 3, lambda p: "a", lambda p: p[:, 0] + 9j, lambda p: p[:, 0] + 9),
        x=("words", None, [[0, 1]], [["a", "b"], ["c", "d"]], [[1j, 0], [0, 1]]),
        y=("words", None, [0], [0, 7], [0, math.nan], [0, 1j], ["a", "b"]),
        limits=(3, "abcd", (0, 1), (0, math.nan, 0, 1)),
        grid=NO_SIZE,
        size=("a", -1, 1j, math.nan),
    )
)
def test_arguments_of_points_and_regions(case):
    (axis, decide, x, y, limits, grid, size), wrong = case[0].values(), case[1]
    axis = plt.subplots(figsize=(1, 1))[1] if axis is None else axis
    answer(lambda: plots.show_regions(axis, decide, x, y, limits=limits, grid=grid, size=size), wrong)
    if wrong not in ("decide", "limits", "grid"):
        answer(lambda: plots.show_points(axis, x, y, size=size), wrong)
    plt.close("all")


@covers(plots.smallest_text, plots.phone_text, plots.clashes)
@few
@given(sampled_from([2, 5]), sampled_from([[], [9], [12, 7], [10, 10, 30]]))
def test_the_smallest_text(width, sizes):
    figure = plt.figure(figsize=(width, 5))
    for i, size in enumerate(sizes):
        figure.text(0.1, 0.1 + 0.3 * i, "ab", fontsize=size)
    assert plots.smallest_text(figure) == min(sizes, default=math.inf)
    assert plots.phone_text(figure) == pytest.approx(min(sizes, default=math.inf) / 72 * 358 / width)
    assert plots.clashes(figure) == []
    figure.text(0.1, 0.1, "c", fontsize=9)
    assert plots.clashes(figure) == (["'ab' overlaps 'c'"] if sizes else [])
    plt.close("all")


@covers(plots.smallest_text, plots.phone_text, plots.clashes)
@all_cases
@given(sampled_from([3, None, "figure"]), sampled_from([plots.smallest_text, plots.phone_text, plots.clashes]))
def test_what_is_no_figure_has_no_text(figure, function):
    answer(lambda: function(figure), "figure")
