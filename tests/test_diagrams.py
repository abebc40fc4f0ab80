"""Drawings: where things are, where arrows end, what stands on what, and errors that name the argument."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from deepbook.page import diagrams
from deepbook.page._outlines import brace_path, outline
from deepbook.page.plots import clashes, phone_text

ROOT = Path(__file__).resolve().parents[1]


def written(d):
    return [text for text in d.axis.texts if text.get_text()]


def texts(d):
    return [text.get_text() for text in written(d)]


def sample():
    d = diagrams.canvas(5.4, 3.0)
    x = d.layer(0.4, 1.5, ["$x_1$", r"$\vdots$", "$x_d$"])
    f, loss = d.box(1.8, 1.5, "linear"), d.node(4.8, 1.5, r"$\ell$", "loss")
    W = d.tensor(1.8, 2.4, (2, 3), "$W$", "parameter", rows="$m$", columns="$d$", cell=0.2)
    for node in x:
        d.arrow(node, f)
    d.arrow(W.at(0, -2), f, role="parameter")
    plus = d.sign(3.0, 1.5)
    d.arrow(f, plus, "$z$")
    d.arrow(plus, loss)
    d.arrow(loss, f, r"$\delta_z$", "gradient", bend=-0.25, side=-1)
    d.brace((5.2, 0.5), (0.2, 0.5), "forward and backward")
    return d


def test_a_drawing_has_its_size_no_axes_and_text_for_a_phone():
    d = sample()
    assert list(d.figure.get_size_inches()) == [5.4, 3.0]
    assert not d.axis.axison
    assert phone_text(d.figure) >= 9
    assert clashes(d.figure) == []


def test_coordinates_are_inches():
    d = diagrams.canvas(5.4, 3.0)
    assert d.axis.transData.transform((2.0, 1.0)) == pytest.approx(np.array([2.0, 1.0]) * d.figure.dpi)


def test_shapes_know_their_sides():
    box = diagrams.canvas().box(2.0, 1.0, "f", width=1.0, height=0.5)
    assert (box.left, box.right, box.top, box.bottom) == ((1.5, 1.0), (2.5, 1.0), (2.0, 1.25), (2.0, 0.75))
    assert box.at(0.5, -0.5) == (2.25, 0.875)


def test_a_box_is_as_wide_as_its_label_needs():
    d = diagrams.canvas()
    short, long = d.box(1, 1, "f"), d.box(3, 1, "layer normalisation")
    assert short.width < long.width
    for box, text in zip((short, long), written(d), strict=True):
        extent = text.get_window_extent().width / d.figure.dpi
        assert extent < box.width


@pytest.mark.parametrize("form", ["round", "square", "pill", "cut", "circle"])
@pytest.mark.parametrize("toward", [(9, 2), (2, 9), (-3, -1), (3, 3.1), (1.2, 2.3)])
def test_the_border_lies_on_the_outline(form, toward):
    shape = diagrams.Shape(2.0, 2.0, 1.2, 0.6, form)
    point = shape.border(toward)
    edge = outline(shape).to_polygons()[0]
    steps = np.linspace(edge[:-1], edge[1:], 200).reshape(-1, 2)
    assert np.linalg.norm(steps - point, axis=1).min() < 0.01
    out = np.subtract(toward, (2, 2)) @ np.subtract(point, (2, 2))
    assert out > 0  # on the side that is looked to
    assert shape.border((2.0, 2.0)) == (2.0, 2.0)


@pytest.mark.parametrize("role", diagrams.ROLES)
@pytest.mark.parametrize("how", [{}, {"bend": 0.3}, {"bend": -0.3}, {"via": [(2.5, 0.4)]}, {"via": [(1, 2), (4, 2)]}])
def test_an_arrow_goes_from_border_to_border(role, how):
    d = diagrams.canvas()
    a, b = d.box(1.0, 1.0, "a", role), d.node(4.0, 1.2, "b", role)
    points = d.arrow(a, b, role=role, **how)
    first, last = (how["via"][0], how["via"][-1]) if "via" in how else (points[1], points[-2])
    if "via" in how:
        assert points[0] == pytest.approx(a.border(first))
        assert points[-1] == pytest.approx(b.border(last))
    for end, shape in ((points[0], a), (points[-1], b)):
        inside = outline(shape).contains_point(end, radius=-0.02), outline(shape).contains_point(end, radius=0.02)
        assert sorted(inside) == [False, True]
    middle = points[len(points) // 2]
    if "bend" in how:  # to the left of the way, which goes to the right
        assert np.sign(middle[1] - 1.1) == np.sign(how["bend"])


def test_an_arrow_between_points_ends_there():
    points = diagrams.canvas().arrow((1, 1), (2.0, 2.0))
    assert points.tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize(
    ("end", "side", "where"),
    [((3, 1), 1, "above"), ((3, 1), -1, "below"), ((1, 1), 1, "above"), ((2, 2), 1, "right"), ((2, 0.2), 1, "right"),
     ((2, 2), -1, "left"), ((3, 2), 1, "above"), ((1, 2), 1, "above")],
)  # fmt: skip
def test_a_label_stands_beside_its_arrow(end, side, where):
    d = diagrams.canvas()
    points = d.arrow((2, 1), end, "label", side=side)
    box = d.axis.texts[-1].get_window_extent().transformed(d.axis.transData.inverted())
    x, y = (points[0] + points[-1]) / 2
    assert {"above": box.y0 > y, "below": box.y1 < y, "right": box.x0 > x, "left": box.x1 < x}[where]
    along = np.linspace(points[0], points[-1], 50)
    assert not any(box.contains(*point) for point in along)


def test_nodes_of_a_layer():
    d = diagrams.canvas()
    column = d.layer(1, 1.5, ["a", r"$\vdots$", "c"], gap=0.5)
    assert [(node.x, node.y) for node in column] == [(1, 2), (1, 1)]
    row = d.layer(3, 1, 3, gap=0.5, across=True)
    assert [(node.x, node.y) for node in row] == [(2.5, 1), (3, 1), (3.5, 1)]
    before = len(d.axis.patches)
    d.connect(column, row)
    assert len(d.axis.patches) == before + 6


def test_the_parts_of_a_tensor():
    d = diagrams.canvas()
    W = d.tensor(2, 1, (3, 4), "$W$", "parameter", rows="$m$", columns="$d$", cell=(0.4, 0.2))
    assert (W.width, W.height) == pytest.approx((1.6, 0.6))
    first, last = W.cell(0, 0), W.cell(-1, -1)
    assert (first.x, first.y, last.x, last.y) == pytest.approx((1.4, 1.2, 2.6, 0.8))
    assert (W.row(1).width, W.column(1).height) == pytest.approx((1.6, 0.6))
    block = W.part(slice(1, 3), slice(2, 4))
    assert (block.x, block.y, block.width, block.height) == pytest.approx((2.4, 0.9, 0.8, 0.4))
    assert texts(d) == ["$m$", "$d$", "$W$"]
    places = [text.get_position() for text in written(d)]
    assert places[0][0] < W.left[0]
    assert places[1][1] > W.top[1]
    assert places[2][1] < W.bottom[1]


def test_values_colour_the_cells_and_are_written_in_them():
    d = diagrams.canvas()
    d.tensor(2, 1, [[1.0, 0.25, -1.0, 0.5]], show="{:.2f}", hidden=[[0, 0, 0, 1]], cell=0.4)
    assert texts(d) == ["1.00", "0.25", "−1.00"]
    large, small, negative, hidden = (
        to_rgb(patch.get_facecolor()) for patch in d.axis.patches[:3] + d.axis.patches[3:4]
    )
    assert sum(large) < sum(small)
    assert max(negative) - min(negative) < 0.01 < max(large) - min(large)  # grey, unlike the others
    assert hidden == (1, 1, 1)


def test_words_in_cells_and_at_the_sides():
    d = diagrams.canvas()
    d.tensor(2, 1, [["a", "b"]], rows=["row"], columns=["one", "two"])
    assert texts(d) == ["a", "b", "row", "one", "two"]


def test_an_equation_runs_from_left_to_right():
    d = diagrams.canvas()
    z, W, x = d.equation(0.2, 1.5, [((4, 1), "$z$"), "=", ((4, 3), "$W$", "parameter", "$m$", "$d$"), ((3, 1), "$x$")])
    assert z.left[0] == pytest.approx(0.2)
    assert z.right[0] < W.left[0] < W.right[0] < x.left[0]
    labels = [text for text in d.axis.texts if text.get_text() in ("$z$", "$W$", "$x$")]
    assert len({text.get_position()[1] for text in labels}) == 1
    assert clashes(d.figure) == []


def test_a_brace_points_to_the_left_of_its_way():
    d = diagrams.canvas()
    assert brace_path((0, 1), (2, 1), 0.2).vertices.max(0) == pytest.approx([2, 1.2])
    d.brace((0, 1), (2, 1), "above")
    d.brace((2, 1), (0, 1), "below")
    d.brace((4, 0.5), (4, 2), "left")
    d.brace((4, 2), (4, 0.5), "right")
    above, below, left, right = written(d)
    assert above.get_position()[1] > 1.14 > 0.86 > below.get_position()[1]
    assert left.get_position()[0] < 3.86 < 4.14 < right.get_position()[0]


def test_a_frame_is_around_its_shapes():
    d = diagrams.canvas()
    a, b = d.node(1, 1, size=0.4), d.node(3, 2, size=0.4)
    frame = d.frame(a, b, label="both", pad=0.1)
    assert (frame.left[0], frame.right[0], frame.bottom[1], frame.top[1]) == pytest.approx((0.7, 3.3, 0.7, 2.3))
    grid = d.tensor(2, 1, (2, 2))
    row = d.frame(grid.row(0), pad=0, role="focus")
    assert (row.x, row.width) == pytest.approx((2, grid.width))


def test_panels_share_a_figure():
    top, bottom = diagrams.panels(["before", "after"], height=2)
    assert top.figure is bottom.figure
    assert list(top.figure.get_size_inches()) == [5.4, 4]
    assert top.axis.transData.transform((0, 0))[1] == pytest.approx(2 * top.figure.dpi)
    assert texts(bottom) == ["after"]
    left, right = diagrams.panels(["", ""], across=True)
    assert (left.width, right.height) == (2.7, 2.4)
    assert right.axis.transData.transform((0, 0))[0] == pytest.approx(2.7 * right.figure.dpi)


def test_roles_differ_in_form_as_well_as_in_colour():
    assert len({role.color for role in diagrams.ROLES.values()}) == len(diagrams.ROLES)
    looks = {
        (role.form, role.dashes, role.width > 2) for role in diagrams.ROLES.values() if role.meaning != "where to look"
    }
    assert len(looks) == len(diagrams.ROLES) - 1
    for role in diagrams.ROLES.values():
        light = np.dot([0.2126, 0.7152, 0.0722], np.power(to_rgb(role.ink), 2.2))
        assert 1.05 / (light + 0.05) > 4.5, role.meaning  # contrast with white paper


def test_a_gradient_is_dashed():
    d = diagrams.canvas()
    d.arrow((0, 1), (2, 1), role="gradient")
    head, line = d.axis.patches
    assert (head.get_linestyle(), line.get_linestyle()) == ("solid", diagrams.ROLES["gradient"].dashes)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("draw", "says"),
    [(lambda d: d.box(1, 1, "f", "layer"), "role: got 'layer', expected one of data, parameter, operation, loss"),
     (lambda d: d.text(1, 1, "small", size=9), "size: got 9 points, 8.3 pixels on a phone, expected 9.8 or more"),
     (lambda d: d.sign(1, 1, "-"), "sign: got '-', expected '+' or '×'"),
     (lambda d: d.tensor(1, 1, [1.0, 2.0]), "cells: got shape (2,), expected [rows, columns]"),
     (lambda d: d.tensor(1, 1, (2, 2), rows=["a"]), "rows: got 1 words, expected 2"),
     (lambda d: d.tensor(1, 1, (2, 2), columns=["a"] * 3), "columns: got 3 words, expected 2"),
     (lambda d: diagrams.panels([]), "titles: got none, expected one for each panel")],
)  # fmt: skip
def test_errors_name_the_argument(draw, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        draw(diagrams.canvas())


def test_text_in_a_wide_drawing_must_be_larger():
    with pytest.raises(ValueError, match="size: got 11 points"):
        diagrams.canvas(8, 2).text(1, 1, "label")


def test_the_layout_engine_stays_out(recwarn):
    d = sample()
    d.figure.canvas.print_figure("/dev/null", format="png", bbox_inches="tight")  # as notebooks do
    d.figure.draw_without_rendering()
    assert not recwarn.list


def test_clashes_are_found():
    d = diagrams.canvas()
    d.text(1, 1, "one")
    d.text(1.1, 1, "two")
    d.text(5.4, 2, "at the border")
    assert clashes(d.figure) == ["'at the border' is cut", "'one' overlaps 'two'"]


def test_the_legend_shows_every_role():
    page = (ROOT / "book" / "notation.md").read_text()
    legend = (ROOT / "book" / "_static" / "drawing-legend.svg").read_text()
    for role in diagrams.ROLES.values():
        assert role.color.lower() in legend, role.meaning
    assert "<text" not in legend  # letters are paths: no font is needed
    assert "drawing-legend.svg" in page
    words = {"data", "parameters", "operations", "losses", "gradients"}
    assert all(word in page.lower() for word in words)
