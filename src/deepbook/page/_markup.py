"""Sentences for a page: plain text with $formulas$ and *italics* as HTML."""

import html
import re

_ITALIC = re.compile(r"(?<!\w)\*([^*]+)\*(?!\w)")


def prose(text: str) -> str:
    """A sentence for the page: escaped, with $formulas$ marked for MathJax and *words* in italics."""
    words, *rest = html.escape(text, quote=False).split("$")  # every second part is a formula
    parts = [words] + [
        rf'<span class="mathjax_process">\({part}\)</span>' if n % 2 == 0 else part for n, part in enumerate(rest)
    ]
    return "".join(part if n % 2 else _ITALIC.sub(r"<em>\1</em>", part) for n, part in enumerate(parts))
