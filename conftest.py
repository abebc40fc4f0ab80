"""Shared by the doctests of src, the tests and the notebooks: strict JAX, checked annotations, stored outputs."""

import os

# Kernels started by nbval inherit this: no progress bars, no live widgets.
os.environ["DEEPBOOK_STATIC"] = "1"
os.environ.setdefault("MPLBACKEND", "agg")

import jax
import pytest
from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

# Every annotation of the package is checked while the tests run; an int will do where a float is asked for.
typecheck = beartype(conf=BeartypeConf(is_pep484_tower=True))
install_import_hook("deepbook", "conftest.typecheck")

jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True)
def close_figures():
    """No test leaves a figure open."""
    yield
    import matplotlib.pyplot as plt

    plt.close("all")
