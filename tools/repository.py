"""Set the book's address in the one place where it is written and in everything made from it.

usage: repository.py URL   (for example https://github.com/OWNER/NAME; an empty URL removes it)
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARK = "# `make repository URL=...` adds the repository and the buttons that need one below this line.\n"
BLOCK = """repository: {{url: {url}, branch: main, path_to_book: ""}}
launch_buttons: {{colab_url: https://colab.research.google.com}}
"""


def set_config(url: str) -> None:
    """The site: Colab, repository and edit buttons exist only when there is an address."""
    path = ROOT / "_config.yml"
    text = re.sub(r"(?m)^(repository|launch_buttons): \{.*\}\n", "", path.read_text())
    text = text.replace(MARK, MARK + (BLOCK.format(url=url) if url else ""))
    for button in ("issues", "repository", "edit_page"):
        text = re.sub(rf"use_{button}_button: \w+", f"use_{button}_button: {'true' if url else 'false'}", text)
    path.write_text(text)


def set_notebooks(url: str) -> None:
    """The first code cell of every notebook: what Colab installs."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text())
        cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        source = "".join(cell["source"])
        changed = re.sub(r'(?m)^REPOSITORY = ".*?"', f'REPOSITORY = "{url}"', source)
        cell["source"] = changed.splitlines(keepends=True)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def set_citation(url: str) -> None:
    """CITATION.cff names the repository."""
    path = ROOT / "CITATION.cff"
    text = re.sub(r"(?m)^repository-code: .*\n", "", path.read_text())
    path.write_text(text + (f"repository-code: {url}\n" if url else ""))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not re.fullmatch(r"(https://[\w.-]+/[\w.-]+/[\w.-]+)?", sys.argv[1]):
        sys.exit(__doc__)
    address = sys.argv[1].removesuffix(".git")
    set_config(address)
    set_notebooks(address)
    set_citation(address)
    print(f"The repository is {address or 'not set'}.")
