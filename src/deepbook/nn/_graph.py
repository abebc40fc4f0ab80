r"""Graphs as lists of edges, and what collects messages along them.

Node features are arrays `[..., nodes, features]`. An index that equals the number of nodes stands for no node: an
edge with such an end is padding, nothing is read from it and nothing arrives. Any other index that is out of range
gives NaN.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Integer

from deepbook._checks import floats, indices, instance, whole, wide, word
from deepbook.nn._module import module, static

REDUCTIONS = ("sum", "mean", "max", "min")


@module
class Graph:
    """A graph: directed edges from senders to receivers.

    Attributes:
        senders: node at which each edge starts, shape `[edges]`.
        receivers: node at which it ends, shape `[edges]`.
        nodes: number of nodes.
    """

    senders: Integer[Array, " edges"]
    receivers: Integer[Array, " edges"]
    nodes: int = static()

    @classmethod
    def of(
        cls,
        edges: Integer[np.ndarray, "edges 2"] | Sequence[Any],
        nodes: int,
        *,
        directed: bool = False,
        pad_to: int | None = None,
    ) -> "Graph":
        """A graph from pairs of nodes.

        Args:
            edges: pairs (sender, receiver), integers of shape `[edges, 2]`.
            nodes: number of nodes.
            directed: False adds each pair in the other direction too (a pair of a node with itself only once); then
                give each pair once.
            pad_to: number of directed edges after padding; None does not pad.

        Returns:
            The graph.

        Raises:
            TypeError: the edges are not integers, or a size is no whole number.
            ValueError: the edges have another shape, an edge names a node that does not exist, or there are more
                edges than `pad_to`.

        Example:
            >>> Graph.of(np.array([[0, 1], [1, 2]]), 3).senders.tolist()
            [0, 1, 1, 2]
        """
        whole(0, nodes=nodes)
        edges = np.asarray(edges)
        if edges.shape == (0,):  # an empty list of pairs
            edges = edges.reshape(0, 2)
        if edges.ndim != 2 or edges.shape[1] != 2:
            cure = ": two rows of ends must be transposed" if edges.ndim == 2 and len(edges) == 2 else ""
            raise ValueError(f"edges: got shape {edges.shape}, expected [edges, 2], pairs of nodes{cure}")
        if edges.size and edges.dtype.kind not in "iu":
            raise TypeError(f"edges: got dtype {edges.dtype}, expected integers")
        if edges.size and not 0 <= edges.min() <= edges.max() < nodes:
            raise ValueError(f"edges: got nodes {edges.min()} to {edges.max()}, expected 0 to {nodes - 1}")
        edges = edges.astype(np.int32)
        back = edges[edges[:, 0] != edges[:, 1], ::-1]
        both = edges if directed else np.concatenate([edges, back])
        if pad_to is not None:
            whole(0, pad_to=pad_to)
            if pad_to < len(both):
                raise ValueError(f"pad_to: got {pad_to}, expected at least the number of edges, {len(both)}")
            both = np.concatenate([both, np.full((pad_to - len(both), 2), nodes, np.int32)])
        return cls(jnp.asarray(both[:, 0]), jnp.asarray(both[:, 1]), int(nodes))


def batch_graphs(graphs: Sequence[Graph]) -> tuple[Graph, Integer[Array, " nodes"]]:
    """Lay graphs side by side as one graph without edges between them.

    Args:
        graphs: one or more graphs.

    Returns:
        The joint graph, and for each of its nodes the number of the graph it came from, shape `[nodes]`.

    Raises:
        TypeError: it is no list of graphs.
        ValueError: there is no graph.

    Example:
        >>> pair = Graph.of(np.array([[0, 1]]), 2)
        >>> joint, owner = batch_graphs([pair, pair])
        >>> joint.receivers.tolist(), owner.tolist()
        ([1, 0, 3, 2], [0, 0, 1, 1])
    """
    if not isinstance(graphs, Sequence):
        raise TypeError(f"graphs: got {type(graphs).__name__}, expected a list of graphs")
    for i, graph in enumerate(graphs):
        if not isinstance(graph, Graph):
            raise TypeError(f"graphs[{i}]: got {type(graph).__name__}, expected a graph, as Graph.of makes it")
    if not graphs:
        raise ValueError("graphs: got none, expected at least one")
    sizes = [g.nodes for g in graphs]
    total, starts = sum(sizes), np.cumsum([0, *sizes[:-1]])

    def joined(name: str) -> Array:
        moved = []
        for graph, start in zip(graphs, starts, strict=True):
            end, n = indices(name, getattr(graph, name)), graph.nodes
            outside = jnp.where(end == n, total, -1)  # padding stays padding, what is out of range stays so
            moved.append(jnp.where((end >= 0) & (end < n), end + int(start), outside).astype(jnp.int32))
        return jnp.concatenate(moved)

    owner = jnp.asarray(np.repeat(np.arange(len(graphs)), sizes), jnp.int32)
    return Graph(joined("senders"), joined("receivers"), total), owner


def gather(
    h: Float[Array, "*batch nodes width"], index: Integer[Array, " edges"]
) -> Float[Array, "*batch edges width"]:
    """The features of one end of each edge; zeros where there is no node.

    Args:
        h: features of the nodes, shape `[..., nodes, width]`.
        index: the node at that end of each edge, integers of shape `[edges]`; the number of nodes for padding. Other
            integers that are out of range give NaN.

    Returns:
        Features, shape `[..., edges, width]`.

    Raises:
        TypeError: the features are not floating-point numbers, or the index not integers.
        ValueError: one of them has too few or too many axes, or there is no node.

    Example:
        >>> gather(jnp.array([[1.0], [2.0]]), jnp.array([1, 0, 2]))[:, 0].tolist()
        [2.0, 1.0, 0.0]
    """
    h = floats("h", h)
    if h.ndim < 2 or h.shape[-2] == 0:
        raise ValueError(f"h: got shape {h.shape}, expected [..., nodes, width] with at least one node")
    index, wrong = _ends("index", index, h.shape[-2])
    found = h.at[..., index, :].get(mode="fill", fill_value=0)
    return jnp.where(jnp.broadcast_to(wrong[:, None], found.shape), jnp.nan, found)


def aggregate(
    messages: Float[Array, "*batch edges features"], receivers: Integer[Array, " edges"], nodes: int, how: str = "sum"
) -> Float[Array, "*batch nodes features"]:
    r"""Collect at each node what arrives, $a_v = \bigoplus_{(u, v)} m_{uv}$.

    Numbers of 16 bits are added in float32.

    Args:
        messages: one for each edge, shape `[..., edges, features]`.
        receivers: where each of them goes, integers of shape `[edges]`; `nodes` for padding. Another integer that is
            out of range makes all results NaN.
        nodes: number of nodes.
        how: "sum", "mean", "max" or "min".

    Returns:
        Shape `[..., nodes, features]`; zero at a node at which nothing arrives.

    Raises:
        TypeError: the messages are not floating-point numbers, or the receivers not integers.
        ValueError: another name, another number of receivers than of messages.

    Example:
        >>> aggregate(jnp.array([[1.0], [5.0], [2.0]]), jnp.array([0, 0, 1]), 3, "mean")[:, 0].tolist()
        [3.0, 2.0, 0.0]
    """
    word("how", how, REDUCTIONS)
    whole(0, nodes=nodes)
    messages = floats("messages", messages)
    if messages.ndim < 2:
        raise ValueError(f"messages: got shape {messages.shape}, expected [..., edges, features]")
    receivers, wrong = _ends("receivers", receivers, nodes)
    if len(receivers) != messages.shape[-2]:
        raise ValueError(f"receivers: got {len(receivers)}, expected {messages.shape[-2]}, one for each message")
    start = {"max": -jnp.inf, "min": jnp.inf}.get(how, 0.0)
    table = jnp.full((*messages.shape[:-2], nodes, messages.shape[-1]), start, wide(messages.dtype))
    row = table.at[..., receivers, :]  # not jax.ops.segment_sum, whose rounding differs where there are leading axes
    collect = {"max": row.max, "min": row.min}.get(how, row.add)
    total = collect(messages.astype(table.dtype), mode="drop")
    if how != "sum":
        count = _count(receivers, nodes)[:, None]
        if how == "mean":
            total = total / jnp.broadcast_to(jnp.maximum(count, 1).astype(total.dtype), total.shape)
        else:
            total = jnp.where(jnp.broadcast_to(count > 0, total.shape), total, jnp.zeros_like(total))
    return jnp.where(wrong.any(), jnp.nan, total.astype(messages.dtype))


def degrees(receivers: Integer[Array, " edges"], nodes: int, dtype: Any = jnp.float32) -> Float[Array, " nodes"]:
    """How many edges end at each node.

    Args:
        receivers: where each edge ends, integers of shape `[edges]`; `nodes` for padding. Another integer that is out
            of range makes all results NaN.
        nodes: number of nodes.
        dtype: of the result; the counting is exact.

    Returns:
        The numbers, shape `[nodes]`.

    Raises:
        TypeError: the receivers are not integers.
        ValueError: they have another number of axes.

    Example:
        >>> degrees(jnp.array([0, 0, 1]), 3).tolist()
        [2.0, 1.0, 0.0]
    """
    whole(0, nodes=nodes)
    receivers, wrong = _ends("receivers", receivers, nodes)
    return jnp.where(wrong.any(), jnp.nan, _count(receivers, nodes).astype(dtype))


def without_loops(graph: Graph) -> Graph:
    """The graph with each edge from a node to itself made padding."""
    senders, receivers = indices("senders", graph.senders), indices("receivers", graph.receivers)
    loop = (senders == receivers) & (receivers >= 0) & (receivers < graph.nodes)
    return Graph(jnp.where(loop, graph.nodes, senders), jnp.where(loop, graph.nodes, receivers), graph.nodes)


def rows(h: Any, graph: Graph) -> Array:
    """Features with a row for each node of the graph."""
    instance("graph", graph, Graph, "a graph, as Graph.of makes it")
    h = floats("h", h)
    if h.ndim < 2 or h.shape[-2] != graph.nodes:
        raise ValueError(f"h: got shape {h.shape}, expected [..., {graph.nodes}, features], a row for each node")
    return h


def _count(receivers: Array, nodes: int) -> Array:
    return jax.ops.segment_sum(jnp.ones(receivers.shape, jnp.int32), receivers, nodes)


def _ends(name: str, index: Any, nodes: int) -> tuple[Array, Array]:
    """Ends of edges, with `nodes` where they are out of range, and where that is."""
    index = indices(name, index)
    if index.ndim != 1:
        raise ValueError(f"{name}: got shape {index.shape}, expected [edges]")
    wrong = (index < 0) | (index > nodes)
    return jnp.where(wrong, nodes, index), wrong
