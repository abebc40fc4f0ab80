"""Which code of a notebook is folded on the site: claims, calls that only show a figure, and the set-up.

Decided from the syntax tree when a page is built; the notebooks do not change. Authors fold more with `hide-input`.
Claims at the end of a cell that teaches become a cell of their own, with their outputs. "# fmt: skip" is for authors
and their formatter: the page leaves it out.
"""

import ast
import json
import re
from typing import Any

from chapters import text
from sphinx.application import Sphinx

CLAIMS = {"claim", "claim_table"}
CLAIM = "application/vnd.deepbook.claim+json"
FIGURES = {"explore", "animate", "stepper", "predict"}
PROMPTS = {
    "claims": ("How it is measured", "Hide how it is measured"),
    "figure": ("Show the figure’s code", "Hide the figure’s code"),
    "setup": ("Set-up: show code", "Set-up: hide code"),
}


def parse(source: str) -> list[ast.stmt]:
    """The statements of a cell; none where it is not plain Python (a magic command)."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def called(statement: ast.stmt) -> str:
    """The function that an expression statement calls, or nothing."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return ast.unparse(statement.value.func).removeprefix("db.")
    return ""


def read_in(statements: list[ast.stmt]) -> set[str]:
    """The names that statements read."""
    found = (node for s in statements for node in ast.walk(s) if isinstance(node, ast.Name))
    return {node.id for node in found if isinstance(node.ctx, ast.Load)}


def made_by(statement: ast.stmt) -> list[str]:
    """The names that a statement binds in its notebook, in order: not those inside of a function or comprehension."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign):
        return []
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def own(statements: list[ast.stmt], others: set[str]) -> bool:
    """Whether there are claims, and besides them only assignments of names that nothing else reads."""
    rest = [s for s in statements if called(s) not in CLAIMS]
    names = {name for s in rest for name in made_by(s)}
    plain = all(isinstance(s, ast.Assign | ast.AugAssign) for s in rest)
    return len(rest) < len(statements) and plain and not names & others


def kind(cells: list[list[ast.stmt]], index: int) -> str | None:
    """What a cell does besides teaching: "claims", "figure", "setup", or None where its code is the lesson."""
    body = cells[index]
    if index < 2:
        return "setup"
    if body and {called(s) for s in body} <= FIGURES:
        return "figure"
    elsewhere = set().union(*(read_in(other) for i, other in enumerate(cells) if i != index))
    return "claims" if own(body, elsewhere) else None


def part(cells: list[list[ast.stmt]], index: int) -> int:
    """The line of a cell at which its last statements begin, those that only claim; 0 where there are none."""
    body = cells[index]
    elsewhere = set().union(*(read_in(other) for i, other in enumerate(cells) if i != index))
    first = len(body)
    while first > 1 and own(body[first - 1 :], elsewhere | read_in(body[: first - 1])):
        first -= 1
    return body[first].lineno if first < len(body) else 0


def cut(cell: dict[str, Any], line: int) -> dict[str, Any]:
    """Take the claims that begin at a line, and the remark above them, off a cell: a cell of their own."""
    lines = text(cell["source"]).split("\n")
    start = line - 1
    while lines[start - 1].startswith("#"):
        start -= 1
    cell["source"] = "\n".join(lines[:start]).rstrip()
    outputs = cell.get("outputs", [])
    claims = [o for o in outputs if CLAIM in o.get("data", {})]
    cell["outputs"] = [o for o in outputs if o not in claims]
    return cell | {
        "source": "\n".join(lines[start:]),
        "outputs": claims,
        "metadata": {},
        "id": f"{cell.get('id')}-claims",
    }


def prompts(found: str, body: list[ast.stmt]) -> tuple[str, str]:
    """What stands on a folded cell, closed and open. One that draws nothing by itself names what it makes."""
    calls = {ast.unparse(n.func).removeprefix("db.") for s in body for n in ast.walk(s) if isinstance(n, ast.Call)}
    if found != "figure" or calls & (FIGURES | {"plt.show"}):
        return PROMPTS[found]
    made = list(dict.fromkeys(name for statement in body for name in made_by(statement)))
    return ": ".join(["Show code", ", ".join(made[:3])][: 1 + bool(made)]) + ", …" * (len(made) > 3), "Hide code"


def fold(notebook: dict[str, Any]) -> None:
    """Cut the claims off the cells that teach and tag the cells whose code the page folds, in place."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    bodies = [parse(text(cell["source"])) for cell in code]
    for index, cell in enumerate(code):
        cell["source"] = re.sub(r" *# fmt: skip$", "", text(cell["source"]), flags=re.MULTILINE)
        tags = cell["metadata"].setdefault("tags", [])
        found = kind(bodies, index) or ("figure" if "hide-input" in tags else None)
        if found:
            tag(cell, found, bodies[index])
        elif line := part(bodies, index):
            claims = cut(cell, line)
            tag(claims, "claims", [])
            notebook["cells"].insert(next(i for i, c in enumerate(notebook["cells"]) if c is cell) + 1, claims)


def tag(cell: dict[str, Any], found: str, body: list[ast.stmt]) -> None:
    """Have the page fold a cell, with a control that says what it opens."""
    tags = cell["metadata"].setdefault("tags", [])
    tags += [name for name in ("hide-input", f"fold-{found}") if name not in tags]
    show, hide = prompts(found, body)
    cell["metadata"].setdefault("mystnb", {}).update(code_prompt_show=show, code_prompt_hide=hide)


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    """Fold a chapter as it is read."""
    if docname.startswith("notebooks/"):
        notebook = json.loads(source[0])
        fold(notebook)
        source[0] = json.dumps(notebook)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register."""
    app.connect("source-read", read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
