"""Recurrent cells (Elman's, GRU, LSTM), their run over a sequence.

A cell has a state, which is passed in and returned: `cell(x, state) -> state`. The first leaf of a state is the
hidden vector that is the cell's output.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Key

from deepbook._checks import array, functions, like, sizes, split, whole
from deepbook.nn._layers import Linear
from deepbook.nn._module import module
from deepbook.nn.init import Initializer, lecun_normal, orthogonal


class Cell:
    """What all cells share: the state at the start, and one step from an input."""

    if TYPE_CHECKING:  # each cell has them
        inputs: Linear
        recurrent: Array
        step: Callable[..., Any]

    def empty(self, *batch: int) -> Any:
        """The state before the first input.

        Args:
            *batch: number of sequences, one size for each leading axis.

        Returns:
            Zeros, shape `[*batch, hidden]`; a pair of them for an LSTM.
        """
        sizes("batch", batch)
        return jnp.zeros((*batch, self.recurrent.shape[1]), self.recurrent.dtype)

    def __call__(self, x: Float[Array, "*batch in"], state: Any) -> Any:
        """One step.

        Args:
            x: the input, shape `[..., in]`.
            state: the state, as `empty` returns it.

        Returns:
            The next state.

        Raises:
            ValueError: the input has another width, or the state another shape.
        """
        z = self.inputs(x)
        return self.step(z, like("state", state, self.empty(*z.shape[:-1])))


@module
class ElmanCell(Cell):
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

        Raises:
            TypeError: a size is no whole number.
            ValueError: a size is not positive.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> cell = ElmanCell.init(jax.random.key(0), 3, 5)
            >>> cell(jnp.ones(3), cell.empty()).shape
            (5,)
        """
        whole(1, size_in=size_in, hidden=hidden)
        functions(initializer=initializer)
        input_key, recurrent_key = split(key, 2)
        return cls(
            inputs=Linear.init(input_key, size_in, hidden, initializer=lecun_normal),
            recurrent=initializer(recurrent_key, (hidden, hidden)),
        )

    def step(self, z: Float[Array, "*batch hidden"], state: Float[Array, "*batch hidden"]) -> Array:
        """The next state, from the inputs' part and the state.

        Args:
            z: the inputs' part $W x_t + b$, shape `[..., hidden]`.
            state: the state, shape `[..., hidden]`.

        Returns:
            The next state, of the same shape.
        """
        return jnp.tanh(z + state @ self.recurrent.T)


@module
class GRUCell(Cell):
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

        Raises:
            TypeError: a size is no whole number.
            ValueError: a size is not positive.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> cell = GRUCell.init(jax.random.key(0), 3, 5)
            >>> cell(jnp.ones((2, 3)), cell.empty(2)).shape
            (2, 5)
        """
        inputs, recurrent = _gates(key, size_in, hidden, 3)
        return cls(inputs=inputs, recurrent=recurrent, shift=jnp.zeros(hidden))

    def step(self, z: Float[Array, "*batch three_hidden"], state: Float[Array, "*batch hidden"]) -> Array:
        """The next state, from the inputs' part and the state.

        Args:
            z: the inputs' part $W x_t + b$ of the three gates, shape `[..., 3 hidden]`.
            state: the state, shape `[..., hidden]`.

        Returns:
            The next state, of the same shape.
        """
        reset, keep, new = jnp.split(z, 3, axis=-1)
        u_reset, u_keep, u_new = jnp.split(state @ self.recurrent.T, 3, axis=-1)
        reset, keep = jax.nn.sigmoid(reset + u_reset), jax.nn.sigmoid(keep + u_keep)
        new = jnp.tanh(new + reset * (u_new + jnp.broadcast_to(self.shift, u_new.shape)))
        return keep * state + (1 - keep) * new


@module
class LSTMCell(Cell):
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

        Raises:
            TypeError: a size is no whole number.
            ValueError: a size is not positive.

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

    def empty(self, *batch: int) -> tuple[Array, Array]:
        """The state before the first input.

        Args:
            *batch: number of sequences, one size for each leading axis.

        Returns:
            Zeros for $h$ and for $c$, each of shape `[*batch, hidden]`.
        """
        return super().empty(*batch), super().empty(*batch)

    def step(self, z: Float[Array, "*batch four_hidden"], state: tuple[Array, Array]) -> tuple[Array, Array]:
        """The next state, from the inputs' part and the state.

        Args:
            z: the inputs' part $W x_t + b$ of the four gates, shape `[..., 4 hidden]`.
            state: the state $(h, c)$, each of shape `[..., hidden]`.

        Returns:
            The next state $(h, c)$, of the same shapes.
        """
        h, c = state
        write, forget, new, read = jnp.split(z + h @ self.recurrent.T, 4, axis=-1)
        c = jax.nn.sigmoid(forget) * c + jax.nn.sigmoid(write) * jnp.tanh(new)
        return jax.nn.sigmoid(read) * jnp.tanh(c), c


def unroll(cell: Any, xs: Float[Array, "*batch n in"], state: Any = None) -> tuple[Array, Any]:
    """Run a cell over a sequence.

    The inputs' part of all steps is one matrix product before the loop.

    Args:
        cell: an ElmanCell, GRUCell or LSTMCell, or another with `inputs`, `empty` and `step` like theirs.
        xs: inputs, shape `[..., n, in]`.
        state: the state to start from; empty when None.

    Returns:
        The hidden vectors of all steps, shape `[..., n, hidden]`, and the last state.

    Raises:
        TypeError: the cell is none.
        ValueError: `xs` has no axis of steps, or another width, or the state another shape.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> cell = GRUCell.init(jax.random.key(0), 3, 5)
        >>> hs, last = unroll(cell, jnp.ones((2, 7, 3)))
        >>> hs.shape, bool((hs[:, -1] == last).all())
        ((2, 7, 5), True)
    """
    xs = array("xs", xs)
    if xs.ndim < 2:
        raise ValueError(f"xs: got shape {xs.shape}, expected [..., n, in]")
    if not hasattr(cell, "step"):
        raise TypeError(f"cell: got {type(cell).__name__}, expected an ElmanCell, GRUCell or LSTMCell")
    state = like("state", cell.empty(*xs.shape[:-2]) if state is None else state, cell.empty(*xs.shape[:-2]))

    def step(state: Any, z: Array) -> tuple[Any, Array]:
        state = cell.step(z, state)
        return state, jax.tree.leaves(state)[0]

    last, hs = lax.scan(step, state, jnp.moveaxis(cell.inputs(xs), -2, 0))
    return jnp.moveaxis(hs, 0, -2), last


def _gates(key: Key[Array, ""], size_in: int, hidden: int, count: int) -> tuple[Linear, Array]:
    whole(1, size_in=size_in, hidden=hidden)
    input_key, *keys = split(key, count + 1)
    recurrent = jnp.concatenate([orthogonal(k, (hidden, hidden)) for k in keys])
    return Linear.init(input_key, size_in, count * hidden, initializer=lecun_normal), recurrent
