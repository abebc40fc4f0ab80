"""Images: handwritten digits (5,000 of MNIST, 1,797 small ones of the UCI repository) and a photograph."""

import numpy as np
from jaxtyping import Float32

from deepbook.data.files import Dataset, load_arrays


def load_mnist() -> Dataset:
    """5,000 images of MNIST, 500 of each digit: 4,000 to train, 1,000 held out.

    Returns:
        Images `[n, 28, 28]` as float32 between 0 (paper) and 1 (ink), labels `[n]` as int32. The split is
        frozen, has equal classes in both parts, and both parts are shuffled.

    Example:
        >>> mnist = load_mnist()
        >>> mnist.x_train.shape, mnist.x_test.shape
        ((4000, 28, 28), (1000, 28, 28))

    References:
        LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998).
    """
    return _split("mnist_5k.npz", maximum=255, test_per_class=100)


def load_digits() -> Dataset:
    """1,797 images of digits on a grid of 8 by 8: 1,437 to train, 360 held out.

    Returns:
        Images `[n, 8, 8]` as float32 between 0 and 1, labels `[n]` as int32. The split is frozen, has 36 images
        of each digit held out, and both parts are shuffled.

    Example:
        >>> digits = load_digits()
        >>> digits.x_train.shape, digits.x_test.shape
        ((1437, 8, 8), (360, 8, 8))

    References:
        Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository (1998).
    """
    return _split("digits.npz", maximum=16, test_per_class=36)


def load_photograph() -> Float32[np.ndarray, "256 256"]:
    """A grey photograph, a man with a camera before a skyline: 256 by 256 pixels between 0 (black) and 1 (white).

    Example:
        >>> load_photograph().shape
        (256, 256)

    References:
        Lav Varshney, photograph "camera", CC0, from scikit-image.
    """
    return load_arrays("photograph.npz")["image"].astype(np.float32) / 255


def _split(name: str, *, maximum: int, test_per_class: int) -> Dataset:
    arrays = load_arrays(name)
    x, y = arrays["images"].astype(np.float32) / maximum, arrays["labels"].astype(np.int32)
    rng = np.random.default_rng(6796)
    order = rng.permutation(len(y))
    test = np.concatenate([order[y[order] == c][:test_per_class] for c in range(10)])
    train, test = rng.permutation(np.setdiff1d(order, test)), rng.permutation(test)
    return Dataset(x[train], y[train], x[test], y[test])
