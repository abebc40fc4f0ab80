"""Numbers by chapter: equation (9.4), Figure 9.2, Theorem 1a.3; they stay when another chapter grows."""

from typing import Any

from chapters import number
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def renumber(app: Sphinx, env: BuildEnvironment, *changed: set[str]) -> list[str]:
    """Count each kind of thing anew in each chapter, with the chapter's number before it."""
    for docname, kinds in env.toc_fignumbers.items():
        folder, _, name = docname.partition("/")
        if folder != "notebooks":
            continue
        for kind, numbers in kinds.items():
            in_order = sorted(numbers, key=lambda node_id, numbers=numbers: numbers[node_id])
            kinds[kind] = {node_id: (number(name), i) for i, node_id in enumerate(in_order, 1)}
    return []


def setup(app: Sphinx) -> dict[str, Any]:
    """Register, to run after Sphinx has counted through the whole book."""
    app.connect("env-get-updated", renumber, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
