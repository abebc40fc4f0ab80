"""The layers that the contracts are tested on: of every kind one, with an input."""

from importlib import import_module

import jax
import jax.numpy as jnp
import numpy as np

import deepbook as db

enable_x64 = jax.enable_x64 if hasattr(jax, "enable_x64") else import_module("jax.experimental").enable_x64  # JAX 0.7

KEY = jax.random.key(0)
# name -> (layer, input of one example)
LAYERS = {
    "Linear": (db.Linear.init(KEY, 4, 3), jnp.arange(4.0)),
    "Embedding": (db.Embedding.init(KEY, 7, 4), jnp.array([1, 6, 0])),
    "LayerNorm": (db.LayerNorm.init(4), jnp.arange(4.0)),
    "Dropout": (db.Dropout(0.5), jnp.arange(4.0)),
    "Conv2d": (
        db.Conv2d.init(KEY, 4, 6, 3, stride=2, padding="same", groups=2),
        jnp.arange(140.0).reshape(5, 7, 4) / 99,
    ),
    "Lambda": (db.Lambda(jnp.tanh), jnp.arange(4.0)),
    "MultiHeadAttention": (
        db.MultiHeadAttention.init(KEY, 8, 2, rotary=True),
        jax.random.normal(jax.random.key(3), (5, 8)),
    ),
    "Block": (db.Block.init(KEY, 8, 2), jax.random.normal(jax.random.key(3), (5, 8))),
    "Transformer": (db.Transformer.init(KEY, 7, width=8, heads=2, layers=2), jnp.array([1, 6, 0, 3])),
    "MLP": (db.MLP.init(KEY, [4, 5, 2]), jnp.arange(4.0)),
    "Sequential": (
        db.Sequential.of(db.Linear.init(KEY, 4, 5), jax.nn.relu, db.Dropout(0.5), db.Linear.init(KEY, 5, 2)),
        jnp.arange(4.0),
    ),
}

XS = jax.random.normal(jax.random.key(4), (6, 4))
GRAPH = db.Graph.of(np.array([[0, 1], [1, 2], [2, 0], [2, 3], [4, 5]]), 7)

# name -> (model, function of the model and an input, input of one example): also what is not called with x alone.
MODELS = {name: (layer, lambda layer, x: layer(x), x) for name, (layer, x) in LAYERS.items()}
MODELS |= {
    kind.__name__: (kind.init(KEY, 4, 5), lambda cell, x: db.unroll(cell, x)[0], XS)
    for kind in (db.ElmanCell, db.GRUCell, db.LSTMCell)
}
MODELS |= {
    kind.__name__: (kind.init(KEY, 4, 6, **more), lambda layer, h: layer(h, GRAPH), jax.random.normal(KEY, (7, 4)))
    for kind, more in (
        (db.GCNConv, {}),
        (db.SAGEConv, {}),
        (db.GATConv, {"heads": 2}),
        (db.GINConv, {"hidden": 5}),
    )
}
MODELS["FiLMNet"] = (
    db.FiLMNet.init(KEY, 4, width=6, blocks=1),
    lambda net, x: net(x, jnp.linspace(0, 1, len(x), dtype=x.dtype)),
    XS,
)
