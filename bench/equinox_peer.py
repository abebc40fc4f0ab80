"""Equinox, with the training loop of its documentation: filter_jit in a Python loop."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from ours import batches
from tasks import CLASSES, CONTEXT, VOCABULARY, task


class MLP(eqx.Module):
    """64-128-128-10."""

    net: eqx.nn.MLP

    def __init__(self, key: jax.Array) -> None:
        self.net = eqx.nn.MLP(64, CLASSES, 128, 2, key=key)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.net(x)


class CNN(eqx.Module):
    """Two convolutions with pooling, one linear layer."""

    one: eqx.nn.Conv2d
    two: eqx.nn.Conv2d
    last: eqx.nn.Linear
    pool: eqx.nn.MaxPool2d

    def __init__(self, key: jax.Array) -> None:
        k1, k2, k3 = jax.random.split(key, 3)
        self.one = eqx.nn.Conv2d(1, 16, 3, padding=1, key=k1)
        self.two = eqx.nn.Conv2d(16, 32, 3, padding=1, key=k2)
        self.last = eqx.nn.Linear(7 * 7 * 32, CLASSES, key=k3)
        self.pool = eqx.nn.MaxPool2d(2, 2)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = self.pool(jax.nn.relu(self.one(x[None])))
        x = self.pool(jax.nn.relu(self.two(x)))
        return self.last(x.ravel())


class Block(eqx.Module):
    """Attention and MLP, each with a layer norm before it."""

    attention: eqx.nn.MultiheadAttention
    norms: list
    up: eqx.nn.Linear
    down: eqx.nn.Linear

    def __init__(self, key: jax.Array) -> None:
        k1, k2, k3 = jax.random.split(key, 3)
        self.attention = eqx.nn.MultiheadAttention(
            4, 64, use_query_bias=True, use_key_bias=True, use_value_bias=True, use_output_bias=True, key=k1
        )
        self.norms = [eqx.nn.LayerNorm(64) for _ in range(2)]
        self.up, self.down = eqx.nn.Linear(64, 256, key=k2), eqx.nn.Linear(256, 64, key=k3)

    def __call__(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        z = jax.vmap(self.norms[0])(x)
        x = x + self.attention(z, z, z, mask=mask)
        return x + jax.vmap(self.down)(jax.nn.gelu(jax.vmap(self.up)(jax.vmap(self.norms[1])(x))))


class Transformer(eqx.Module):
    """Two blocks, learned positions."""

    embed: eqx.nn.Embedding
    places: eqx.nn.Embedding
    blocks: list
    norm: eqx.nn.LayerNorm
    last: eqx.nn.Linear

    def __init__(self, key: jax.Array) -> None:
        k = jax.random.split(key, 5)
        self.embed, self.places = eqx.nn.Embedding(VOCABULARY, 64, key=k[0]), eqx.nn.Embedding(CONTEXT, 64, key=k[1])
        self.blocks = [Block(k[2]), Block(k[3])]
        self.norm, self.last = eqx.nn.LayerNorm(64), eqx.nn.Linear(64, VOCABULARY, key=k[4])

    def __call__(self, tokens: jax.Array) -> jax.Array:
        x = jax.vmap(self.embed)(tokens) + self.places.weight
        mask = jnp.tril(jnp.ones((CONTEXT, CONTEXT), bool))
        for block in self.blocks:
            x = block(x, mask)
        return jax.vmap(self.last)(jax.vmap(self.norm)(x))


class LSTM(eqx.Module):
    """One layer of 128 units."""

    embed: eqx.nn.Embedding
    cell: eqx.nn.LSTMCell
    last: eqx.nn.Linear

    def __init__(self, key: jax.Array) -> None:
        k1, k2, k3 = jax.random.split(key, 3)
        self.embed, self.cell = eqx.nn.Embedding(VOCABULARY, 64, key=k1), eqx.nn.LSTMCell(64, 128, key=k2)
        self.last = eqx.nn.Linear(128, VOCABULARY, key=k3)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        def step(state: tuple, x: jax.Array) -> tuple:
            state = self.cell(x, state)
            return state, state[0]

        start = jnp.zeros(128), jnp.zeros(128)
        return jax.vmap(self.last)(jax.lax.scan(step, start, jax.vmap(self.embed)(tokens))[1])


MODELS = {"mlp": MLP, "cnn": CNN, "transformer": Transformer, "lstm": LSTM}


def make(name: str) -> Callable[[int], object]:
    """Training with filter_jit."""
    t = task(name)
    net, optimizer = MODELS[name](jax.random.key(0)), optax.adam(t.rate)
    state = optimizer.init(eqx.filter(net, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(net: eqx.Module, state: optax.OptState, x: jax.Array, y: jax.Array) -> tuple:
        @eqx.filter_value_and_grad
        def loss(net: eqx.Module) -> jax.Array:
            return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(net)(x), y).mean()

        value, gradient = loss(net)
        updates, state = optimizer.update(gradient, state, net)
        return eqx.apply_updates(net, updates), state, value

    x, y = t.data

    def train(steps: int) -> object:
        nonlocal net, state
        for index in batches(len(x), t.batch_size, steps):
            net, state, value = step(net, state, x[index], y[index])
        return jax.block_until_ready(value)

    return train


CONTESTANTS = {"Equinox": make}
