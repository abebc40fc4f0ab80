"""In JupyterLab with a kernel a figure is live: it draws values that no stored frame holds."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

FIGURE = """
import matplotlib.pyplot as plt
from deepbook import explore, slider

def line(slope):
    figure, axis = plt.subplots(figsize=(3, 2))
    axis.plot([0, 1], [0, slope])
    return figure, f"A straight line through the origin, slope {slope:.3f}."

explore(line, slope=slider([1.0, 1.5, 2.0], label="slope of the line"))
"""


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab server on loopback with one small notebook; yields the notebook's address."""
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = new_notebook(cells=[new_code_cell(FIGURE.strip())], metadata=kernel)
    nbformat.write(notebook, tmp_path / "small.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    options = [
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={tmp_path}",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    env = os.environ | {"DEEPBOOK_STATIC": "0", "JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "HOME": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen([*command, *options], env=env, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1)
            break
        except OSError:
            time.sleep(0.5)
    else:
        pytest.fail((tmp_path / "log").read_text())
    yield f"{address}/lab/tree/small.ipynb"
    server.terminate()
    server.wait(20)


def test_the_slider_computes_values_outside_the_stored_grid(browsers, lab):
    page = browsers["light"].new_page()
    page.goto(lab)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.wait_for_timeout(2000)
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    handle = page.locator(".widget-slider .noUi-handle")
    handle.wait_for(timeout=60_000)
    text = page.locator(".widget-vbox .widget-html-content")
    assert text.inner_text() == "A straight line through the origin, slope 1.000."
    before = page.locator(".widget-vbox img").get_attribute("src")
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "text => document.querySelector('.widget-vbox .widget-html-content').textContent === text",
        arg="A straight line through the origin, slope 1.005.",
    )
    assert page.locator(".widget-vbox img").get_attribute("src") != before
    page.close()
