"""Reading the packaged files, each checked against its SHA-256 before use."""

import hashlib
import io
import json
from importlib import resources
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32


class Dataset(NamedTuple):
    """A classification data set, split once and for all into training and test part.

    Attributes:
        x_train: inputs, first axis the examples, values between 0 and 1.
        y_train: labels from 0 to the number of classes minus 1.
        x_test: held-out inputs.
        y_test: held-out labels.
    """

    x_train: Float32[np.ndarray, "train ..."]
    y_train: Int32[np.ndarray, " train"]
    x_test: Float32[np.ndarray, "test ..."]
    y_test: Int32[np.ndarray, " test"]


def load_arrays(name: str) -> dict[str, np.ndarray]:
    """Read one packaged `.npz` file.

    Args:
        name: a file named in the manifest beside the data.

    Returns:
        Its arrays by name.

    Raises:
        KeyError: the manifest knows no such file.
        ValueError: the file's SHA-256 is not the one in the manifest: it was damaged or changed.

    Example:
        >>> load_arrays("digits.npz")["images"].shape
        (1797, 8, 8)
    """
    folder = resources.files("deepbook.data") / "packaged"
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    if not isinstance(name, str) or name not in manifest:
        raise KeyError(f"name: got {name!r}, expected one of {sorted(manifest)}")
    data = (folder / name).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != manifest[name]["sha256"]:
        raise ValueError(f"name: {name} has SHA-256 {digest}, expected {manifest[name]['sha256']}; reinstall deepbook")
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {key: file[key] for key in file.files}
