"""FiLMNet: a residual network that is told how much noise its input carries, and what it shows."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from deepbook._checks import reals, split, whole
from deepbook.nn._layers import LayerNorm, Linear
from deepbook.nn._module import module


@module
class FiLMBlock:
    r"""One residual block, $h + W_2\,\mathrm{silu}(W_1 ((1 + \gamma) \odot \mathrm{norm}(h) + \beta))$.

    Attributes:
        norm: layer norm over the features.
        film: gives $\gamma$ and $\beta$ from the context.
        inner: $W_1$.
        outer: $W_2$.
    """

    norm: LayerNorm
    film: Linear
    inner: Linear
    outer: Linear

    def __call__(self, h: Float[Array, "n width"], context: Float[Array, "n width"]) -> Float[Array, "n width"]:
        """Apply the block.

        Args:
            h: features, shape `[n, width]`.
            context: what scale and shift are computed from, shape `[n, width]`.

        Returns:
            Features, shape `[n, width]`.
        """
        gamma, beta = jnp.split(self.film(context), 2, axis=1)
        return h + self.outer(jax.nn.silu(self.inner((1 + gamma) * self.norm(h) + beta)))


@module
class FiLMNet:
    r"""A residual network $f(x, t, c)$ whose blocks are scaled and shifted by time and condition.

    Time enters as $t$, $\cos(\pi 2^j t)$, $\sin(\pi 2^j t)$ for $j = 0, \dots, 4$. Time and condition together give,
    for every block, a factor and a shift of each feature (feature-wise linear modulation, FiLM). The output layer
    starts at zero, so an untrained net answers 0.

    Attributes:
        enter: first layer, from d to the width.
        context: from time and condition to the width.
        blocks: the residual blocks.
        leave: last layer, from the width to d.
    """

    enter: Linear
    context: Linear
    blocks: tuple[FiLMBlock, ...]
    leave: Linear

    @classmethod
    def init(
        cls,
        key: Key[Array, ""],
        d: int,
        *,
        width: int = 128,
        blocks: int = 2,
        condition: int = 0,
        out: int | None = None,
    ) -> "FiLMNet":
        """Draw a network.

        Args:
            key: a PRNG key.
            d: number of inputs.
            width: features of every block.
            blocks: number of blocks.
            condition: length of the condition, 0 for none.
            out: number of outputs, `d` where not given.

        Returns:
            The network, which answers 0 to everything.

        Raises:
            ValueError: a size is not a positive whole number, or `condition` is negative.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> net = FiLMNet.init(jax.random.key(0), 2, width=16, condition=3)
            >>> x, t, c = jnp.ones((5, 2)), jnp.zeros(5), jnp.zeros((5, 3))
            >>> net(x, t, c).shape
            (5, 2)

        References:
            Perez et al., "FiLM: visual reasoning with a general conditioning layer", AAAI 2018.
        """
        out = d if out is None else out
        whole(1, d=d, width=width, blocks=blocks, out=out)
        whole(0, condition=condition)
        keys = split(key, 2 + 3 * blocks)
        made = tuple(
            FiLMBlock(
                LayerNorm.init(width),
                Linear.init(keys[2 + 3 * i], width, 2 * width),
                Linear.init(keys[3 + 3 * i], width, width),
                Linear.init(keys[4 + 3 * i], width, width),
            )
            for i in range(blocks)
        )
        leave = Linear(weight=jnp.zeros((out, width)), bias=jnp.zeros(out))
        return cls(Linear.init(keys[0], d, width), Linear.init(keys[1], 11 + condition, width), made, leave)

    def __call__(
        self, x: Float[Array, "n d"], t: Float[Array, " _"], condition: Float[Array, "_ _"] | None = None
    ) -> Float[Array, "n out"]:
        """Apply the network.

        Args:
            x: inputs, shape `[n, d]`.
            t: times, between 0 and 1, shape `[n]`.
            condition: one vector an input, for example a class as one-hot, zeros for "not told"; shape `[n, c]`.
                None is the same as zeros.

        Returns:
            Outputs, shape `[n, out]`.

        Raises:
            TypeError: one of them holds no real numbers.
            ValueError: the inputs have another shape, or `t` or the condition does not fit them.
        """
        size, dtype = self.enter.weight.shape[1], self.enter.weight.dtype
        x, t, length = reals("x", x, dtype), reals("t", t, dtype), self.context.weight.shape[1] - 11
        if x.ndim != 2 or x.shape[1] != size:
            raise ValueError(f"x: got shape {x.shape}, expected [n, {size}]")
        if condition is None:
            condition = jnp.zeros((len(x), length), x.dtype)
        condition = reals("condition", condition, dtype)
        if t.shape != x.shape[:1] or condition.shape != (len(x), length):
            raise ValueError(
                f"t, condition: got shapes {t.shape}, {condition.shape}, expected ({len(x)},), ({len(x)}, {length})"
            )
        angle = jnp.pi * t[:, None] * 2.0 ** jnp.arange(5, dtype=x.dtype)[None]
        told = jnp.concatenate([t[:, None], jnp.cos(angle), jnp.sin(angle), condition], axis=1)
        context = jax.nn.silu(self.context(told))
        h = self.enter(x)
        for block in self.blocks:
            h = block(h, context)
        return self.leave(jax.nn.silu(h))
