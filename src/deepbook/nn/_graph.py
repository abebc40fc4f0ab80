r"""Graphs as lists of edges, and layers that pass messages along them.

Node features are arrays `[..., nodes, features]`. An index that equals the number of nodes stands for no node: an
edge with such an end is padding, nothing is read from it and nothing arrives.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from deepbook.nn._module import module, static


@module
class Graph:
    """A graph: directed edges from senders to receivers.

    Attributes:
        senders: node at which each edge starts, shape `[edges]`.
        receivers: node at which it ends, shape `[edges]`.
        nodes: number of nodes.
    """

    senders: Int[Array, " edges"]
    receivers: Int[Array, " edges"]
    nodes: int = static()

    @classmethod
    def of(
        cls,
        edges: Int[np.ndarray, "edges 2"],
        nodes: int,
        *,
        directed: bool = False,
        pad_to: int | None = None,
    ) -> "Graph":
        """A graph from pairs of nodes.

        Args:
            edges: pairs (sender, receiver), shape `[edges, 2]`.
            nodes: number of nodes.
            directed: False adds each pair in the other direction too; then give each pair once.
            pad_to: number of directed edges after padding; None does not pad.

        Returns:
            The graph.

        Raises:
            ValueError: an edge names a node that does not exist, or there are more edges than `pad_to`.

        Example:
            >>> Graph.of(np.array([[0, 1], [1, 2]]), 3).senders.tolist()
            [0, 1, 1, 2]
        """
        edges = np.asarray(edges).reshape(-1, 2)
        if edges.size and not 0 <= edges.min() <= edges.max() < nodes:
            raise ValueError(f"edges: got nodes {edges.min()} to {edges.max()}, expected 0 to {nodes - 1}")
        both = edges if directed else np.concatenate([edges, edges[:, ::-1]])
        if pad_to is not None:
            if pad_to < len(both):
                raise ValueError(f"pad_to: got {pad_to}, expected at least the number of edges, {len(both)}")
            both = np.concatenate([both, np.full((pad_to - len(both), 2), nodes, both.dtype)])
        return cls(jnp.asarray(both[:, 0], jnp.int32), jnp.asarray(both[:, 1], jnp.int32), nodes)


def batch_graphs(graphs: Sequence[Graph]) -> tuple[Graph, Int[Array, " nodes"]]:
    """Lay graphs side by side as one graph without edges between them.

    Args:
        graphs: one or more graphs.

    Returns:
        The joint graph, and for each of its nodes the number of the graph it came from.

    Raises:
        ValueError: there is no graph.

    Example:
        >>> pair = Graph.of(np.array([[0, 1]]), 2)
        >>> joint, owner = batch_graphs([pair, pair])
        >>> joint.receivers.tolist(), owner.tolist()
        ([1, 0, 3, 2], [0, 0, 1, 1])
    """
    if not graphs:
        raise ValueError("graphs: got none, expected at least one")
    sizes = [g.nodes for g in graphs]
    total, starts = sum(sizes), np.cumsum([0, *sizes[:-1]])

    def joined(ends: list[Array]) -> Array:
        moved = (jnp.where(e < n, e + int(s), total) for e, n, s in zip(ends, sizes, starts, strict=True))
        return jnp.concatenate(list(moved))

    owner = jnp.asarray(np.repeat(np.arange(len(graphs)), sizes), jnp.int32)
    return Graph(joined([g.senders for g in graphs]), joined([g.receivers for g in graphs]), total), owner


def gather(h: Float[Array, "*batch nodes width"], index: Int[Array, " edges"]) -> Float[Array, "*batch edges width"]:
    """The features of one end of each edge; zeros where there is no node.

    Example:
        >>> gather(jnp.array([[1.0], [2.0]]), jnp.array([1, 0, 2]))[:, 0].tolist()
        [2.0, 1.0, 0.0]
    """
    return h.at[..., index, :].get(mode="fill", fill_value=0)


def aggregate(
    messages: Float[Array, "*batch edges features"], receivers: Int[Array, " edges"], nodes: int, how: str = "sum"
) -> Float[Array, "*batch nodes features"]:
    r"""Collect at each node what arrives, $a_v = \bigoplus_{(u, v)} m_{uv}$.

    Args:
        messages: one for each edge, shape `[..., edges, features]`.
        receivers: where each of them goes.
        nodes: number of nodes.
        how: "sum", "mean", "max" or "min".

    Returns:
        Shape `[..., nodes, features]`; zero at a node at which nothing arrives.

    Raises:
        ValueError: another name.

    Example:
        >>> aggregate(jnp.array([[1.0], [5.0], [2.0]]), jnp.array([0, 0, 1]), 3, "mean")[:, 0].tolist()
        [3.0, 2.0, 0.0]
    """
    if how not in ("sum", "mean", "max", "min"):
        raise ValueError(f'how: got {how!r}, expected "sum", "mean", "max" or "min"')
    empty = jnp.zeros((*messages.shape[:-2], nodes, messages.shape[-1]), messages.dtype)
    count = degrees(receivers, nodes, messages.dtype)
    if how in ("sum", "mean"):
        total = empty.at[..., receivers, :].add(messages, mode="drop")
        return total / jnp.broadcast_to(jnp.maximum(count, 1)[:, None], total.shape) if how == "mean" else total
    start = jnp.full_like(empty, -jnp.inf if how == "max" else jnp.inf).at[..., receivers, :]
    best = start.max(messages, mode="drop") if how == "max" else start.min(messages, mode="drop")
    return jnp.where(jnp.broadcast_to(count[:, None] > 0, best.shape), best, empty)


def degrees(receivers: Int[Array, " edges"], nodes: int, dtype: jnp.dtype = jnp.float32) -> Float[Array, " nodes"]:
    """How many edges end at each node.

    Example:
        >>> degrees(jnp.array([0, 0, 1]), 3).tolist()
        [2.0, 1.0, 0.0]
    """
    return jnp.zeros(nodes, dtype).at[receivers].add(jnp.ones(receivers.shape, dtype), mode="drop")
