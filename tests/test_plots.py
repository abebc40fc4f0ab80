"""Plots: how small a figure's text gets on a phone."""

import matplotlib.pyplot as plt
import pytest

from deepbook.page.plots import phone_text, smallest_text


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
