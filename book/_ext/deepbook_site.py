"""What the site makes from the notebooks' stored outputs: the list of claims, and figures shown on other pages."""

import json
import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

CLAIM = "application/vnd.deepbook.claim+json"


def notebooks(root: Path) -> list[tuple[str, dict[str, Any]]]:
    """All chapters in lecture order, as (name, notebook)."""
    return [(p.stem, json.loads(p.read_text(encoding="utf-8"))) for p in sorted((root / "notebooks").glob("*.ipynb"))]


def outputs(notebook: dict[str, Any]) -> list[dict[str, str]]:
    """The display data of all cells, each mime type's data as one text."""
    data = (out.get("data", {}) for cell in notebook["cells"] for out in cell.get("outputs", []))
    return [{mime: "".join(text) if isinstance(text, list) else text for mime, text in d.items()} for d in data]


def title(notebook: dict[str, Any]) -> str:
    """A chapter's first heading."""
    return "".join(notebook["cells"][0]["source"]).lstrip().splitlines()[0].lstrip("# ").strip()


class Claims(SphinxDirective):
    """`{claims}`: every claim of the book by chapter, with bound, measured value, source and a link to its cell."""

    def run(self) -> list[nodes.Node]:
        """Write the list as Markdown and let the page's own parser read it."""
        root = Path(self.env.srcdir)
        parts, total = [], 0
        for name, notebook in notebooks(root):
            self.env.note_dependency(str(root / "notebooks" / f"{name}.ipynb"))
            claims = [(d[CLAIM], d["text/html"]) for d in outputs(notebook) if CLAIM in d]
            total += len(claims)
            parts += [f"**{title(notebook)}** ({len(claims)} claims)", ""]
            parts += ["| Claim | Asserted | Measured | Source |", "|---|---|---|---|"]
            for record, html in claims:
                c = {k: (v or "").replace("|", r"\|") for k, v in json.loads(record).items()}
                anchor = re.search(r'id="([^"]+)"', html)[1]
                source = f"{{cite:t}}`{c['source']}`" if c["source"] else "this chapter"
                link = f'<a href="../notebooks/{name}.html#{anchor}">{c["statement"]}</a>'
                parts.append(f"| {link} | {c['bound']} | {c['measured']} | {source} |")
            parts.append("")
        lines = [f"The book makes {total} claims so far.", "", *parts]
        node = nodes.container(classes=["claims-list"])
        self.state.nested_parse(StringList(lines, source="claims"), self.content_offset, node)
        return node.children


class Costs(SphinxDirective):
    """`{costs}`: run time and memory of each chapter, as its head states them and `make execute` measured them."""

    def run(self) -> list[nodes.Node]:
        """Read the heads and write a table."""
        root = Path(self.env.srcdir)
        lines = ["| Chapter | Run time under | Memory under | Cells of code |", "|---|---|---|---|"]
        for name, notebook in notebooks(root):
            self.env.note_dependency(str(root / "notebooks" / f"{name}.ipynb"))
            text = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
            stated = re.search(r"Measured run time: under (\d+) s with under ([\d.]+) GB", text)
            if stated is None:
                raise self.error(f"costs: {name} does not state its run time and memory")
            cells = sum(cell["cell_type"] == "code" for cell in notebook["cells"])
            chapter = f'<a href="../notebooks/{name}.html">{title(notebook)}</a>'
            lines.append(f"| {chapter} | {stated[1]} s | {stated[2]} GB | {cells} |")
        node = nodes.container()
        self.state.nested_parse(StringList(lines, source="costs"), self.content_offset, node)
        return node.children


class ChapterFigure(SphinxDirective):
    """`{chapter-figure} NOTEBOOK ID`: a figure that moves, as a chapter stores it, on another page."""

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


def drop_thebe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave out the scripts of sphinx-thebe, which load code from another host."""

    def of_thebe(script: Any) -> bool:
        return "thebe" in f"{script} {getattr(script, 'filename', '')} {getattr(script, 'attributes', '')}".lower()

    keep = [script for script in context.get("script_files", []) if not of_thebe(script)]
    context["script_files"] = keep


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
    app.add_directive("claims", Claims)
    app.add_directive("costs", Costs)
    app.add_directive("chapter-figure", ChapterFigure)
    app.connect("config-inited", without_solutions)
    app.connect("autodoc-process-docstring", read_as_rst, priority=100)  # before napoleon
    app.connect("html-page-context", drop_thebe, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
