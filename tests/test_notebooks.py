"""The rules of the notebooks hold, and the suite notices when they do not."""

import copy
import importlib.util
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import deepbook
from deepbook.page import _claims, _exercises, _interact

ROOT = Path(__file__).resolve().parents[1]


def load_tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check, execute = load_tool("check"), load_tool("execute")


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_rules_hold(path):
    assert check.check_notebook(path) == []


PLOT = (
    "import matplotlib.pyplot as plt\n\nfrom deepbook import plots\n\nplots.use_style()\nplt.plot([1, 2])\nplt.show()"
)
ALT = {
    "mystnb": {
        "image": {"alt": "A straight line that rises from one to two."},
        "figure": {"name": "fig-99-line", "caption": "A straight line rises from one to two in one step."},
    }
}


def small_chapter():
    """Too small for the chapter contract, but with everything that can break in a cell."""
    cells = [
        new_markdown_cell("# 99 Small"),
        new_code_cell("from deepbook import claim\n\nx = 2\nprint(x * 21)"),
        new_code_cell('claim("the answer, for the second time", x * 21, equal=42)'),
        new_code_cell(PLOT, metadata=ALT),
    ]
    return new_notebook(cells=cells)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "small.ipynb"
    nbformat.write(small_chapter(), path)
    done = subprocess.run([sys.executable, ROOT / "tools" / "execute.py", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text())


def changed_constant(cells):
    cells[1]["source"] = "from deepbook import claim\n\nx = 2\nprint(x * 22)"


def false_claim(cells):
    cells[2]["source"] = 'claim("the answer, for the second time", x * 21, equal=43)'


def exception(cells):
    cells[1]["source"] = "from deepbook import claim\n\nx = 2\nprint(x * 21)\nraise RuntimeError"


def missing_output(cells):
    cells[1]["outputs"] = []


def removed_alt_text(cells):
    cells[3]["metadata"] = {}


def stale_count(cells):
    cells[2]["execution_count"] = 7


def reversed_line(cells):
    cells[3]["source"] = PLOT.replace("[1, 2]", "[2, 1]")


def no_digest(cells):
    for output in cells[3]["outputs"]:
        output["data"].pop(check.SHOWS)


def loosened_without_a_reason(cells):
    cells[3]["metadata"] = ALT | {"picture": {"tolerance": 0.5, "because": "noise"}}


def numerical_noise(cells):
    cells[3]["source"] = PLOT.replace("[1, 2]", "[1.001, 2]")


def loosened(cells):
    cells[3]["source"] = PLOT.replace("[1, 2]", "[1.3, 2]")
    cells[3]["metadata"] = ALT | {"picture": {"tolerance": 0.5, "because": "where it begins depends on the machine"}}


BY_NBVAL = [
    *(changed_constant, false_claim, exception, missing_output),
    *(reversed_line, no_digest, loosened_without_a_reason),
]
PASSING = [numerical_noise, loosened]
BY_CHECKER = [missing_output, removed_alt_text, stale_count]


def untouched(cells):
    pass


@pytest.fixture(scope="module")
def nbval_failures(executed, tmp_path_factory):
    """What nbval says against each variant, with the suite's own settings."""
    folder = tmp_path_factory.mktemp("variants")
    changes = [untouched, *PASSING, *BY_NBVAL]
    for change in changes:
        notebook = copy.deepcopy(executed)
        change(notebook["cells"])
        (folder / f"{change.__name__}.ipynb").write_text(json.dumps(notebook))
    report = folder / "report.xml"
    settings = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={ROOT}/tests/sanitize.cfg", "-p", "pictures"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, f"--junitxml={report}"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([*command, *settings, folder], cwd=folder, capture_output=True, env=environment)
    cases = list(ET.parse(report).getroot().iter("testcase"))
    assert len(cases) == len(changes) * 3
    failures = [(f"{case.get('classname')}{case.get('name')}", case.findtext("failure")) for case in cases]
    return {c.__name__: "".join(text or "" for name, text in failures if f"{c.__name__}." in name) for c in changes}


@pytest.mark.parametrize("change", [untouched, *PASSING], ids=lambda f: f.__name__)
def test_nbval_passes(nbval_failures, change):
    assert nbval_failures[change.__name__] == ""


def test_what_a_figure_no_longer_shows_is_told(nbval_failures):
    assert "axes 1, line 1, y: stored [45, 955], drawn [955, 45]" in nbval_failures["reversed_line"]
    assert "0 figures are stored with what they show, 1 are drawn" in nbval_failures["no_digest"]
    assert "'because' says not why" in nbval_failures["loosened_without_a_reason"]


@pytest.mark.parametrize("change", BY_NBVAL, ids=lambda f: f.__name__)
def test_nbval_notices(nbval_failures, change):
    assert nbval_failures[change.__name__]


def test_the_checker_passes_the_untouched_chapter(executed):
    assert check.check_files(executed) == []


@pytest.mark.parametrize("change", BY_CHECKER, ids=lambda f: f.__name__)
def test_the_checker_notices(executed, change):
    notebook = copy.deepcopy(executed)
    change(notebook["cells"])
    assert check.check_files(notebook)


def figure_of(notebook):
    """The data of the small chapter's figure."""
    return next(o["data"] for o in notebook["cells"][3]["outputs"] if "image/png" in o.get("data", {}))


def small_text(notebook):
    data = figure_of(notebook)
    data["text/plain"] = "".join(data["text/plain"]).replace("text from 10 pt", "text from 3 pt")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda nb: nb["metadata"].update(widgets={}), "metadata ['widgets']"),
        (lambda nb: nb["cells"][1].update(execution_count=None), "execution count None, expected 1"),
        (lambda nb: nb["cells"][1].update(source="x = 1\n" * 21), "21 lines, at most 20"),
        (lambda nb: nb["cells"][3].update(source="x = 1 + " * 12 + "1"), "a line of 97 characters, at most 92"),
        (lambda nb: nb["cells"][1].update(source="x = 1;"), "ends with ';'"),
        (lambda nb: nb["cells"][3]["metadata"]["mystnb"].pop("figure"), "expected 'fig-NN-slug' in mystnb.figure.name"),
        (lambda nb: nb["cells"][3]["metadata"]["mystnb"]["figure"].pop("caption"), "without a caption"),
        (lambda nb: figure_of(nb).pop(check.SHOWS), "figure without what it shows"),
        (lambda nb: nb["cells"][3]["metadata"].update(picture={"tolerance": 0.5}), "a sentence 'because'"),
        (small_text, "text of 2.8 px on a phone"),
        (lambda nb: figure_of(nb).update({"text/plain": ["<Figure>"]}), "smallest text is not known"),
        (lambda nb: nb["cells"][1]["metadata"].update(execution={}), "timing metadata"),
        (lambda nb: nb["cells"][1]["metadata"].update(tags=["nbval-skip"]), "hidden from nbval without a reason"),
        (lambda nb: nb["cells"][1].update(source="# NBVAL_IGNORE_OUTPUT\nx = 1"), "hidden from nbval"),
        (lambda nb: nb["cells"][1]["outputs"][0].update(text="<object at 0x7f12345678>"), "an object's address"),
        (lambda nb: nb["cells"][1]["outputs"][0].update(text="UserWarning: no"), "a warning in the output"),
        (lambda nb: nb["cells"][1]["outputs"][0].update(text="50%|####   | 5/10"), "a progress bar"),
        (lambda nb: nb["cells"][2]["outputs"][0]["data"].update({execute.WIDGET: {}}), "a widget view is stored"),
    ],
)
def test_the_checker_knows_its_rules(executed, change, found):
    notebook = copy.deepcopy(executed)
    change(notebook)
    assert any(found in problem for problem in check.check_files(notebook))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        *((f"{prefix}{name}(x)", True) for name in check.SHOWN for prefix in ("", "db.", "deepbook.")),
        ("print(x)", True),
        ("plt.show()", True),
        ("for x in y:\n    with z:\n        print(x)", True),
        ("def f():\n    print(x)", False),
        ("x = claim(y)", False),
        ("model.check(x)", False),
        ("%pip install x", False),
    ],
)
def test_cells_that_must_have_an_output_are_known(source, shown):
    assert check.shows(source) == shown


def test_every_function_of_the_book_that_shows_something_is_known():
    kinds = (_claims.Claim, _claims.ClaimTable, _exercises.Result, _interact.Moving, _interact.Explore)
    exported = {name: getattr(deepbook, name) for name in deepbook.__all__}
    shown = {n for n, f in exported.items() if getattr(f, "__annotations__", {}).get("return") in kinds}
    assert shown == set(check.SHOWN)


def test_the_chapter_contract_is_checked(executed):
    problems = "\n".join(check.check_chapter(executed))
    for part in (
        "bootstrap",
        "jax_default_matmul_precision",
        "lacks",
        "sections",
        "1 claims, at least 6",
        "0 exercises, at least 5",
        "0 figures that move",
    ):
        assert part in problems


@pytest.mark.parametrize("first", ["", "$k$"])
def test_a_column_without_heading_is_named(executed, first):
    notebook = copy.deepcopy(executed)
    notebook["cells"][0]["source"] = f"# 99 Small\n\n| {first} | b |\n|---|---|\n| 1 | 2 |"
    assert "a column without a heading" in "\n".join(check.check_chapter(notebook))
    notebook["cells"][0]["source"] = "# 99 Small\n\n| a | b |\n|---|---|\n| 1 | |"
    assert "a column without a heading" not in "\n".join(check.check_chapter(notebook))


def test_references_are_checked(executed):
    notebook = copy.deepcopy(executed)
    notebook["cells"][0]["source"] = "# 99 Small\n\n{cite:p}`nobody1900` {eq}`eq-none` /home/somebody"
    problems = "\n".join(check.check_references(notebook, {"minsky1969"}))
    for part in ("nobody1900", "eq-none", "a path of somebody's machine"):
        assert part in problems


def test_two_executions_give_the_same_bytes(executed, tmp_path):
    path = tmp_path / "again.ipynb"
    nbformat.write(small_chapter(), path)
    subprocess.run([sys.executable, ROOT / "tools" / "execute.py", path], check=True, capture_output=True)
    assert json.loads(path.read_text()) == executed


@pytest.mark.parametrize(
    ("seconds", "gigabytes", "line"),
    [
        (3, 0.3, "*Measured run time: under 5 s with under 0.5 GB of memory on two CPU cores.*"),
        (46, 1.2, "*Measured run time: under 60 s with under 1.5 GB of memory on two CPU cores.*"),
        (90, 2.5, "*Measured run time: under 90 s with under 2.5 GB of memory on two CPU cores.*"),
    ],
)
def test_cost_line(seconds, gigabytes, line):
    assert execute.cost_line(seconds, gigabytes) == line
    assert execute.COST.fullmatch(line)
