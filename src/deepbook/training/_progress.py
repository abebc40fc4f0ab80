"""A progress bar for long work: in a terminal, in Jupyter and on Colab, and never in a stored output."""

import os
import sys
import time
from typing import Any

from deepbook._checks import number, whole


class Progress:
    """Shows how far a loop is, its rate and the time that remains; disappears when the work is done.

    It appears only where somebody can watch it: on a terminal, or in a notebook with a live front-end. Set the
    environment variable `DEEPBOOK_STATIC=1` to switch it off; the book's own tools do, so that stored
    outputs never hold a bar.

    Args:
        total: number of units of work, at least 1.
        label: what is being done.
        after: seconds before the bar first appears, so that short work shows none.

    Example:
        >>> with Progress(3, "squares", after=60) as bar:
        ...     for i in range(3):
        ...         bar.update(i + 1, value=i * i)
    """

    def __init__(self, total: int, label: str = "", *, after: float = 1.0) -> None:
        if number("total", total) < 1:
            raise ValueError(f"total: got {total}, expected at least 1")
        self.total, self.label, self.after = total, label, number("after", after, 0)
        self.start = self.last = time.perf_counter()
        self.first: int | None = None
        self.shown: Any = None
        self.where = _where()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown is not None:
            self._show("")

    def update(self, done: int, **values: Any) -> None:
        """Say that `done` units are finished, with current values to show beside the bar.

        Args:
            done: units finished so far.
            **values: numbers such as `loss=0.3`.
        """
        whole(0, done=done)
        now = time.perf_counter()
        if self.first is None:  # the first report includes compilation: the rate counts from here
            self.first, self.start_rate = done, now
        if self.where is None or now - self.start < self.after or (now - self.last < 0.2 and done < self.total):
            return
        self.last = now
        rate = (done - self.first) / max(now - self.start_rate, 1e-9)
        left = f", {(self.total - done) / rate:.0f} s left" if rate > 0 else ""
        numbers = "".join(f", {name} {value:.4g}" for name, value in values.items())
        self._show(f"{self.label} {done}/{self.total}{numbers}, {rate:.4g}/s{left}", done / self.total)

    def _show(self, text: str, share: float = 0.0) -> None:
        if self.where == "terminal":
            bar = "" if not text else f"[{'=' * round(20 * share):20}] {text}"
            sys.stderr.write(f"\r\x1b[K{bar}")
            sys.stderr.flush()
            self.shown = True
            return
        from IPython.display import display

        html = f'<progress value="{share:.3f}" style="width:12em"></progress> {text}' if text else ""
        data = {"text/html": html, "text/plain": text} if text else {}
        if self.shown is None:
            self.shown = display(data, raw=True, display_id=True)
        else:
            self.shown.update(data, raw=True)


def _where() -> str | None:
    """Where a bar can be watched: "terminal", "notebook" or nowhere."""
    if os.environ.get("DEEPBOOK_STATIC", "0") == "1":
        return None
    if sys.stderr.isatty():
        return "terminal"
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return "notebook" if shell is not None and hasattr(shell, "kernel") else None
