"""Plots: what is drawn where, and how small a figure's text gets on a phone."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.markers import MarkerStyle

from deepbook.page.plots import (
    CYCLE,
    MARKERS,
    clashes,
    phone_text,
    show_images,
    show_points,
    show_regions,
    smallest_text,
    use_style,
)

IMAGES = np.arange(5 * 3 * 4, dtype=float).reshape(5, 3, 4)
POINTS = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [8.0, 9.0]])
CLASSES = np.array([2, 0, 2, 1, 0])


def test_the_style_of_the_book():
    with mpl.rc_context():
        use_style()
        figure, axis = plt.subplots()
        lines = [axis.plot([0, i])[0] for i in range(7)]
        assert tuple(line.get_color() for line in lines) == CYCLE
        assert figure.get_size_inches().tolist() == [5.4, 3.2]
        assert to_hex(figure.get_facecolor()) == "#ffffff"
        assert {side for side, spine in axis.spines.items() if spine.get_visible()} == {"left", "bottom"}
        assert axis.get_axisbelow() is True
        assert smallest_text(figure) == 10
    assert len(set(CYCLE)) == len(set(MARKERS)) == 7


def test_in_a_notebook_a_figure_says_its_size_and_what_it_shows(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    with mpl.rc_context():
        use_style()
        figure, axis = plt.subplots(figsize=(4, 2))
        axis.set_title("a line")
        axis.tick_params(labelsize=8)
        axis.plot([0, 1])
        data, _ = shell.display_formatter.format(figure)
    assert data["text/plain"] == "Figure 4 x 2 in at 180 dpi, text from 8 pt"
    assert '"1":"a line |  | "' in data["application/vnd.deepbook.figure+json"]
    assert set(shell.display_formatter.format(42)[0]) == {"text/plain"}  # other things are shown as before


def test_images_are_drawn_in_order_row_by_row():
    figure = show_images(IMAGES, list("abcde"), columns=3, size=0.5)
    assert len(figure.axes) == 6
    for i, axis in enumerate(figure.axes[:5]):
        (image,) = axis.images
        np.testing.assert_array_equal(image.get_array(), IMAGES[i])
        assert image.get_clim() == (0, 59)  # one scale for all
        assert axis.get_title() == "abcde"[i]
        assert not axis.axison
        assert image.origin == "upper"
        assert (axis.get_subplotspec().rowspan.start, axis.get_subplotspec().colspan.start) == divmod(i, 3)
    assert not figure.axes[5].images
    assert not figure.axes[5].axison
    np.testing.assert_allclose(figure.get_size_inches(), [1.5, 0.5 * 1.3 * 2])


def test_images_without_titles_at_a_given_scale():
    figure = show_images(IMAGES[:2], limit=(-1, 100), size=1.0)
    assert [axis.images[0].get_clim() for axis in figure.axes] == [(-1, 100)] * 2
    assert [axis.get_title() for axis in figure.axes] == ["", ""]
    np.testing.assert_allclose(figure.get_size_inches(), [2, 1])


def test_coloured_images_are_drawn_as_they_are_and_clipped():
    pictures = np.random.default_rng(0).uniform(-0.5, 1.5, (2, 3, 4, 3))
    for axis, picture in zip(show_images(pictures).axes, pictures, strict=True):
        np.testing.assert_array_equal(axis.images[0].get_array(), picture.clip(0, 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((2, 3, 4, 2)),), r"images: got shape \(2, 3, 4, 2\), expected \[n, height, width\] or"),
        ((IMAGES[0],), r"images: got shape \(3, 4\), expected \[n, height, width\]"),
        ((IMAGES, ["a"]), "titles: got 1, expected 5"),
        ((IMAGES[:0],), r"images: got shape \(0, 3, 4\), expected at least one image"),
        ((IMAGES[:, :0],), r"images: got shape \(5, 0, 4\), expected at least one image"),
    ],
)
def test_images_that_cannot_be_shown(arguments, message):
    with pytest.raises(ValueError, match=message):
        show_images(*arguments)


@pytest.mark.usefixtures("unchecked")
def test_columns_are_a_positive_whole_number():
    with pytest.raises(ValueError, match="columns: got 0, expected a whole number from 1 on"):
        show_images(IMAGES, columns=0)
    with pytest.raises(TypeError, match=r"columns: got 2\.5, expected a whole number"):
        show_images(IMAGES, columns=2.5)


def test_points_have_their_class_s_colour_marker_and_name():
    _, axis = plt.subplots()
    show_points(axis, POINTS, CLASSES, size=9)
    for label, drawn in enumerate(axis.collections):
        np.testing.assert_array_equal(drawn.get_offsets(), POINTS[np.equal(CLASSES, label)])
        assert to_hex(drawn.get_facecolor()[0]) == CYCLE[label].lower()
        assert drawn.get_label() == str(label)
        assert drawn.get_sizes().tolist() == [9]
        marker = MarkerStyle(MARKERS[label])
        shape = marker.get_path().transformed(marker.get_transform())
        np.testing.assert_array_equal(drawn.get_paths()[0].vertices, shape.vertices)
    assert len(axis.collections) == 3


def test_minus_one_and_one_look_like_zero_and_one():
    _, (left, right) = plt.subplots(1, 2)
    show_points(left, POINTS[:2], [-1, 1])
    show_points(right, POINTS[:2], [0, 1])
    for one, other in zip(left.collections, right.collections, strict=True):
        np.testing.assert_array_equal(one.get_offsets(), other.get_offsets())
        np.testing.assert_array_equal(one.get_facecolor(), other.get_facecolor())
    assert [drawn.get_label() for drawn in left.collections] == ["-1", "1"]


def show(x, y, decide=lambda p: np.zeros(len(p)), grid=4):
    _, axis = plt.subplots()
    show_regions(axis, decide, x, y, limits=(-1.0, 1.0, -1.0, 1.0), grid=grid)
    return axis


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda x: show_points(plt.gca(), x, [0, 7]), ValueError, "y: got classes 0 to 7, expected -1 to 6"),
        (lambda x: show_points(plt.gca(), x, [-2, 1]), ValueError, "y: got classes -2 to 1, expected -1 to 6"),
        (lambda x: show_points(plt.gca(), x, [np.nan, 1]), ValueError, "y: got classes nan to nan, expected -1 to 6"),
        (lambda x: show_points(plt.gca(), x, ["a", "b"]), TypeError, "y: got list, expected class numbers"),
        (lambda x: show_points(plt.gca(), x, [0]), ValueError, r"x, y: got shapes \(2, 2\), \(1,\), expected \[n, 2\]"),
        (lambda x: show_points(plt.gca(), x[0], [0, 1]), ValueError, r"x, y: got shapes \(2,\), \(2,\), expected"),
        (lambda x: show(x, [0, 7]), ValueError, "y: got classes 0 to 7, expected -1 to 6"),
        (lambda x: show(x, [0, 1], lambda p: np.arange(16)), ValueError, "decide: got classes 0 to 15, expected -1"),
        (
            lambda x: show(x, [0, 1], lambda p: np.zeros(3)),
            ValueError,
            r"decide: it returned shape \(3,\), expected \(16,",
        ),
        (lambda x: show(x, [0, 1], lambda p: "a"), TypeError, "decide: got str, expected class numbers"),
        (lambda x: show(x, [0, 1], grid=2.5), TypeError, "grid: got 2.5, expected a whole number"),
    ],
)
def test_points_and_regions_that_cannot_be_drawn(draw, error, message):
    with pytest.raises(error, match=message):
        draw(POINTS[:2])


def test_as_many_classes_as_colours():
    axis = show(np.zeros((7, 2)), np.arange(7))
    assert [to_hex(drawn.get_facecolor()[0]) for drawn in axis.collections] == [colour.lower() for colour in CYCLE]
    assert not show(np.zeros((0, 2)), []).collections  # regions alone


def test_regions_lie_where_the_classifier_says():
    _, axis = plt.subplots()
    limits = (-1.0, 3.0, 0.0, 2.0)
    show_regions(axis, lambda p: (p > 1).sum(1), POINTS, CLASSES, limits=limits, grid=4)
    (image,) = axis.images
    assert image.get_extent() == list(limits)
    assert image.origin == "lower"  # the first row is the lowest
    np.testing.assert_array_equal(image.get_array(), [[0, 0, 1, 1]] * 2 + [[1, 1, 2, 2]] * 2)
    for label in range(3):
        assert to_hex(image.to_rgba(np.array([label]))[0]) == CYCLE[label].lower()
    assert image.get_alpha() == 0.25
    assert (*axis.get_xlim(), *axis.get_ylim()) == limits
    assert [drawn.get_label() for drawn in axis.collections] == ["0", "1", "2"]
    np.testing.assert_array_equal(axis.collections[1].get_offsets(), POINTS[np.equal(CLASSES, 1)])


def test_texts_that_overlap_or_are_cut_are_named():
    figure = plt.figure(figsize=(4, 3))
    figure.text(0.1, 0.5, "first")
    figure.text(0.11, 0.5, "second")
    figure.text(0.99, 0.9, "beyond")
    figure.text(0.5, 0.2, "alone")
    assert clashes(figure) == ["'beyond' is cut", "'first' overlaps 'second'"]
    plain, axis = plt.subplots(layout="constrained")
    axis.set(title="title", xlabel="x", ylabel="y")
    assert clashes(plain) == []


def test_the_smallest_visible_text_counts():
    figure, (left, right) = plt.subplots(1, 2, figsize=(5, 3))
    for axis in (left, right):
        axis.tick_params(labelsize=12)
    assert smallest_text(figure) == 12
    right.tick_params(labelsize=4)
    assert smallest_text(figure) == 4
    right.axis("off")  # its tick labels are not drawn
    assert smallest_text(figure) == 12
    left.text(0, 0, " ", fontsize=2)
    left.text(0, 0, "unseen", fontsize=3, visible=False)
    assert smallest_text(figure) == 12


def test_its_height_on_a_phone():
    figure = plt.figure(figsize=(5, 3))
    assert phone_text(figure) == float("inf")
    figure.text(0, 0, "ten", fontsize=10)
    assert phone_text(figure) == pytest.approx(10 / 72 * 358 / 5)
