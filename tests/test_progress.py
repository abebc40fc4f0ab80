"""The progress bar: seen where somebody watches, nowhere else."""

import contextlib
import os
import pty
import re
import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

from deepbook import Progress


def run(monkeypatch, where, capsys):
    monkeypatch.setattr("deepbook.training._progress._where", lambda: where)
    with Progress(3, "step", after=0) as bar:
        for i in range(3):
            bar.last = 0  # as if time had passed
            bar.update(i + 1, loss=0.5)
    return capsys.readouterr()


def test_a_terminal_shows_the_bar_and_is_left_clean(monkeypatch, capsys):
    shown = run(monkeypatch, "terminal", capsys)
    assert shown.out == ""
    assert "step 2/3, loss 0.5" in shown.err
    assert "s left" in shown.err
    assert shown.err.endswith("\r\x1b[K")


def test_nothing_where_nobody_watches(monkeypatch, capsys):
    shown = run(monkeypatch, None, capsys)
    assert shown.out == shown.err == ""


def test_the_books_tools_switch_it_off(monkeypatch):
    from deepbook.training import _progress as progress

    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("DEEPBOOK_STATIC", "1")
    assert progress._where() is None
    monkeypatch.setenv("DEEPBOOK_STATIC", "0")
    assert progress._where() == "terminal"


def test_total_must_be_positive():
    with pytest.raises(ValueError, match="total: got 0, expected at least 1"):
        Progress(0)


WORK = """
import time
from deepbook import Progress
with Progress(30, "training", after=0.1) as bar:
    for i in range(30):
        time.sleep(0.05)
        bar.update(i + 1, loss=0.5)
print("done")
"""


def test_a_real_terminal_sees_the_bar_move_and_vanish():
    ours, theirs = pty.openpty()
    env = os.environ | {"DEEPBOOK_STATIC": "0"}
    process = subprocess.Popen([sys.executable, "-c", WORK], stderr=theirs, stdout=subprocess.PIPE, env=env)
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error
        while part := os.read(ours, 4096):
            seen += part
    assert process.communicate()[0] == b"done\n"
    assert process.returncode == 0
    shown = seen.decode().split("\r\x1b[K")
    assert len(shown) >= 4
    assert re.fullmatch(r"\[=+ +\] training \d+/30, loss 0.5, [\d.]+/s, \d+ s left", shown[2])
    assert shown[-1] == ""


def test_a_kernel_shows_the_bar_and_takes_it_back():
    manager, client = start_new_kernel(env=os.environ | {"DEEPBOOK_STATIC": "0"})
    messages = []
    try:
        client.execute_interactive(WORK, output_hook=messages.append, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert [m["content"] for m in messages if m["msg_type"] == "error"] == []
    kinds = [message["msg_type"] for message in messages]
    assert kinds.count("display_data") == 1
    assert kinds.count("update_display_data") >= 3
    assert [m["content"]["text"] for m in messages if m["msg_type"] == "stream"] == ["done\n"]
    bars = [m["content"]["data"] for m in messages if "display_data" in m["msg_type"]]
    assert all("<progress" in bar["text/html"] and " s left" in bar["text/html"] for bar in bars[1:-1])
    assert bars[-1] == {}  # nothing of it stays
