"""Networks made of layers: Sequential and MLP, and Lambda, which makes a layer of a plain function."""

from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from itertools import pairwise
from typing import Any

import jax
from jaxtyping import Array, Float, Key

from deepbook._checks import functions, split, whole
from deepbook.nn._layers import Linear
from deepbook.nn._module import module, short, static
from deepbook.nn.init import Initializer, he_normal


@module
class Lambda:
    """A plain function as a layer, for example `Lambda(jax.nn.relu)`.

    Attributes:
        function: from array to array; it has no parameters.
    """

    function: Callable[[Array], Array] = static()

    def __post_init__(self) -> None:
        functions(function=self.function)

    def __call__(self, x: Array, *, key: Key[Array, ""] | None = None) -> Array:
        """Apply the function.

        Args:
            x: what the function takes.
            key: not used.

        Returns:
            What the function returns.
        """
        return self.function(x)


@module
class Sequential:
    r"""Layers one after another, $f = f_L \circ \dots \circ f_1$.

    Attributes:
        layers: the modules, first one first. `Sequential.of` also takes plain functions.
    """

    layers: tuple[Any, ...]

    @classmethod
    def of(cls, *layers: Any) -> "Sequential":
        """Chain modules and plain functions.

        Args:
            *layers: modules, or functions such as `jax.nn.relu`, in order.

        Returns:
            The chain.

        Raises:
            TypeError: one of them is neither.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> k1, k2 = jax.random.split(jax.random.key(0))
            >>> net = Sequential.of(Linear.init(k1, 2, 3), jax.nn.relu, Linear.init(k2, 3, 1))
            >>> net(jnp.ones((5, 2))).shape
            (5, 1)
        """
        for layer in layers:
            if not callable(layer) or (is_dataclass(layer) and isinstance(layer, type)):
                raise TypeError(f"layers: got {short(layer)}, expected modules, as init makes them, or functions")
        return cls(tuple(f if is_dataclass(f) else Lambda(f) for f in layers))

    def __call__(self, x: Array, *, key: Key[Array, ""] | None = None) -> Array:
        """Apply all layers in order, each with a key of its own.

        Args:
            x: input of the first layer.
            key: a PRNG key for layers with randomness, or None for evaluation.

        Returns:
            Output of the last layer.

        Raises:
            TypeError: the key is none.
            ValueError: there are several keys.
        """
        keys = [None] * len(self.layers) if key is None else split(key, len(self.layers))
        for layer, layer_key in zip(self.layers, keys, strict=True):
            x = layer(x, key=layer_key)
        return x


@module
class MLP:
    r"""A multilayer perceptron, $h_\ell = g(W_\ell h_{\ell-1} + b_\ell)$ for $\ell < L$, $y = W_L h_{L-1} + b_L$.

    Attributes:
        layers: the $L$ linear layers.
        activation: $g$.
    """

    layers: tuple[Linear, ...]
    activation: Callable[[Array], Array] = static(default=jax.nn.relu)

    @classmethod
    def init(
        cls,
        key: Key[Array, ""],
        sizes: Sequence[int],
        *,
        activation: Callable[[Array], Array] = jax.nn.relu,
        initializer: Initializer = he_normal,
    ) -> "MLP":
        """Draw the weights of all layers.

        Args:
            key: a PRNG key.
            sizes: widths from input to output, at least two.
            activation: the nonlinearity between layers; the last layer has none.
            initializer: a function of `deepbook.nn.init`.

        Returns:
            The network.

        Raises:
            TypeError: the sizes are no list of whole numbers.
            ValueError: fewer than two sizes, or one that is not positive.

        Example:
            >>> import jax
            >>> MLP.init(jax.random.key(0), [784, 32, 10])
            MLP(layers=(Linear(weight=f32[32,784], bias=f32[32]), Linear(weight=f32[10,32], bias=f32[10])),
                activation=relu)
        """
        functions(activation=activation)
        if not hasattr(sizes, "__len__"):
            raise TypeError(f"sizes: got {sizes!r}, expected widths from input to output")
        if len(sizes) < 2:
            raise ValueError(f"sizes: got {list(sizes)}, expected at least an input and an output width")
        for size in sizes:
            whole(1, sizes=size)
        keys = split(key, len(sizes) - 1)
        layers = (
            Linear.init(k, a, b, initializer=initializer) for k, (a, b) in zip(keys, pairwise(sizes), strict=True)
        )
        return cls(layers=tuple(layers), activation=activation)

    def __call__(
        self, x: Float[Array, "*batch in"], *, key: Key[Array, ""] | None = None
    ) -> Float[Array, "*batch out"]:
        """Apply the network to the last axis.

        Args:
            x: inputs, shape `[..., sizes[0]]`.
            key: not used.

        Returns:
            Outputs (logits for a classifier), shape `[..., sizes[-1]]`.

        Raises:
            ValueError: the last axis of `x` has another size than the first weight.
        """
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)
