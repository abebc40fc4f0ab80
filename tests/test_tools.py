"""What the Makefile calls: says what is missing, and changes only what it should."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


def setup(folder, **env):
    """Run the set-up in a folder with a copy of what it reads."""
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    command = ["sh", str(ROOT / "tools" / "setup.sh")]
    return subprocess.run(command, cwd=folder, env=os.environ | env, capture_output=True, text=True)


def fake_command(folder, name, body):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_a_missing_python_is_named(tmp_path):
    done = setup(tmp_path, PYTHON="no-such-python")
    assert done.returncode == 1
    assert "Python is missing: no command 'no-such-python'. Install Python 3.11 or newer" in done.stderr


def test_an_old_python_is_named(tmp_path):
    old = fake_command(tmp_path, "python3.8", 'if [ "$1" = -V ]; then echo "Python 3.8.1"; else exit 1; fi')
    done = setup(tmp_path, PYTHON=str(old))
    assert done.returncode == 1
    assert "Python is too old" in done.stderr
    assert "is Python 3.8.1, the book needs 3.11 or newer" in done.stderr


def test_a_full_disk_is_named(tmp_path):
    fake_command(tmp_path, "df", 'printf "Filesystem 1024-blocks Used Available\\nx 1 1 1048576\\n"')
    done = setup(tmp_path, PYTHON=sys.executable, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert "The disk is too full: 1024 MB free here, the environment needs 2,500 MB." in done.stderr


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_missing_network_is_named(tmp_path, installer):
    # Only the installers' answer is imitated: no machine of ours is without a network.
    if installer == "uv":
        fake_command(
            tmp_path, "uv", 'if [ "$1" = venv ]; then mkdir -p .venv/bin; else echo "no route" >&2; exit 2; fi'
        )
        python = sys.executable
    else:
        (tmp_path / ".venv" / "bin").mkdir(parents=True)
        fake_command(tmp_path / ".venv" / "bin", "pip", 'echo "no route" >&2; exit 1')
        python = sys.executable
    without_uv = ":".join(p for p in os.environ["PATH"].split(":") if not (Path(p) / "uv").exists())
    done = setup(tmp_path, PYTHON=python, PATH=f"{tmp_path}:{without_uv}")
    assert done.returncode == 1
    assert "no route" in done.stderr
    assert f"{installer} could not install requirements.txt" in done.stderr
    assert "Without a network for PyPI" in done.stderr
    assert not (tmp_path / ".venv" / "ready").exists()


@pytest.fixture
def copy(tmp_path):
    """A copy of what `make repository` touches."""
    for name in ("_config.yml", "CITATION.cff", "tools/repository.py", "notebooks"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (shutil.copytree if name == "notebooks" else shutil.copy)(ROOT / name, tmp_path / name)
    return tmp_path


def set_repository(copy, url):
    command = [sys.executable, "tools/repository.py", url]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True)


def contents(copy):
    return {p.relative_to(copy): p.read_bytes() for p in copy.rglob("*") if p.is_file()}


def test_the_repository_is_set_everywhere_and_can_be_taken_back(copy):
    before = contents(copy)
    url = "https://github.com/someone/book"
    assert set_repository(copy, url).returncode == 0
    config = yaml.safe_load((copy / "_config.yml").read_text())
    assert config["repository"] == {"url": url, "branch": "main", "path_to_book": ""}
    assert config["launch_buttons"]["colab_url"] == "https://colab.research.google.com"
    assert config["html"]["use_repository_button"] is True
    for path in (copy / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        assert f'REPOSITORY = "{url}"' in "".join(next(c for c in cells if c["cell_type"] == "code")["source"])
    assert f"repository-code: {url}" in (copy / "CITATION.cff").read_text()
    once = contents(copy)
    assert set_repository(copy, url).returncode == 0
    assert contents(copy) == once
    assert set_repository(copy, "").returncode == 0
    assert contents(copy) == before


@pytest.mark.parametrize("url", ["github.com/a/b", "https://github.com/a", 'https://x.y/a/b"'])
def test_an_address_that_is_none_changes_nothing(copy, url):
    before = contents(copy)
    done = set_repository(copy, url)
    assert done.returncode == 1
    assert "usage: repository.py URL" in done.stderr
    assert contents(copy) == before


def test_no_address_is_linked_while_none_is_set():
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    if "repository" not in config:
        assert "launch_buttons" not in config
        assert not any(value for key, value in config["html"].items() if key.endswith("_button"))


def test_publishing_gives_a_forks_notebooks_its_address_on_a_branch_of_their_own(copy, tmp_path_factory):
    remote = tmp_path_factory.mktemp("remote")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C"]
    (copy / "Makefile").write_text("repository:\n\t@python3 tools/repository.py $(URL)\nsite:\n\t@true\n")
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "book"]):
        subprocess.run([*git, copy, *command], check=True)
    subprocess.run(["git", "init", "-q", "--bare", remote], check=True)
    subprocess.run([*git, copy, "remote", "add", "origin", remote], check=True)
    env = os.environ | {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "somebody/fork"}
    subprocess.run(["sh", ROOT / "tools" / "publish.sh"], cwd=copy, env=env, check=True, capture_output=True)
    show = ["git", "-C", remote, "show", "colab:notebooks/02_backprop.ipynb"]
    notebook = json.loads(subprocess.run(show, check=True, capture_output=True).stdout)
    cell = next(c for c in notebook["cells"] if c["cell_type"] == "code")
    assert 'REPOSITORY = "https://github.com/somebody/fork"' in "".join(cell["source"])


@pytest.mark.parametrize(("address", "runs"), [("", None), ("https://github.com/a/b", ["git+https://github.com/a/b"])])
def test_on_colab_the_first_cell_installs_or_says_what_to_do(address, runs, monkeypatch):
    from IPython.core.inputtransformer2 import TransformerManager

    notebook = json.loads((ROOT / "notebooks" / "02_backprop.ipynb").read_text())
    cell = next(c for c in notebook["cells"] if c["cell_type"] == "code")
    source = re.sub(r'REPOSITORY = ".*?"', f'REPOSITORY = "{address}"', "".join(cell["source"]))
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    asked = []

    class Shell:
        def run_line_magic(self, name, line):
            asked.append((name, line.split()[-1]))

    code = TransformerManager().transform_cell(source)
    names = {"get_ipython": Shell}
    if runs is None:
        with pytest.raises(RuntimeError, match="Write the book's address between the quotes above"):
            exec(code, names)
        assert asked == []
    else:
        exec(code, names)
        assert [name for name, _ in asked] == ["pip"]


def test_the_readme_lists_every_chapter():
    readme = (ROOT / "README.md").read_text()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"(notebooks/{path.name})" in readme


def test_no_source_file_is_longer_than_300_lines():
    long = {p.name: n for p in (ROOT / "src").rglob("*.py") if (n := len(p.read_text().splitlines())) > 300}
    assert long == {}


def test_the_check_of_the_oldest_versions_installs_what_its_tests_import():
    script = (ROOT / "tools" / "oldest_check.sh").read_text()
    asked = {
        line.split(">")[0] for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    }
    asked |= set(re.search(r"-r \S+ \. (.*)", script)[1].split())
    brought = {"deepbook", "ml_dtypes", "IPython"}  # by this package, by jax and by ipykernel
    left_out = re.search(r"grep -v (.*)\)", script)[1].replace("-e", "").split()
    for path in (ROOT / "tests").glob("test_*.py"):
        if not any(word in path.name for word in left_out):
            lines = re.findall(r"^ *(?:import|from) (\w+)", path.read_text(), re.M)
            names = set(lines) - sys.stdlib_module_names - {p.stem for p in (ROOT / "tests").glob("*.py")} - brought
            assert {name.replace("_", "-") for name in names} <= asked, path.name


def test_student_copies_have_no_solutions_and_no_outputs(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "student.py", tmp_path / "tools")
    paths = sorted((tmp_path / "notebooks").glob("*.ipynb"))
    command = [sys.executable, tmp_path / "tools" / "student.py", *paths]
    assert subprocess.run(command).returncode == 0
    for path in paths:
        full, copy = json.loads(path.read_text()), json.loads((tmp_path / "student" / path.name).read_text())
        text = "".join("".join(c["source"]) for c in copy["cells"])
        assert "{solution}" not in text
        assert text.count("{exercise}") == "".join("".join(c["source"]) for c in full["cells"]).count("{exercise}") > 0
        assert all(not c["outputs"] and "wrong" not in c["metadata"] for c in copy["cells"] if c["cell_type"] == "code")
        assert sum(c["cell_type"] == "code" for c in copy["cells"]) == sum(
            c["cell_type"] == "code" for c in full["cells"]
        )
    work = tmp_path / "student" / paths[0].name
    work.write_text(work.read_text() + " ")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "exists and differs" in done.stderr
    assert work.read_text().endswith(" ")


def test_the_text_view_is_not_overwritten_while_it_has_edits(tmp_path):
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "text.py", tmp_path / "tools")
    notebook = shutil.copy(sorted((ROOT / "notebooks").glob("*.ipynb"))[0], tmp_path)
    view = tmp_path / "text" / f"{Path(notebook).stem}.md"

    def run(direction):
        command = [sys.executable, tmp_path / "tools" / "text.py", direction, notebook]
        return subprocess.run(command, capture_output=True, text=True)

    assert run("to-text").returncode == 0
    assert run("to-text").returncode == 0  # nothing was edited
    view.write_text(view.read_text() + "\nA new sentence.\n")
    done = run("to-text")
    assert done.returncode == 1
    assert "has edits that are not in the notebook" in done.stderr
    assert "A new sentence." in view.read_text()
    assert run("to-notebook").returncode == 0
    assert "A new sentence." in Path(notebook).read_text()
    assert run("to-text").returncode == 0


def test_stored_figures_get_todays_code_and_nothing_else_changes(tmp_path):
    path = tmp_path / "chapter.ipynb"
    shutil.copy(ROOT / "notebooks" / "03_approximation.ipynb", path)
    command = [sys.executable, ROOT / "tools" / "refresh.py", path]
    assert subprocess.run(command, capture_output=True).returncode == 0
    today = path.read_text()
    moving = today.count('class=\\"db-figure')
    assert moving > 1
    path.write_text(today.replace("<style>", "<style>.old {}").replace("<script>", "<script>old();"))
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == f"{path}: {moving} figures\n"
    assert path.read_text() == today
    path.touch()
    stamp = path.stat().st_mtime_ns
    assert subprocess.run(command, capture_output=True, text=True).stdout == f"{path}: 0 figures\n"
    assert path.stat().st_mtime_ns == stamp
