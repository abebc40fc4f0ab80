"""Layers that pass messages along the edges of a graph: GCN, GraphSAGE, GAT and GIN."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from deepbook._checks import functions, split, whole, wide
from deepbook.nn._graph import Graph, aggregate, degrees, gather, rows, without_loops
from deepbook.nn._layers import Linear, last_axis
from deepbook.nn._module import module
from deepbook.nn._networks import MLP
from deepbook.nn.init import Initializer, lecun_normal


@module
class GCNConv:
    r"""The graph convolution $H' = \tilde D^{-1/2} \tilde A \tilde D^{-1/2} H W^\top + \mathbf 1 b^\top$.

    Here $\tilde A$ is $A$ with ones on the diagonal (a self-loop of the graph is not counted once more), and
    $\tilde D$ holds its row sums.

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
        """Draw the weights, with a bias of zero.

        Args:
            key: a PRNG key.
            size_in: features of a node.
            size_out: features of a node after the layer.
            initializer: a function of `deepbook.nn.init`.

        Returns:
            The layer.

        Raises:
            TypeError: a size is no whole number.
            ValueError: a size is not positive.

        Example:
            >>> graph = Graph.of([[0, 1], [1, 2]], 3)
            >>> GCNConv.init(jax.random.key(0), 4, 6)(jnp.ones((3, 4)), graph).shape
            (3, 6)
        """
        return cls(Linear.init(key, size_in, size_out, initializer=initializer))

    def __call__(self, h: Float[Array, "*batch nodes in"], graph: Graph) -> Float[Array, "*batch nodes out"]:
        """Pass messages along the edges.

        Args:
            h: features of the nodes, shape `[..., nodes, in]`.
            graph: the edges.

        Returns:
            New features, shape `[..., nodes, out]`.

        Raises:
            ValueError: `h` has another number of rows than the graph has nodes, or of features than the weights.
        """
        h, graph = rows(h, graph), without_loops(graph)
        last_axis("h", h, self.linear.weight.shape[1], "GCNConv")
        h = h @ self.linear.weight.T
        scale = jax.lax.rsqrt(1 + degrees(graph.receivers, graph.nodes, wide(h.dtype))).astype(h.dtype)[:, None]
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
        """Draw the weights, with a bias of zero.

        Args:
            key: a PRNG key.
            size_in: features of a node.
            size_out: features of a node after the layer.
            initializer: a function of `deepbook.nn.init`.

        Returns:
            The layer.

        Raises:
            TypeError: a size is no whole number.
            ValueError: a size is not positive.
        """
        k1, k2 = split(key, 2)
        return cls(Linear.init(k1, size_in, size_out, initializer=initializer), initializer(k2, (size_out, size_in)))

    def __call__(self, h: Float[Array, "*batch nodes in"], graph: Graph) -> Float[Array, "*batch nodes out"]:
        """Pass messages along the edges.

        Args:
            h: features of the nodes, shape `[..., nodes, in]`.
            graph: the edges.

        Returns:
            New features, shape `[..., nodes, out]`.

        Raises:
            ValueError: `h` has another number of rows than the graph has nodes, or of features than the weights.
        """
        h = rows(h, graph)
        last_axis("h", h, self.neighbours.shape[1], "SAGEConv")
        mean = aggregate(gather(h, graph.senders), graph.receivers, graph.nodes, "mean")
        return self.own(h) + mean @ self.neighbours.T


@module
class GATConv:
    r"""Graph attention, $h_v' = \sum_{u} \alpha_{uv} W h_u + b$ over the senders $u$ of $v$ and $v$ itself (once).

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
        """Draw the weights, with a bias of zero.

        Args:
            key: a PRNG key.
            size_in: features of a node.
            size_out: features of a node after the layer.
            heads: number of heads, a divisor of `size_out`; their outputs stand side by side.
            initializer: a function of `deepbook.nn.init`.

        Returns:
            The layer.

        Raises:
            TypeError: a size is no whole number.
            ValueError: a size is not positive, or the heads do not divide `size_out`.
        """
        whole(1, size_in=size_in, size_out=size_out, heads=heads)
        if size_out % heads:
            raise ValueError(f"heads: got {heads}, expected a divisor of size_out = {size_out}")
        functions(initializer=initializer)
        k1, k2, k3 = split(key, 3)
        part = size_out // heads
        weight = initializer(k1, (size_out, size_in)).reshape(heads, part, size_in)
        return cls(weight, initializer(k2, (heads, part)), initializer(k3, (heads, part)), jnp.zeros(size_out))

    def __call__(self, h: Float[Array, "*batch nodes in"], graph: Graph) -> Float[Array, "*batch nodes out"]:
        """Pass messages along the edges.

        Args:
            h: features of the nodes, shape `[..., nodes, in]`.
            graph: the edges.

        Returns:
            New features, shape `[..., nodes, out]`.

        Raises:
            ValueError: `h` has another number of rows than the graph has nodes, or of features than the weights.
        """
        h = rows(h, graph)
        last_axis("h", h, self.weight.shape[2], "GATConv")
        if h.ndim > 2:
            return jax.vmap(lambda one: self(one, graph))(h)
        graph, nodes = without_loops(graph), graph.nodes
        loops = jnp.arange(nodes, dtype=graph.senders.dtype)
        senders = jnp.concatenate([graph.senders, loops])
        receivers = jnp.concatenate([graph.receivers, loops])
        z = jnp.einsum("...ni,kpi->...nkp", h, self.weight)  # [nodes, heads, part]
        score = gather((z * self.source[None]).sum(-1), senders) + gather((z * self.target[None]).sum(-1), receivers)
        score = jax.nn.leaky_relu(score, 0.2)  # [edges, heads]
        highest = jax.lax.stop_gradient(aggregate(score, receivers, nodes, "max"))
        weight = jnp.exp(score - gather(highest, receivers))
        total = gather(aggregate(weight, receivers, nodes), receivers)  # at least 1; 0 for padding
        weight = weight / jnp.where(total == 0, 1, total)
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
        r"""Draw the weights of a network with one hidden layer, with $\epsilon = 0$.

        Args:
            key: a PRNG key.
            size_in: features of a node.
            size_out: features of a node after the layer.
            hidden: units of the hidden layer; `size_out` when None.

        Returns:
            The layer.

        Raises:
            TypeError: a size is no whole number.
            ValueError: a size is not positive.
        """
        hidden = size_out if hidden is None else hidden
        whole(1, size_in=size_in, size_out=size_out, hidden=hidden)
        return cls(MLP.init(key, [size_in, hidden, size_out]), jnp.zeros(()))

    def __call__(self, h: Float[Array, "*batch nodes in"], graph: Graph) -> Float[Array, "*batch nodes out"]:
        """Pass messages along the edges.

        Args:
            h: features of the nodes, shape `[..., nodes, in]`.
            graph: the edges.

        Returns:
            New features, shape `[..., nodes, out]`.

        Raises:
            ValueError: `h` has another number of rows than the graph has nodes, or of features than the weights.
        """
        h = rows(h, graph)
        last_axis("h", h, self.mlp.layers[0].weight.shape[1], "GINConv")
        total = aggregate(gather(h, graph.senders), graph.receivers, graph.nodes)
        return self.mlp((1 + self.epsilon) * h + total)
