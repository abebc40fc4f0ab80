"""Data that ships with the package: seeded generators and small real data sets. Nothing is downloaded."""

from deepbook.data.files import Dataset, load_arrays
from deepbook.data.graphs import KarateClub, SmallGraph, block_model, load_graph_atlas, load_karate_club
from deepbook.data.images import (
    FASHION_CLASSES,
    Emoji,
    load_digit_pair,
    load_digits,
    load_emoji,
    load_fashion,
    load_mnist,
    load_photograph,
)
from deepbook.data.molecules import Molecule, Molecules, load_molecules, parse_smiles
from deepbook.data.series import load_co2, load_sunspots
from deepbook.data.shapes import COLOURS, SHAPES, ColouredShapes, coloured_shapes
from deepbook.data.synthetic import boolean_inputs, parity, spirals, two_moons, xor
from deepbook.data.text import load_king_james, load_pronunciations

__all__ = [
    "COLOURS",
    "FASHION_CLASSES",
    "SHAPES",
    "ColouredShapes",
    "Dataset",
    "Emoji",
    "KarateClub",
    "Molecule",
    "Molecules",
    "SmallGraph",
    "block_model",
    "boolean_inputs",
    "coloured_shapes",
    "load_arrays",
    "load_co2",
    "load_digit_pair",
    "load_digits",
    "load_emoji",
    "load_fashion",
    "load_graph_atlas",
    "load_karate_club",
    "load_king_james",
    "load_mnist",
    "load_molecules",
    "load_photograph",
    "load_pronunciations",
    "load_sunspots",
    "parity",
    "parse_smiles",
    "spirals",
    "two_moons",
    "xor",
]
