"""The reader of SMILES strings, against formulas that chemists know."""

from collections import Counter

import numpy as np
import pytest

from deepbook.data import load_molecules, parse_smiles


def formula(smiles):
    molecule = parse_smiles(smiles)
    counts = Counter(molecule.elements)
    counts["H"] += int(molecule.hydrogens.sum())
    return {element: n for element, n in counts.items() if n}


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("C", {"C": 1, "H": 4}),
        ("CCO", {"C": 2, "H": 6, "O": 1}),
        ("CC(=O)O", {"C": 2, "H": 4, "O": 2}),
        ("C#N", {"C": 1, "H": 1, "N": 1}),
        ("C1CCCCC1", {"C": 6, "H": 12}),
        ("c1ccccc1", {"C": 6, "H": 6}),
        ("C1=CC=CC=C1", {"C": 6, "H": 6}),
        ("c1ccncc1", {"C": 5, "H": 5, "N": 1}),
        ("c1cc[nH]c1", {"C": 4, "H": 5, "N": 1}),
        ("c1ccoc1", {"C": 4, "H": 4, "O": 1}),
        ("c1ccsc1", {"C": 4, "H": 4, "S": 1}),
        ("c1ccc2ccccc2c1", {"C": 10, "H": 8}),
        ("c1ccccc1-c1ccccc1", {"C": 12, "H": 10}),
        ("CN1C=NC2=C1C(=O)N(C(=O)N2C)C", {"C": 8, "H": 10, "N": 4, "O": 2}),  # caffeine
        ("CC(=O)Oc1ccccc1C(=O)O", {"C": 9, "H": 8, "O": 4}),  # aspirin
        ("C[N+](=O)[O-]", {"C": 1, "H": 3, "N": 1, "O": 2}),
        ("CS(=O)(=O)C", {"C": 2, "H": 6, "O": 2, "S": 1}),
        ("OP(=O)(O)O", {"H": 3, "O": 4, "P": 1}),
        ("ClC(Cl)(Cl)Br", {"C": 1, "Cl": 3, "Br": 1}),
        ("F/C=C/F", {"C": 2, "H": 2, "F": 2}),
        ("C[C@H](N)C(=O)O", {"C": 3, "H": 7, "N": 1, "O": 2}),  # alanine
        ("C%10CCCCC%10", {"C": 6, "H": 12}),
        ("[13CH4]", {"C": 1, "H": 4}),
        ("[NH4+]", {"H": 4, "N": 1}),
    ],
)
def test_formula(smiles, expected):
    assert formula(smiles) == expected


def test_bonds_and_charges():
    nitro = parse_smiles("C[N+](=O)[O-]")
    assert nitro.charges.tolist() == [0, 1, 0, -1]
    assert nitro.bonds.tolist() == [[0, 1], [1, 2], [1, 3]]
    assert nitro.orders.tolist() == [1, 2, 1]
    pyridine = parse_smiles("c1ccncc1")
    assert pyridine.aromatic.all()
    assert pyridine.orders.tolist() == [1.5] * 6
    biphenyl = parse_smiles("c1ccccc1-c1ccccc1")
    assert sorted(biphenyl.orders.tolist()) == [1.0] + [1.5] * 12
    assert parse_smiles("C=1CCCCC=1").orders.tolist() == [1, 2, 1, 1, 1, 1]
    assert parse_smiles("[Fe+3]").charges.tolist() == parse_smiles("[Fe+++]").charges.tolist() == [3]


@pytest.mark.parametrize(
    ("smiles", "message"),
    [
        ("", r"the end, where an atom is missing, at position 0 of ''"),
        ("CC.O", r"'.' \(several components are not supported\).* at position 2"),
        ("C(C", r"an open '\(' at position 1"),
        ("CC)C", r"a '\)' without its '\(' at position 2"),
        ("C1CC", r"ring 1, which is never closed, at position 1"),
        ("C=", r"the end, where an atom is missing, at position 1"),
        ("C==C", r"two bonds one after another at position 2"),
        ("=C", r"'=' before the first atom at position 0"),
        ("CXC", r"'X', expected an atom.* at position 1"),
        ("C[Qq", r"an atom in brackets that cannot be read at position 1"),
        ("C11", r"bonded already at position 2"),
        ("C-1CCC=1", r"another order than it was opened with at position 7"),
        ("C(=)C", r"a bond without its atom at position 3"),
    ],
)
def test_refuses_and_names_the_position(smiles, message):
    with pytest.raises(ValueError, match=message):
        parse_smiles(smiles)


def test_packaged_molecules():
    molecules = load_molecules()
    assert len(set(molecules.smiles)) == len(molecules.smiles) == 9813
    assert 100 < molecules.boiling_points.min() < molecules.boiling_points.max() < 1000
    for smiles in molecules.smiles[:500]:
        molecule = parse_smiles(smiles)
        atoms = len(molecule.elements)
        assert 2 <= atoms <= 20
        reached = {0}  # one component
        for _ in range(atoms):
            reached |= {int(v) for bond in molecule.bonds for v in bond if reached & set(bond.tolist())}
        assert len(reached) == atoms
        assert np.all(molecule.hydrogens >= 0)
    ethanol = molecules.boiling_points[molecules.smiles.index("CCO")]
    assert abs(ethanol - 351.4) < 1
