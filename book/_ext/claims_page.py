"""Claims on the site: their sources as author and year, and the page that lists them all."""

import html
import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chapters import chapters, claims, title
from docutils import nodes
from pybtex.richtext import Text
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from deepbook.page._claims import anchor
from deepbook.page._markup import prose

ID = re.compile(r'(?<= class="claim" id=")claim-[^"]*')
SOURCE = re.compile(r'<span class="claim-source" data-source="([^"]+)">[^<]*</span>')


def margin(record: dict[str, Any]) -> float | None:
    """How far the measured value is from the nearest bound, as a share of what the claim could lose.

    That is the distance to the null where there is one, half the interval where the bound has two sides, the bound's
    own size where it has one. None for exact claims and where the share has no meaning.
    """
    value, low, high, null = (record[key] for key in ("value", "low", "high", "without"))
    spare = min(abs(value - limit) for limit in (low, high) if limit is not None)
    if low is not None and low == high:
        return None
    if null is not None:
        scale = abs(value - null)
    elif low is not None and high is not None:
        scale = (high - low) / 2
    else:
        scale = abs(high if low is None else low)
    return spare / scale if scale else None


def show_margin(record: dict[str, Any]) -> str:
    """The margin as a bar with its percentage."""
    share = margin(record)
    if share is None:
        return "exact" if record["low"] == record["high"] else "–"
    percent = round(100 * share)
    shown = f"{percent} %" if percent <= 100 else "> 100 %"
    return f'<span class="margin-bar" style="--share: {min(share, 1):.2f}">{shown}</span>'


def unique(ids: Iterable[str]) -> list[str]:
    """The ids of a page in order, with a number after each that an earlier one has already."""
    found: list[str] = []
    for name in ids:
        names = itertools.chain([name], (f"{name}-{i}" for i in itertools.count(2)))
        found.append(next(n for n in names if n not in found))
    return found


def row(page: str, name: str, record: dict[str, Any]) -> str:
    """One claim of the list, with a link to its id on its page."""
    link = f'<a href="../notebooks/{page}.html#{name}">{prose(record["statement"])}</a>'
    source = f'<span class="claim-source" data-source="{record["source"]}"></span>' if record["source"] else ""
    cells = [
        link,
        html.escape(record["measured"]),
        html.escape(record["bound"]),
        html.escape(record["null"] or "–"),
        show_margin(record),
        f'<span class="claim-kind">{record["kind"]}</span> {source}',
    ]
    return f'<tr data-kind="{record["kind"]}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


class Claims(SphinxDirective):
    """`{claims}`: every claim of the book, folded by chapter, with a choice of the kinds that are shown."""

    def run(self) -> list[nodes.Node]:
        """Write the list from the stored outputs."""
        root = Path(self.env.srcdir)
        found = [(name, title(notebook), claims(notebook)) for name, notebook in chapters(root)]
        for name, _, _ in found:
            self.env.note_dependency(str(root / "notebooks" / f"{name}.ipynb"))
        every = [record for _, _, records in found for record in records]
        kinds = {kind: sum(r["kind"] == kind for r in every) for kind in ("theorem", "replication", "observation")}
        choices = "".join(
            f'<label><input type="checkbox" value="{kind}" checked disabled> {kind} ({count})</label>'
            for kind, count in kinds.items()
        )
        nulls = sum(r["null"] is not None for r in every)
        parts = [
            f"<p>The book makes {len(every)} claims; {nulls} name what would be measured without the effect.</p>",
            f'<fieldset class="claim-filter"><legend>Show</legend>{choices}</fieldset>',
        ]
        head = "".join(f"<th>{h}</th>" for h in ("Claim", "Measured", "Asserted", "Null", "Margin", "Kind and source"))
        for name, heading, records in found:
            ids = unique(anchor(record["statement"]) for record in records)
            rows = "".join(map(row, itertools.repeat(name), ids, records))
            table = f'<table class="claims"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
            count = f'<span class="claim-count">{len(records)} claims</span>'
            parts.append(
                f'<details class="claims-of"><summary>{html.escape(heading)} {count}</summary>'
                f'<div class="pst-scrollable-table-container">{table}</div></details>'
            )
        parts.append('<script src="../_static/claims.js"></script>')
        return [nodes.raw("", "\n".join(parts), format="html")]


def authors(entry: Any) -> str:
    """Family names as running text has them: one, two, or the first of more."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    last = [" ".join(str(Text.from_latex(n)) for n in p.prelast_names + p.last_names) for p in people]
    if not last:
        return str(Text.from_latex(entry.fields["title"]))
    if last[-1] == "others":
        return f"{last[0]} et al."
    return last[0] if len(last) == 1 else " and ".join(last) if len(last) == 2 else f"{last[0]} et al."


def tell_apart(doctree: nodes.document) -> None:
    """Make the ids of a page's claims those that the list links to."""
    found = [node for node in doctree.findall(nodes.raw) if ID.search(node.astext())]
    ids = iter(unique(name for node in found for name in ID.findall(node.astext())))
    for node in found:
        text = ID.sub(lambda _: next(ids), node.astext())
        if text != node.astext():
            node.replace_self(nodes.raw("", text, format="html"))


def resolve_sources(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Tell the ids of claims apart, and replace the keys of sources by author and year, linked to the bibliography."""
    domain = app.env.get_domain("cite")
    known = {citation.key: citation for citation in domain.citations}

    def linked(match: re.Match[str]) -> str:
        citation = known[match[1]]
        page = app.builder.get_relative_uri(docname, citation.bibliography_key.docname)
        label = f"{authors(citation.entry)} {citation.entry.fields.get('year', '')}".strip()
        return f'<a class="claim-source" href="{page}#{citation.citation_id}">{html.escape(label)}</a>'

    tell_apart(doctree)
    for node in list(doctree.findall(nodes.raw)):
        if "claim-source" in node.astext():
            node.replace_self(nodes.raw("", SOURCE.sub(linked, node.astext()), format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the sources' links."""
    app.add_directive("claims", Claims)
    app.connect("doctree-resolved", resolve_sources)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
