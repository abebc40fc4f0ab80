"""Figures outside the site: in JupyterLab without trust or kernel, and in a page that nbconvert wrote."""

import json
import shutil
import subprocess
import sys

from conftest import SITE, jupyter_environment, jupyter_lab

NOTEBOOK = SITE.parents[1] / "notebooks" / "01a_history.ipynb"


def test_nbviewer_moves_the_figures(window, tmp_path):
    """In a page as nbviewer would write it, by nbconvert, opened from disk."""
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--log-level", "ERROR", "--output-dir", tmp_path]
    subprocess.run([*command, NOTEBOOK], check=True)
    page = window("light").new_page()
    page.route("http*://**", lambda route: route.abort())  # its page asks other hosts for MathJax
    page.goto((tmp_path / NOTEBOOK.with_suffix(".html").name).as_uri())
    for kind in ("explore", "animate", "stepper"):
        figure = page.locator(f".db-{kind}").first
        slider = figure.locator("input[type=range]").first
        slider.fill("0")  # it may open at its end
        before = figure.locator("img").get_attribute("alt")
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert figure.locator("img").get_attribute("alt") != before, kind
    page.close()


def test_jupyterlab_without_trust_shows_the_first_picture_and_the_texts(window, tmp_path):
    shutil.copy(NOTEBOOK, tmp_path / "untrusted.ipynb")
    with jupyter_lab(tmp_path) as address:
        page = window("light").new_page()
        page.goto(f"{address}/lab/tree/untrusted.ipynb")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        alt = first_alt("fig-xor-by-hand")
        picture = page.locator(f".jp-OutputArea img[alt='{alt}']")
        for _ in range(60):  # cells are drawn when they come into view
            if picture.count():
                break
            page.mouse.move(700, 500)
            page.mouse.wheel(0, 3000)
            page.wait_for_timeout(150)
        picture.scroll_into_view_if_needed()
        assert picture.is_visible()
        assert picture.evaluate("image => image.naturalWidth") > 300
        assert page.locator("ol > li", has_text="One line.").first.is_visible()
        assert page.get_by_text("The controls need JavaScript").first.is_visible()
        page.close()


def test_jupyterlab_with_trust_moves_a_stored_figure_alone(window, tmp_path):
    """A notebook that holds one of the chapter's figures and nothing else: no figure needs another one."""
    notebook = json.loads(NOTEBOOK.read_text())
    notebook["cells"] = [cell for cell in notebook["cells"] if "db-stepper" in json.dumps(cell.get("outputs", []))][-1:]
    (tmp_path / "trusted.ipynb").write_text(json.dumps(notebook))
    trust = [sys.executable, "-m", "jupyter", "trust", "trusted.ipynb"]
    subprocess.run(trust, cwd=tmp_path, env=jupyter_environment(tmp_path), check=True, capture_output=True)
    with jupyter_lab(tmp_path) as address:
        page = window("light").new_page()
        page.goto(f"{address}/lab/tree/trusted.ipynb")
        figure = page.locator(".jp-OutputArea .db-stepper[data-ready]")
        figure.wait_for(timeout=60_000)
        before = figure.locator("img").get_attribute("alt")
        figure.locator(".db-move").last.click()
        assert figure.locator("img").get_attribute("alt") != before
        page.close()


def first_alt(identifier):
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        for output in cell.get("outputs", []):
            page = "".join(output.get("data", {}).get("text/html", ""))
            if f'id="{identifier}"' in page:
                return page.split('alt="')[1].split('"')[0]
    raise AssertionError(identifier)
