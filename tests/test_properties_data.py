"""Generators and readers of data: what NumPy computes from their formulas, or an error that names the argument."""

import itertools
import re

import jax
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis.strategies import lists, sampled_from
from properties import (
    KEY,
    NO_KEY,
    NO_NUMBER,
    NO_SIZE,
    all_cases,
    answer,
    covers,
    exact,
    few,
    fewer,
    judge,
    one_wrong,
    tried,
)

import deepbook as db
from deepbook.data import files

pytestmark = pytest.mark.usefixtures("unchecked")
NO_SEED = (-1, 2.5, "3", None)


@covers(db.data.boolean_inputs, db.data.parity)
@all_cases
@given(sampled_from([1, 3, np.int64(2), 17, *NO_SIZE]))
def test_boolean_functions(n):
    valid = n in (1, 2, 3) and n is not True
    rows = lambda: np.array(list(itertools.product((0, 1), repeat=int(n))), float)
    judge(lambda: db.data.boolean_inputs(n), valid, rows)
    judge(lambda: db.data.parity(n)[0], valid, rows)
    judge(lambda: db.data.parity(n)[1], valid, lambda: rows().sum(1) % 2)


@covers(db.data.two_moons, db.data.spirals)
@fewer
@given(
    sampled_from([1, 7]),
    sampled_from([1, 3, 9]),
    sampled_from([0, 1.5, -2]),
    sampled_from([0, 0.1, np.float32(0.5)]),
)
def test_curves(n, classes, turns, noise):
    blur = float(noise) * exact(jax.random.normal(KEY, (n, 2)))

    def moons():
        t, u = np.linspace(0, np.pi, n - n // 2), np.linspace(0, np.pi, n // 2)
        x, y = np.concatenate([np.cos(t), 1 - np.cos(u)]), np.concatenate([np.sin(t), 0.5 - np.sin(u)])
        return np.stack([x, y], 1) + blur

    def arms():
        r, label = np.linspace(0.1, 1, n), np.arange(n) % classes
        phi = 2 * np.pi * (turns * r + label / classes)
        return r[:, None] * np.stack([np.cos(phi), np.sin(phi)], 1) + blur

    judge(lambda: db.data.two_moons(KEY, n, noise=noise)[0], True, moons, scale=20)
    judge(lambda: db.data.two_moons(KEY, n, noise=noise)[1], True, lambda: np.arange(n) >= n - n // 2)
    spirals = lambda i: db.data.spirals(KEY, n, classes=classes, turns=turns, noise=noise)[i]
    judge(lambda: spirals(0), True, arms, scale=20)
    judge(lambda: spirals(1), True, lambda: np.arange(n) % classes)


@covers(db.data.two_moons, db.data.spirals)
@all_cases
@given(
    one_wrong(
        {"key": KEY, "n": 3, "noise": 0.1, "classes": 2, "turns": 1.5},
        key=(None, *NO_KEY),
        n=NO_SIZE,
        noise=NO_NUMBER,
        classes=NO_SIZE,
        turns=NO_NUMBER,
    )
)
def test_arguments_of_curves(case):
    arguments, wrong = case
    answer(lambda: db.data.spirals(**arguments), wrong)
    if wrong not in ("classes", "turns"):
        answer(lambda: db.data.two_moons(*list(arguments.values())[:2], noise=arguments["noise"]), wrong)


@covers(db.data.block_model)
@all_cases
@given(
    one_wrong(
        {"seed": 0, "n": 6, "degree_in": 6, "degree_out": np.float32(0)},
        seed=NO_SEED,
        n=(*NO_SIZE, 5),
        degree_in=(-1, 7, *NO_NUMBER),
        degree_out=(-1, 7, *NO_NUMBER),
    )
)
def test_block_model(case):
    arguments, wrong = case
    if (made := answer(lambda: db.data.block_model(**arguments), wrong)) is not None:  # two cliques of three
        edges, groups = made
        assert sorted(groups.tolist()) == [0] * 3 + [1] * 3
        pairs = {(i, j) for i, j in itertools.combinations(range(6), 2) if groups[i] == groups[j]}
        assert sorted(map(tuple, edges.tolist())) == sorted(pairs)


@covers(db.data.coloured_shapes)
@all_cases
@given(one_wrong({"n": 3, "seed": 0, "size": 8}, n=NO_SIZE, seed=NO_SEED, size=(*NO_SIZE, 7)))
def test_coloured_shapes(case):
    arguments, wrong = case
    if (made := answer(lambda: db.data.coloured_shapes(**arguments), wrong)) is not None:
        assert made.images.shape == (3, 8, 8, 3)
        area = made.images.max(-1).sum((1, 2))  # a pixel's value is how much of it the shape covers
        np.testing.assert_allclose(area, np.pi * exact(made.radii) ** 2, rtol=0.15)
        weight = made.images.max(-1) / area[:, None, None]
        places = np.arange(8) + 0.5
        centres = np.stack([(weight.sum(1) * places).sum(1), (weight.sum(2) * places).sum(1)], 1)
        np.testing.assert_allclose(centres, made.centres, atol=0.3)


@covers(db.data.load_photograph, db.data.load_emoji, db.data.load_arrays)
@all_cases
@given(
    one_wrong(
        {"name": "coffee", "size": 16, "file": "karate.npz"},
        name=("dog", 3, None, ["cat"]),
        size=(8, "16", None, 16.5, np.ones(2)),
        file=("../karate.npz", "", 3, None, ["karate.npz"]),
    )
)
def test_names_of_data(case):
    (name, size, file), wrong = case[0].values(), case[1]
    if wrong in (None, "name"):
        picture = answer(lambda: db.data.load_photograph(name), wrong)
        assert picture is None or (picture.shape == (200, 300, 3) and 0 <= picture.min() <= picture.max() <= 1)
    if wrong in (None, "size"):
        emoji = answer(lambda: db.data.load_emoji(size), wrong)
        assert emoji is None or emoji.images.shape == (1400, 16, 16, 3)
    if wrong is None:
        assert set(db.data.load_arrays(file)) == set(files.load_arrays(file))
    elif wrong == "file":
        with pytest.raises(KeyError, match=r"name: got .*, expected one of \['"):
            db.data.load_arrays(file)


PIECES = ["C", "N", "Cl", "c", "o", "[", "]", "[nH]", "[O-]", "[13CH3+2]", "=", "#", ":", "(", ")", "1", "%12", "."]


@covers(db.data.parse_smiles)
@settings(few, max_examples=150)
@given(lists(sampled_from(PIECES), max_size=8).map("".join))
@example("")
@example("C1CC1C(=O)[O-]")
@example("c1ccccc1Cl")
def test_a_string_is_a_molecule_or_refused(smiles):
    molecule, problem = tried(lambda: db.data.parse_smiles(smiles))
    if problem is not None:
        assert re.fullmatch(r"smiles: .* at position \d+ of '.*'", problem)
        return
    atoms = len(re.findall(r"\[.*?\]|Cl|[CNOco]", smiles))
    assert len(molecule.elements) == len(molecule.hydrogens) == len(molecule.charges) == len(molecule.aromatic) == atoms
    bonds = [tuple(sorted(bond)) for bond in molecule.bonds.tolist()]
    assert len(set(bonds)) == len(bonds) == len(molecule.orders)
    assert all(0 <= i < j < atoms for i, j in bonds)
    assert set(molecule.orders.tolist()) <= {1.0, 1.5, 2.0, 3.0}
    assert (molecule.hydrogens >= 0).all()
    links = np.zeros((atoms, atoms))
    links[tuple(np.array(bonds, int).reshape(-1, 2).T)] = 1
    reached = np.linalg.matrix_power(np.eye(atoms) + links + links.T, atoms)
    assert (reached > 0).all()  # in one piece


@covers(db.data.parse_smiles)
@all_cases
@given(sampled_from([3, None, ["C"], b"C"]))
def test_what_is_no_string_is_no_molecule(smiles):
    answer(lambda: db.data.parse_smiles(smiles), "smiles")
