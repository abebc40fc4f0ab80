"""Flax NNX, with the training loop of its documentation: a jitted step in a Python loop."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from ours import batches
from tasks import CLASSES, CONTEXT, VOCABULARY, task


class MLP(nnx.Module):
    """64-128-128-10."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.layers = nnx.List([nnx.Linear(a, b, rngs=rngs) for a, b in ((64, 128), (128, 128), (128, CLASSES))])

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in self.layers[:-1]:
            x = nnx.relu(layer(x))
        return self.layers[-1](x)


class CNN(nnx.Module):
    """Two convolutions with pooling, one linear layer."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.one = nnx.Conv(1, 16, (3, 3), rngs=rngs)
        self.two = nnx.Conv(16, 32, (3, 3), rngs=rngs)
        self.last = nnx.Linear(7 * 7 * 32, CLASSES, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = nnx.max_pool(nnx.relu(self.one(x[..., None])), (2, 2), (2, 2))
        x = nnx.max_pool(nnx.relu(self.two(x)), (2, 2), (2, 2))
        return self.last(x.reshape(len(x), -1))


class Block(nnx.Module):
    """Attention and MLP, each with a layer norm before it."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.attention = nnx.MultiHeadAttention(4, 64, decode=False, rngs=rngs)
        self.norms = nnx.List([nnx.LayerNorm(64, rngs=rngs) for _ in range(2)])
        self.up, self.down = nnx.Linear(64, 256, rngs=rngs), nnx.Linear(256, 64, rngs=rngs)

    def __call__(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        x = x + self.attention(self.norms[0](x), mask=mask)
        return x + self.down(nnx.gelu(self.up(self.norms[1](x))))


class Transformer(nnx.Module):
    """Two blocks, learned positions."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.embed = nnx.Embed(VOCABULARY, 64, rngs=rngs)
        self.places = nnx.Embed(CONTEXT, 64, rngs=rngs)
        self.blocks = nnx.List([Block(rngs) for _ in range(2)])
        self.norm = nnx.LayerNorm(64, rngs=rngs)
        self.last = nnx.Linear(64, VOCABULARY, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        x = self.embed(tokens) + self.places(jnp.arange(CONTEXT))
        mask = nnx.make_causal_mask(tokens)
        for block in self.blocks:
            x = block(x, mask)
        return self.last(self.norm(x))


class LSTM(nnx.Module):
    """One layer of 128 units."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.embed = nnx.Embed(VOCABULARY, 64, rngs=rngs)
        self.rnn = nnx.RNN(nnx.OptimizedLSTMCell(64, 128, rngs=rngs))
        self.last = nnx.Linear(128, VOCABULARY, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        return self.last(self.rnn(self.embed(tokens)))


MODELS = {"mlp": MLP, "cnn": CNN, "transformer": Transformer, "lstm": LSTM}


def make(name: str, *, cached: bool) -> Callable[[int], object]:
    """Training with nnx.jit, or with nnx.cached_partial, which spares the traversal of the model in each step."""
    t = task(name)
    net = MODELS[name](nnx.Rngs(0))
    optimizer = nnx.Optimizer(net, optax.adam(t.rate), wrt=nnx.Param)

    @nnx.jit
    def step(net: nnx.Module, optimizer: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
        def loss(net: nnx.Module) -> jax.Array:
            return optax.softmax_cross_entropy_with_integer_labels(net(x), y).mean()

        value, gradient = nnx.value_and_grad(loss)(net)
        optimizer.update(net, gradient)
        return value

    one = nnx.cached_partial(step, net, optimizer) if cached else lambda x, y: step(net, optimizer, x, y)
    x, y = t.data

    def train(steps: int) -> object:
        for index in batches(len(x), t.batch_size, steps):
            value = one(x[index], y[index])
        return jax.block_until_ready(value)

    return train


CONTESTANTS = {
    "Flax nnx.jit": lambda name: make(name, cached=False),
    "Flax nnx cached": lambda name: make(name, cached=True),
}
