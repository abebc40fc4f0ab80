"""What is drawn is compared: each mutant of a figure is noticed, and named; small numerical noise is not."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from pictures import differences

from deepbook import choice, explore, plots, slider
from deepbook.page._digest import MIME, digest, pack, unpack

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(size=(6, 28, 28)) * RNG.uniform(size=(6, 1, 28))
POINTS, CLASSES = RNG.normal(loc=(2, 0), size=(60, 2)), np.arange(60) % 2
STEPS = np.arange(1, 200)
LOSSES = np.exp(-STEPS / 50) * (1 + 0.1 * RNG.normal(size=199))


def told(figure):
    figure.draw_without_rendering()
    plt.close(figure)
    return pack(digest(figure))


def axes(count=1):
    figure, every = plt.subplots(1, count, squeeze=False)
    return figure, every[0]


def curves(losses=LOSSES, title="training", label="plain", count=2, scale="linear"):
    figure, (left, *_) = axes(count)
    left.plot(STEPS, losses, label=label)
    left.axhline(0.5, color="grey")
    left.set(title=title, xlabel="step", yscale=scale)
    left.legend()
    left.text(100, 0.6, "guessing: 0.50")
    return told(figure)


def points(swapped=False, classes=CLASSES):
    figure, (axis,) = axes()
    plots.show_points(axis, POINTS[:, ::-1] if swapped else POINTS, classes)
    axis.legend()
    return told(figure)


def pictures(order=range(6), titles="abcdef"):
    return told(plots.show_images(IMAGES[list(order)], list(titles)))


def bars(heights, names="abc"):
    figure, (axis,) = axes()
    axis.bar(list(names)[: len(heights)], heights)
    axis.set_ylim(0, 10)
    return told(figure)


def field(turned=False):
    figure, (axis,) = axes()
    u, v = np.ones(9), np.linspace(0, 1, 9)
    axis.quiver(np.arange(9), np.arange(9), *((v, u) if turned else (u, v)))
    return told(figure)


def filled(level):
    figure, (axis,) = axes()
    axis.fill_between([0, 1, 2], [0, 0, 0], [1, level, 1])
    axis.set_ylim(0, 10)
    return told(figure)


def mesh(values, names=("0", "1")):
    figure, (axis,) = axes()
    axis.pcolormesh(values, vmin=0, vmax=1)
    axis.set_xticks([0, 1], names)
    return told(figure)


def heat(image, origin="lower"):
    figure, (axis,) = axes()
    axis.imshow(image, origin=origin, vmin=0, vmax=1, cmap="viridis")
    return told(figure)


def waves(count):
    figure, (axis,) = axes()
    axis.plot(np.linspace(0, 1, 1001), np.abs((np.linspace(0, count, 1001) % 2) - 1))
    return told(figure)


GRID = np.linspace(0, 1, 36).reshape(6, 6)


@pytest.mark.parametrize(
    ("stored", "drawn", "message"),
    [
        (pictures(), pictures([0] * 6), "axes 2, image 1, value: stored"),
        (pictures(), pictures(titles="abcdeg"), "axes 6, title | x label | y label: stored 'f', drawn 'g'"),
        (points(), points(swapped=True), "axes 1, collection 1, x: stored"),
        (points(), points(classes=CLASSES[::-1]), "axes 1, collection 1, x: stored"),
        (points(), points(classes=0 * CLASSES), "axes 1, collection 2: stored, but no longer drawn"),
        (points(), points(classes=CLASSES + 1), "axes 1, legend: stored '0 | 1', drawn '1 | 2'"),
        (curves(), curves(LOSSES[::-1]), "axes 1, line 1, y: stored"),
        (curves(), curves(LOSSES + 0.2), "axes 1, y: stored ['linear', "),
        (curves(), curves(title="testing"), "stored 'training | step | ', drawn 'testing | step | '"),
        (curves(), curves(label="momentum"), "axes 1, legend: stored 'plain', drawn 'momentum'"),
        (curves(), curves(count=1), "axes 2, x: stored, but no longer drawn"),
        (curves(), curves(scale="log"), "axes 1, y: stored ['linear', "),
        (bars([1, 2, 3]), bars([3, 2, 1]), "axes 1, patch 1, y: stored [0, 100], drawn [0, 300]"),
        (bars([1, 2, 3]), bars([1, 2, 3], "acb"), "axes 1, x ticks: stored 'a | b | c', drawn 'a | c | b'"),
        (bars(range(1, 9), "abcdefgh"), bars(range(8, 0, -1), "abcdefgh"), "axes 1, every patch, y: stored"),
        (field(), field(turned=True), "axes 1, collection 1, u: stored"),
        (filled(1), filled(9), "axes 1, collection 1, y: stored"),
        (mesh(GRID), mesh(GRID.T), "axes 1, collection 1, value: stored"),
        (mesh(GRID), mesh(GRID, names=("0", "2")), "axes 1, x ticks: stored '0 | 1', drawn '0 | 2'"),
        (heat(GRID), heat(GRID, origin="upper"), "axes 1, image 1, value: stored"),
        (heat(GRID), heat(GRID.T), "axes 1, image 1, value: stored"),
        (waves(4), waves(8), "axes 1, line 1, way: stored 3.64, drawn 7.27"),
    ],
)
def test_mutants_are_noticed_and_named(stored, drawn, message):
    assert message in "\n".join(differences(stored, drawn))
    assert differences(stored, stored) == differences(drawn, drawn) == []


@pytest.mark.parametrize(
    "draw",
    [curves, lambda y=LOSSES: curves(y, scale="log"), lambda y=GRID: heat(y), lambda y=GRID: mesh(y)],
    ids=["curves", "logarithms", "image", "mesh"],
)
def test_numerical_noise_passes(draw):
    values = draw.__defaults__[0]
    noisy = values * (1 + 1e-3 * np.random.default_rng(1).normal(size=values.shape))
    assert draw() != draw(noisy)
    assert differences(draw(), draw(noisy)) == []


@pytest.mark.parametrize(
    ("now", "agrees"),
    [
        ("error 0.19 of 50", True),  # rounded the other way
        ("error 0.20 of 50", False),
        ("error 0.18 of 52", True),
        ("error 0.18 of 53", False),
        ("error −0.18 of 50", False),
        ("error 0.18 by 50", False),
    ],
)
def test_words_are_compared_exactly_and_numbers_nearly(now, agrees):
    assert (differences(pack({"1": "error 0.18 of 50"}), pack({"1": now})) == []) == agrees


@pytest.mark.parametrize(("now", "agrees"), [("4.8e-05", True), ("5.2e-05", False), ("2.3e-03", False)])
def test_the_last_digit_of_a_power_of_ten(now, agrees):
    assert (differences(pack({"1": "error 4.7e-05"}), pack({"1": f"error {now}"})) == []) == agrees


def test_one_digit_is_a_name():
    assert differences(pack({"1": "digit 7"}), pack({"1": "digit 8"}))
    assert differences(pack({"1": "rate 0.1"}), pack({"1": "rate 0.2"}))


def test_a_tolerance_can_be_wider():
    stored, drawn = bars([4, 2, 3]), bars([5, 2, 3])
    assert differences(stored, drawn)
    assert differences(stored, drawn, 0.11) == []
    assert differences(bars([1, 2, 3]), bars([1, 2]), 1.0)


def frame(kind, slope=1):
    figure, axis = plt.subplots(figsize=(3, 2))
    axis.plot([0, slope, 4], [0, slope, 4 * slope], {"solid": "-", "dashed": "--"}[kind])
    axis.set(title=kind, ylim=(0, 10))
    return figure, f"A {kind} line with slope {slope}, alone."


def test_every_frame_is_compared():
    shown = explore(frame, kind=choice(["solid", "dashed"]), slope=slider([1, 2]))._repr_mimebundle_()[MIME]
    frames = unpack(shown)
    assert [f["1"] for f in frames] == ["solid |  | ", "solid |  | ", "dashed |  | ", "dashed |  | "]
    assert [f["1 line 1"]["y"][-1] for f in frames] == [400, 800, 400, 800]
    other = explore(frame, kind=choice(["dashed", "solid"]), slope=slider([1, 2]))._repr_mimebundle_()[MIME]
    assert differences(shown, other)[0].startswith("frame 1, axes 1, title | x label | y label: stored 'solid")
    fewer = explore(frame, kind=choice(["solid", "dashed"]))._repr_mimebundle_()[MIME]
    assert differences(shown, fewer) == ["4 frames are stored, 2 are drawn"]


def test_frames_hold_only_what_changes():
    frames = [{"1": "a", "1 line 1": {"n": 2, "x": [1], "way": 1.0}}, {"1 line 1": {"n": 2, "x": [3]}}, {"2": "b"}]
    assert pack(frames[:2]).endswith('{"1":null,"1 line 1":{"x":[3],"way":null}}]')
    assert unpack(pack(frames)) == frames


def test_a_digest_is_small():
    assert max(map(len, (pictures(), points(), curves(), waves(8)))) < 1000


ANYTHING = {
    "nothing": (lambda axis: (axis.plot([]), axis.scatter([], []), axis.bar([], [])), {"1 line 1", "1 collection 1"}),
    "not a number": (lambda axis: axis.plot([np.nan] * 20), {"1 line 1"}),
    "zero on a logarithmic axis": (lambda axis: axis.semilogy([0, 1, 0, 2] * 5), {"1 line 1"}),
    "one pixel": (lambda axis: axis.imshow([[1.0]]), {"1 image 1"}),
    "holes": (lambda axis: axis.imshow(np.where(GRID > 0.5, GRID, np.nan)), {"1 image 1"}),
    "colours": (lambda axis: axis.imshow(np.full((4, 4, 3), 255, np.uint8)), {"1 image 1"}),
    "levels": (lambda axis: axis.contour(GRID), {"1 collection 1"}),
    "a smaller one inside": (lambda axis: axis.inset_axes([0.1, 0.1, 0.2, 0.2]).plot([1, 2]), {"2 line 1"}),
    "a second scale": (lambda axis: axis.secondary_xaxis("top"), {"1 x"}),
    "space": (lambda axis: axis.figure.add_subplot(projection="3d").scatter(*POINTS.T, CLASSES), {"2 collection 1"}),
    "angles": (lambda axis: axis.figure.add_subplot(projection="polar").plot(LOSSES), {"2 line 1"}),
}


@pytest.mark.parametrize(("draw", "parts"), ANYTHING.values(), ids=ANYTHING)
def test_whatever_is_drawn_has_a_digest(draw, parts):
    figure, (axis,) = axes()
    draw(axis)
    assert parts <= unpack(told(figure))[0].keys()
