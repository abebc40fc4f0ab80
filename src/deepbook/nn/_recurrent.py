"""Recurrent cells (Elman's, GRU, LSTM), their run over a sequence, and the linear recurrence as a scan.

A cell has a state, which is passed in and returned: `cell(x, state) -> state`. The first leaf of a state is the
hidden vector that is the cell's output.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Key

from deepbook.nn._layers import Linear
from deepbook.nn._module import module
from deepbook.nn.init import Initializer, lecun_normal, orthogonal


@module
class ElmanCell:
    r"""The simple recurrent cell, $h_t = \tanh(W x_t + U h_{t-1} + b)$.

    Attributes:
        inputs: $W$ and $b$, shapes `[hidden, in]` and `[hidden]`.
        recurrent: $U$, shape `[hidden, hidden]`, orthogonal at the start.

    References:
        Elman, "Finding structure in time" (1990).
    """

    inputs: Linear
    recurrent: Float[Array, "hidden hidden"]

    @classmethod
    def init(
        cls, key: Key[Array, ""], size_in: int, hidden: int, *, initializer: Initializer = orthogonal
    ) -> "ElmanCell":
        """Draw the weights.

        Args:
            key: a PRNG key.
            size_in: size of an input.
            hidden: size of the state.
            initializer: of $U$, a function of `deepbook.nn.init`.

        Returns:
            The cell.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> cell = ElmanCell.init(jax.random.key(0), 3, 5)
            >>> cell(jnp.ones(3), cell.empty()).shape
            (5,)
        """
        input_key, recurrent_key = jax.random.split(key)
        return cls(
            inputs=Linear.init(input_key, size_in, hidden, initializer=lecun_normal),
            recurrent=initializer(recurrent_key, (hidden, hidden)),
        )

    def empty(self, *batch: int) -> Float[Array, "*batch hidden"]:
        """The state before the first input: zeros."""
        return jnp.zeros((*batch, len(self.recurrent)), self.recurrent.dtype)

    def step(self, z: Float[Array, "*batch hidden"], state: Float[Array, "*batch hidden"]) -> Array:
        """The next state, from the inputs' part $z_t = W x_t + b$ and the state."""
        return jnp.tanh(z + state @ self.recurrent.T)

    def __call__(self, x: Float[Array, "*batch in"], state: Float[Array, "*batch hidden"]) -> Array:
        """One step: the next state, shape `[..., hidden]`."""
        return self.step(self.inputs(x), state)


@module
class GRUCell:
    r"""The gated recurrent unit, $h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t$.

    Its gates are $r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r)$ and $z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z)$, its
    candidate is $n_t = \tanh(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + c))$.

    The reset gate $r_t$ acts after the multiplication by $U_n$, as in cuDNN; in the original it acts before.

    Attributes:
        inputs: $W_r, W_z, W_n$ stacked, and the three biases.
        recurrent: $U_r, U_z, U_n$ stacked, shape `[3 hidden, hidden]`.
        shift: $c$, shape `[hidden]`.

    References:
        Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014).
    """

    inputs: Linear
    recurrent: Float[Array, "three_hidden hidden"]
    shift: Float[Array, " hidden"]

    @classmethod
    def init(cls, key: Key[Array, ""], size_in: int, hidden: int) -> "GRUCell":
        """Draw the weights: those of the inputs normal, each recurrent matrix orthogonal, biases zero.

        Args:
            key: a PRNG key.
            size_in: size of an input.
            hidden: size of the state.

        Returns:
            The cell.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> cell = GRUCell.init(jax.random.key(0), 3, 5)
            >>> cell(jnp.ones((2, 3)), cell.empty(2)).shape
            (2, 5)
        """
        inputs, recurrent = _gates(key, size_in, hidden, 3)
        return cls(inputs=inputs, recurrent=recurrent, shift=jnp.zeros(hidden))

    def empty(self, *batch: int) -> Float[Array, "*batch hidden"]:
        """The state before the first input: zeros."""
        return jnp.zeros((*batch, len(self.shift)), self.recurrent.dtype)

    def step(self, z: Float[Array, "*batch three_hidden"], state: Float[Array, "*batch hidden"]) -> Array:
        """The next state, from the inputs' part and the state."""
        reset, keep, new = jnp.split(z, 3, axis=-1)
        u_reset, u_keep, u_new = jnp.split(state @ self.recurrent.T, 3, axis=-1)
        reset, keep = jax.nn.sigmoid(reset + u_reset), jax.nn.sigmoid(keep + u_keep)
        new = jnp.tanh(new + reset * (u_new + jnp.broadcast_to(self.shift, u_new.shape)))
        return keep * state + (1 - keep) * new

    def __call__(self, x: Float[Array, "*batch in"], state: Float[Array, "*batch hidden"]) -> Array:
        """One step: the next state, shape `[..., hidden]`."""
        return self.step(self.inputs(x), state)


@module
class LSTMCell:
    r"""Long short-term memory with a forget gate; the state is the pair $(h, c)$.

    With $(i, f, g, o) = W x_t + U h_{t-1} + b$ the memory is
    $c_t = \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g)$, and the output is
    $h_t = \sigma(o) \odot \tanh(c_t)$.

    Attributes:
        inputs: $W$ and $b$, the four parts stacked; the forget gate's bias starts at one.
        recurrent: $U$, shape `[4 hidden, hidden]`.

    References:
        Hochreiter and Schmidhuber, "Long short-term memory" (1997); Gers, Schmidhuber and Cummins, "Learning to
        forget" (2000).
    """

    inputs: Linear
    recurrent: Float[Array, "four_hidden hidden"]

    @classmethod
    def init(cls, key: Key[Array, ""], size_in: int, hidden: int) -> "LSTMCell":
        """Draw the weights: those of the inputs normal, each recurrent matrix orthogonal, biases zero or one.

        Args:
            key: a PRNG key.
            size_in: size of an input.
            hidden: size of the state.

        Returns:
            The cell.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> cell = LSTMCell.init(jax.random.key(0), 3, 5)
            >>> h, c = cell(jnp.ones(3), cell.empty())
            >>> h.shape, c.shape
            ((5,), (5,))
        """
        inputs, recurrent = _gates(key, size_in, hidden, 4)
        bias = inputs.bias.at[hidden : 2 * hidden].set(1.0)
        return cls(inputs=Linear(weight=inputs.weight, bias=bias), recurrent=recurrent)

    def empty(self, *batch: int) -> tuple[Float[Array, "*batch hidden"], Float[Array, "*batch hidden"]]:
        """The state before the first input: zeros."""
        zeros = jnp.zeros((*batch, self.recurrent.shape[1]), self.recurrent.dtype)
        return zeros, zeros

    def step(self, z: Float[Array, "*batch four_hidden"], state: tuple[Array, Array]) -> tuple[Array, Array]:
        """The next state, from the inputs' part and the state."""
        h, c = state
        write, forget, new, read = jnp.split(z + h @ self.recurrent.T, 4, axis=-1)
        c = jax.nn.sigmoid(forget) * c + jax.nn.sigmoid(write) * jnp.tanh(new)
        return jax.nn.sigmoid(read) * jnp.tanh(c), c

    def __call__(self, x: Float[Array, "*batch in"], state: tuple[Array, Array]) -> tuple[Array, Array]:
        """One step: the next state $(h, c)$, each of shape `[..., hidden]`."""
        return self.step(self.inputs(x), state)


def unroll(cell: Any, xs: Float[Array, "*batch n in"], state: Any = None) -> tuple[Array, Any]:
    """Run a cell over a sequence.

    The inputs' part of all steps is one matrix product before the loop.

    Args:
        cell: an ElmanCell, GRUCell or LSTMCell, or another with `inputs`, `empty` and `step` like theirs.
        xs: inputs, shape `[..., n, in]`.
        state: the state to start from; empty when None.

    Returns:
        The hidden vectors of all steps, shape `[..., n, hidden]`, and the last state.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> cell = GRUCell.init(jax.random.key(0), 3, 5)
        >>> hs, last = unroll(cell, jnp.ones((2, 7, 3)))
        >>> hs.shape, bool((hs[:, -1] == last).all())
        ((2, 7, 5), True)
    """
    state = cell.empty(*xs.shape[:-2]) if state is None else state

    def step(state: Any, z: Array) -> tuple[Any, Array]:
        state = cell.step(z, state)
        return state, jax.tree.leaves(state)[0]

    last, hs = lax.scan(step, state, jnp.moveaxis(cell.inputs(xs), -2, 0))
    return jnp.moveaxis(hs, 0, -2), last


def linear_recurrence(a: Float[Array, "n *rest"], b: Float[Array, "n *rest"]) -> Float[Array, "n *rest"]:
    r"""All states of $h_t = a_t h_{t-1} + b_t$, $h_0 = 0$, entry by entry, in logarithmic depth.

    The pairs $(a, b)$ stand for the maps $h \mapsto a h + b$, whose composition $(a, b)$ then $(a', b')$ is
    $(a' a, a' b + b')$. It is associative, so the first $t$ maps can be composed by a parallel scan.

    Args:
        a: factors, shape `[n, ...]`.
        b: inputs, same shape.

    Returns:
        $h_1, \dots, h_n$, same shape.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> import jax.numpy as jnp
        >>> linear_recurrence(jnp.full(4, 0.5), jnp.ones(4)).tolist()
        [1.0, 1.5, 1.75, 1.875]

    References:
        Blelloch, "Prefix sums and their applications" (1990).
    """
    if a.shape != b.shape:
        raise ValueError(f"b: got shape {tuple(b.shape)}, expected {tuple(a.shape)}, as a")

    def after(one: tuple[Array, Array], two: tuple[Array, Array]) -> tuple[Array, Array]:
        return two[0] * one[0], two[0] * one[1] + two[1]

    return lax.associative_scan(after, (a, b))[1]


def _gates(key: Key[Array, ""], size_in: int, hidden: int, count: int) -> tuple[Linear, Array]:
    input_key, *keys = jax.random.split(key, count + 1)
    recurrent = jnp.concatenate([orthogonal(k, (hidden, hidden)) for k in keys])
    return Linear.init(input_key, size_in, count * hidden, initializer=lecun_normal), recurrent
