"""Shared by the doctests of src, the tests and the notebooks: strict JAX, checked annotations, stored outputs."""

import os

# Kernels started by nbval inherit this: no progress bars, no live widgets.
os.environ["DEEPBOOK_STATIC"] = "1"

import jax
import jaxtyping
import pytest
from beartype import BeartypeConf, beartype

# Tests compile much and compute little. Only this process compiles quickly: notebooks run as a reader runs them. XLA
# refuses a flag that it does not know, so that other versions go without.
if jax.__version_info__[:2] == (0, 10):
    given = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=1 {given}"
    jax.devices()  # reads them
    os.environ["XLA_FLAGS"] = given

pytest_plugins = ["pictures"]  # tests/pictures.py: what a re-run draws is compared with what is stored


def typecheck(function):
    """Check a function's annotations; an int will do where a float is asked for.

    Constructors are left out: JAX rebuilds modules with whatever leaves a transformation needs.
    """
    if function.__qualname__.endswith("__init__"):
        return function
    return beartype(function, conf=BeartypeConf(is_pep484_tower=True))


# Every annotation of the package is checked while the tests run.
jaxtyping.install_import_hook("deepbook", "conftest.typecheck")

jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True)
def no_traces_of_figures():
    """No test leaves a figure open, or its style to the next one."""
    import matplotlib.pyplot as plt

    with plt.rc_context():
        yield
    plt.close("all")


@pytest.fixture
def unchecked():
    """Without the shape checker, so that the package's own errors are seen."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def pytest_terminal_summary(terminalreporter):
    """How long each chapter took, slowest first, and everything else together."""
    seconds: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "duration"):
                path = report.nodeid.split("::")[0]
                what = path if path.endswith(".ipynb") else "the package's tests and doctests"
                seconds[what] = seconds.get(what, 0) + report.duration
    terminalreporter.section("seconds, slowest first")
    for what, total in sorted(seconds.items(), key=lambda pair: -pair[1]):
        terminalreporter.line(f"{total:7.1f}  {what}" + ("  over 60 s" if total > 60 and "ipynb" in what else ""))
