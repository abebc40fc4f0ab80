r"""Graphs as lists of edges, and layers that pass messages along them.

Node features are arrays `[..., nodes, features]`. An index that equals the number of nodes stands for no node: an
edge with such an end is padding, nothing is read from it and nothing arrives.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from deepbook.init import Initializer, lecun_normal
from deepbook.layers import Linear
from deepbook.module import module, static
from deepbook.networks import MLP


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


@module
class GCNConv:
    r"""The graph convolution $H' = \tilde D^{-1/2} \tilde A \tilde D^{-1/2} H W^\top + \mathbf 1 b^\top$.

    Here $\tilde A = A + I$, and $\tilde D$ holds its row sums.

    Attributes:
        linear: $W$ and $b$.

    References:
        Kipf and Welling, "Semi-supervised classification with graph convolutional networks" (2017).
    """

    linear: Linear

    @classmethod
    def init(
        cls, key: Key[Array, ""], size_in: int, size_out: int, *, initializer: Initializer = lecun_normal
    ) -> "GCNConv":
        """Draw the weights, with a bias of zero; see `Linear.init`."""
        return cls(Linear.init(key, size_in, size_out, initializer=initializer))

    def __call__(self, h: Float[Array, "*batch nodes in"], graph: Graph) -> Float[Array, "*batch nodes out"]:
        """From features `[..., nodes, in]` to `[..., nodes, out]`."""
        h = h @ self.linear.weight.T
        scale = jax.lax.rsqrt(1 + degrees(graph.receivers, graph.nodes, h.dtype))[:, None]
        h = h * jnp.broadcast_to(scale, h.shape)
        total = h + aggregate(gather(h, graph.senders), graph.receivers, graph.nodes)
        return total * jnp.broadcast_to(scale, h.shape) + jnp.broadcast_to(self.linear.bias, h.shape)


@module
class SAGEConv:
    r"""GraphSAGE with the mean, $h_v' = W_1 h_v + W_2 \operatorname{mean}_{u \to v} h_u + b$.

    Attributes:
        own: $W_1$ and $b$.
        neighbours: $W_2$, shape `[out, in]`.

    References:
        Hamilton, Ying and Leskovec, "Inductive representation learning on large graphs" (2017).
    """

    own: Linear
    neighbours: Float[Array, "out in"]

    @classmethod
    def init(
        cls, key: Key[Array, ""], size_in: int, size_out: int, *, initializer: Initializer = lecun_normal
    ) -> "SAGEConv":
        """Draw the weights, with a bias of zero."""
        k1, k2 = jax.random.split(key)
        return cls(Linear.init(k1, size_in, size_out, initializer=initializer), initializer(k2, (size_out, size_in)))

    def __call__(self, h: Float[Array, "*batch nodes in"], graph: Graph) -> Float[Array, "*batch nodes out"]:
        """From features `[..., nodes, in]` to `[..., nodes, out]`."""
        mean = aggregate(gather(h, graph.senders), graph.receivers, graph.nodes, "mean")
        return self.own(h) + mean @ self.neighbours.T


@module
class GATConv:
    r"""Graph attention, $h_v' = \sum_{u} \alpha_{uv} W h_u + b$ over the senders $u$ of $v$ and $v$ itself.

    In each head $\alpha$ is a softmax over $u$ of $\operatorname{LeakyReLU}(a_1^\top W h_u + a_2^\top W h_v)$
    with slope 0.2.

    Attributes:
        weight: $W$, shape `[heads, out / heads, in]`.
        source: $a_1$, shape `[heads, out / heads]`.
        target: $a_2$, shape `[heads, out / heads]`.
        bias: $b$, shape `[out]`.

    References:
        Veličković et al., "Graph attention networks" (2018).
    """

    weight: Float[Array, "heads part in"]
    source: Float[Array, "heads part"]
    target: Float[Array, "heads part"]
    bias: Float[Array, " out"]

    @classmethod
    def init(
        cls,
        key: Key[Array, ""],
        size_in: int,
        size_out: int,
        *,
        heads: int = 1,
        initializer: Initializer = lecun_normal,
    ) -> "GATConv":
        """Draw the weights, with a bias of zero; raises ValueError where `heads` does not divide `size_out`."""
        if heads < 1 or size_out % heads:
            raise ValueError(f"heads: got {heads}, expected a divisor of size_out = {size_out}")
        k1, k2, k3 = jax.random.split(key, 3)
        part = size_out // heads
        weight = initializer(k1, (size_out, size_in)).reshape(heads, part, size_in)
        return cls(weight, initializer(k2, (heads, part)), initializer(k3, (heads, part)), jnp.zeros(size_out))

    def __call__(self, h: Float[Array, "*batch nodes in"], graph: Graph) -> Float[Array, "*batch nodes out"]:
        """From features `[..., nodes, in]` to `[..., nodes, out]`."""
        if h.ndim > 2:
            return jax.vmap(lambda one: self(one, graph))(h)
        nodes, loops = graph.nodes, jnp.arange(graph.nodes, dtype=graph.senders.dtype)
        senders = jnp.concatenate([graph.senders, loops])
        receivers = jnp.concatenate([graph.receivers, loops])
        z = jnp.einsum("...ni,kpi->...nkp", h, self.weight)  # [nodes, heads, part]
        score = gather((z * self.source[None]).sum(-1), senders) + gather((z * self.target[None]).sum(-1), receivers)
        score = jax.nn.leaky_relu(score, 0.2)  # [edges, heads]
        highest = jax.lax.stop_gradient(aggregate(score, receivers, nodes, "max"))
        weight = jnp.exp(score - gather(highest, receivers))
        weight = weight / jnp.maximum(gather(aggregate(weight, receivers, nodes), receivers), 1e-30)
        values = gather(z.reshape(nodes, -1), senders).reshape(-1, *self.source.shape)
        y = aggregate((weight[..., None] * values).reshape(len(senders), -1), receivers, nodes)
        return y + jnp.broadcast_to(self.bias, y.shape)


@module
class GINConv:
    r"""The graph isomorphism network's layer, $h_v' = \mathrm{MLP}\big((1 + \epsilon) h_v + \sum_{u \to v} h_u\big)$.

    Attributes:
        mlp: a network on node features.
        epsilon: $\epsilon$, trained.

    References:
        Xu, Hu, Leskovec and Jegelka, "How powerful are graph neural networks?" (2019).
    """

    mlp: MLP
    epsilon: Float[Array, ""]

    @classmethod
    def init(cls, key: Key[Array, ""], size_in: int, size_out: int, *, hidden: int | None = None) -> "GINConv":
        """A network with one hidden layer of `hidden` units (by default `size_out`), and $\\epsilon = 0$."""
        return cls(MLP.init(key, [size_in, hidden or size_out, size_out]), jnp.zeros(()))

    def __call__(self, h: Float[Array, "*batch nodes in"], graph: Graph) -> Float[Array, "*batch nodes out"]:
        """From features `[..., nodes, in]` to `[..., nodes, out]`."""
        total = aggregate(gather(h, graph.senders), graph.receivers, graph.nodes)
        return self.mlp((1 + self.epsilon) * h + total)
