"""Images: handwritten digits (MNIST and the UCI repository), clothes (Fashion-MNIST), emoji and photographs."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from deepbook._checks import whole
from deepbook.data.files import Dataset, load_arrays

#: What the labels 0 to 9 of `load_fashion` mean.
FASHION_CLASSES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip

_PHOTOGRAPHS = {"camera": "photograph.npz", "cat": "photograph_cat.npz", "coffee": "photograph_coffee.npz"}


class Emoji(NamedTuple):
    """Pictures with their names.

    Attributes:
        images: red, green and blue between 0 and 1 on white, shape `[n, size, size, 3]`.
        names: what each shows, in English, no two alike.
        groups: the chapter of the Unicode list that each stands in, such as "animals-nature".
        subgroups: its section in that chapter, such as "animal-bird".
        characters: each as text, one code point.
    """

    images: Float32[np.ndarray, "n size size 3"]
    names: tuple[str, ...]
    groups: tuple[str, ...]
    subgroups: tuple[str, ...]
    characters: tuple[str, ...]


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


def load_digit_pair(boxed: bool = False) -> tuple[Dataset, Dataset]:
    """The digits of two sources on one grid of 8 by 8: a real shift of the data, small enough to train in a second.

    The first set is `load_digits`, the second `load_mnist` with its border of two pixels cut off and blocks of nine
    pixels averaged. Images, labels and split are theirs, in their order.

    Args:
        boxed: stretch the bounding box of the ink (pixels above .2) of every image to the whole grid, so that both
            sets place and size their digits alike.

    Returns:
        `(digits, mnist)`, images `[n, 8, 8]` as float32 between 0 (paper) and 1 (ink), labels `[n]` as int32.

    Example:
        >>> digits, mnist = load_digit_pair()
        >>> digits.x_train.shape, mnist.x_train.shape
        ((1437, 8, 8), (4000, 8, 8))
    """
    digits, large = load_digits(), load_mnist()
    if boxed:
        return _map_images(_boxed, digits), _map_images(_boxed, large)
    return digits, _map_images(lambda x: x[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean((2, 4)), large)


def load_fashion() -> Dataset:
    """10,000 images of Fashion-MNIST, 1,000 of each kind of clothes: 8,000 to train, 2,000 held out.

    The 10,000 are what the original calls its test part, so accuracies compare with published ones only roughly.

    Returns:
        Images `[n, 28, 28]` as float32 between 0 (background) and 1, labels `[n]` as int32, indices into
        `FASHION_CLASSES`. The split is frozen, has equal classes in both parts, and both parts are shuffled.

    Example:
        >>> fashion = load_fashion()
        >>> fashion.x_train.shape, FASHION_CLASSES[fashion.y_train[0]]
        ((8000, 28, 28), 'pullover')

    References:
        Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
        algorithms" (2017).
    """
    return _split("fashion_10k.npz", maximum=255, test_per_class=200)


def load_emoji(size: int = 32) -> Emoji:
    """1,400 emoji of a single code point in colour, with their names, in the order of the Unicode list.

    Args:
        size: height and width in pixels, 32, or 16 by averaging blocks of four pixels.

    Returns:
        Images `[1400, size, size, 3]` as float32 between 0 and 1 on white, and tuples of 1,400 names, groups (10
        different ones), subgroups (98) and characters.

    Raises:
        ValueError: `size` is neither 16 nor 32.

    Example:
        >>> emoji = load_emoji(size=16)
        >>> i = emoji.names.index("penguin")
        >>> emoji.images[i].shape, emoji.groups[i], emoji.subgroups[i]
        ((16, 16, 3), 'animals-nature', 'animal-bird')

    References:
        OpenMoji, https://openmoji.org, CC BY-SA 4.0: a figure that shows these emoji names them and that licence.
    """
    whole(1, size=size)
    if size not in (16, 32):
        raise ValueError(f"size: got {size}, expected 16 or 32")
    arrays = load_arrays("emoji.npz")
    images = arrays["images"].astype(np.float32) / 255
    if size == 16:
        images = images.reshape(-1, 16, 2, 16, 2, 3).mean((2, 4))
    return Emoji(images, *(tuple(arrays[key].tolist()) for key in ("names", "groups", "subgroups", "characters")))


def load_photograph(name: str = "camera") -> Float32[np.ndarray, "height width *channels"]:
    """A photograph: a man with a camera before a skyline (grey), a cat or a cup of coffee (in colour).

    Args:
        name: "camera", "cat" or "coffee".

    Returns:
        Pixels as float32 between 0 (black) and 1 (white): "camera" `[256, 256]`, "cat" `[300, 451, 3]` and "coffee"
        `[200, 300, 3]` with red, green and blue last.

    Raises:
        ValueError: there is no photograph of that name.

    Example:
        >>> load_photograph().shape, load_photograph("cat").shape
        ((256, 256), (300, 451, 3))

    References:
        Lav Varshney, "camera"; Stéfan van der Walt, "Chelsea the cat"; Rachel Michetti, "Coffee cup"; all CC0, from
        scikit-image.
    """
    if not isinstance(name, str) or name not in _PHOTOGRAPHS:
        raise ValueError(f"name: got {name!r}, expected one of {list(_PHOTOGRAPHS)}")
    return load_arrays(_PHOTOGRAPHS[name])["image"].astype(np.float32) / 255


def _split(name: str, *, maximum: int, test_per_class: int) -> Dataset:
    arrays = load_arrays(name)
    x, y = arrays["images"].astype(np.float32) / maximum, arrays["labels"].astype(np.int32)
    rng = np.random.default_rng(6796)
    order = rng.permutation(len(y))
    test = np.concatenate([order[y[order] == c][:test_per_class] for c in range(10)])
    train, test = rng.permutation(np.setdiff1d(order, test)), rng.permutation(test)
    return Dataset(x[train], y[train], x[test], y[test])


def _map_images(change: Callable[[np.ndarray], np.ndarray], data: Dataset) -> Dataset:
    return Dataset(change(data.x_train), data.y_train, change(data.x_test), data.y_test)


def _boxed(x: np.ndarray) -> np.ndarray:
    """The box of the ink of each image, stretched: 32 by 32 nearest pixels of it, averaged in blocks of 4 by 4."""

    def centres(ink: np.ndarray) -> np.ndarray:  # [n, side] -> [n, 32], the indices of 32 points inside the box
        first, last = ink.argmax(1), ink.shape[1] - 1 - ink[:, ::-1].argmax(1)
        return (first[:, None] + (last - first + 1)[:, None] * (np.arange(32) + 0.5) / 32).astype(int)

    ink: np.ndarray = x > 0.2
    rows, columns = centres(ink.max(2)), centres(ink.max(1))
    large = x[np.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None, :]]
    return large.reshape(-1, 8, 4, 8, 4).mean((2, 4))
