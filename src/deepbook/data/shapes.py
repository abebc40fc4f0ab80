"""Pictures of coloured shapes, drawn from factors that are known: what a representation should have found."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32

from deepbook._checks import whole

#: What the labels of `ColouredShapes.shapes` mean.
SHAPES = ("circle", "square", "triangle", "cross")
#: What the labels of `ColouredShapes.colours` mean.
COLOURS = ("red", "green", "blue", "yellow", "magenta", "cyan")

_RGB = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32)
_SIDE = np.sqrt(np.pi) / 2  # half the side of a square as large as the unit circle
_APOTHEM = np.sqrt(np.pi / np.sqrt(27))  # of such an equilateral triangle: half its circumradius
_ARM = np.sqrt(np.pi / 20)  # half the width of an arm of such a cross of five squares

# whether (u, v), v upwards, lies in the shape of area pi around the origin
_INSIDE = (
    lambda u, v: u**2 + v**2 <= 1,
    lambda u, v: np.maximum(abs(u), abs(v)) <= _SIDE,
    lambda u, v: (v >= -_APOTHEM) & (np.sqrt(3) * abs(u) + v <= 2 * _APOTHEM),
    lambda u, v: (np.minimum(abs(u), abs(v)) <= _ARM) & (np.maximum(abs(u), abs(v)) <= 3 * _ARM),
)


class ColouredShapes(NamedTuple):
    """Pictures of one shape each, and what they were drawn from.

    Attributes:
        images: red, green and blue between 0 and 1, the background black, shape `[n, size, size, 3]`.
        shapes: index into `SHAPES`, shape `[n]`.
        colours: index into `COLOURS`, shape `[n]`.
        centres: of the shape's area, from the left and from the top, in pixels, shape `[n, 2]`.
        radii: of the circle with the area of the shape, in pixels, shape `[n]`.
    """

    images: Float32[np.ndarray, "n size size 3"]
    shapes: Int32[np.ndarray, " n"]
    colours: Int32[np.ndarray, " n"]
    centres: Float32[np.ndarray, "n 2"]
    radii: Float32[np.ndarray, " n"]


def coloured_shapes(n: int, seed: int, size: int = 16) -> ColouredShapes:
    r"""Circles, squares, triangles and crosses in one of six colours, at random places and of random sizes.

    Shape, colour and radius are drawn independently and uniformly, the radius $r$ from 0.14 to 0.28 of `size`; the
    centre is uniform over the places where every shape of that radius fits. All shapes of one radius have the same
    area, $\pi r^2$, so that neither brightness nor size tells the shape. A pixel's value is the part of it that
    the shape covers, in sixteenths, times the colour.

    Args:
        n: number of pictures.
        seed: a seed for NumPy's generator.
        size: height and width of a picture in pixels, at least 8.

    Returns:
        Pictures as float32 `[n, size, size, 3]`, shape and colour of each as int32 `[n]`, centre `[n, 2]` and
        radius `[n]` as float32.

    Raises:
        TypeError: `n` or `size` is no whole number.
        ValueError: `n` is not positive or `size` is below 8.

    Example:
        >>> data = coloured_shapes(100, seed=0)
        >>> data.images.shape, SHAPES[data.shapes[0]], COLOURS[data.colours[0]]
        ((100, 16, 16, 3), 'cross', 'blue')
    """
    whole(1, n=n)
    whole(8, size=size)
    whole(0, seed=seed)
    rng = np.random.default_rng(seed)
    shapes, colours = rng.integers(len(SHAPES), size=n), rng.integers(len(COLOURS), size=n)
    radii = rng.uniform(0.14 * size, 0.28 * size, n)
    margin = 2 * _APOTHEM * radii  # a triangle reaches furthest from its centre
    centres = rng.uniform(margin[:, None], size - margin[:, None], (n, 2))
    points = (np.arange(4 * size) + 0.5) / 4  # four along each side of a pixel
    coverage = np.empty((n, size, size), np.float32)
    for i in range(n):
        u, v = (points - centres[i, 0]) / radii[i], (centres[i, 1] - points) / radii[i]
        inside = _INSIDE[shapes[i]](u[None, :], v[:, None])  # [4 size, 4 size]
        coverage[i] = inside.reshape(size, 4, size, 4).mean((1, 3))
    return ColouredShapes(
        images=coverage[..., None] * _RGB[colours][:, None, None],
        shapes=shapes.astype(np.int32),
        colours=colours.astype(np.int32),
        centres=centres.astype(np.float32),
        radii=radii.astype(np.float32),
    )
