"""The front page and the parts' pages: illustrated cards, how chapters depend on each other, how much there is."""

import base64
import html
import io
import json
import re
from pathlib import Path
from typing import Any

from chapters import chapters, claims, cost, figure_cells, needs, number, outputs, question, title
from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from deepbook.page._frames import figure_kind

WIDTH = 480  # of a card's picture, in pixels


def picture(cell: dict[str, Any]) -> tuple[str, str]:
    """A figure's stored picture, made small, as an address that holds its data; and its alt text."""
    alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
    for data in outputs({"cells": [cell]}):
        if "image/png" in data:
            stored = data["image/png"]
        elif found := re.search(
            r'<img[^>]* src="data:image/\w+;base64,([^"]+)" alt="([^"]*)"', data.get("text/html", "")
        ):
            stored, alt = found[1], html.unescape(found[2])
        else:
            continue
        image = Image.open(io.BytesIO(base64.b64decode(stored))).convert("RGB")
        image.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        image.save(file, "webp", quality=80, method=6)
        return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}", alt
    raise ValueError("the cell shows no picture")


class Pages(SphinxDirective):
    """What these directives share: the notebooks, and addresses relative to the page."""

    has_content = True

    def notebooks(self) -> dict[str, dict[str, Any]]:
        """All chapters by name; the page is made again when one of them changes."""
        root = Path(self.env.srcdir)
        found = dict(chapters(root))
        for name in found:
            self.env.note_dependency(str(root / "notebooks" / f"{name}.ipynb"))
        return found

    def up(self) -> str:
        """From this page to the site's root."""
        return "../" * self.env.docname.count("/")


class Cards(Pages):
    """`{chapter-cards}`: a card for each line `NAME FIGURE`: picture, title, question and cost of a chapter."""

    def run(self) -> list[nodes.Node]:
        """Write the cards as a list of links."""
        books, cards = self.notebooks(), []
        for line in self.content:
            name, figure = line.split()
            notebook = books[name]
            if figure not in figure_cells(notebook):
                raise self.error(f"chapter-cards: {name} has no figure {figure}")
            source, alt = picture(figure_cells(notebook)[figure])
            seconds, _ = cost(notebook)
            cards.append(
                f'<li class="card-of"><a href="{self.up()}notebooks/{name}.html">'
                f'<span class="card-picture"><img src="{source}" alt="{html.escape(alt)}"></span>'
                f'<span class="card-title">{html.escape(title(notebook))}</span>'
                f"<span>{html.escape(question(notebook))}</span>"
                f'<span class="card-cost">runs in under {seconds} s</span></a></li>'
            )
        return [nodes.raw("", f'<ul class="cards-of">{"".join(cards)}</ul>', format="html")]


class Map(Pages):
    """`{chapter-map}`: which of the chapters of a part, one name a line, needs which; arcs beside a list."""

    def run(self) -> list[nodes.Node]:
        """Draw the list with what it needs from elsewhere first."""
        books, own = self.notebooks(), [line.strip() for line in self.content]
        before = sorted({n for name in own for n in needs(books[name])} - set(own))
        order, step, left = [*before, *own], 44, 150
        at = {name: step * i + step / 2 for i, name in enumerate(order)}
        arcs, rows = [], []
        for name in own:
            for needed in needs(books[name]):
                y, z = at[needed], at[name]
                reach = min(20 + 0.4 * (z - y), 1.3 * left)
                faint = " faint" if needed in before else ""
                arcs.append(
                    f'<path class="arc{faint}" d="M{left} {y} C{left - reach} {y} {left - reach} {z} {left} {z}"/>'
                )
        for name in order:
            kind = "needed" if name in before else "own"
            wanted = ", ".join(number(n) for n in needs(books[name]))
            needs_text = f'<span class="visually-hidden"> needs {wanted}</span>' if wanted and kind == "own" else ""
            rows.append(
                f'<li class="{kind}"><a href="{self.up()}notebooks/{name}.html">{html.escape(title(books[name]))}</a>'
                f"{needs_text}</li>"
            )
        height = step * len(order)
        dots = "".join(f'<circle cx="{left}" cy="{at[n]}" r="{4 if n in before else 6}"/>' for n in order)
        drawing = f'<svg aria-hidden="true" width="{left + 8}" height="{height}">{"".join(arcs)}{dots}</svg>'
        page = f'<div class="map-of">{drawing}<ol style="--step: {step}px">{"".join(rows)}</ol></div>'
        return [nodes.raw("", page, format="html")]


class Numbers(Pages):
    """`{book-numbers}`: how much of the book there is, counted."""

    def run(self) -> list[nodes.Node]:
        """Count chapters, figures, claims and exercises."""
        books = self.notebooks()
        shown = [data for notebook in books.values() for data in outputs(notebook)]
        moving = sum(figure_kind(data.get("text/html", "")) is not None for data in shown)
        still = sum("image/png" in data for data in shown)
        exercises = sum(len(re.findall(r"\{exercise\}", json.dumps(notebook))) for notebook in books.values())
        made = sum(len(claims(notebook)) for notebook in books.values())
        lectures = {number(name).rstrip("ab") for name in books}
        facts = {
            f"{len(lectures)} of 23": "lectures",
            f"{still + moving}": f"figures, {moving} of which move",
            f"{made:,}": "measured claims",
            f"{exercises}": "exercises",
        }
        items = "".join(f"<li><b>{fact}</b> {what}</li>" for fact, what in facts.items())
        return [nodes.raw("", f'<ul class="numbers-of">{items}</ul>', format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("chapter-cards", Cards)
    app.add_directive("chapter-map", Map)
    app.add_directive("book-numbers", Numbers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
