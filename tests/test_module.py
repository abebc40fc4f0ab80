"""Counting, printing, saving and loading."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import deepbook as db


@db.module
class Pair:
    first: object
    second: object
    size: int = db.static(default=3)


def test_static_fields_are_structure_not_leaves():
    a, b = Pair(jnp.ones(2), jnp.zeros(1)), Pair(jnp.ones(2), jnp.zeros(1), size=4)
    assert len(jax.tree.leaves(a)) == 2
    assert jax.tree.structure(a) != jax.tree.structure(b)


def test_parameter_count_ignores_integers():
    assert db.parameter_count(Pair(jnp.ones((2, 5)), jnp.arange(7))) == 10


def test_repr_shows_dtypes_and_shapes():
    shown = repr(Pair(jnp.ones((2, 5)), (jnp.arange(7), jax.nn.relu)))
    assert shown == "Pair(first=f32[2,5], second=(i32[7], relu), size=3)"


def test_load_rejects_another_shape(tmp_path):
    db.save(tmp_path / "a.npz", Pair(jnp.ones(2), jnp.ones(3)))
    with pytest.raises(ValueError, match=r"path: .*a.npz holds \.first as f32\[2\], expected f32\[4\]"):
        db.load(tmp_path / "a.npz", Pair(jnp.ones(4), jnp.ones(3)))


def test_load_rejects_another_structure(tmp_path):
    db.save(tmp_path / "a.npz", {"w": jnp.ones(2)})
    with pytest.raises(ValueError, match=r"missing \[\"\['v'\]\"\], not expected \[\"\['w'\]\"\]"):
        db.load(tmp_path / "a.npz", {"v": jnp.ones(2)})


def test_load_of_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        db.load(tmp_path / "none.npz", {"w": jnp.ones(2)})


def test_a_failed_save_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.npz"
    db.save(path, {"w": jnp.ones(2)})

    class Bad:
        def __array__(self, *args, **kwargs):
            raise RuntimeError("no array")

    with pytest.raises(RuntimeError):
        db.save(path, {"w": Bad()})
    np.testing.assert_array_equal(db.load(path, {"w": jnp.zeros(2)})["w"], np.ones(2))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_import_is_light():
    import subprocess
    import sys

    heavy = {"matplotlib", "ipywidgets", "IPython", "PIL", "scipy.optimize"}
    code = f"import sys, deepbook; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
