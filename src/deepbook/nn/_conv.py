"""Convolution and pooling on grids, channels last: arrays `[..., height, width, channels]`."""

from functools import reduce

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from deepbook._checks import array, floats, functions, reals, whole
from deepbook.nn._module import module, static
from deepbook.nn.init import Initializer, he_normal


def patches(
    x: Float[Array, "*batch height width channels"], size: int, *, stride: int = 1, dilation: int = 1
) -> Float[Array, "*batch new_height new_width window channels"]:
    r"""Cut out all windows of a grid, $P_{ij,uv} = x_{is + ud,\, js + vd}$ with stride $s$ and dilation $d$.

    A convolution is then one matrix product. Built from $k$ slices of rows and $k$ of columns, which is fast in both
    directions on a CPU.

    Args:
        x: inputs, shape `[..., height, width, channels]`.
        size: $k$, the side of a window.
        stride: $s$, the distance of neighbouring windows.
        dilation: $d$, the distance of neighbouring pixels inside a window.

    Returns:
        Windows, shape `[..., new_height, new_width, k * k, channels]`, row by row within a window; new sizes are
        `(n - d * (k - 1) - 1) // s + 1`.

    Raises:
        ValueError: a size is not positive, or the grid is smaller than a window.

    Example:
        >>> import jax.numpy as jnp
        >>> patches(jnp.zeros((28, 28, 3)), 5, stride=2).shape
        (12, 12, 25, 3)
    """
    whole(1, size=size, stride=stride, dilation=dilation)
    x = array("x", x)
    if x.ndim < 3:
        raise ValueError(f"x: got shape {x.shape}, expected [..., height, width, channels]")
    reach, (height, width) = dilation * (size - 1) + 1, x.shape[-3:-1]
    if min(height, width) < reach:
        raise ValueError(f"x: got a grid of {height} by {width}, expected at least {reach} by {reach}")
    rows, columns = (stride * ((n - reach) // stride) + 1 for n in (height, width))
    starts = [dilation * u for u in range(size)]
    x = jnp.stack([x[..., u : u + rows : stride, :, :] for u in starts], axis=-2)  # [..., i, width, u, c]
    x = jnp.stack([x[..., v : v + columns : stride, :, :] for v in starts], axis=-2)  # [..., i, j, u, v, c]
    return x.reshape(*x.shape[:-3], size * size, x.shape[-1])


@module
class Conv2d:
    r"""A convolution over two axes, $y_{ijo} = b_o + \sum_{c,u,v} w_{ocuv}\, x_{is + ud - p,\, js + vd - p,\, c}$.

    (Mathematicians call this a cross-correlation: the kernel is not flipped.) With groups, the channels are cut
    into equal parts, and each part of the outputs sees its own part of the inputs.

    Attributes:
        weight: $w$, shape `[out, in / groups, size, size]`.
        bias: $b$, shape `[out]`.
        stride: $s$.
        padding: $p$, pixels added on each side.
        dilation: $d$.
        groups: number of groups.
        circular: pad with the opposite side of the grid in place of zeros.
    """

    weight: Float[Array, "out part size size"]
    bias: Float[Array, " out"]
    stride: int = static(default=1)
    padding: int = static(default=0)
    dilation: int = static(default=1)
    groups: int = static(default=1)
    circular: bool = static(default=False)

    @classmethod
    def init(
        cls,
        key: Key[Array, ""],
        channels_in: int,
        channels_out: int,
        size: int,
        *,
        stride: int = 1,
        padding: int | str = 0,
        dilation: int = 1,
        groups: int = 1,
        circular: bool = False,
        initializer: Initializer = he_normal,
    ) -> "Conv2d":
        """Draw the weights and set the bias to zero.

        Args:
            key: a PRNG key.
            channels_in: number of input channels.
            channels_out: number of output channels.
            size: side of the kernel.
            stride: distance of neighbouring outputs, in pixels of the input.
            padding: pixels on each side, or "same" for `dilation * (size - 1) / 2`: with stride 1 the output is
                as large as the input.
            dilation: distance of neighbouring pixels under the kernel.
            groups: number of groups; both numbers of channels must be multiples of it.
            circular: pad with the opposite side of the grid.
            initializer: a function of `deepbook.nn.init`.

        Returns:
            The layer.

        Raises:
            ValueError: "same" where `dilation * (size - 1)` is odd, channels that groups do not divide, or a
                size that is not positive.

        Example:
            >>> import jax, jax.numpy as jnp
            >>> conv = Conv2d.init(jax.random.key(0), 1, 6, 5, padding="same")
            >>> conv(jnp.zeros((32, 28, 28, 1))).shape
            (32, 28, 28, 6)
        """
        if padding == "same":
            whole(1, size=size, dilation=dilation)
            if dilation * (size - 1) % 2:
                raise ValueError(f'padding: "same" needs dilation * (size - 1) to be even, got {dilation * (size - 1)}')
            padding = dilation * (size - 1) // 2
        if isinstance(padding, str):
            raise ValueError(f'padding: got {padding!r}, expected a whole number from 0 on, or "same"')
        whole(0, padding=padding)
        whole(1, channels_in=channels_in, channels_out=channels_out, size=size, groups=groups)
        whole(1, stride=stride, dilation=dilation)
        if channels_in % groups or channels_out % groups:
            got = f"groups: got {groups} for {channels_in} and {channels_out} channels"
            raise ValueError(f"{got}, expected a divisor of both")
        functions(initializer=initializer)
        weight = initializer(key, (channels_out, channels_in // groups, size, size))
        return cls(weight, jnp.zeros(channels_out), int(stride), int(padding), int(dilation), int(groups), circular)

    def __call__(
        self, x: Float[Array, "*batch height width in"], *, key: Key[Array, ""] | None = None
    ) -> Float[Array, "*batch new_height new_width out"]:
        """Slide the kernels over the grid.

        Args:
            x: inputs, shape `[..., height, width, in]`.
            key: not used.

        Returns:
            Outputs, shape `[..., new_height, new_width, out]`, new sizes `(n + 2p - d (k - 1) - 1) // s + 1`.

        Raises:
            ValueError: `x` has no two grid axes or another number of channels, or is smaller than the kernel.
        """
        out, part, size, _ = self.weight.shape
        x = reals("x", x, self.weight.dtype)
        if x.ndim < 3 or x.shape[-1] != part * self.groups:
            expected = f"[..., height, width, {part * self.groups}]"
            raise ValueError(f"x: Conv2d got shape {tuple(x.shape)}, expected {expected}")
        edge = [(0, 0)] * (x.ndim - 3) + [(self.padding,) * 2] * 2 + [(0, 0)]
        x = jnp.pad(x, edge, mode="wrap" if self.circular else "constant")
        cut = patches(x, size, stride=self.stride, dilation=self.dilation)
        weight = self.weight.reshape(out, part, size * size)
        if self.groups == 1:  # one matrix product; with the outputs first, its gradient is faster on a CPU
            matrix = weight.transpose(0, 2, 1).reshape(out, size * size * part)
            y = jnp.einsum("...k,ok->...o", cut.reshape(*cut.shape[:-2], size * size * part), matrix)
        else:
            cut = cut.reshape(*cut.shape[:-1], self.groups, part)
            weight = weight.reshape(self.groups, out // self.groups, part, size * size)
            y = jnp.einsum("...kgc,gock->...go", cut, weight).reshape(*cut.shape[:-3], out)
        return y + jnp.broadcast_to(self.bias, y.shape)


def max_pool(x: Float[Array, "*batch height width channels"], size: int = 2) -> Float[Array, "*batch h w channels"]:
    """The largest value in each block of `size` by `size` pixels; blocks do not overlap.

    Entries that are equally large share the gradient, as in `jax.numpy.maximum` (PyTorch gives all of it to the
    first). Taken pair by pair, it is faster on a CPU than the gradient of a reduction.

    Args:
        x: inputs, shape `[..., height, width, channels]`.
        size: side of a block; it must divide height and width.

    Returns:
        Shape `[..., height / size, width / size, channels]`.

    Raises:
        ValueError: the blocks do not fit.

    Example:
        >>> import jax.numpy as jnp
        >>> max_pool(jnp.arange(16.0).reshape(4, 4, 1))[..., 0].tolist()
        [[5.0, 7.0], [13.0, 15.0]]
    """
    x = _blocks(x, size)
    x = reduce(jnp.maximum, [x[..., i, :, :, :] for i in range(size)])
    return reduce(jnp.maximum, [x[..., i, :] for i in range(size)])


def mean_pool(x: Float[Array, "*batch height width channels"], size: int = 2) -> Float[Array, "*batch h w channels"]:
    """The mean of each block of `size` by `size` pixels; blocks do not overlap.

    Args:
        x: inputs, shape `[..., height, width, channels]`.
        size: side of a block; it must divide height and width.

    Returns:
        Shape `[..., height / size, width / size, channels]`.

    Raises:
        ValueError: the blocks do not fit.

    Example:
        >>> import jax.numpy as jnp
        >>> mean_pool(jnp.arange(16.0).reshape(4, 4, 1))[..., 0].tolist()
        [[2.5, 4.5], [10.5, 12.5]]
    """
    return _blocks(x, size).mean((-4, -2))


def _blocks(x: Array, size: int) -> Array:
    x = floats("x", x)
    whole(1, size=size)
    if x.ndim < 3 or x.shape[-3] % size or x.shape[-2] % size:
        raise ValueError(f"size: got {size} for shape {tuple(x.shape)}, expected a divisor of height and width")
    height, width, channels = x.shape[-3:]
    return x.reshape(*x.shape[:-3], height // size, size, width // size, size, channels)
