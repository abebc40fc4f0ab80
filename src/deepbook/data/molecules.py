"""Molecules: a reader of SMILES strings, and boiling points."""

import re
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32

from deepbook._checks import texts
from deepbook.data.files import load_arrays

# usual numbers of bonds, smallest first; hydrogens fill up to the next one
VALENCES = {
    "B": (3,), "C": (4,), "N": (3, 5), "O": (2,), "P": (3, 5), "S": (2, 4, 6),
    "F": (1,), "Cl": (1,), "Br": (1,), "I": (1,),
}  # fmt: skip
ORDERS = {"-": 1.0, "=": 2.0, "#": 3.0, ":": 1.5, "/": 1.0, "\\": 1.0}

_BRACKET = re.compile(
    r"\[\d*(?P<symbol>[A-Z][a-z]?|[bcnops]|se|as)@{0,2}(?P<h>H\d?)?(?P<charge>\+\d|-\d|\++|-+)?(?::\d+)?\]"
)
_ATOM = re.compile(r"Cl|Br|[BCNOPSFI]|[bcnops]")
_RING = re.compile(r"%\d\d|\d")


class Molecule(NamedTuple):
    """A molecule as a graph; hydrogens are counted at the atoms that carry them.

    Attributes:
        elements: symbol of each heavy atom, in the order of the string.
        hydrogens: hydrogens at each atom, shape `[atoms]`.
        charges: formal charge of each atom, shape `[atoms]`.
        aromatic: whether the string marks the atom as aromatic, shape `[atoms]`.
        bonds: pairs of atoms, each bond once, shape `[bonds, 2]`.
        orders: 1, 2 or 3, and 1.5 for aromatic bonds, shape `[bonds]`.
    """

    elements: tuple[str, ...]
    hydrogens: Int32[np.ndarray, " atoms"]
    charges: Int32[np.ndarray, " atoms"]
    aromatic: np.ndarray
    bonds: Int32[np.ndarray, "bonds 2"]
    orders: Float32[np.ndarray, " bonds"]


class Molecules(NamedTuple):
    """Molecules with a measured property.

    Attributes:
        smiles: one string for each molecule.
        boiling_points: at normal pressure, in kelvin, shape `[molecules]`.
    """

    smiles: tuple[str, ...]
    boiling_points: Float32[np.ndarray, " molecules"]


def load_molecules() -> Molecules:
    """9,813 neutral molecules of 2 to 20 heavy atoms with their boiling points, in a frozen random order.

    The collection does not mark which values were measured and which were estimated.

    Returns:
        The SMILES string of each molecule, and its boiling point in kelvin.

    Example:
        >>> molecules = load_molecules()
        >>> len(molecules.smiles), molecules.smiles[0]
        (9813, 'C(CCl)C=O')

    References:
        Bell and contributors, "chemicals: chemical properties component of ChEDL" (2016-), version 1.5.2.
    """
    arrays = load_arrays("molecules.npz")
    return Molecules(tuple(arrays["smiles"].astype(str).tolist()), arrays["boiling_points"])


def parse_smiles(smiles: str) -> Molecule:
    r"""Read a SMILES string of one molecule.

    Understood are the organic subset and atoms in brackets (isotopes and chirality are read over), aromatic atoms in
    lower case, the bonds `- = # : / \`, branches, and ring closures. Hydrogens that are not written fill each atom's
    usual valence.

    Args:
        smiles: the string, for example `"CC(=O)O"`.

    Returns:
        The molecule.

    Raises:
        ValueError: the string cannot be read; the message names the position, from 0, and what stands there.

    Example:
        >>> acid = parse_smiles("CC(=O)O")
        >>> acid.elements, acid.hydrogens.tolist()
        (('C', 'C', 'O', 'O'), [3, 0, 0, 1])
        >>> acid.bonds.tolist(), acid.orders.tolist()
        ([[0, 1], [1, 2], [1, 3]], [1.0, 2.0, 1.0])

    References:
        Weininger, "SMILES, a chemical language and information system" (1988).
    """
    texts(smiles=smiles)
    atoms: list[tuple[str, int | None, int, bool]] = []  # element, written hydrogens, charge, aromatic
    bonds: dict[tuple[int, int], float | None] = {}
    branches: list[tuple[int, int]] = []  # position of the bracket, atom to come back to
    rings: dict[str, tuple[int, int, float | None]] = {}  # position, atom, order
    last, order, at = None, None, 0

    def wrong(what: str, where: int) -> ValueError:
        return ValueError(f"smiles: {what} at position {where} of {smiles!r}")

    def join(i: int, j: int, how: float | None, where: int) -> None:
        if i == j or (min(i, j), max(i, j)) in bonds:
            raise wrong("a ring closure between atoms that are bonded already", where)
        bonds[min(i, j), max(i, j)] = how

    while at < len(smiles):
        character, start = smiles[at], at
        if character in "[" or _ATOM.match(smiles, at):
            match = (_BRACKET if character == "[" else _ATOM).match(smiles, at)
            if match is None:
                raise wrong("an atom in brackets that cannot be read", at)
            atoms.append(_bracket_atom(match) if character == "[" else _plain_atom(match[0]))
            at = match.end()
            if last is not None:
                join(last, len(atoms) - 1, order, start)
            last, order = len(atoms) - 1, None
        elif last is None:
            raise wrong(f"{character!r} before the first atom", at)
        elif character in ORDERS:
            if order is not None:
                raise wrong("two bonds one after another", at)
            order, at = ORDERS[character], at + 1
        elif character == "(":
            branches.append((at, last))
            at += 1
        elif character == ")":
            if not branches or order is not None:
                raise wrong("a ')' without its '('" if not branches else "a bond without its atom", at)
            last, at = branches.pop()[1], at + 1
        elif match := _RING.match(smiles, at):
            name, at = match[0].lstrip("%").lstrip("0") or "0", match.end()
            if name in rings:
                _, other, first = rings.pop(name)
                if None not in (first, order) and first != order:
                    raise wrong("a ring closed by a bond of another order than it was opened with", start)
                join(other, last, first if order is None else order, start)
            else:
                rings[name] = (start, last, order)
            order = None
        else:
            hint = " (several components are not supported)" if character == "." else ""
            raise wrong(f"{character!r}{hint}, expected an atom, a bond, a branch or a ring closure,", at)
    for name, (where, *_) in rings.items():
        raise wrong(f"ring {name}, which is never closed,", where)
    if branches or order is not None or not atoms:
        where = branches[-1][0] if branches else max(len(smiles) - 1, 0)
        raise wrong("an open '('" if branches else "the end, where an atom is missing,", where)
    return _assemble(atoms, bonds)


def _plain_atom(symbol: str) -> tuple[str, int | None, int, bool]:
    return symbol.capitalize(), None, 0, symbol.islower()


def _bracket_atom(match: re.Match[str]) -> tuple[str, int | None, int, bool]:
    symbol, written, charge = match["symbol"], match["h"], match["charge"] or ""
    hydrogens = 0 if not written else int(written[1:] or 1)
    size = int(charge[1:]) if charge[1:].isdigit() else len(charge)
    return symbol.capitalize(), hydrogens, -size if "-" in charge else size, symbol.islower()


def _assemble(atoms: list[tuple[str, int | None, int, bool]], bonds: dict[tuple[int, int], float | None]) -> Molecule:
    aromatic = np.array([a[3] for a in atoms], dtype=bool)
    pairs = np.array(sorted(bonds), dtype=np.int32).reshape(-1, 2)
    orders = np.array(
        [(1.5 if aromatic[list(p)].all() else 1.0) if bonds[p] is None else bonds[p] for p in sorted(bonds)], np.float32
    )
    used = np.zeros(len(atoms))  # bonds of an atom; an aromatic atom has one more than its neighbours
    np.add.at(used, pairs.reshape(-1), np.repeat(np.floor(orders), 2))
    used += aromatic & np.array([(orders[(pairs == i).any(1)] == 1.5).any() for i in range(len(atoms))])
    hydrogens = []
    for (element, written, _, in_ring), sum_of_orders in zip(atoms, used, strict=True):
        usual = VALENCES[element][: 1 if in_ring else None] if written is None else ()  # aromatic: the lowest only
        free = next((v for v in usual if v >= sum_of_orders), 0) - int(sum_of_orders)
        hydrogens.append(max(0, free) if written is None else written)
    return Molecule(
        elements=tuple(a[0] for a in atoms),
        hydrogens=np.array(hydrogens, np.int32),
        charges=np.array([a[2] for a in atoms], np.int32),
        aromatic=aromatic,
        bonds=pairs,
        orders=orders,
    )
