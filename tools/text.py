"""A text view of a notebook, to edit: text/NAME.md in MyST, not committed.

usage: text.py to-text NOTEBOOK...      write text/NAME.md from the notebook
       text.py to-notebook NOTEBOOK...  write the notebook from text/NAME.md (execute it afterwards)
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(direction: str, notebooks: list[Path]) -> None:
    """Convert with jupytext; the notebook's kernel and the cells' metadata are kept."""
    jupytext = [sys.executable, "-m", "jupytext", "--quiet", "--opt", "notebook_metadata_filter=kernelspec"]
    (ROOT / "text").mkdir(exist_ok=True)
    for notebook in notebooks:
        record = ROOT / "text" / f".{notebook.stem}.sha256"  # of the view as last written or carried back
        view = ROOT / "text" / f"{notebook.stem}.md"
        if direction == "to-text":
            if view.exists() and not (record.exists() and record.read_text() == digest(view)):
                name = view.relative_to(ROOT)
                sys.exit(f"{name} has edits that are not in the notebook: make notebook, or move it away first")
            subprocess.run([*jupytext, "--to", "md:myst", "-o", view, notebook], check=True)
            record.write_text(digest(view))
            print(view.relative_to(ROOT))
        elif not view.exists():
            sys.exit(f"{view.relative_to(ROOT)} does not exist: first make text NB={notebook.stem}")
        else:
            subprocess.run([*jupytext, "--to", "ipynb", "-o", notebook, view], check=True)
            record.write_text(digest(view))


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("to-text", "to-notebook"):
        sys.exit(__doc__)
    main(sys.argv[1], [Path(name) for name in sys.argv[2:]])
