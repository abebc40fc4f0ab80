"""Losses, the training step and loop, files, devices and progress."""

from deepbook.training._checkpoint import CheckpointError
from deepbook.training._descend import TrainState, descend, train_step
from deepbook.training._devices import describe_devices, make_mesh, replicate
from deepbook.training._files import load, save
from deepbook.training._fit import History, NonFiniteLossError, fit
from deepbook.training._losses import binary_cross_entropy, cross_entropy, mean_squared_error
from deepbook.training._progress import Progress
