"""Graphs: Zachary's karate club, the atlas of small graphs, and stochastic block models."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int32

from deepbook._checks import number, whole
from deepbook.data.files import load_arrays


class KarateClub(NamedTuple):
    """A social network that split in two.

    Attributes:
        edges: pairs of friends, each once, shape `[78, 2]`.
        clubs: the club each member joined after the split, 0 (the instructor's) or 1 (the officers'), shape `[34]`.
    """

    edges: Int32[np.ndarray, "78 2"]
    clubs: Int32[np.ndarray, "34"]


class SmallGraph(NamedTuple):
    """A graph without labels.

    Attributes:
        nodes: number of nodes.
        edges: pairs of nodes, each once, shape `[edges, 2]`.
    """

    nodes: int
    edges: Int32[np.ndarray, "edges 2"]


def load_karate_club() -> KarateClub:
    """The friendships of the 34 members of a karate club, and the club each of them joined when it split.

    Node 0 is the instructor, node 33 the head of the officers.

    Returns:
        Pairs of friends `[78, 2]` and the club of each member `[34]`.

    Example:
        >>> karate = load_karate_club()
        >>> len(karate.edges), karate.clubs[[0, 33]].tolist()
        (78, [0, 1])

    References:
        Zachary, "An information flow model for conflict and fission in small groups" (1977).
    """
    arrays = load_arrays("karate.npz")
    return KarateClub(arrays["edges"].astype(np.int32), arrays["clubs"].astype(np.int32))


def load_graph_atlas() -> list[SmallGraph]:
    """All 1,253 graphs of up to seven nodes, no two of them alike, the empty one first.

    Returns:
        The number of nodes of each graph, and its edges as pairs of nodes.

    Example:
        >>> atlas = load_graph_atlas()
        >>> len(atlas), atlas[7].nodes, atlas[7].edges.tolist()
        (1253, 3, [[0, 1], [0, 2], [1, 2]])

    References:
        Read and Wilson, "An Atlas of Graphs" (1998).
    """
    arrays = load_arrays("atlas.npz")
    parts = np.split(arrays["edges"].astype(np.int32), arrays["starts"][1:-1])
    return [SmallGraph(int(n), e.reshape(-1, 2)) for n, e in zip(arrays["nodes"], parts, strict=True)]


def block_model(
    seed: int, n: int, *, degree_in: float, degree_out: float
) -> tuple[Int32[np.ndarray, "edges 2"], Int32[np.ndarray, " n"]]:
    r"""A sparse stochastic block model with two groups of equal size.

    Two nodes of one group are joined with probability $c_\text{in}/n$, two nodes of different groups with
    $c_\text{out}/n$. The mean number of neighbours is about $(c_\text{in} + c_\text{out})/2$.

    Args:
        seed: a seed for NumPy's generator.
        n: number of nodes, even.
        degree_in: $c_\text{in}$.
        degree_out: $c_\text{out}$.

    Returns:
        Edges, each once, and the group of each node, 0 or 1, in random order.

    Raises:
        TypeError: `n` is no whole number, or a degree no number.
        ValueError: `n` is odd or too small, or a degree is negative or above `n`.

    Example:
        >>> edges, groups = block_model(0, 1000, degree_in=9, degree_out=1)
        >>> 4.5 < 2 * len(edges) / 1000 < 5.5, int(groups.sum())
        (True, 500)

    References:
        Holland, Laskey and Leinhardt, "Stochastic blockmodels: first steps" (1983).
    """
    whole(2, n=n)
    whole(0, seed=seed)
    if n % 2:
        raise ValueError(f"n: got {n}, expected an even number")
    degree_in, degree_out = number("degree_in", degree_in), number("degree_out", degree_out)
    if not (0 <= degree_in <= n and 0 <= degree_out <= n):
        raise ValueError(f"degree_in, degree_out: got {degree_in}, {degree_out}, expected numbers from 0 to n = {n}")
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.arange(n) % 2)
    i, j = np.triu_indices(n, 1)
    rate = np.where(groups[i] == groups[j], degree_in, degree_out) / n
    chosen = rng.random(len(i)) < rate
    return np.stack([i[chosen], j[chosen]], 1).astype(np.int32), groups.astype(np.int32)
