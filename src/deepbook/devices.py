"""Devices: what there is, and a mesh to spread a batch over."""

import jax
from jax.sharding import AxisType, Mesh


def describe_devices() -> str:
    """Say on what JAX computes.

    Returns:
        A line such as "1 cpu device" or "8 gpu devices (NVIDIA A100-SXM4-40GB)".

    Example:
        >>> describe_devices().split()[1] == jax.default_backend()
        True
    """
    devices = jax.devices()
    kind = devices[0].device_kind
    detail = "" if kind == devices[0].platform else f" ({kind})"
    return f"{len(devices)} {devices[0].platform} device{'s' * (len(devices) > 1)}{detail}"


def make_mesh(count: int | None = None) -> Mesh:
    """A row of devices, to be passed to `fit(..., mesh=...)`, which splits each batch over it.

    Args:
        count: how many devices; all of them when None.

    Returns:
        A mesh with one axis, "batch".

    Raises:
        ValueError: there are fewer devices than asked for.

    Example:
        >>> make_mesh(1).shape["batch"]
        1
    """
    have = len(jax.devices())
    count = have if count is None else count
    if not 1 <= count <= have:
        raise ValueError(f"count: got {count}, expected 1 to {have}, the number of devices")
    # Auto axes: the compiler places the arrays, the code stays as for one device.
    return jax.make_mesh((count,), ("batch",), axis_types=(AxisType.Auto,), devices=jax.devices()[:count])
