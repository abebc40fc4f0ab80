"""A headless Chromium with the built site, opened from disk."""

import contextlib
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
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html") if "_static" not in p.parts)


@pytest.fixture(scope="session", name="browsers")
def _browsers(tmp_path_factory):
    """One browser window for each way of looking at the site."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.exit("Chromium is missing. On Debian and Ubuntu: apt-get install chromium", returncode=2)
    if not PAGES:
        pytest.exit(f"there is no site in {SITE}: make site", returncode=2)
    with sync_playwright() as playwright:
        windows = {
            name: playwright.chromium.launch_persistent_context(
                tmp_path_factory.mktemp("profile"), executable_path=chromium, headless=True, args=ARGS, **mode
            )
            for name, mode in MODES.items()
        }
        yield windows
        for window in windows.values():
            window.close()


@pytest.fixture(name="open_page")
def _open_page(browsers):
    """Open a page of the site; what it asked for and complained about is on `page.requests` and `page.problems`."""
    opened = []

    def open_page(name, mode="light"):
        page = browsers[mode].new_page()
        opened.append(page)
        page.requests, page.problems = [], []
        page.on("request", lambda r: page.requests.append(r.url))
        page.on("console", lambda m: page.problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: page.problems.append(str(e)))
        page.goto(f"{SITE.as_uri()}/{name}")
        if mode != "no script":
            page.wait_for_function("!window.MathJax || (MathJax.startup && MathJax.startup.promise)")
            page.evaluate("window.MathJax && MathJax.startup.promise")
        return page

    yield open_page
    for page in opened:
        page.close()


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
    env = os.environ | {"DEEPBOOK_STATIC": "0", "JUPYTER_CONFIG_DIR": str(folder / "config"), "HOME": str(folder)}
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
        server.wait(20)
