"""The API page: it holds every public name, and what it holds says what goes in and what comes out."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import deepbook as db

PAGE = (Path(__file__).resolve().parents[1] / "book" / "api.md").read_text()
SUBMODULES = (db.data, db.generative, db.metrics, db.nn, db.nn.init, db.training, db.plots, db.diagrams, db.marks)
EXEMPT = {
    "ROLES": "the notation page shows them",
    "Mark": "what the functions of marks return, never made by hand",
    "Panel": "what marks.panel returns, never made by hand",
}


def names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def documented():
    """The names on the page, each with the object: what Sphinx takes from the directives."""
    found = {}
    for module, options in re.findall(r"automodule:: (\S+)\n((?:   :.*\n)*)", PAGE):
        room, listed = import_module(module), dict(re.findall(r":([a-z-]+): ?(.*)", options))
        own = [n for n, value in vars(room).items() if getattr(value, "__module__", None) == module and n[0] != "_"]
        constants = re.findall(r"^#: .*\n(\w+) =", inspect.getsource(room), re.M)
        chosen = names(listed["members"]) or [n for n in own if getattr(room, n).__doc__] + constants
        found |= {(module, n): getattr(room, n) for n in chosen if n not in names(listed.get("exclude-members", ""))}
    for path in re.findall(r"autoclass:: (\S+)", PAGE):
        module, _, name = path.rpartition(".")
        found[module, name] = getattr(import_module(module), name)
    return found


DOCUMENTED = documented()


def public():
    """Names and objects that readers can write."""
    for module in (db, *SUBMODULES):
        room = "deepbook." if hasattr(module, "__path__") else module.__name__  # a package passes on what it imports
        listed = getattr(module, "__all__", None) or [
            name
            for name, value in vars(module).items()
            if name[0] != "_" and getattr(value, "__module__", "").startswith(room)
        ]
        yield from ((module.__name__, name, getattr(module, name)) for name in listed)


def test_every_public_name_is_on_the_page():
    objects = list(DOCUMENTED.values())
    missing = {
        f"{module}.{name}"
        for module, name, value in public()
        if not any(value is other for other in objects) and name not in EXEMPT and value not in SUBMODULES
    }
    assert missing == set()


def test_the_names_that_load_late_are_public():
    assert set(db._LAZY) <= set(db.__all__)


def test_no_name_is_exempt_in_vain():
    on_page = {name for _, name in DOCUMENTED}
    assert set(EXEMPT) <= {name for _, name, _ in public()} - on_page


def functions():
    for (_, name), value in DOCUMENTED.items():
        if inspect.isclass(value):
            for attribute, inner in inspect.getmembers(value):
                function = inspect.unwrap(getattr(inner, "__func__", inner))
                own = inspect.isfunction(function) and function.__module__.startswith("deepbook.")
                if own and (attribute[0] != "_" or attribute == "__call__"):
                    yield f"{name}.{attribute}", function
        elif callable(value):
            yield name, inspect.unwrap(value)


@pytest.mark.parametrize("function", [pytest.param(function, id=name) for name, function in functions()])
def test_what_is_on_the_page_says_what_goes_in_and_what_comes_out(function):
    text, signature = inspect.getdoc(function), inspect.signature(function)
    arguments = [
        name for name in signature.parameters if name != "self" and (name != "cls" or "." not in function.__qualname__)
    ]
    described = re.search(r"^Args:\n((?: .*\n?|\n)*)", text, re.M)
    told = re.findall(r"^ {4}\*{0,2}(\w+):", described[1], re.M) if described else []
    assert sorted(told) == sorted(arguments)
    if signature.return_annotation not in (None, "None", inspect.Signature.empty):
        assert re.search("^Returns:", text, re.M)
