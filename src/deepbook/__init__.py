"""deepbook: the small JAX package behind the textbook "Deep Learning You Can Run"."""

from importlib import import_module
from typing import Any

from deepbook import data, init
from deepbook.attention import MultiHeadAttention, attention, attention_weights, causal_mask
from deepbook.conv import Conv2d, max_pool, mean_pool, patches
from deepbook.devices import describe_devices, make_mesh, replicate
from deepbook.graph import GATConv, GCNConv, GINConv, Graph, SAGEConv, aggregate, batch_graphs, degrees, gather
from deepbook.layers import Dropout, Embedding, LayerNorm, Linear
from deepbook.losses import accuracy, binary_cross_entropy, cross_entropy, mean_squared_error
from deepbook.module import load, module, parameter_count, save, static
from deepbook.networks import MLP, Lambda, Sequential
from deepbook.positions import rotary, sinusoidal_positions
from deepbook.progress import Progress
from deepbook.recurrent import ElmanCell, GRUCell, LSTMCell, linear_recurrence, unroll
from deepbook.sweep import fit_many
from deepbook.train import History, NonFiniteLossError, fit
from deepbook.transformer import Block, Transformer

# What a notebook shows needs Matplotlib, Pillow or ipywidgets: imported when first used, so that
# `import deepbook` stays fast in a plain script.
_LAZY = {
    "plots": "deepbook.plots",
    "diagrams": "deepbook.diagrams",
    "claim": "deepbook.claims:claim",
    "claim_table": "deepbook.claims:claim_table",
    "check": "deepbook.exercises:check",
    "check_gradient": "deepbook.exercises:check_gradient",
    "explore": "deepbook.interact:explore",
    "animate": "deepbook.interact:animate",
    "stepper": "deepbook.interact:stepper",
    "predict": "deepbook.interact:predict",
    "slider": "deepbook.controls:slider",
    "play": "deepbook.controls:play",
    "choice": "deepbook.controls:choice",
    "toggle": "deepbook.controls:toggle",
}

__all__ = [
    "MLP",
    "Block",
    "Conv2d",
    "Dropout",
    "ElmanCell",
    "Embedding",
    "GATConv",
    "GCNConv",
    "GINConv",
    "GRUCell",
    "Graph",
    "History",
    "LSTMCell",
    "Lambda",
    "LayerNorm",
    "Linear",
    "MultiHeadAttention",
    "NonFiniteLossError",
    "Progress",
    "SAGEConv",
    "Sequential",
    "Transformer",
    "accuracy",
    "aggregate",
    "animate",
    "attention",
    "attention_weights",
    "batch_graphs",
    "binary_cross_entropy",
    "causal_mask",
    "check",
    "check_gradient",
    "choice",
    "claim",
    "claim_table",
    "cross_entropy",
    "data",
    "degrees",
    "describe_devices",
    "diagrams",
    "explore",
    "fit",
    "fit_many",
    "gather",
    "init",
    "linear_recurrence",
    "load",
    "make_mesh",
    "max_pool",
    "mean_pool",
    "mean_squared_error",
    "module",
    "parameter_count",
    "patches",
    "play",
    "plots",
    "predict",
    "replicate",
    "rotary",
    "save",
    "sinusoidal_positions",
    "slider",
    "static",
    "stepper",
    "toggle",
    "unroll",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'deepbook' has no attribute {name!r}")
    path, _, attribute = _LAZY[name].partition(":")
    value = import_module(path)
    value = getattr(value, attribute) if attribute else value
    globals()[name] = value
    return value
