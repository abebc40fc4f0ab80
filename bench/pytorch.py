"""PyTorch: eager with a DataLoader or with tensors sliced directly, fused Adam, and torch.compile."""

from collections.abc import Callable

import torch
from ours import batches
from tasks import CLASSES, CONTEXT, VOCABULARY, task
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Block(nn.Module):
    """Attention and MLP, each with a layer norm before it."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(64) for _ in range(2)])
        self.project, self.merge = nn.Linear(64, 192), nn.Linear(64, 64)
        self.up, self.down = nn.Linear(64, 256), nn.Linear(256, 64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch = len(x)
        parts = self.project(self.norms[0](x)).view(batch, CONTEXT, 3, 4, 16).permute(2, 0, 3, 1, 4)
        y = nn.functional.scaled_dot_product_attention(*parts, is_causal=True)
        x = x + self.merge(y.transpose(1, 2).reshape(batch, CONTEXT, 64))
        return x + self.down(nn.functional.gelu(self.up(self.norms[1](x))))


class Transformer(nn.Module):
    """Two blocks, learned positions."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.places = nn.Embedding(VOCABULARY, 64), nn.Embedding(CONTEXT, 64)
        self.blocks = nn.Sequential(Block(), Block())
        self.norm, self.last = nn.LayerNorm(64), nn.Linear(64, VOCABULARY)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.last(self.norm(self.blocks(self.embed(tokens) + self.places.weight)))


class LSTM(nn.Module):
    """One layer of 128 units."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.rnn = nn.Embedding(VOCABULARY, 64), nn.LSTM(64, 128, batch_first=True)
        self.last = nn.Linear(128, VOCABULARY)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.last(self.rnn(self.embed(tokens))[0])


def model(name: str) -> nn.Module:
    """The task's model."""
    if name == "mlp":
        return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, CLASSES))
    if name == "cnn":
        one = nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
        two = nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
        return nn.Sequential(*one, *two, nn.Flatten(), nn.Linear(7 * 7 * 32, CLASSES))
    return Transformer() if name == "transformer" else LSTM()


DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make(name: str, *, loader: bool = False, fused: bool = False, compiled: bool = False) -> Callable[[int], object]:
    """Training by the loop of PyTorch's tutorials."""
    torch.manual_seed(0)
    t, net = task(name), model(name).to(DEVICE)
    forward = torch.compile(net) if compiled else net
    optimizer = torch.optim.Adam(net.parameters(), lr=t.rate, fused=fused)
    x, y = torch.tensor(t.data[0]), torch.tensor(t.data[1], dtype=torch.long)
    x = x[:, None] if name == "cnn" else x
    there_x, there_y = x.to(DEVICE), y.to(DEVICE)
    loading = DataLoader(TensorDataset(x, y), batch_size=t.batch_size, shuffle=True, drop_last=True)

    def step(inputs: torch.Tensor, targets: torch.Tensor) -> None:
        optimizer.zero_grad()
        scores = forward(inputs)
        nn.functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), targets.reshape(-1)).backward()
        optimizer.step()

    def sliced(steps: int) -> None:
        for index in torch.from_numpy(batches(len(x), t.batch_size, steps)).to(DEVICE):
            step(there_x[index], there_y[index])
        wait()

    def loaded(steps: int) -> None:
        done = 0
        while done < steps:
            for inputs, targets in loading:
                step(inputs.to(DEVICE), targets.to(DEVICE))
                done += 1
                if done == steps:
                    break
        wait()

    def wait() -> None:
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()

    return loaded if loader else sliced


CONTESTANTS = {
    "PyTorch": make,
    "PyTorch, DataLoader": lambda name: make(name, loader=True),
    "PyTorch, fused Adam": lambda name: make(name, fused=True),
    "PyTorch, torch.compile": lambda name: make(name, compiled=True),
}
