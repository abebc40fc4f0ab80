"""Figures that move: what is pre-rendered, and what is refused."""

import json
import re

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest

from deepbook import choice, explore, play, slider, toggle
from deepbook._live import live_widget
from deepbook.interact import MAX_BYTES


def draw(slope, kind="solid", grid=False):
    figure, axis = plt.subplots(figsize=(3, 2))
    axis.plot([0, 1], [0, slope], {"solid": "-", "dashed": "--"}[kind])
    axis.grid(grid)
    return figure, f"A {kind} line with slope {slope}, {'with' if grid else 'without'} a grid."


def full():
    return explore(draw, slope=slider([1, 2, 4], start=2), kind=choice(["solid", "dashed"]), grid=toggle(start=True))


def record_of(page):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_all_frames_in_order_the_last_control_fastest():
    record = record_of(full().html())
    assert len(record["frames"]) == len(record["alts"]) == 12
    assert record["alts"][0] == "A solid line with slope 1, without a grid."
    assert record["alts"][1] == "A solid line with slope 1, with a grid."
    assert record["alts"][2] == "A dashed line with slope 1, without a grid."
    assert record["alts"][-1] == "A dashed line with slope 4, with a grid."


def test_the_first_picture_is_that_of_the_starting_values():
    page = full().html()
    assert 'alt="A solid line with slope 2, with a grid."' in page
    first = re.search(r'<img src="([^"]+)"', page)[1]
    assert first == record_of(page)["frames"][5]


def test_same_bytes_again():
    assert full().html() == full().html()


def test_controls_are_off_until_the_script_runs_and_a_note_says_so():
    page = full().html()
    assert page.count(" disabled") == 3
    assert "The controls need JavaScript" in page


def test_text_cannot_end_the_script():
    def tricky(n):
        return plt.figure(figsize=(1, 1)), f"</script><b>number {n} of the figure"

    page = explore(tricky, n=slider([1, 2])).html()
    assert page.count("</script>") == 2
    assert record_of(page)["alts"][0] == "</script><b>number 1 of the figure"


def test_the_script_is_small():
    from importlib import resources

    assert len((resources.files("deepbook") / "interact.js").read_bytes()) < 10_000


def test_plain_text_names_the_controls():
    assert repr(full()) == "explore(draw: slope in 1, 2, 4; kind in solid, dashed; grid in off, on)"


def noise(n):
    figure, axis = plt.subplots()
    axis.imshow(np.random.default_rng(n).uniform(size=(400, 400)))
    return figure, f"Noise number {n}, as an image of 400 by 400."


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: explore(draw), "controls: got none"),
        (lambda: explore(draw, slope=slider(range(65))), r"explore: 65 frames \(slope 65\), at most 64 .*thin a grid"),
        (lambda: slider([1]), r"values: got \(1,\), expected at least two, increasing"),
        (lambda: slider([2, 1]), r"values: got \(2, 1\), expected"),
        (lambda: slider([1, 2], start=3), r"start: got 3, expected one of \(1, 2\)"),
        (lambda: choice(["a"]), r"options: got \('a',\), expected at least two"),
        (lambda: explore(noise, n=slider(range(8))).html(), rf"8 frames take .* at most {MAX_BYTES:,} are allowed"),
        (lambda: explore(lambda n: (plt.figure(), "?"), n=slider([1, 2])).html(), "got the alt text"),
    ],
)
def test_errors_tell_the_author_what_to_do(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_draw_must_return_figure_and_text():
    with pytest.raises(TypeError, match="draw: it returned Figure, expected"):
        explore(lambda n: plt.figure(), n=slider([1, 2])).html()


def test_live_computes_values_between_the_stored_ones():
    box = live_widget(explore(draw, slope=slider([1.0, 2.0])))
    image, control, alt = box.children
    assert isinstance(control, widgets.FloatSlider)
    before = image.value
    control.value = 1.37
    assert image.value != before
    assert alt.value == "A solid line with slope 1.37, without a grid."


def test_live_shows_an_error_in_place_and_recovers():
    def fragile(n):
        if n == 2:
            raise RuntimeError("two is too much")
        return plt.figure(figsize=(1, 1)), f"An empty figure, number {n}."

    _, control, alt = live_widget(explore(fragile, n=slider([1, 2, 3]))).children
    control.value = 2
    assert "two is too much" in alt.value
    control.value = 3
    assert alt.value == "An empty figure, number 3."


def test_whole_numbers_stay_whole_when_live():
    control = live_widget(explore(draw, slope=slider([1, 2, 16]))).children[1]
    assert isinstance(control, widgets.IntSlider)


def test_play_is_a_slider_with_a_button():
    page = explore(draw, slope=play([1, 2, 4], start=2, label="slope of the line")).html()
    assert page.count('<input type="range"') == 1
    assert '<button type="button" class="db-play" aria-label="Play slope of the line" disabled>Play</button>' in page


def test_play_when_live_moves_over_the_controls_values():
    image, row, alt = live_widget(explore(draw, slope=play([1, 2, 4]))).children
    control, button = row.children
    before = image.value
    button.value = 2
    assert control.value == 4
    assert image.value != before
    assert alt.value == "A solid line with slope 4, without a grid."
