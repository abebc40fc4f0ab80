"""In JupyterLab with a kernel: figures draw any value, the last one wins, errors show, and long work has a bar."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from conftest import jupyter_lab

FIGURE = """
import matplotlib.pyplot as plt
from deepbook import explore, slider

def line(slope):
    figure, axis = plt.subplots(figsize=(3, 2))
    axis.plot([0, 1], [0, slope])
    return figure, f"A straight line through the origin, slope {slope:.3f}."

explore(line, slope=slider([1.0, 1.5, 2.0], label="slope of the line"))
"""
SLOW = """
import time
drawn = []

def slow(n):
    time.sleep(0.3)
    drawn.append(n)
    if n == 40:
        raise RuntimeError("forty is too much")
    return plt.figure(figsize=(1, 1)), f"The slow picture, number {n}."

explore(slow, n=slider([0, 10, 100]))
"""
WORK = """
from deepbook import Progress
with Progress(40, "training", after=0.2) as bar:
    for i in range(40):
        time.sleep(0.1)
        bar.update(i + 1, loss=1 / (i + 1))
print("done")
"""
FILM = """
import matplotlib.pyplot as plt
from deepbook import animate

def film(n):
    return plt.figure(figsize=(1, 1)), f"Picture number {n} of a film."

animate(film, range(4))
"""
LEARNS = """
import jax.numpy as jnp
from deepbook import live, marks

def fall(x):
    return 0.9 * x

def falling(x):
    return marks.panel(marks.points(x, x), xlim=(0, 1), ylim=(0, 1)), {"x": x[0]}

live(fall, jnp.ones(1), falling, steps=20, tell="Step {step}: {x:.2f}.", alt="A point falls to the ground.")
"""
TEXT = ".widget-vbox .widget-html-content"


@pytest.fixture(scope="module", name="page")
def _page(window, tmp_path_factory):
    """A notebook with one cell for each test, open in JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    cells = [new_code_cell(source.strip()) for source in (FIGURE, SLOW, WORK, "print(len(drawn))", FILM, LEARNS)]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / "small.ipynb")
    with jupyter_lab(folder) as address:
        page = window("light").new_page()
        page.goto(f"{address}/lab/tree/small.ipynb")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        page.wait_for_timeout(2000)
        yield page
        page.close()


def run(page, number):
    """Run a cell; its place on the page."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    return cell


def test_the_slider_computes_values_outside_the_stored_grid(page):
    cell = run(page, 0)
    handle = cell.locator(".widget-slider .noUi-handle")
    handle.wait_for(timeout=60_000)
    text = cell.locator(TEXT)
    assert text.inner_text() == "A straight line through the origin, slope 1.000."
    before = cell.locator(".widget-vbox img").get_attribute("src")
    handle.focus()
    page.keyboard.press("ArrowRight")
    cell.locator(TEXT, has_text="slope 1.005.").wait_for()
    assert cell.locator(".widget-vbox img").get_attribute("src") != before


def test_a_film_moves_whichever_cell_is_run_first_or_again(page):
    for shown in (0, 1):  # after the second run it goes on where the address says
        figure = run(page, 4).locator(".db-animate[data-ready]")
        figure.wait_for(timeout=60_000)
        picture = figure.locator("img")
        assert picture.get_attribute("alt") == f"Picture number {shown} of a film."
        figure.locator(".db-move").last.click()
        assert picture.get_attribute("alt") == f"Picture number {shown + 1} of a film."
        figure.evaluate("root => root.remove()")


def test_a_figure_that_learns_does_so_in_a_notebook_too(page):
    figure = run(page, 5).locator(".db-live[data-ready]")
    figure.locator("canvas").wait_for(timeout=60_000)
    figure.locator(".db-step").click()
    assert figure.locator(".db-told").inner_text() == "Step 1: 0.90."
    figure.locator(".db-run").click()
    figure.locator(".db-run:text-is('Train')").wait_for()
    assert figure.locator(".db-told").inner_text() == "Step 20: 0.12."


def test_many_changes_at_once_are_held_back_and_the_last_one_wins(page):
    cell = run(page, 1)
    handle = cell.locator(".widget-slider .noUi-handle")
    handle.wait_for(timeout=60_000)
    handle.focus()
    for _ in range(30):  # far faster than 0.3 s each
        page.keyboard.press("ArrowRight")
    cell.locator(TEXT, has_text="The slow picture, number 30.").wait_for(timeout=20_000)
    output = run(page, 3).locator(".jp-OutputArea-output pre")
    output.wait_for(timeout=20_000)
    assert 2 <= int(output.inner_text()) <= 15  # pictures drawn for 31 values


def test_an_exception_is_shown_in_its_place_and_the_slider_lives(page):
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1)
    cell.locator(".widget-slider .noUi-handle").focus()
    for _ in range(10):  # from 30
        page.keyboard.press("ArrowRight")
    cell.locator(TEXT, has_text="RuntimeError: forty is too much").wait_for(timeout=20_000)
    page.keyboard.press("ArrowRight")
    cell.locator(TEXT, has_text="The slow picture, number 41.").wait_for(timeout=20_000)


def test_long_work_shows_a_bar_with_rate_and_remaining_time_which_disappears(page):
    cell = run(page, 2)
    bar = cell.locator("progress")
    bar.wait_for(timeout=20_000)
    page.wait_for_function("document.querySelector('progress').value > 0.3")
    text = cell.locator(".jp-OutputArea-output", has=page.locator("progress")).inner_text()
    assert "training" in text
    assert "/s" in text
    assert "s left" in text
    bar.wait_for(state="detached", timeout=20_000)
    cell.locator("pre", has_text="done").wait_for()
