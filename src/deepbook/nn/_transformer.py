"""The transformer as a language model: blocks of attention and MLP between an embedding and logits."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Integer, Key

from deepbook._checks import indices, sizes, split, whole
from deepbook.nn._attention import MultiHeadAttention, attention
from deepbook.nn._layers import Embedding, LayerNorm, Linear
from deepbook.nn._masks import causal_mask
from deepbook.nn._module import module, static
from deepbook.nn._networks import MLP
from deepbook.nn.init import lecun_normal

Cache = tuple[tuple[Array, Array], ...]  # keys and values of each block, [..., heads, length, size]


@module
class Block:
    r"""One block, $x \leftarrow x + \text{Attention}(\text{LN}(x))$, then $x \leftarrow x + \text{MLP}(\text{LN}(x))$.

    Attributes:
        norm_attention: the first layer normalisation.
        attention: attention with several heads.
        norm_mlp: the second layer normalisation.
        mlp: a network with one hidden layer, four times as wide, with GELU in its tanh form (`jax.nn.gelu`; PyTorch's
            default is the exact one).

    References:
        Xiong et al., "On layer normalization in the transformer architecture" (2020): the norm before the layer.
    """

    norm_attention: LayerNorm
    attention: MultiHeadAttention
    norm_mlp: LayerNorm
    mlp: MLP

    @classmethod
    def init(cls, key: Key[Array, ""], width: int, heads: int, *, rotary: bool = True) -> "Block":
        """Draw the weights.

        Args:
            key: a PRNG key.
            width: size of inputs and outputs.
            heads: number of heads, a divisor of the width.
            rotary: whether attention uses rotary positions.

        Returns:
            The block.

        Raises:
            ValueError: the heads do not divide the width, or rotary heads have an odd width.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> Block.init(jax.random.key(0), 8, 2)(jnp.ones((3, 8))).shape
            (3, 8)
        """
        attention_key, mlp_key = split(key, 2)
        return cls(
            norm_attention=LayerNorm.init(width),
            attention=MultiHeadAttention.init(attention_key, width, heads, rotary=rotary),
            norm_mlp=LayerNorm.init(width),
            mlp=MLP.init(mlp_key, [width, 4 * width, width], activation=jax.nn.gelu, initializer=lecun_normal),
        )

    def __call__(
        self, x: Float[Array, "*batch n width"], *, mask: Array | None = None, key: Key[Array, ""] | None = None
    ) -> Float[Array, "*batch n width"]:
        """Apply the block.

        Args:
            x: inputs, shape `[..., n, width]`.
            mask: True where a position may look: `[n, n]`, or all axes `[..., heads, n, n]`.
            key: not used.

        Returns:
            Outputs of the same shape.

        Raises:
            TypeError: the mask does not hold truth values.
            ValueError: the width is another, or the mask does not fit.
        """
        x = x + self.attention(self.norm_attention(x), mask=mask)
        return x + self.mlp(self.norm_mlp(x))


@module
class Transformer:
    r"""A causal language model: token embedding, blocks, layer normalisation, logits.

    The logits at position $t$ depend on the tokens $1, \dots, t$ only. Positions are rotary, so the model takes
    sequences of any length.

    Attributes:
        embedding: a vector for each token.
        blocks: the blocks, first one first.
        norm: the last layer normalisation.
        logits: the linear layer to the vocabulary.
        window: how many tokens each position sees, its own included; all when None.
    """

    embedding: Embedding
    blocks: tuple[Block, ...]
    norm: LayerNorm
    logits: Linear
    window: int | None = static(default=None)

    @classmethod
    def init(
        cls,
        key: Key[Array, ""],
        vocabulary: int,
        *,
        width: int,
        heads: int,
        layers: int,
        window: int | None = None,
    ) -> "Transformer":
        """Draw the weights.

        Args:
            key: a PRNG key.
            vocabulary: number of tokens.
            width: size of the residual stream.
            heads: number of heads, a divisor of the width.
            layers: number of blocks.
            window: how many tokens each position sees; all of the past when None.

        Returns:
            The model.

        Raises:
            ValueError: a size is not positive, the heads do not divide the width, or a head has an odd width.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> model = Transformer.init(jax.random.key(0), 65, width=16, heads=2, layers=2)
            >>> model(jnp.array([3, 1, 4])).shape
            (3, 65)
        """
        whole(1, vocabulary=vocabulary, width=width, heads=heads, layers=layers)
        if window is not None:
            whole(1, window=window)
        first, last, *keys = split(key, layers + 2)
        return cls(
            embedding=Embedding.init(first, vocabulary, width),
            blocks=tuple(Block.init(k, width, heads) for k in keys),
            norm=LayerNorm.init(width),
            logits=Linear.init(last, width, vocabulary),
            window=window,
        )

    def __call__(
        self, tokens: Integer[Array, "*batch n"], *, key: Key[Array, ""] | None = None
    ) -> Float[Array, "*batch n vocabulary"]:
        """Logits of the next token at each position.

        Args:
            tokens: integers, shape `[..., n]`. One that is out of range makes the logits from its position on NaN.
            key: not used.

        Returns:
            Logits, shape `[..., n, vocabulary]`.

        Raises:
            TypeError: the tokens are not integers.
            ValueError: they have no axis.
        """
        tokens = indices("tokens", tokens)
        if tokens.ndim == 0:
            raise ValueError("tokens: got one, expected a sequence [..., n]")
        mask = causal_mask(tokens.shape[-1], window=self.window)
        unknown = (tokens < 0) | (tokens >= len(self.embedding.table))
        x = self.embedding(jnp.where(unknown, 0, tokens))  # NaN would spread to earlier positions: 0 * NaN is NaN
        for block in self.blocks:
            x = block(x, mask=mask)
        logits = self.logits(self.norm(x))
        after = jnp.cumsum(unknown, -1)[..., None] > 0
        return jnp.where(jnp.broadcast_to(after, logits.shape), jnp.nan, logits)

    def empty_cache(self, length: int, *batch: int) -> Cache:
        """Room for the keys and values of a sequence, for `step`.

        Args:
            length: the most tokens that it can hold.
            *batch: number of sequences, one size for each leading axis.

        Returns:
            Zeros: for each block keys and values of shape `[*batch, heads, length, width / heads]`.

        Raises:
            ValueError: the length is not positive.
        """
        whole(1, length=length)
        sizes("batch", batch)
        width, heads = self.embedding.table.shape[1], self.blocks[0].attention.heads
        zeros = jnp.zeros((*batch, heads, length, width // heads), self.embedding.table.dtype)
        return tuple((zeros, zeros) for _ in self.blocks)

    def step(
        self, token: Integer[Array, "*batch"], position: Integer[Array, ""] | np.integer | int, cache: Cache
    ) -> tuple[Float[Array, "*batch vocabulary"], Cache]:
        """Logits after one more token, from the stored keys and values of the earlier ones.

        Args:
            token: the token at `position`, shape `[...]`.
            position: its place in the sequence, from 0. Past the cache's length it raises; inside `jax.jit`, where it
                is not known, the logits are NaN.
            cache: from `empty_cache` or the last step; it must hold all earlier positions.

        Returns:
            The logits, shape `[..., vocabulary]`, equal to the full pass at this position, and the new cache.

        Raises:
            TypeError: the token or the position is no integer.
            ValueError: the position is not one of the cache's, or the cache is none of this model for such tokens.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> model = Transformer.init(jax.random.key(0), 65, width=16, heads=2, layers=2)
            >>> cache = model.empty_cache(10)
            >>> logits, cache = model.step(jnp.array(3), jnp.array(0), cache)
            >>> bool(jnp.allclose(logits, model(jnp.array([3]))[0], atol=1e-5))
            True
        """
        token, position = indices("token", token), indices("position", position)
        length = self._length(cache, token.shape)
        if position.ndim:
            raise ValueError(f"position: got shape {position.shape}, expected one whole number")
        if not isinstance(position, jax.core.Tracer) and not 0 <= int(np.asarray(position)) < length:
            raise ValueError(f"position: got {position}, expected 0 to {length - 1}, the places of the cache")
        x, new = self.embedding(token)[..., None, :], []
        back = position - jnp.arange(length)
        seen = (back >= 0) & (back < (length if self.window is None else self.window))
        for block, (keys, values) in zip(self.blocks, cache, strict=True):
            layer = block.attention
            query, key, value = layer.project(block.norm_attention(x), position=position)
            keys = lax.dynamic_update_slice_in_dim(keys, key, position, axis=-2)
            values = lax.dynamic_update_slice_in_dim(values, value, position, axis=-2)
            x = x + layer.merge(attention(query, keys, values, mask=seen[None]))
            x = x + block.mlp(block.norm_mlp(x))
            new.append((keys, values))
        logits = self.logits(self.norm(x))[..., 0, :]
        return jnp.where((position >= 0) & (position < length), logits, jnp.nan), tuple(new)

    def _length(self, cache: Cache, batch: tuple[int, ...]) -> int:
        """How many tokens a cache holds, if it is one of this model."""
        shapes: list[tuple[int, ...]] = [getattr(leaf, "shape", ()) for leaf in jax.tree.leaves(cache)]
        length = shapes[0][-2] if shapes and len(shapes[0]) > 2 else 0
        width, heads = self.embedding.table.shape[1], self.blocks[0].attention.heads
        need = (*batch, heads, length, width // heads)
        if not length or shapes != [need] * 2 * len(self.blocks):
            call = ", ".join(map(str, ("length", *batch)))
            raise ValueError(f"cache: got arrays of shapes {shapes[:2]}, expected those of empty_cache({call})")
        return length
