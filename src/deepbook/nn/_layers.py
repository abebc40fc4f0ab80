"""Layers that every chapter uses: Linear, Embedding, LayerNorm and Dropout.

Each is a module with a classmethod `init` (where it has parameters) and a call `layer(x, *, key=None)`. Only
layers with randomness use the key; without one they act as in evaluation.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Integer, Key

from deepbook._checks import common, floats, functions, indices, number, one_key, reals, share, whole, wide
from deepbook.nn._module import module, static
from deepbook.nn.init import Initializer, lecun_normal


@module
class Linear:
    r"""A linear layer with bias, $z = W x + b$.

    For a batch with one example a row this is $Z = X W^\top + 1 b^\top$.

    Attributes:
        weight: $W$, shape `[out, in]`.
        bias: $b$, shape `[out]`.
    """

    weight: Float[Array, "out in"]
    bias: Float[Array, " out"]

    @classmethod
    def init(
        cls, key: Key[Array, ""], size_in: int, size_out: int, *, initializer: Initializer = lecun_normal
    ) -> "Linear":
        """Draw the weights and set the bias to zero.

        Args:
            key: a PRNG key.
            size_in: number of inputs.
            size_out: number of outputs.
            initializer: a function of `deepbook.nn.init`.

        Returns:
            The layer.

        Raises:
            TypeError: a size is no whole number.
            ValueError: a size is not positive.

        Example:
            >>> import jax
            >>> Linear.init(jax.random.key(0), 784, 10)
            Linear(weight=f32[10,784], bias=f32[10])
        """
        whole(1, size_in=size_in, size_out=size_out)
        functions(initializer=initializer)
        return cls(weight=initializer(key, (size_out, size_in)), bias=jnp.zeros(size_out))

    def __call__(
        self, x: Float[Array, "*batch in"], *, key: Key[Array, ""] | None = None
    ) -> Float[Array, "*batch out"]:
        """Apply the layer to the last axis.

        Args:
            x: inputs, shape `[..., in]`.
            key: not used.

        Returns:
            Outputs, shape `[..., out]`.

        Raises:
            ValueError: the last axis of `x` has another size than the weight.
        """
        x = last_axis("x", x, self.weight.shape[1], "Linear", self.weight.dtype)
        z = x @ self.weight.T
        return z + jnp.broadcast_to(self.bias, z.shape)


@module
class Embedding:
    r"""A table of vectors, one for each symbol: $y = E_{i}$.

    It equals a linear layer on one-hot inputs, without the multiplication by zeros.

    Attributes:
        table: $E$, shape `[vocabulary, width]`.
    """

    table: Float[Array, "vocabulary width"]

    @classmethod
    def init(cls, key: Key[Array, ""], vocabulary: int, width: int, *, scale: float = 1.0) -> "Embedding":
        """Draw the table from a normal distribution.

        Args:
            key: a PRNG key.
            vocabulary: number of symbols.
            width: length of a vector.
            scale: standard deviation of its entries.

        Returns:
            The layer.

        Raises:
            TypeError: a size is no whole number, or the scale no number.
            ValueError: a size is not positive, or the scale negative.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> embed = Embedding.init(jax.random.key(0), 65, 8)
            >>> embed(jnp.array([3, 1, 4])).shape
            (3, 8)
        """
        whole(1, vocabulary=vocabulary, width=width)
        scale, key = number("scale", scale, 0), one_key("key", key)
        return cls(table=scale * jax.random.normal(key, (vocabulary, width)))

    def __call__(
        self, index: Integer[Array, "*batch"], *, key: Key[Array, ""] | None = None
    ) -> Float[Array, "*batch width"]:
        """Look the vectors up.

        Args:
            index: integers of any type from 0 to `vocabulary - 1`. An index out of range gives NaN, not another
                vector.
            key: not used.

        Returns:
            Vectors, shape `[..., width]`.

        Raises:
            TypeError: the index does not hold integers.
        """
        index, size = indices("index", index), len(self.table)
        index = jnp.where(index < 0, size, index)  # a negative index counts from the end in JAX
        return self.table.at[index].get(mode="fill", fill_value=jnp.nan)


@module
class LayerNorm:
    r"""Normalise each example over its features, $y = \gamma \odot (x - \mu) / \sqrt{\sigma^2 + \epsilon} + \beta$.

    Here $\mu$ and $\sigma^2$ are the mean and the (biased) variance over the last axis. Inputs of 16 bits are
    normalised in float32.

    Attributes:
        scale: $\gamma$, shape `[width]`.
        bias: $\beta$, shape `[width]`.
        epsilon: $\epsilon$, keeps a constant input finite.

    References:
        Ba, Kiros and Hinton, "Layer normalization" (2016).
    """

    scale: Float[Array, " width"]
    bias: Float[Array, " width"]
    epsilon: float = static(default=1e-5)

    @classmethod
    def init(cls, width: int, *, epsilon: float = 1e-5) -> "LayerNorm":
        """Start as plain normalisation: scale one, bias zero.

        Args:
            width: number of features.
            epsilon: added to the variance.

        Returns:
            The layer.

        Raises:
            TypeError: the width is no whole number, or epsilon no number.
            ValueError: the width is not positive, or epsilon negative.

        Example:
            >>> import jax.numpy as jnp
            >>> LayerNorm.init(2)(jnp.array([1.0, 3.0])).round(3).tolist()
            [-1.0, 1.0]
        """
        whole(1, width=width)
        return cls(scale=jnp.ones(width), bias=jnp.zeros(width), epsilon=number("epsilon", epsilon, 0))

    def __call__(
        self, x: Float[Array, "*batch width"], *, key: Key[Array, ""] | None = None
    ) -> Float[Array, "*batch width"]:
        """Normalise the last axis.

        Args:
            x: inputs, shape `[..., width]`.
            key: not used.

        Returns:
            Outputs of the same shape.

        Raises:
            ValueError: the last axis of `x` has another size than the scale.
        """
        x = last_axis("x", x, self.scale.shape[0], "LayerNorm", self.scale.dtype)
        dtype = common(x.dtype, self.scale.dtype)
        x = x.astype(wide(dtype))
        centred = x - x.mean(-1, keepdims=True)
        normal = centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + self.epsilon)
        scale, bias = (jnp.broadcast_to(a.astype(x.dtype), x.shape) for a in (self.scale, self.bias))
        return (scale * normal + bias).astype(dtype)


@module
class Dropout:
    r"""Set entries to zero at random, $y = m \odot x / (1 - p)$ with $m \sim \text{Bernoulli}(1 - p)$.

    The division keeps the expected value, so that evaluation needs no change of scale.

    Attributes:
        rate: $p$, the share of entries set to zero, $0 \le p < 1$; another one raises ValueError.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> x = jnp.ones(10_000)
        >>> dropped = Dropout(0.25)(x, key=jax.random.key(0))
        >>> abs(float((dropped == 0).mean()) - 0.25) < 0.02, abs(float(dropped.mean()) - 1) < 0.02
        (True, True)
        >>> bool((Dropout(0.25)(x) == x).all())  # no key: evaluation
        True

    References:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).
    """

    rate: float = static()

    def __post_init__(self) -> None:
        share("rate", self.rate)

    def __call__(self, x: Float[Array, "..."], *, key: Key[Array, ""] | None = None) -> Float[Array, "..."]:
        """Drop entries (with a key: training) or return the input (without: evaluation).

        Args:
            x: inputs of any shape.
            key: a PRNG key, or None.

        Returns:
            Outputs of the same shape.

        Raises:
            TypeError: the key is none, or with a key `x` does not hold floating-point numbers.
            ValueError: there are several keys.
        """
        if key is None or self.rate == 0:
            return x
        x, key, kept = floats("x", x), one_key("key", key), 1 - float(self.rate)
        keep = jax.random.bernoulli(key, kept, x.shape)
        return jnp.where(keep, x / kept, jnp.zeros_like(x))


def last_axis(name: str, x: Any, size: int, layer: str, dtype: Any = jnp.float32) -> Array:
    """Inputs whose last axis has the given size; integers become numbers of the given dtype."""
    x = reals(name, x, dtype)
    if x.ndim == 0 or x.shape[-1] != size:
        raise ValueError(f"{name}: {layer} got shape {tuple(x.shape)}, expected the last axis to be {size}")
    return x
