"""Modules, layers and the architectures made of them; nothing here knows how a model is trained."""

from deepbook.nn import init
from deepbook.nn._attention import MultiHeadAttention, attention, attention_weights
from deepbook.nn._conv import Conv2d, max_pool, mean_pool, patches
from deepbook.nn._graph import Graph, aggregate, batch_graphs, degrees, gather
from deepbook.nn._graph_layers import GATConv, GCNConv, GINConv, SAGEConv
from deepbook.nn._layers import Dropout, Embedding, LayerNorm, Linear
from deepbook.nn._linear_recurrence import linear_recurrence
from deepbook.nn._masks import causal_mask
from deepbook.nn._module import module, parameter_count, static
from deepbook.nn._networks import MLP, Lambda, Sequential
from deepbook.nn._positions import rotary, sinusoidal_positions
from deepbook.nn._recurrent import ElmanCell, GRUCell, LSTMCell, unroll
from deepbook.nn._transformer import Block, Transformer
