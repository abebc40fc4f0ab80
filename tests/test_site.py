"""What the site makes of a notebook: which code is folded, how claims are listed, numbers by chapter."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book" / "_ext"))
import chapters
import claims_page
import deepbook_site
import folding
import front
import numbering
import together

from deepbook import claim, claim_table
from deepbook.page._claims import anchor

SETUP = ["import sys", "import jax"]


def folded(*sources):
    """How each cell of a notebook is folded, set-up left out."""
    code = [{"cell_type": "code", "source": s, "metadata": {}} for s in [*SETUP, *sources]]
    folding.fold({"cells": code})
    assert all("fold-setup" in cell["metadata"]["tags"] for cell in code[:2])
    return [cell["metadata"]["tags"] for cell in code[2:]]


CLAIM = 'claim("x", {}, at_most=1)'


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (CLAIM.format("y"), "claims"),
        (f"claim_table(\n    {CLAIM.format(1)},\n    {CLAIM.format(2)},\n)", "claims"),
        (f"z = y + 1\n{CLAIM.format('z')}", "claims"),
        (f"used = y + 1\n{CLAIM.format('used')}", None),  # another cell needs it
        (f"z = [used for used in y]\n{CLAIM.format('z')}", "claims"),  # another name of that kind
        (f"def z(x):\n    return x\n\n\n{CLAIM.format('z(1)')}", None),  # a function may be the lesson
        (f"print(1)\n{CLAIM.format(1)}", None),
        ("explore(draw, x=slider([1, 2]))", "figure"),
        ("db.stepper(draw, {})", "figure"),
        ("figure = explore(draw, x=slider([1, 2]))", None),
        ("z = 1", None),
        ("%pip install x", None),
    ],
)
def test_what_is_folded(source, kind):
    tags = folded(source, "print(used)")[0]
    assert tags == ([] if kind is None else ["hide-input", f"fold-{kind}"])


def test_claims_behind_a_lesson_become_a_cell_of_their_own():
    lesson, claims = "def f(x):\n    return x\n\n\nprint(f(1))", f"# a remark\nz = f(2)\n{CLAIM.format('z')}"
    text, record = {"output_type": "stream", "text": "1"}, {"data": {folding.CLAIM: "[]"}}
    made = {
        "source": f"{lesson}\n{claims}",
        "outputs": [text, record],
        "metadata": {"mystnb": {"figure": {}}},
        "id": "a",
    }
    cells = [{"cell_type": "code", "source": s, "metadata": {}} for s in SETUP] + [{"cell_type": "code"} | made]
    cells.append({"cell_type": "markdown", "source": "text"})
    folding.fold({"cells": cells})
    assert [cell["source"] for cell in cells[2:]] == [lesson, claims, "text"]
    assert [cell["outputs"] for cell in cells[2:4]] == [[text], [record]]
    assert [cell["metadata"]["tags"] for cell in cells[2:4]] == [[], ["hide-input", "fold-claims"]]
    assert cells[3]["id"] != cells[2]["id"]
    assert "figure" not in cells[3]["metadata"]["mystnb"]


def test_a_formula_keeps_its_brackets_and_its_full_stop():
    doctree, line = new_document("page"), nodes.paragraph()
    line += [nodes.Text("so ("), nodes.math("", "a"), nodes.Text("), and "), nodes.math("", "b"), nodes.Text(" ends")]
    doctree += line
    together.keep_together(None, doctree)
    assert doctree.astext() == "so (a), and b ends"
    assert [node.astext() for node in doctree.findall(nodes.inline)] == ["(a),"]


def test_remarks_to_the_formatter_stay_off_the_page():
    cell = {"cell_type": "code", "source": "x = [1,\n     2]  # fmt: skip\nprint(x)  # both", "metadata": {}}
    folding.fold({"cells": [cell]})
    assert cell["source"] == "x = [1,\n     2]\nprint(x)  # both"


@pytest.mark.parametrize(
    ("source", "prompt"),
    [
        ("plot()", "Show code"),
        ("figure, axis = plt.subplots()\nplt.show()", "Show the figure’s code"),
        ("def draw(x):\n    y = x\n    return y", "Show code: draw"),
        ("a, b = 1, 2\nfor i in range(3):\n    c = i\nd = e = 1\na = 2", "Show code: a, b, d, …"),
    ],
)
def test_the_authors_tag_is_kept_and_its_control_named(source, prompt):
    cells = [{"cell_type": "code", "source": s, "metadata": {"tags": ["hide-input"]}} for s in [*SETUP, source]]
    folding.fold({"cells": cells})
    assert cells[2]["metadata"]["tags"] == ["hide-input", "fold-figure"]
    assert cells[2]["metadata"]["mystnb"]["code_prompt_show"] == prompt


@pytest.mark.parametrize(
    ("bound", "measured", "null", "margin"),
    [
        ({"at_least": 2}, 3.0, 1, 0.5),  # half of the way from 3 to 1
        ({"at_most": 2}, 1.0, None, 0.5),
        ({"between": (1, 3)}, 2.5, None, 0.5),
        ({"equal": 1.0, "tol": 0.2}, 1.1, None, 0.5),
        ({"equal": 1}, 1, None, None),
        ({"at_least": 0}, 1.0, None, None),
    ],
)
def test_margin(bound, measured, null, margin):
    found = claims_page.margin(claim("x", measured, null=null, **bound).record)
    assert found == (margin if margin is None else pytest.approx(margin))


def test_claims_that_begin_alike_have_ids_of_their_own_and_links_to_them():
    start = "the share of the answers that are right after the first epoch of training, "
    made = [claim(start + end, 1, equal=1) for end in ("once", "twice", "three times")]
    other, last = claim("something else", 1, equal=1), claim_table(*made[1:])
    shown = [c._repr_mimebundle_()["text/html"] for c in (made[0], other, last)]
    doctree = new_document("page")
    doctree += [nodes.raw("", page, format="html") for page in ("<p>no claim</p>", *shown)]
    claims_page.tell_apart(doctree)
    page = "".join(node.astext() for node in doctree.findall(nodes.raw))
    ids = re.findall(r'id="([^"]+)"', page)
    base = anchor(made[0].statement)
    assert ids == [base, "claim-something-else", f"{base}-2", f"{base}-3"]
    records = [c.record for c in (made[0], other, *made[1:])]
    rows = map(claims_page.row, ["01a"] * 4, claims_page.unique(anchor(r["statement"]) for r in records), records)
    assert re.findall(r'href="../notebooks/01a.html#([^"]+)"', "".join(rows)) == ids
    assert [part.count("twice") for part in page.split('id="claim-')] == [
        0,
        0,
        0,
        1,
        0,
    ]  # the third id is that of twice


def test_an_id_is_not_given_twice():
    assert claims_page.unique(["a", "a", "a-2", "b", "a"]) == ["a", "a-2", "a-2-2", "b", "a-3"]


def test_numbers_start_anew_in_each_chapter():
    count = {"notebooks/01a_history": {"figure": {"b": (2,), "a": (1,)}}, "notebooks/09_transformers": {}}
    count["notebooks/09_transformers"] = {"figure": {"c": (10,), "d": (3,)}, "theorem": {"t": (7,)}}
    count["book/notation"] = {"figure": {"e": (4,)}}
    numbering.renumber(None, SimpleNamespace(toc_fignumbers=count))
    assert count["notebooks/01a_history"]["figure"] == {"a": ("1a", 1), "b": ("1a", 2)}
    assert count["notebooks/09_transformers"] == {"figure": {"d": ("9", 1), "c": ("9", 2)}, "theorem": {"t": ("9", 1)}}
    assert count["book/notation"]["figure"] == {"e": (4,)}


def test_what_a_chapter_needs():
    head = "# 9 X\n\n**Why?**\n\n**You need** chapters [1](01b_blocks.ipynb) and [2](02_x.ipynb). "
    head += "[3](03_y.ipynb) is not required."
    notebook = {"cells": [{"cell_type": "markdown", "source": head}]}
    assert chapters.needs(notebook) == ["01b_blocks", "02_x"]
    assert chapters.question(notebook) == "Why?"
    assert chapters.title(notebook) == "9 X"


def test_every_chapter_says_what_it_needs_and_has_a_card():
    root = Path(__file__).resolve().parents[1]
    pages = "".join(path.read_text() for path in (root / "book").glob("part_*.md"))
    books = dict(chapters.chapters(root))
    for name, notebook in books.items():
        assert set(chapters.needs(notebook)) <= set(books)
        assert f"\n{name} fig-" in pages
        assert f"\n{name} fig-" in (root / "book" / "index.md").read_text()


def test_a_card_shows_the_figures_stored_picture():
    books = dict(chapters.chapters(Path(__file__).resolve().parents[1]))
    cell = next(c for c in books["02_backprop"]["cells"] if c["cell_type"] == "code" and "image" in str(c["metadata"]))
    source, alt = front.picture(cell)
    assert source.startswith("data:image/webp;base64,")
    assert len(alt) > 30
    with pytest.raises(ValueError, match="shows no picture"):
        front.picture({"metadata": {}, "outputs": []})


def test_a_page_has_the_figures_code_once():
    record = '<script type="application/json">{}</script>'
    figure = f'<div class="db-figure" id="fig-a"><style>a</style><img>{record}<script>b</script></div>'
    document = new_document("")
    document += [nodes.raw("", figure, format="html"), nodes.raw("", "<style>c</style>", format="html")]
    deepbook_site.share_code(None, document)
    assert [node.astext() for node in document] == [
        f'<div class="db-figure" id="fig-a"><img>{record}</div>',
        "<style>c</style>",
    ]
    config = SimpleNamespace(html_static_path=["s"], html_css_files=["custom.css"], html_js_files=[])
    deepbook_site.add_code(None, config)
    names = ["interact.css", "live.css", "interact.js", "live_helpers.js", "live_marks.js", "live.js"]
    assert [Path(name).name for name in config.html_static_path] == ["s", *names]
    assert all(Path(name).is_file() for name in config.html_static_path[1:])
    assert [name for name, _ in config.html_css_files[1:] + config.html_js_files] == names
