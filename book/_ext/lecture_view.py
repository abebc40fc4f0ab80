"""For each chapter slides for the lecture hall: each section's question, its take-aways with what they show."""

import re
from collections.abc import Iterator
from typing import Any

from chapters import chapters
from docutils import nodes
from docutils.utils import new_document
from sphinx.application import Sphinx
from takeaway import takeaway

from deepbook.page._markup import prose

FOLDER = "lecture"


class Deck:
    """The slides of one chapter, made from its page's resolved tree."""

    def __init__(self, app: Sphinx, name: str, doctree: nodes.document) -> None:
        self.app, self.name, self.seen = app, name, set()
        self.labels = {label: node for node in doctree.findall(nodes.Element) for label in labels(node)}
        self.slides: list[dict[str, str]] = []
        chapter = next(iter(doctree.findall(nodes.section)))
        self.add_start(chapter)
        for section in chapter.children:
            if isinstance(section, nodes.section):
                self.add_section(section)

    def html(self, node: nodes.Node) -> str:
        """One node as HTML that works in the slides' folder; without ids where it was shown before."""
        page = self.render(node)
        page = re.sub(r'href="(?!\.\./|https?:|mailto:|#)', 'href="../notebooks/', page)
        page = page.replace('href="#', f'href="../notebooks/{self.name}.html#')
        page = re.sub(r'<a class="headerlink".*?</a>', "", page, flags=re.DOTALL)
        if id(node) in self.seen:
            page = re.sub(r' id="[^"]*"', "", page)
        self.seen.add(id(node))
        return page

    def render(self, node: nodes.Node) -> str:
        """One node as the page's own writer writes it."""
        document = new_document("")
        document.settings = self.app.builder.docsettings
        document += node.deepcopy()
        writer = self.app.builder.create_translator(document, self.app.builder)
        document.walkabout(writer)
        return "".join(writer.body)

    def inline(self, node: nodes.Element) -> str:
        """The inside of a title or paragraph."""
        page = self.html(nodes.paragraph("", "", *(child.deepcopy() for child in node.children)))
        return re.sub(r"^\s*<p[^>]*>|</p>\s*$", "", page)

    def add(self, kind: str, title: str, kicker: str = "", content: str = "", line: str = "", note: str = "") -> None:
        """Append a slide."""
        slide = {"kind": kind, "title": title, "kicker": kicker, "content": content, "line": line, "note": note}
        self.slides.append(slide)

    def add_start(self, chapter: nodes.section) -> None:
        """The chapter's title, its question, and what one will be able to do."""
        question = next((p for p in chapter.children if is_question(p)), None)
        goals = next((n for n in chapter.children if isinstance(n, nodes.bullet_list)), None)
        title = self.inline(chapter.next_node(nodes.title))
        line = self.inline(question.next_node(nodes.strong)) if question else ""
        self.add("start", title, content=f'<p class="question">{line}</p>' + (self.html(goals) if goals else ""))

    def add_section(self, section: nodes.section) -> None:
        """A section's question, then its take-aways and those figures that none of them shows."""
        heading = self.inline(section.next_node(nodes.title))
        made = list(section.findall(takeaway))
        shown = {id(self.labels[label]) for t in made for label in t["show"] if label in self.labels}
        items = [n for n in section.findall() if isinstance(n, takeaway) or (is_figure(n) and id(n) not in shown)]
        question = next((p for p in section.findall(nodes.paragraph) if is_question(p)), None)
        if not made and not question:
            if section.next_node(nodes.title).astext() == "What to remember":
                rest = [n for n in section.children[1:] if not isinstance(n, nodes.section)]
                self.add("text", heading, content="".join(map(self.html, rest)))
            return
        if question:
            self.add("question", self.inline(question.next_node(nodes.strong)), kicker=heading)
        for item in items:
            if isinstance(item, takeaway):
                self.add_takeaway(item, heading)
            else:
                self.add_figure(item, heading)

    def add_takeaway(self, item: takeaway, heading: str) -> None:
        """The finding as title, what shows it, and the line to take away."""
        content = "".join(self.html(self.labels[label]) for label in item["show"] if label in self.labels)
        title, *line = item.children
        self.add("finding", self.inline(title), heading, content, "".join(map(self.html, line)), prose(item["note"]))

    def add_figure(self, item: nodes.figure, heading: str) -> None:
        """A figure alone, under the first sentence of its caption."""
        caption = next(iter(item.findall(nodes.caption)), None)
        title = re.split(r"(?<=[.:]) ", self.inline(caption))[0] if caption else heading
        self.add("finding", title.rstrip("."), heading, self.html(item))


def labels(node: nodes.Element) -> list[str]:
    """By which names a take-away may ask for a node."""
    if isinstance(node, nodes.math_block):
        return [node["label"]] if node.get("label") else []
    if is_figure(node):
        return list(node["names"])
    return [node["label"]] if "proof" in node.get("classes", []) and node.get("label") else []


def is_figure(node: nodes.Node) -> bool:
    """Whether it is a figure of a cell."""
    return isinstance(node, nodes.figure)


def is_question(node: nodes.Node) -> bool:
    """A paragraph of its own in bold."""
    return isinstance(node, nodes.paragraph) and [type(n) for n in node.children if n.astext()] == [nodes.strong]


def make(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Make a chapter's slides while its page is written, and put a button on the page that leads to them."""
    folder, _, name = page.partition("/")
    if folder != "notebooks" or doctree is None:
        return
    app.lecture_decks[name] = Deck(app, name, doctree).slides
    button = {
        "type": "link",
        "url": f"../{FOLDER}/{name}.html",
        "icon": "fas fa-chalkboard",
        "tooltip": "Slides for the lecture hall",
        "label": "lecture-view-button",
    }
    context["header_buttons"].insert(0, button)


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """One page for each chapter."""
    from pathlib import Path

    from chapters import title

    for name, notebook in chapters(Path(app.srcdir)):
        context = {"name": name, "chapter": title(notebook), "slides": app.lecture_decks[name]}
        yield f"{FOLDER}/{name}", context, "lecture.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register; slides are made in the process that writes the pages."""
    app.lecture_decks = {}
    app.connect("html-page-context", make, priority=900)
    app.connect("html-collect-pages", pages)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": False}
