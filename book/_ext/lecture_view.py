"""For each chapter a page with its figures alone, one to a screen, for the lecture hall."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepbook_site import notebooks, outputs, title
from sphinx.application import Sphinx

FOLDER = "lecture"


def slides(notebook: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The figures of a chapter in order, each under the heading it stands below."""
    heading = title(notebook)
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            found = re.findall(r"(?m)^#{1,4} (.+)$", source)
            heading = found[-1] if found else heading
            continue
        options = cell["metadata"].get("mystnb", {}).get("image", {})
        alt, kind = options.get("alt", ""), options.get("classes", "")
        for data in outputs({"cells": [cell]}):
            if "db-figure" in data.get("text/html", ""):
                yield {"title": _plain(heading), "html": data["text/html"]}
            elif "image/png" in data:
                picture = "".join(data["image/png"].split())
                image = f'<img class="{kind}" src="data:image/png;base64,{picture}" alt="{html.escape(alt)}">'
                yield {"title": _plain(heading), "html": image}


def _plain(heading: str) -> str:
    """A heading as HTML: formulas for MathJax, no other marks."""
    return re.sub(r"\$([^$]+)\$", r"\\(\1\\)", html.escape(heading.replace("*", "").replace("`", ""), quote=False))


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """One page for each chapter."""
    for name, notebook in notebooks(Path(app.srcdir)):
        yield (
            f"{FOLDER}/{name}",
            {"name": name, "chapter": title(notebook), "slides": list(slides(notebook))},
            "lecture.html",
        )


def link(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """A button on each chapter that leads to its figures."""
    folder, _, name = page.partition("/")
    if folder == "notebooks" and "header_buttons" in context:
        button = {
            "type": "link",
            "url": f"../{FOLDER}/{name}.html",
            "icon": "fas fa-chalkboard",
            "tooltip": "Figures alone, for the lecture hall",
            "label": "lecture-view-button",
        }
        context["header_buttons"].insert(0, button)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the pages and the button."""
    app.connect("html-collect-pages", pages)
    app.connect("html-page-context", link, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
