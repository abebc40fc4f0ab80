"""A headless Chromium with the built site, opened from disk.

Most checks are in `test_pages.py`, which opens each page once for each way of looking at it. Every worker of pytest has
a browser of its own, with a window for each way that it needs.
"""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
MODES = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True},
    "narrow": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}, "has_touch": True},
    "less motion": {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 900}},
    "no script": {"java_script_enabled": False, "viewport": {"width": 1280, "height": 900}},
}
PATIENCE = 180_000  # ms; the machine may be busy with other work
FILES = [p for p in SITE.rglob("*.html") if "_static" not in p.parts]
PAGES = [p.relative_to(SITE).as_posix() for p in sorted(FILES, key=lambda p: (-p.stat().st_size, p))]  # longest first
WITH_FIGURES = [
    name
    for name in PAGES
    if 'class="db-figure' in (SITE / name).read_text(encoding="utf-8") and not name.startswith("lecture/")
]
CHAPTER = "notebooks/01a_history.html"  # it uses every kind of figure
RESET = """() => {  // back to how the page was opened
    for (const root of document.querySelectorAll('.db-figure')) {
        const again = root.querySelector('.db-again');
        if (again && !again.hidden) again.click();
        const plays = [...root.querySelectorAll('.db-play')].some((button) => button.textContent === 'Pause');
        for (const input of root.querySelectorAll('input, select')) {
            const now = [input.value, input.checked].join();
            if (input.type === 'checkbox') input.checked = input.defaultChecked;
            else if (input.type === 'range') input.value = input.defaultValue;
            else input.selectedIndex = Math.max(0, [...input.options].findIndex((o) => o.defaultSelected));
            // the browser counts the events, since each writes to the address
            if (plays || now !== [input.value, input.checked].join()) {
                input.dispatchEvent(new Event('input', { bubbles: true }));
            }
        }
    }
    for (const details of document.querySelectorAll('details.hint')) details.open = false;
    history.replaceState(null, '', location.href.split('#')[0]);
    document.activeElement.blur();
    scrollTo({ top: 0, behavior: 'instant' });
}"""


@pytest.fixture(scope="session", name="window")
def _window():
    """Give the browser window for a way of looking at the site, `window(mode)`."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.exit("Chromium is missing. On Debian and Ubuntu: apt-get install chromium", returncode=2)
    if not PAGES:
        pytest.exit(f"there is no site in {SITE}: make site", returncode=2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=ARGS)

        @functools.cache
        def window(mode):
            context = browser.new_context(**MODES[mode])
            context.set_default_timeout(PATIENCE)
            return context

        yield window
        browser.close()


# Loaded, not a page that leads on to another, formulas begun.
READY = """() => document.readyState === "complete" && !document.querySelector("meta[http-equiv=refresh i]")
  && (!document.querySelector("script[src*=mathjax]") || window.MathJax?.startup?.promise)"""


def opened(window, name, mode):
    """A page of the site; what it asked for and complained about is on `page.requests` and `page.problems`."""
    page = window(mode).new_page()
    page.requests, page.problems = [], []
    page.on("request", lambda r: page.requests.append(r.url))
    page.on("console", lambda m: page.problems.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.problems.append(str(e)))
    page.goto(f"{SITE.as_uri()}/{name}")
    if mode != "no script":
        page.wait_for_function(READY)
        page.evaluate("window.MathJax?.startup?.promise")
    return page


@pytest.fixture(name="open_page")
def _open_page(window):
    """Open a page in a tab of its own, which the end of the test closes."""
    pages = []

    def open_page(name, mode="light"):
        pages.append(opened(window, name, mode))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture(scope="session", name="chapter_tab")
def _chapter_tab(window):
    """Open the chapter with every kind of figure once for all the tests that ask for `chapter`."""
    page = opened(window, CHAPTER, "light")
    yield page
    page.close()


@pytest.fixture(name="chapter")
def _chapter(chapter_tab):
    """Set the open chapter back to how it was opened."""
    chapter_tab.evaluate(RESET)
    return chapter_tab


def jupyter_environment(folder):
    """Settings and signatures of their own for Jupyter in a folder."""
    own = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data"), "HOME": str(folder)}
    return os.environ | {"DEEPBOOK_STATIC": "0"} | own


@contextlib.contextmanager
def jupyter_lab(folder):
    """A JupyterLab server on loopback over a folder; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    options = [
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    env = jupyter_environment(folder)
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([*command, *options], env=env, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1)
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((folder / "log").read_text())
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:  # a kernel that still starts holds it up
            server.kill()
            server.wait()
