"""The packaged data and the generators."""

import json
from importlib import resources

import jax
import numpy as np
import pytest

import deepbook as db
from deepbook.data import files, images

SPLIT_TRAIN = [6, 8, 1, 1, 4, 5, 7, 6, 9, 2]
SPLIT_TEST = [7, 2, 0, 0, 3, 2, 8, 0, 5, 4]


@pytest.mark.parametrize(
    ("load", "file", "side", "train", "test"),
    [
        (db.data.load_mnist, "mnist_5k.npz", 28, 4000, 1000),
        (db.data.load_digits, "digits.npz", 8, 1437, 360),
        (db.data.load_fashion, "fashion_10k.npz", 28, 8000, 2000),
    ],
)
def test_images(load, file, side, train, test):
    data = load()
    assert data.x_train.shape == (train, side, side)
    assert data.x_test.shape == (test, side, side)
    assert data.x_train.dtype == np.float32
    assert data.x_train.min() == 0
    assert data.x_train.max() == 1
    np.testing.assert_array_equal(np.bincount(data.y_test), np.full(10, test // 10))
    together = np.concatenate([data.x_train, data.x_test]).reshape(train + test, -1)
    everything = files.load_arrays(file)["images"]
    everything = everything.reshape(train + test, -1).astype(np.float32) / (255 if side == 28 else 16)
    np.testing.assert_array_equal(np.sort(together.sum(1)), np.sort(everything.sum(1)))  # each image once
    assert len(set(data.y_train[:50].tolist())) == 10  # shuffled, not sorted by class


@pytest.mark.parametrize("boxed", [False, True])
def test_digit_pair(boxed):
    digits, mnist = db.data.load_digit_pair(boxed)
    for data, whole in ((digits, db.data.load_digits()), (mnist, db.data.load_mnist())):
        assert data.x_train.shape == (len(whole.x_train), 8, 8)
        assert data.x_test.dtype == np.float32
        assert 0 <= data.x_train.min() <= data.x_train.max() <= 1
        np.testing.assert_array_equal(data.y_test, whole.y_test)
    if boxed:  # ink on all four borders, be it one faint pixel in the mean of sixteen
        for side in (np.s_[:, 0], np.s_[:, -1], np.s_[:, :, 0], np.s_[:, :, -1]):
            assert (mnist.x_train[side].max(1) > 0.2 / 16).all()
            assert (digits.x_train[side].max(1) > 0.2 / 16).all()
    else:
        np.testing.assert_array_equal(digits.x_train, db.data.load_digits().x_train)
        np.testing.assert_allclose(
            mnist.x_test[7, 3, 4], db.data.load_mnist().x_test[7, 11:14, 14:17].mean(), rtol=1e-6
        )


def test_a_box_is_stretched():
    """A vertical bar two pixels wide fills the grid, whatever its place."""
    x = np.zeros((2, 28, 28), np.float32)
    x[0, 4:24, 13:15] = x[1, 1:25, 3:5] = 1
    np.testing.assert_array_equal(images._boxed(x), np.ones((2, 8, 8), np.float32))


def test_fashion():
    fashion = db.data.load_fashion()
    assert len(db.data.FASHION_CLASSES) == 10
    np.testing.assert_array_equal(np.bincount(fashion.y_train), np.full(10, 800))
    means = np.stack([fashion.x_train[fashion.y_train == c].mean(0) for c in range(10)])
    rows = means[:, :10].mean((1, 2))
    low = [db.data.FASHION_CLASSES.index(name) for name in ("sandal", "sneaker")]
    assert rows[low].max() < 0.05 < np.delete(rows, low).min()  # low shoes leave the upper third empty
    trousers = means[db.data.FASHION_CLASSES.index("trouser")]
    assert trousers[24, 13:15].mean() < 0.5 * trousers[24, [9, 10, 17, 18]].mean()  # a gap between two legs


@pytest.mark.parametrize(("name", "shape"), [("camera", (256, 256)), ("cat", (300, 451, 3)), ("coffee", (200, 300, 3))])
def test_photographs(name, shape):
    photograph = db.data.load_photograph(name)
    assert photograph.shape == shape
    assert photograph.dtype == np.float32
    assert 0 <= photograph.min() < 0.05
    assert 0.9 < photograph.max() <= 1


def test_photographs_are_upright():
    camera, cat, coffee = (db.data.load_photograph(name) for name in ("camera", "cat", "coffee"))
    np.testing.assert_array_equal(camera, db.data.load_photograph())
    assert camera[100, 40] < 0.2 < 0.6 < camera[20, 240]  # a dark coat, a bright sky
    red, green, _ = cat[245, 268]  # the nose
    assert red > 1.5 * green
    red, green, blue = cat[120, 155]  # an eye
    assert min(red, green) > 1.3 * blue
    assert coffee[22, 100:200].min(1).max() > 0.7 > 0.5 > coffee[-22, 100:200].min(1).max()  # a white rim, high up
    red, green, blue = coffee[150, 60]  # the saucer
    assert red > 2 * max(green, blue)


def test_an_unknown_photograph_is_named():
    with pytest.raises(ValueError, match=r"name: got 'dog', expected one of \['camera', 'cat', 'coffee'\]"):
        db.data.load_photograph("dog")


def test_emoji():
    emoji = db.data.load_emoji()
    assert emoji.images.shape == (1400, 32, 32, 3)
    assert emoji.images.dtype == np.float32
    assert emoji.images.min() == 0
    assert emoji.images.max() == 1
    assert len(set(emoji.names)) == len(emoji.names) == len(emoji.groups) == len(emoji.subgroups) == 1400
    assert len(set(emoji.groups)) == 10
    assert len(set(zip(emoji.groups, emoji.subgroups, strict=True))) == len(set(emoji.subgroups)) == 98
    assert all(len(character) == 1 for character in emoji.characters)
    assert len(set(emoji.characters)) == 1400
    assert emoji.names[:2] == ("grinning face", "grinning face with big eyes")
    assert emoji.characters[emoji.names.index("penguin")] == "\N{PENGUIN}"
    assert len({image.tobytes() for image in emoji.images}) > 1390  # hardly any two look the same
    assert emoji.images[:, 0, 0].mean() > 0.99  # white around


def test_emoji_names_fit_the_pictures():
    emoji = db.data.load_emoji()
    red, green, blue, white, black = (
        emoji.images[emoji.names.index(f"{colour} heart"), 16, 16]
        for colour in ("red", "green", "blue", "white", "black")
    )
    assert (red.argmax(), green.argmax(), blue.argmax()) == (0, 1, 2)
    assert white.min() > 0.9
    assert black.max() < 0.3


def test_small_emoji_are_means():
    large, small = db.data.load_emoji().images, db.data.load_emoji(size=16).images
    assert small.dtype == np.float32
    blocks = [large[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    np.testing.assert_allclose(small, sum(blocks) / 4, atol=1e-6)


def test_emoji_of_another_size_are_refused():
    with pytest.raises(ValueError, match="size: got 24, expected 16 or 32"):
        db.data.load_emoji(size=24)


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


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: db.data.boolean_inputs(2.0), "n: got 2.0, expected a whole number"),
        (lambda: db.data.parity("a"), "n: got 'a', expected a whole number"),
        (lambda: db.data.two_moons(jax.random.key(0), 2.5), "n: got 2.5, expected a whole number"),
        (lambda: db.data.spirals(jax.random.key(0), 2.5), "n: got 2.5, expected a whole number"),
        (lambda: db.data.spirals(jax.random.key(0), 2, classes=2.0), "classes: got 2.0, expected a whole number"),
        (lambda: db.data.coloured_shapes(2.5, 0), "n: got 2.5, expected a whole number"),
        (lambda: db.data.coloured_shapes(2, 0, size=8.5), "size: got 8.5, expected a whole number"),
        (lambda: db.data.block_model(0, 4.0, degree_in=1, degree_out=1), "n: got 4.0, expected a whole number"),
        (lambda: db.data.block_model(0, 4, degree_in="a", degree_out=1), "degree_in: got str, expected a number"),
    ],
)
def test_sizes_that_are_no_whole_numbers_are_named(make, message):
    with pytest.raises(TypeError, match=message):
        make()


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


def test_coloured_shapes_are_their_colour_times_what_they_cover():
    data = db.data.coloured_shapes(600, seed=0)
    rgb = {"red": 0b100, "green": 0b010, "blue": 0b001, "yellow": 0b110, "magenta": 0b101, "cyan": 0b011}
    for image, colour in zip(data.images, data.colours, strict=True):
        on = [bool(rgb[db.data.COLOURS[colour]] & bit) for bit in (4, 2, 1)]
        coverage = image.max(-1)
        np.testing.assert_array_equal(image, coverage[..., None] * np.array(on, np.float32))
        np.testing.assert_array_equal(coverage * 16, (coverage * 16).round())  # in sixteenths
        assert coverage.max() == 1


@pytest.mark.parametrize("size", [16, 32])
def test_coloured_shapes_have_their_area_and_centre(size):
    data = db.data.coloured_shapes(1200, seed=1, size=size)
    coverage = data.images.max(-1)
    area, pixels = coverage.sum((1, 2)), np.arange(size) + 0.5
    ratio = area / (np.pi * data.radii**2)
    np.testing.assert_allclose(
        ratio, 1, atol=0.15
    )  # the smallest arm of a cross is 7.1 samples wide, plus or minus one
    for shape in range(4):
        np.testing.assert_allclose(ratio[data.shapes == shape].mean(), 1, atol=0.01)
    centres = np.stack([coverage.sum(1) @ pixels, coverage.sum(2) @ pixels], 1) / area[:, None]
    np.testing.assert_allclose(centres, data.centres, atol=0.25)  # the side of a sample


def test_coloured_shapes_can_be_told_apart():
    data = db.data.coloured_shapes(400, seed=2, size=32)
    extent = {
        "circle": 1,
        "square": np.sqrt(np.pi) / 2,
        "triangle": np.sqrt(np.pi / 3**1.5),
        "cross": 3 * np.sqrt(np.pi / 20),
    }
    for image, shape, (x, y), r in zip(data.images, data.shapes, data.centres, data.radii, strict=True):
        name = db.data.SHAPES[shape]
        rows, columns = (np.flatnonzero(image.max(-1).any(axis)) for axis in (1, 0))
        bottom = y + extent[name] * r
        top = y - extent[name] * r * (2 if name == "triangle" else 1)
        half = extent[name] * r * (np.sqrt(3) if name == "triangle" else 1)
        # the outermost samples lie less than their distance, a quarter of a pixel, inside the edge
        assert bottom - 0.5 < rows[-1] + 1 < bottom + 1
        assert top - 1 < rows[0] < top + 0.75
        assert x + half - 0.75 < columns[-1] + 1 < x + half + 1


def test_coloured_shapes_draw_shape_and_colour_independently():
    data = db.data.coloured_shapes(4800, seed=3, size=8)
    counts = np.zeros((4, 6))
    np.add.at(counts, (data.shapes, data.colours), 1)
    # chi-square against 200 in each of 24 cells, 23 degrees of freedom: mean 23, standard deviation 6.8
    assert ((counts - 200) ** 2 / 200).sum() < 23 + 4 * 46**0.5
    assert abs(np.corrcoef(data.shapes, data.radii)[0, 1]) < 4 / 4800**0.5


def test_coloured_shapes_repeat():
    first, again, other = (db.data.coloured_shapes(20, seed) for seed in (0, 0, 1))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], other[0])


@pytest.mark.usefixtures("unchecked")
def test_coloured_shapes_refuse():
    with pytest.raises(ValueError, match="n: got 0, expected a whole number from 1 on"):
        db.data.coloured_shapes(0, 0)
    with pytest.raises(ValueError, match="size: got 4, expected a whole number from 8 on"):
        db.data.coloured_shapes(1, 0, size=4)
