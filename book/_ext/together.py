"""A bracket or a full stop beside a formula stays on the formula's line: browsers may break there."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

OPENS, CLOSES = re.compile(r"[(\[“]+$"), re.compile(r"^[.,;:!?)\]’”%]+")


def keep_together(app: Sphinx, doctree: nodes.document) -> None:
    """Put each formula in a line of text, and the signs that touch it, into one element that does not break."""
    for formula in list(doctree.findall(nodes.math)):
        parent = formula.parent
        index = parent.index(formula)
        around = [parent[i] if 0 <= i < len(parent) else None for i in (index - 1, index + 1)]
        before, after = (str(n) if isinstance(n, nodes.Text) else "" for n in around)
        opens, closes = OPENS.search(before), CLOSES.search(after)
        group = nodes.inline(classes=["together"])
        if opens:
            parent.replace(around[0], nodes.Text(before[: opens.start()]))
            group += nodes.Text(opens[0])
        if closes:
            parent.replace(around[1], nodes.Text(after[closes.end() :]))
        if opens or closes:
            parent.replace(formula, group)
            group += formula
        if closes:
            group += nodes.Text(closes[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register."""
    app.connect("doctree-read", keep_together)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
