"""Every public function and class has a property test, or a reason why it has none."""

import inspect
from importlib import import_module
from pathlib import Path

from properties import COVERED, identity
from test_api_page import public

import deepbook as db

for path in Path(__file__).parent.glob("test_properties_*.py"):
    import_module(path.stem)
import_module("test_properties")

EXCEPTIONS = {
    "it has no arguments": (
        db.describe_devices, db.plots.use_style, db.data.xor, db.data.load_mnist, db.data.load_digits,
        db.data.load_fashion, db.data.load_karate_club, db.data.load_graph_atlas, db.data.load_molecules,
        db.data.load_sunspots, db.data.load_co2, db.data.load_king_james, db.data.load_pronunciations,
    ),
    "a truth value, of which test_data.py tests both": (db.data.load_digit_pair,),
    "a record that a function returns, not made by hand": (
        db.History, db.data.Dataset, db.data.KarateClub, db.data.SmallGraph, db.data.Emoji, db.data.Molecule,
        db.data.Molecules, db.data.ColouredShapes, db.marks.Mark, db.marks.Panel,
    ),
    "an error that fit raises, not made by hand": (db.CheckpointError, db.NonFiniteLossError),
    "JAX calls them to take a tree apart": (
        db.marks.Mark.tree_flatten, db.marks.Mark.tree_unflatten, db.marks.Panel.tree_flatten,
        db.marks.Panel.tree_unflatten,
    ),
}  # fmt: skip
MAKERS = ("init", "of", "__call__")  # whoever covers the class covers them


def callables():
    """Public functions, classes and their methods, each with its name and what else covers it."""
    for module, name, value in public():
        if inspect.isclass(value):
            yield f"{module}.{name}", value, None
            for attribute, inner in inspect.getmembers(value):
                function = inspect.unwrap(getattr(inner, "__func__", inner))
                own = inspect.isfunction(function) and function.__module__.startswith("deepbook.")
                if own and (attribute[0] != "_" or attribute == "__call__"):
                    yield f"{module}.{name}.{attribute}", function, value if attribute in MAKERS else None
        elif callable(value):
            yield f"{module}.{name}", value, None


def test_every_public_callable_has_a_property_test_or_a_reason():
    excused = {identity(function) for functions in EXCEPTIONS.values() for function in functions}
    known = COVERED | excused
    missing = {
        name
        for name, function, maker in callables()
        if identity(function) not in known and (maker is None or identity(maker) not in known)
    }
    assert missing == set()
    assert COVERED & excused == set()
    assert excused <= {identity(function) for _, function, _ in callables()}
