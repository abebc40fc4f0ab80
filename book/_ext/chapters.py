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
