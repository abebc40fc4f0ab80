"""save and load: what comes back is what went in, and what would not is refused."""

import os
import stat

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from cases import enable_x64

import deepbook as db


@pytest.mark.parametrize(
    "leaf",
    [
        jnp.arange(3),
        jnp.float32(2.5),
        jnp.array([1.5, -2], jnp.bfloat16),
        jnp.array([1.5, -2], ml_dtypes.float8_e4m3fn),
        jnp.array([True, False]),
        jnp.array([1 + 2j]),
        jnp.zeros((0, 3)),
        np.arange(3, dtype=np.uint8),
        3,
        2.5,
        True,
    ],
    ids=repr,
)
def test_a_leaf_comes_back(tmp_path, leaf):
    db.save(tmp_path / "a.npz", {"x": leaf})
    back = db.load(tmp_path / "a.npz", {"x": leaf})["x"]
    assert back.dtype == jnp.asarray(leaf).dtype
    np.testing.assert_array_equal(back, leaf)


@pytest.mark.parametrize("generator", ["threefry2x32", "rbg", "unsafe_rbg"])
def test_keys_come_back(tmp_path, generator):
    keys = jax.random.split(jax.random.key(3, impl=generator), 2)
    db.save(tmp_path / "a.npz", {"keys": keys})
    back = db.load(tmp_path / "a.npz", {"keys": jax.random.split(jax.random.key(0, impl=generator), 2)})["keys"]
    assert back.dtype == keys.dtype
    np.testing.assert_array_equal(jax.random.uniform(back[1], 4), jax.random.uniform(keys[1], 4))
    other = "rbg" if generator == "threefry2x32" else "threefry2x32"
    with pytest.raises(ValueError, match=r"missing .*key<.*not expected .*key<"):
        db.load(tmp_path / "a.npz", {"keys": jax.random.split(jax.random.key(0, impl=other), 2)})


def test_shapes_alone_will_do(tmp_path):
    make = lambda: {"net": db.MLP.init(jax.random.key(0), [2, 3, 1]), "key": jax.random.key(4)}
    db.save(tmp_path / "a.npz", make())
    back = db.load(tmp_path / "a.npz", jax.eval_shape(make))
    jax.tree.map(np.testing.assert_array_equal, back["net"], make()["net"])
    assert (jax.random.key_data(back["key"]) == jax.random.key_data(jax.random.key(4))).all()


class Twice:
    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return 1

    def __lt__(self, other):
        return id(self) < id(other)

    def __repr__(self):
        return "twice"


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"x": "text"}, r"tree: got \['x'\] of type <U4, expected numbers that JAX has"),
        ({"x": np.array([None])}, r"tree: got \['x'\] of type object, expected numbers"),
        ({"x": np.datetime64("2020-01-01")}, r"tree: got \['x'\] of type datetime64.*, expected numbers"),
        ({"x": np.longdouble(1)}, r"tree: got \['x'\] of type float128, expected numbers"),
        ({"x": np.int64(2**40 + 1)}, r"tree: got \['x'\] as i64\[\], which JAX would cut to 32 bits; cast it, or set"),
        ({"x": np.zeros(2)}, r"tree: got \['x'\] as f64\[2\], which JAX would cut to 32 bits"),
        ({Twice(): jnp.zeros(1), Twice(): jnp.ones(1)}, r"tree: got two leaves of the name \[twice\], expected one"),
    ],
    ids=["text", "object", "date", "long double", "64 bits", "float64", "names"],
)
def test_what_load_could_not_bring_back_is_refused(tmp_path, tree, message):
    with pytest.raises(ValueError, match=message):
        db.save(tmp_path / "a.npz", tree)
    assert list(tmp_path.iterdir()) == []


def test_64_bits_come_back_whole_or_not_at_all(tmp_path):
    large = np.int64(2**40 + 1)
    with enable_x64(True):
        db.save(tmp_path / "a.npz", {"x": large})
        assert db.load(tmp_path / "a.npz", {"x": large})["x"].item() == 2**40 + 1
    with pytest.raises(ValueError, match=r"a\.npz holds \['x'\] as i64\[\], which JAX would cut to 32 bits; cast it"):
        db.load(tmp_path / "a.npz", {"x": large})


@pytest.mark.parametrize("content", [b"", b"some text", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"path: .*a\.npz is damaged or no \.npz file, expected one that save") as info:
        db.load(path, {"x": jnp.zeros(1)})
    assert "pickle" not in str(info.value)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_file_is_named(tmp_path, share):
    path = tmp_path / "a.npz"
    db.save(path, {"x": jnp.arange(1000)})
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"path: .*a\.npz is damaged"):
        db.load(path, {"x": jnp.arange(1000)})


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_mode_is_that_of_any_new_file_or_of_the_old_one(tmp_path):
    old = os.umask(0o027)
    try:
        db.save(tmp_path / "new.npz", jnp.zeros(1))
    finally:
        os.umask(old)
    assert mode(tmp_path / "new.npz") == 0o640
    os.chmod(tmp_path / "new.npz", 0o604)
    db.save(tmp_path / "new.npz", jnp.ones(1))
    assert mode(tmp_path / "new.npz") == 0o604
    assert db.load(tmp_path / "new.npz", jnp.zeros(1)).item() == 1


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_is_followed(tmp_path, exists):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target.npz", tmp_path / "link.npz"
    if exists:
        db.save(target, jnp.zeros(1))
    link.symlink_to(target)
    db.save(link, jnp.ones(1))
    assert link.is_symlink()
    assert db.load(target, jnp.zeros(1)).item() == 1
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["target.npz"]
