"""The packaged data and the generators."""

import json
from importlib import resources

import jax
import numpy as np
import pytest

import deepbook as db
from deepbook.data import files

SPLIT_TRAIN = [6, 8, 1, 1, 4, 5, 7, 6, 9, 2]
SPLIT_TEST = [7, 2, 0, 0, 3, 2, 8, 0, 5, 4]


@pytest.mark.parametrize(
    ("load", "side", "train", "test"), [(db.data.load_mnist, 28, 4000, 1000), (db.data.load_digits, 8, 1437, 360)]
)
def test_images(load, side, train, test):
    data = load()
    assert data.x_train.shape == (train, side, side)
    assert data.x_test.shape == (test, side, side)
    assert data.x_train.dtype == np.float32
    assert data.x_train.min() == 0
    assert data.x_train.max() == 1
    np.testing.assert_array_equal(np.bincount(data.y_test), np.full(10, test // 10))
    together = np.concatenate([data.x_train, data.x_test]).reshape(train + test, -1)
    everything = files.load_arrays("mnist_5k.npz" if side == 28 else "digits.npz")["images"]
    everything = everything.reshape(train + test, -1).astype(np.float32) / (255 if side == 28 else 16)
    np.testing.assert_array_equal(np.sort(together.sum(1)), np.sort(everything.sum(1)))  # each image once
    assert len(set(data.y_train[:50].tolist())) == 10  # shuffled, not sorted by class


def test_photograph():
    photograph = db.data.load_photograph()
    assert photograph.shape == (256, 256)
    assert photograph.dtype == np.float32
    assert photograph.min() >= 0
    assert photograph.max() <= 1
    assert photograph[100, 40] < 0.2 < 0.6 < photograph[20, 240]  # a dark coat, a bright sky: not upside down


def test_king_james():
    text = db.data.load_king_james()
    assert len(text) == 1_000_000
    assert len(set(text)) == 62
    assert text.isascii()
    assert text.startswith("In the beginning God created")
    assert not set("[]\r\t") & set(text)


def test_pronunciations():
    pairs = db.data.load_pronunciations()
    assert len({phoneme for _, phonemes in pairs for phoneme in phonemes}) == 39
    assert all(2 <= len(word) <= 8 and word.isalpha() and word.islower() for word, _ in pairs)
    assert len(set(pairs)) == len(pairs)
    assert ("read", ("R", "EH", "D")) in pairs
    assert ("read", ("R", "IY", "D")) in pairs


def test_series():
    years, numbers = db.data.load_sunspots()
    np.testing.assert_array_equal(years, np.arange(1700, 2009))
    assert numbers.shape == (309,)
    assert (numbers >= 0).all()
    dates, ppm = db.data.load_co2()
    np.testing.assert_array_equal(np.diff(dates), np.timedelta64(7, "D"))
    assert np.isnan(ppm).sum() == 59
    assert 310 < np.nanmin(ppm) < np.nanmax(ppm) < 375


def test_the_split_is_frozen():
    data = db.data.load_mnist()
    assert data.y_train[:10].tolist() == SPLIT_TRAIN
    assert data.y_test[:10].tolist() == SPLIT_TEST


def test_every_file_has_hash_licence_and_origin():
    folder = resources.files("deepbook.data") / "packaged"
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    stored = {p.name for p in folder.iterdir() if p.name.endswith(".npz")}
    assert stored == set(manifest)
    licences = (folder / "LICENSES.md").read_text()
    for name, entry in manifest.items():
        assert entry["licence"]
        assert entry["origin"]
        assert f"`{name}`" in licences
    assert sum(entry["bytes"] for entry in manifest.values()) < 12e6


def test_a_damaged_file_is_refused(monkeypatch):
    real = files.hashlib.sha256
    monkeypatch.setattr(files.hashlib, "sha256", lambda data: real(data + b"!"))
    with pytest.raises(ValueError, match=r"name: digits.npz has SHA-256 .*, expected .*; reinstall deepbook"):
        files.load_arrays("digits.npz")


def test_an_unknown_file_is_named():
    with pytest.raises(KeyError, match=r"got 'cats\.npz', expected one of"):
        files.load_arrays("cats.npz")


def test_tables():
    assert db.data.boolean_inputs(3).shape == (8, 3)
    x, y = db.data.parity(4)
    np.testing.assert_array_equal(y, x.astype(int).sum(1) % 2)
    np.testing.assert_array_equal(db.data.xor()[1], [0, 1, 1, 0])
    with pytest.raises(ValueError, match="n: got 17, expected 1 to 16"):
        db.data.boolean_inputs(17)


def test_moons_without_noise_lie_on_their_circles():
    x, y = db.data.two_moons(jax.random.key(0), 101, noise=0.0)
    centre = np.where(np.asarray(y)[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    np.testing.assert_allclose(np.linalg.norm(np.asarray(x) - centre, axis=1), 1, atol=1e-5)


def test_spirals_without_noise_follow_their_formula():
    x, y = db.data.spirals(jax.random.key(0), 90, classes=3, turns=2.0, noise=0.0)
    r = np.linalg.norm(x, axis=1)
    angle = 2 * np.pi * (2 * r + np.asarray(y) / 3)
    np.testing.assert_allclose(x, r[:, None] * np.c_[np.cos(angle), np.sin(angle)], atol=1e-4)


@pytest.mark.parametrize("make", [db.data.two_moons, db.data.spirals])
def test_generators(make):
    a, b = make(jax.random.key(0), 20), make(jax.random.key(0), 20)
    np.testing.assert_array_equal(a[0], b[0])
    assert not np.array_equal(a[0], make(jax.random.key(1), 20)[0])
    with pytest.raises(ValueError, match="got 0"):
        make(jax.random.key(0), 0)


def test_karate_club():
    karate = db.data.load_karate_club()
    assert karate.edges.shape == (78, 2)
    assert len({frozenset(edge) for edge in karate.edges.tolist()}) == 78
    degrees = np.bincount(karate.edges.reshape(-1), minlength=34)
    assert (degrees[0], degrees[33], degrees[32], degrees[11]) == (16, 17, 12, 1)  # as in Zachary's figure
    assert np.bincount(karate.clubs).tolist() == [17, 17]


def test_graph_atlas():
    atlas = db.data.load_graph_atlas()
    assert [sum(g.nodes == n for g in atlas) for n in range(8)] == [1, 1, 2, 4, 11, 34, 156, 1044]  # OEIS A000088
    for graph in atlas:
        assert (graph.edges < graph.nodes).all()
        assert len({frozenset(edge) for edge in graph.edges.tolist()}) == len(graph.edges)


def test_block_model():
    edges, groups = db.data.block_model(0, 2000, degree_in=8, degree_out=2)
    same = groups[edges[:, 0]] == groups[edges[:, 1]]
    # about n/2 * c_in/2 and n/2 * c_out/2 edges, with Poisson spread
    assert abs(same.sum() - 4000) < 4 * 4000**0.5
    assert abs((~same).sum() - 1000) < 4 * 1000**0.5
    again, _ = db.data.block_model(0, 2000, degree_in=8, degree_out=2)
    np.testing.assert_array_equal(edges, again)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(("n", "degrees", "message"), [(3, (1, 1), "n: got 3"), (4, (5, 1), "degree_in, degree_out")])
def test_block_model_refuses(n, degrees, message):
    with pytest.raises(ValueError, match=message):
        db.data.block_model(0, n, degree_in=degrees[0], degree_out=degrees[1])
