"""The rules of the notebooks as files: what a reader, nbval and the site rely on.

usage: check.py NOTEBOOK...   (exit code 1 and one line for each broken rule)
"""

import ast
import base64
import json
import re
import sys
from pathlib import Path
from typing import Any

from deepbook.page._frames import figure_kind, with_code, without_code

ROOT = Path(__file__).resolve().parents[1]
CLAIM = "application/vnd.deepbook.claim+json"
SHOWS = "application/vnd.deepbook.figure+json"
SECTIONS = ("Exercises", "What to remember", "Further reading")
HEAD = ("**You will be able to**", "**You need**", "*Measured run time: ")
BOOTSTRAP = re.compile(
    r"# On Colab this installs the book's package; everywhere else it does nothing\.\nimport sys\n\n"
    r'REPOSITORY = ".*"  # the book\'s address, https://github.com/OWNER/NAME\n'
    r'if "google\.colab" in sys\.modules:\n'
    r"    if not REPOSITORY:\n"
    r"        raise RuntimeError\(\n"
    r'            "Write the book\'s address between the quotes above, then run this cell again\."\n        \)\n'
    r"    %pip install -q git\+\{REPOSITORY\}"
)
PRECISION = 'jax.config.update("jax_default_matmul_precision", "highest")'
MAX_LINES, MAX_BYTES, MAX_FRAME_BYTES, MAX_LIVE_BYTES = 20, 1_500_000, 300_000, 150_000
SHOWN = ("claim", "claim_table", "check", "check_gradient", "explore", "animate", "stepper", "predict")
MAX_WIDTH = 92  # characters of a line in sight: the page's column has no more, and nobody reads sideways
MAX_TABLE = 40  # lines of a cell with a table of claims, which the site folds
# A chapter has some twelve measurements; more than three claims for each are a list, not an argument.
MAX_CLAIMS, MIN_TEXT = 36, 9.0  # pixels of a figure's smallest text at a width of 390


def text(value: Any) -> str:
    """Notebook text is a string or a list of lines."""
    return "".join(value) if isinstance(value, list) else value


def outputs_of(cell: dict[str, Any]) -> list[dict[str, str]]:
    """The outputs of a cell by mime type; a stream counts as text/plain."""
    result = []
    for output in cell.get("outputs", []):
        data = output.get("data") or {"text/plain": output.get("text", "")}
        result.append({mime: text(value) for mime, value in data.items()} | {"type": output["output_type"]})
    return result


def check_files(notebook: dict[str, Any]) -> list[str]:
    """Counts, metadata, outputs: what would make nbval compare the wrong thing or nothing."""
    found = []
    allowed = {"kernelspec", "language_info"}
    if extra := set(notebook["metadata"]) - allowed:
        found.append(f"metadata {sorted(extra)}, allowed are {sorted(allowed)}")
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, 1):
        source, name = text(cell["source"]), f"code cell {count}"
        if cell.get("execution_count") != count:
            found.append(f"{name}: execution count {cell.get('execution_count')}, expected {count}")
        if not source.strip():
            found.append(f"{name}: empty")
        lines = sum(bool(line.strip()) for line in source.splitlines())
        most = MAX_TABLE if "claim_table(" in source else MAX_LINES
        if lines > most:
            found.append(f"{name}: {lines} lines, at most {most}")
        widest = max(map(len, source.splitlines()), default=0)
        in_sight = "hide-input" not in cell["metadata"].get("tags", []) and "claim" not in source
        if widest > MAX_WIDTH and in_sight and count > 2:  # the first two are folded
            found.append(f"{name}: a line of {widest} characters, at most {MAX_WIDTH} fit the page")
        if source.rstrip().endswith(";"):
            found.append(f"{name}: ends with ';', which nbval ignores: end with plt.show()")
        if "execution" in cell["metadata"]:
            found.append(f"{name}: timing metadata")
        loose = cell["metadata"].get("picture", {"tolerance": 1, "because": "this cell does not ask for it"})
        if not 0 < loose.get("tolerance", 0) <= 10 or len(loose.get("because", "")) < 20:
            found.append(f"{name}: 'picture' {loose}, expected a 'tolerance' to 10 and a sentence 'because'")
        hidden = {"nbval-skip", "nbval-ignore-output", "raises-exception"} & set(cell["metadata"].get("tags", []))
        if (hidden or re.search(r"NBVAL_(SKIP|IGNORE)", source)) and "# nbval:" not in source:
            found.append(f"{name}: hidden from nbval without a reason ('# nbval: ...' in the cell)")
        found += [f"{name}: {problem}" for problem in check_outputs(cell, source, bool(hidden))]
    return found


def shows(source: str) -> bool:
    """Whether a cell calls, at top level or in a loop there, one of the functions that leave an output."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic command
        return False
    for node in body:  # it grows by what stands in loops and with-blocks
        if isinstance(node, ast.For | ast.While | ast.With):
            body += node.body
    calls = [ast.unparse(n.value.func) for n in body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
    return any(re.fullmatch(rf"((db|deepbook)\.)?({'|'.join(SHOWN)})|print|plt\.show", name) for name in calls)


def records_of(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """The claims that a cell shows."""
    return [record for output in outputs_of(cell) if CLAIM in output for record in json.loads(output[CLAIM])]


def phone_text(output: dict[str, str]) -> float | None:
    """Height in pixels of a figure's smallest text on a screen of 390 px, from its stored size; None for no figure."""
    if "image/png" in output:
        stated = re.fullmatch(r"Figure .* at ([\d.]+) dpi, text from (\S+) pt", output.get("text/plain", ""))
        if stated is None:
            return None
        header = base64.b64decode("".join(output["image/png"].split()))[16:20]
        width = int.from_bytes(header, "big") / float(stated[1])
        return float(stated[2]) / 72 * 358 / width
    if found := re.search(r'"text": ([\d.]+)', output.get("text/html", "")):
        return float(found[1])
    return None


def check_outputs(cell: dict[str, Any], source: str, hidden: bool) -> list[str]:
    """The stored outputs of one code cell."""
    found = []
    outputs = outputs_of(cell)
    if not outputs and shows(source):
        found.append("shows something, but no output is stored: execute it")
    for output in outputs:
        plain = output.get("text/plain", "")
        if output["type"] == "error" and not hidden:
            found.append("stored error")
        if "application/vnd.jupyter.widget-view+json" in output:
            found.append("a widget view is stored")
        if re.search(r"0x[0-9a-f]{6,}", plain):
            found.append("an object's address in the output")
        if "Warning:" in plain:
            found.append("a warning in the output")
        if plain.startswith("✗"):
            found.append("an exercise's check fails on the page")
        if re.search(r"\d+%\|.*\|", plain) or "it/s" in plain:
            found.append("a progress bar in the output")
        if "image/png" in output:
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            if len(alt) < 30:
                found.append(f"figure with the alt text {alt!r}, expected at least 30 characters in mystnb.image.alt")
        page = output.get("text/html", "")
        if "image/png" in output or figure_kind(page):
            found += check_figure(cell, output)
        if figure_kind(page) and page != with_code(page):
            found.append("figure with another script or style than the package's: tools/refresh.py")
        if figure_kind(page) == "db-live" and len(without_code(page)) > MAX_LIVE_BYTES:
            found.append(f"live figure of {len(without_code(page)):,} bytes, at most {MAX_LIVE_BYTES:,}")
        if figure_kind(page) == "db-figure":
            frames = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.S)[1])
            size = sum(map(len, frames["frames"]))
            if size > MAX_FRAME_BYTES:
                found.append(f"frames of {size:,} bytes, at most {MAX_FRAME_BYTES:,}")
            if min(map(len, frames["alts"])) < 20 or len(frames["alts"]) != len(frames["frames"]):
                found.append("a frame without alt text")
    return found


def check_figure(cell: dict[str, Any], output: dict[str, str]) -> list[str]:
    """What every figure has: a name, a caption, and text that can be read on a phone."""
    found = []
    options = cell["metadata"].get("mystnb", {}).get("figure", {})
    if not re.fullmatch(r"fig-\d\d[ab]?-[a-z0-9-]+", options.get("name", "")):
        found.append(f"figure with the name {options.get('name')!r}, expected 'fig-NN-slug' in mystnb.figure.name")
    if len(options.get("caption", "")) < 30:
        found.append("figure without a caption of a sentence in mystnb.figure.caption")
    if SHOWS not in output:
        found.append("figure without what it shows, which a re-run compares: use_style() and execute it again")
    pixels = phone_text(output)
    if pixels is None:
        found.append("figure whose smallest text is not known: use_style() and execute it again")
    elif pixels < MIN_TEXT:
        found.append(f"figure with text of {pixels:.1f} px on a phone, at least {MIN_TEXT} are due")
    return found


def check_slides(cells: list[dict[str, Any]]) -> list[str]:
    """Each section asks its question and has something to take away, which shows what exists."""
    found = []
    prose = "\n\n".join(text(c["source"]) for c in cells if c["cell_type"] == "markdown")
    figures = {c["metadata"].get("mystnb", {}).get("figure", {}).get("name") for c in cells}
    labels = figures | labels_in(prose)
    for heading, section in re.findall(r"(?ms)^## ([^\n]+)\n(.*?)(?=^## |\Z)", prose):
        if heading in SECTIONS:
            continue
        if not re.search(r"(?m)^\*\*[^*\n]+\?\*\*$", section):
            found.append(f"section {heading!r} does not ask its question in bold, in a paragraph of its own")
        if ":::{takeaway} " not in section:
            found.append(f"section {heading!r} has no takeaway")
    if loose := re.findall(r"(?m)^.+(:::\{\w+\}.{0,40})", prose):
        found.append(f"a directive that does not begin its line, and so is not one: {loose}")
    for shown in re.findall(r"(?m)^:::\{takeaway\}[^\n]*\n:show: ([^\n]+)", prose):
        if missing := {label.strip() for label in shown.split(",")} - labels:
            found.append(f"a takeaway shows labels that do not exist: {sorted(missing)}")
    return found


def labels_in(prose: str) -> set[str]:
    """Labels of equations, theorems and exercises."""
    return set(re.findall(r"\$\$ \((\S+)\)", prose)) | set(re.findall(r"(?m)^:label: (\S+)", prose))


def check_chapter(notebook: dict[str, Any]) -> list[str]:
    """The chapter contract: its parts, in order, and enough of what a chapter is made of."""
    found = []
    cells = notebook["cells"]
    prose = "\n\n".join(text(c["source"]) for c in cells if c["cell_type"] == "markdown")
    if not re.match(r"# \d+[ab]? \S", prose):
        found.append("the first cell must begin with the title, '# 1a Name'")
    for part in HEAD:
        if part not in text(cells[0]["source"]):
            found.append(f"the first cell lacks {part!r}")
    positions = [prose.find(f"\n## {title}\n") for title in SECTIONS]
    if -1 in positions or positions != sorted(positions):
        found.append(f"the sections {SECTIONS} must be there, in this order")
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    if not code or not BOOTSTRAP.fullmatch(text(code[0]["source"])):
        found.append("the first code cell is not the bootstrap cell of all chapters")
    if len(code) < 2 or PRECISION not in text(code[1]["source"]):
        found.append(f"the second code cell lacks {PRECISION}, without which claims fail on a GPU or TPU")
    outputs = [output for cell in code for output in outputs_of(cell)]
    claims = sum(len(records_of(cell)) for cell in code)
    moving = sum(figure_kind(output.get("text/html", "")) is not None for output in outputs)
    exercises = re.findall(r"\{exercise\}[^\n]*\n:label: (\S+)", prose)
    solved = re.findall(r"\{solution\} (\S+)", prose)
    checked = [cell["metadata"]["exercise"] for cell in code if "exercise" in cell["metadata"]]
    counts = {
        "claims": (claims, 6),
        "figures that move": (moving, 1),
        "exercises": (len(exercises), 5),
        "checked exercises": (len(checked), 3),
    }
    for what, (have, need) in counts.items():
        if have < need:
            found.append(f"{have} {what}, at least {need} are due")
    if claims > MAX_CLAIMS:
        found.append(f"{claims} claims, at most {MAX_CLAIMS}: which of them does the text need?")
    found += check_slides(cells)
    if loose := re.findall(r"(?m)^:::\{dropdown\} (.*[Hh]int.*)\n(?!:class-container: hint\n)", prose):
        found.append(f"hints without ':class-container: hint', by which they appear one after another: {loose}")
    for heading in re.findall(r"(?m)^(\|.*\|)\n\|[-:| ]+\|$", prose):
        words = re.sub(r"\$[^$]*\$", "", heading)  # a formula alone counts as empty for a screen reader
        if any(not column.strip() for column in words.strip("|").split("|")):
            found.append(f"a column without a heading in words, which a screen reader cannot name: {heading}")
    if set(exercises) != set(solved):
        found.append(f"exercises and solutions differ: {sorted(set(exercises) ^ set(solved))}")
    if unknown := set(checked) - set(exercises):
        found.append(f"checks of unknown exercises: {sorted(unknown)}")
    for cell in code:
        if "exercise" in cell["metadata"] and not cell["metadata"].get("wrong"):
            found.append(
                f"exercise {cell['metadata']['exercise']}: no plausible wrong answer in the metadata of its check"
            )
    return found


def check_references(notebook: dict[str, Any], keys: set[str]) -> list[str]:
    """Every citation, claim source, equation and theorem that is referred to exists."""
    found = []
    prose = "\n\n".join(text(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown")
    cited = {key.strip() for group in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", prose) for key in group.split(",")}
    records = [record for c in notebook["cells"] if c["cell_type"] == "code" for record in records_of(c)]
    sources = {record["source"] for record in records} - {None}
    if unknown := (cited | sources) - keys:
        found.append(f"not in references.bib: {sorted(unknown)}")
    figures = {c["metadata"].get("mystnb", {}).get("figure", {}).get("name") for c in notebook["cells"]}
    labels = labels_in(prose) | figures
    wanted = set(re.findall(r"\{(?:eq|prf:ref|numref)\}`([^`<]+)`", prose))
    if missing := wanted - labels:
        found.append(f"references to labels that do not exist: {sorted(missing)}")
    if path := re.search(r"(/home/|/root/|/Users/|/tmp/)", json.dumps(notebook)):
        found.append(f"a path of somebody's machine: {path[1]}")
    statements = [record["statement"] for record in records]
    if twice := {s for s in statements if statements.count(s) > 1}:
        found.append(f"claims with the same words: {sorted(twice)}")
    return found


def check_notebook(path: Path) -> list[str]:
    """All broken rules of one notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    keys = set(re.findall(r"(?m)^@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8")))
    found = check_files(notebook) + check_chapter(notebook) + check_references(notebook, keys)
    if path.stat().st_size > MAX_BYTES:
        found.append(f"{path.stat().st_size:,} bytes, at most {MAX_BYTES:,}")
    return found


def main(paths: list[Path]) -> int:
    """Print every broken rule; 1 if there is any."""
    listed = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    broken = 0
    for path in paths:
        found = check_notebook(path)
        if path.parent.name == "notebooks" and f"notebooks/{path.stem}\n" not in listed:
            found.append("not in _toc.yml")
        broken += len(found)
        for problem in found:
            print(f"{path.name}: {problem}")
    print(f"{len(paths)} notebooks, {broken} broken rules")
    return min(broken, 1)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
