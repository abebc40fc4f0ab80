"""Data that ships with the package: seeded generators and small real data sets. Nothing is downloaded."""

from deepbook.data.files import Dataset, load_arrays
from deepbook.data.images import load_digits, load_mnist, load_photograph
from deepbook.data.synthetic import boolean_inputs, parity, spirals, two_moons, xor

__all__ = [
    "Dataset",
    "boolean_inputs",
    "load_arrays",
    "load_digits",
    "load_mnist",
    "load_photograph",
    "parity",
    "spirals",
    "two_moons",
    "xor",
]
