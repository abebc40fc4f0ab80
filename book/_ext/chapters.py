"""The chapters as the site reads them: notebooks with their stored outputs."""

import json
import re
from pathlib import Path
from typing import Any

CLAIM = "application/vnd.deepbook.claim+json"


def chapters(root: Path) -> list[tuple[str, dict[str, Any]]]:
    """All chapters in lecture order, as (name, notebook)."""
    return [(p.stem, json.loads(p.read_text(encoding="utf-8"))) for p in sorted((root / "notebooks").glob("*.ipynb"))]


def text(value: str | list[str]) -> str:
    """Notebook text is a string or a list of lines."""
    return "".join(value) if isinstance(value, list) else value


def outputs(notebook: dict[str, Any]) -> list[dict[str, str]]:
    """The display data of all cells, each mime type's data as one text."""
    data = (out.get("data", {}) for cell in notebook["cells"] for out in cell.get("outputs", []))
    return [{mime: text(value) for mime, value in d.items()} for d in data]


def claims(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of all claims of a chapter, in order."""
    return [record for data in outputs(notebook) if CLAIM in data for record in json.loads(data[CLAIM])]


def title(notebook: dict[str, Any]) -> str:
    """A chapter's first heading."""
    return text(notebook["cells"][0]["source"]).lstrip().splitlines()[0].lstrip("# ").strip()


def number(name: str) -> str:
    """The number of a chapter from the name of its file: `1a` from `01a_history`, `9` from `09_transformers`."""
    return re.match(r"0*(\d+[a-z]?)_", name)[1]


def head(notebook: dict[str, Any]) -> str:
    """The first cell: title, question, what one will be able to do, what one needs, the cost."""
    return text(notebook["cells"][0]["source"])


def question(notebook: dict[str, Any]) -> str:
    """The question that a chapter answers."""
    return re.search(r"(?m)^\*\*(.+\?)\*\*$", head(notebook))[1]


def needs(notebook: dict[str, Any]) -> list[str]:
    """The chapters that one needs, by name, without those that are helpful and not required."""
    stated = re.search(r"\*\*You need\*\* (.*)", head(notebook))[1]
    sentences = [s for s in re.split(r"(?<=[a-z)])\. ", stated) if "not required" not in s]
    return re.findall(r"\((\w+)\.ipynb\)", " ".join(sentences))


def cost(notebook: dict[str, Any]) -> tuple[str, str]:
    """Seconds and gigabytes that a chapter states."""
    return re.search(r"Measured run time: under (\d+) s with under ([\d.]+) GB", head(notebook)).groups()


def figure_cells(notebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The cells that show a figure, by the figure's name."""
    named = ((c["metadata"].get("mystnb", {}).get("figure", {}).get("name"), c) for c in notebook["cells"])
    return {name: cell for name, cell in named if name}
