"""The progress bar: seen where somebody watches, nowhere else."""

import pytest

from deepbook import Progress


def run(monkeypatch, where, capsys):
    monkeypatch.setattr("deepbook.progress._where", lambda: where)
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
    from deepbook import progress

    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("DEEPBOOK_STATIC", "1")
    assert progress._where() is None
    monkeypatch.setenv("DEEPBOOK_STATIC", "0")
    assert progress._where() == "terminal"


def test_total_must_be_positive():
    with pytest.raises(ValueError, match="total: got 0, expected at least 1"):
        Progress(0)
