"""`{takeaway}`: what a part of a section has found, in one line; the page shows it as a box, the lecture as a slide."""

from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class takeaway(nodes.General, nodes.Element):
    """The box; `show` holds labels of equations, theorems and figures, `note` what a lecturer might say."""


class Takeaway(SphinxDirective):
    """A finding as its title, labels in `:show:`, a presenter's `:note:`, and the line to take away as its body."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"show": directives.unchanged, "note": directives.unchanged}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Make the box, its title first."""
        shown = [label.strip() for label in self.options.get("show", "").split(",") if label.strip()]
        node = takeaway("", show=shown, note=self.options.get("note", ""))
        parts, _ = self.state.inline_text(self.arguments[0], self.lineno)
        node += nodes.paragraph("", "", *parts, classes=["takeaway-title"])
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def visit(self: Any, node: takeaway) -> None:
    """Begin the box; it has no role, so that a page keeps few landmarks."""
    self.body.append('<div class="takeaway">')


def depart(self: Any, node: takeaway) -> None:
    """End the box."""
    self.body.append("</div>")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register."""
    ignore = (lambda self, node: None, lambda self, node: None)
    app.add_node(takeaway, html=(visit, depart), latex=ignore, text=ignore)
    app.add_directive("takeaway", Takeaway)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
