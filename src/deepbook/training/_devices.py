"""Devices: what there is, and a mesh to spread a batch over."""

from typing import Any, SupportsIndex

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from deepbook._checks import instance
from deepbook.training._inputs import arrays, positive


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


def make_mesh(count: SupportsIndex | None = None) -> Mesh:
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
    count = have if count is None else positive("count", count)
    if count > have:
        raise ValueError(f"count: got {count}, expected 1 to {have}, the number of devices")
    # Auto axes: the compiler places the arrays, the code stays as for one device.
    return jax.make_mesh((count,), ("batch",), axis_types=(AxisType.Auto,), devices=jax.devices()[:count])


def replicate(tree: Any, mesh: Mesh) -> Any:
    """Copy all arrays to every device of a mesh, also to those of other processes, which must have the same arrays.

    Args:
        tree: a pytree of arrays and keys.
        mesh: the devices, for example of `make_mesh`.

    Returns:
        The same tree, its arrays on all devices.

    Raises:
        TypeError: it is no mesh.
        ValueError: the tree holds something else.

    Example:
        >>> import jax.numpy as jnp
        >>> replicate(jnp.ones(3), make_mesh(1)).is_fully_replicated
        True
    """
    instance("mesh", mesh, Mesh, "a mesh of devices, as make_mesh() gives")
    tree = arrays("tree", tree)
    sharding = NamedSharding(mesh, PartitionSpec())
    if sharding.is_fully_addressable:
        return jax.device_put(tree, sharding)

    def place(leaf: Any) -> Any:  # several processes: each puts its own copy on its own devices
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(place(jax.random.key_data(leaf)), impl=jax.random.key_impl(leaf))
        return jax.make_array_from_process_local_data(sharding, np.asarray(leaf))

    return jax.tree.map(place, tree)
