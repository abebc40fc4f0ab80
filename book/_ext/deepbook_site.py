"""What the site makes from the notebooks: costs, figures on other pages; and repairs of the theme."""

import json
import os
import re
from importlib import resources
from pathlib import Path
from typing import Any

from chapters import chapters, cost, outputs, title
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from deepbook.page._frames import FILES, figure_kind, without_code


class Costs(SphinxDirective):
    """`{costs}`: run time and memory of each chapter, as its head states them and `make execute` measured them."""

    def run(self) -> list[nodes.Node]:
        """Read the heads and write a table."""
        root = Path(self.env.srcdir)
        lines = ["| Chapter | Run time under | Memory under | Cells of code |", "|---|---|---|---|"]
        for name, notebook in chapters(root):
            self.env.note_dependency(str(root / "notebooks" / f"{name}.ipynb"))
            seconds, gigabytes = cost(notebook)
            cells = sum(cell["cell_type"] == "code" for cell in notebook["cells"])
            chapter = f'<a href="../notebooks/{name}.html">{title(notebook)}</a>'
            lines.append(f"| {chapter} | {seconds} s | {gigabytes} GB | {cells} |")
        node = nodes.container()
        self.state.nested_parse(StringList(lines, source="costs"), self.content_offset, node)
        return node.children


class ChapterFigure(SphinxDirective):
    """`{chapter-figure} NOTEBOOK ID`: a figure that moves or learns, as a chapter stores it, on another page."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """Copy the stored HTML of the output with that id."""
        name, identifier = self.arguments
        path = Path(self.env.srcdir) / "notebooks" / f"{name}.ipynb"
        self.env.note_dependency(str(path))
        for data in outputs(json.loads(path.read_text(encoding="utf-8"))):
            if f'id="{identifier}"' in data.get("text/html", ""):
                return [nodes.raw("", data["text/html"], format="html")]
        raise self.error(f"chapter-figure: {name} has no figure with the id {identifier}")


def share_code(app: Sphinx, doctree: nodes.document) -> None:
    """Figures that move bring their style and script, for notebooks; a page has them once, as the package has them."""
    for node in doctree.findall(nodes.raw):
        if figure_kind(node.astext()):
            node[:] = [nodes.Text(without_code(node.astext()))]


def add_code(app: Sphinx, config: Any) -> None:
    """Put the figures' style and script, as the package has them, on every page, after the book's own style."""
    styles, scripts = (dict.fromkeys(name for kind in FILES.values() for name in kind[i]) for i in range(2))
    config.html_static_path += [str(resources.files("deepbook") / name) for name in (*styles, *scripts)]
    config.html_css_files += [(Path(name).name, {"priority": 900}) for name in styles]
    config.html_js_files += [(Path(name).name, {"defer": "defer"}) for name in scripts]


def drop_thebe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave out the scripts of sphinx-thebe, which load code from another host."""

    def of_thebe(script: Any) -> bool:
        return "thebe" in f"{script} {getattr(script, 'filename', '')} {getattr(script, 'attributes', '')}".lower()

    keep = [script for script in context.get("script_files", []) if not of_thebe(script)]
    context["script_files"] = keep


def open_colab_branch(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Colab opens the notebooks of the branch `colab`, which know the book's address (tools/publish.sh)."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if "colab" in button.get("url", ""):
                button["url"] = button["url"].replace("/blob/main/", "/blob/colab/")


def read_as_rst(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are written with $formula$ and `code`: turn both into what Sphinx reads."""
    text = re.sub(r"(?<![`:])`([^`]+)`(?!`)", r"``\1``", "\n".join(lines))
    text = re.sub(r"\$([^$]+)\$", lambda m: f":math:`{' '.join(m[1].split())}`", text)
    lines[:] = text.split("\n")


def without_solutions(app: Sphinx, config: Any) -> None:
    """`make site SOLUTIONS=no` builds the site for a class."""
    config.hide_solutions = os.environ.get("SOLUTIONS", "yes") == "no"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives and the page hook."""
    app.add_directive("costs", Costs)
    app.add_directive("chapter-figure", ChapterFigure)
    app.connect("config-inited", without_solutions)
    app.connect("config-inited", add_code, priority=100)  # before Sphinx reads these lists
    app.connect("doctree-read", share_code)
    app.connect("autodoc-process-docstring", read_as_rst, priority=100)  # before napoleon
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("html-page-context", open_colab_branch, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
