"""Every exercise of the book: its check accepts the solution and rejects the stub and the listed wrong answers.

The cells of an exercise may use the chapter's imports (its second code cell) and nothing else.
"""

import ast
import itertools
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def text(cell):
    return "".join(cell["source"])


def exercises():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        prose = "\n\n".join(text(c) for c in cells if c["cell_type"] == "markdown")
        code = [c for c in cells if c["cell_type"] == "code"]
        for stub, check in itertools.pairwise(code):
            label = check["metadata"].get("exercise")
            if label:
                solution = re.search(rf"\{{solution\}} {label}\n.*?```python\n(.*?)```", prose, re.DOTALL)[1]
                yield pytest.param(
                    text(code[1]),
                    text(stub),
                    solution,
                    check["metadata"]["wrong"],
                    text(check),
                    id=f"{path.stem}-{label}",
                )


def verdict(*sources):
    """Run the sources in one namespace; the value of the last expression of the last one."""
    namespace = {}
    *first, last = sources
    for source in first:
        exec(source, namespace)
    tree = ast.parse(last)
    expression = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "check", "exec"), namespace)
    return eval(compile(expression, "check", "eval"), namespace)


@pytest.mark.parametrize(("imports", "stub", "solution", "wrong", "check"), list(exercises()))
def test_exercise(imports, stub, solution, wrong, check):
    assert verdict(imports, stub, check).status == "not attempted"
    result = verdict(imports, stub, solution, check)
    assert result.status == "passed", result
    assert wrong
    for answer in wrong:
        result = verdict(imports, stub, answer, check)
        assert result.status == "failed", f"accepted a wrong answer:\n{answer}"


def test_there_are_exercises():
    assert list(exercises())
