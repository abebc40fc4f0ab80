"""Figures that move: what is pre-rendered, and what is refused."""

import json
import re

import ipywidgets as widgets
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from deepbook import animate, choice, explore, play, predict, slider, stepper, toggle
from deepbook.page._digest import MIME
from deepbook.page._frames import MAX_BYTES, with_code, without_code
from deepbook.page._live import live_widget
from deepbook.page._markup import prose


def draw(slope, kind="solid", grid=False):
    figure, axis = plt.subplots(figsize=(3, 2))
    axis.plot([0, 1], [0, slope], {"solid": "-", "dashed": "--"}[kind])
    axis.grid(grid)
    return figure, f"A {kind} line with slope {slope}, {'with' if grid else 'without'} a grid."


def full():
    return explore(draw, slope=slider([1, 2, 4], start=2), kind=choice(["solid", "dashed"]), grid=toggle(start=True))


def record_of(page):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_all_frames_in_order_the_last_control_fastest():
    record = record_of(full().html())
    assert len(record["frames"]) == len(record["alts"]) == 12
    assert record["alts"][0] == "A solid line with slope 1, without a grid."
    assert record["alts"][1] == "A solid line with slope 1, with a grid."
    assert record["alts"][2] == "A dashed line with slope 1, without a grid."
    assert record["alts"][-1] == "A dashed line with slope 4, with a grid."


def test_photographs_keep_their_colours_in_dark_mode():
    page = explore(draw, photo=True, slope=slider([1, 2])).html()
    assert '<img class="as-is" src=' in page
    assert "as-is" not in full().html()


def test_what_a_figure_shows_does_not_depend_on_whether_it_is_rendered(monkeypatch):
    def marked(n):
        figure, axis = plt.subplots(figsize=(3, 2))
        axis.plot([0, n], [0, 1])
        axis.annotate("here", (n / 2, 0.5), (4, 4), textcoords="offset points")
        axis.set(aspect="equal", title=f"{n} of 2")
        return figure, f"A line with a word beside its middle, number {n}."

    shown = explore(marked, n=slider([1, 2]), dpi=110)._repr_mimebundle_()[MIME]
    monkeypatch.setenv("DEEPBOOK_PICTURES", "0")
    laid_out = explore(marked, n=slider([1, 2]), dpi=110)
    assert laid_out._repr_mimebundle_()[MIME] == shown


def test_the_first_picture_is_that_of_the_starting_values():
    page = full().html()
    assert 'alt="A solid line with slope 2, with a grid."' in page
    first = re.search(r'<img src="([^"]+)"', page)[1]
    assert first == record_of(page)["frames"][5]


def test_every_control_begins_where_it_should():
    page = explore(draw, slope=slider([1, 2, 4], start=4), kind=choice(["solid", "dashed"], start="dashed")).html()
    assert '<option value="1" selected>dashed</option>' in page
    assert page.count(" selected") == 1
    assert 'max="2" step="1" value="2"' in page
    assert re.search(r'<img src="([^"]+)"', page)[1] == record_of(page)["frames"][5]
    live_kind = live(explore(draw, slope=slider([1, 2]), kind=choice(["solid", "dashed"], start="dashed"))).children[2]
    assert live_kind.value == "dashed"


def test_same_bytes_again():
    assert full().html() == full().html()


def test_controls_are_off_until_the_script_runs_and_a_note_says_so():
    page = full().html()
    assert page.count(" disabled") == 3
    assert "The controls need JavaScript" in page


def test_text_cannot_end_the_script():
    def tricky(n):
        return plt.figure(figsize=(1, 1)), f"</script><b>number {n} of the figure"

    page = explore(tricky, n=slider([1, 2])).html()
    assert page.count("</script>") == 2
    assert record_of(page)["alts"][0] == "</script><b>number 1 of the figure"


def test_every_figure_brings_its_style_and_script_once_and_short():
    page = full().html()
    assert page.count("<style>") == page.count("<script>") == 1
    assert page.endswith("</script></div>")
    bare = without_code(page)
    assert 4000 < len(page) - len(bare) < 6500
    assert "<style>" not in bare
    assert "<script>" not in bare
    assert record_of(bare) == record_of(page)


def test_the_code_of_a_stored_figure_can_be_replaced():
    page = full().html()
    old = page.replace("<style>", "<style>\n.old {}\n").replace("<script>", "<script>\nold();\n")
    assert with_code(page) == with_code(old) == with_code(without_code(old)) == page

    def tricky(n):
        return plt.figure(figsize=(1, 1)), f"<style>{n}</style> and <script></script></div> in a text"

    page = stepper(tricky, {"<style>": "<script>", "b": "c"}).html()
    assert with_code(page) == with_code(without_code(page)) == page
    assert record_of(without_code(page))["alts"][1] == "<style>1</style> and <script></script></div> in a text"


def test_plain_text_names_the_controls():
    assert repr(full()) == "explore(draw: slope in 1, 2, 4; kind in solid, dashed; grid in off, on)"


def noise(n):
    figure, axis = plt.subplots()
    axis.imshow(np.random.default_rng(n).uniform(size=(400, 400)))
    return figure, f"Noise number {n}, as an image of 400 by 400."


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: explore(draw), "controls: got none"),
        (lambda: explore(draw, slope=slider(range(65))), r"explore: 65 frames, expected 2 to 64 \(slope 65\)"),
        (lambda: slider([1]), r"values: got \(1,\), expected at least two, increasing"),
        (lambda: slider([2, 1]), r"values: got \(2, 1\), expected"),
        (lambda: slider([1, 2], start=3), r"start: got 3, expected one of \(1, 2\)"),
        (lambda: choice(["a"]), r"options: got \('a',\), expected at least two"),
        (lambda: explore(noise, n=slider(range(4))).html(), rf"4 frames take .* at most {MAX_BYTES:,} are allowed"),
        (lambda: explore(lambda n: (plt.figure(), "?"), n=slider([1, 2])).html(), "got the alt text"),
    ],
)
def test_errors_tell_the_author_what_to_do(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_draw_must_return_figure_and_text():
    with pytest.raises(TypeError, match="draw: it returned Figure, expected"):
        explore(lambda n: plt.figure(), n=slider([1, 2])).html()


def live(figure):
    return live_widget(figure.controls, figure.render)


def test_live_computes_values_between_the_stored_ones():
    box = live(explore(draw, slope=slider([1.0, 2.0])))
    image, control, alt = box.children
    assert isinstance(control, widgets.FloatSlider)
    before = image.value
    control.value = 1.37
    assert image.value != before
    assert alt.value == "A solid line with slope 1.37, without a grid."


def test_live_shows_an_error_in_place_and_recovers():
    def fragile(n):
        if n == 2:
            raise RuntimeError("two is too much")
        return plt.figure(figsize=(1, 1)), f"An empty figure, number {n}."

    _, control, alt = live(explore(fragile, n=slider([1, 2, 3]))).children
    control.value = 2
    assert "two is too much" in alt.value
    control.value = 3
    assert alt.value == "An empty figure, number 3."


def test_whole_numbers_stay_whole_when_live():
    control = live(explore(draw, slope=slider([1, 2, 16]))).children[1]
    assert isinstance(control, widgets.IntSlider)


@pytest.mark.parametrize(
    "values",
    [np.arange(1, 5), list(np.arange(1, 5)), jnp.arange(1, 5), np.arange(1, 5, dtype=np.uint8), range(1, 5)],
)
@pytest.mark.parametrize("kind", [slider, play])
def test_whole_numbers_of_numpy_and_jax_are_those_of_python(kind, values):
    def bars(n):
        return plt.figure(figsize=(1, 1)), f"A picture with {len(range(n))} bars in it."

    control = kind(values, start=values[1])
    assert [type(v) for v in control.values] == [int] * 4
    assert (control.values, control.labels, control.start) == ((1, 2, 3, 4), ("1", "2", "3", "4"), 1)
    box = live(explore(bars, n=control)).children[1]
    assert isinstance(box if kind is slider else box.children[0], widgets.IntSlider)
    assert record_of(explore(bars, n=control).html())["alts"][3] == "A picture with 4 bars in it."


def test_numbers_of_numpy_stay_numbers():
    control = slider(np.linspace(0, 1, 3), start=np.float32(0.5))
    assert (control.values, control.start) == ((0.0, 0.5, 1.0), 1)
    assert [type(v) for v in control.values] == [float] * 3
    assert slider(np.array([0.1, 0.25], np.float32)).labels == ("0.1", "0.25")


@pytest.mark.parametrize(
    ("options", "start", "values", "labels"),
    [
        ([1, 2], 2, (1, 2), ("1", "2")),
        (np.array([16, 64]), np.int64(64), (16, 64), ("16", "64")),
        ([0.5, np.float32(2)], 2.0, (0.5, 2.0), ("0.5", "2.0")),
        (np.array(["a", "b"]), np.str_("b"), ("a", "b"), ("a", "b")),
        ([False, True], True, (False, True), ("False", "True")),
    ],
)
def test_a_choice_of_texts_or_numbers(options, start, values, labels):
    def one(pick):
        return plt.figure(figsize=(1, 1)), f"A picture of the option {pick} alone."

    control = choice(options, start=start)
    assert (control.values, control.labels, control.start) == (values, labels, 1)
    assert [type(v) for v in control.values] == [type(v) for v in values]
    page = explore(one, pick=control).html()
    assert f'<option value="1" selected>{labels[1]}</option>' in page
    _, box, alt = live(explore(one, pick=control)).children
    box.value = values[0]
    assert alt.value == f"A picture of the option {values[0]} alone."


def test_predict_takes_numbers_of_numpy():
    page = predict("?", die, guess=choice([1, 2]), truth=np.int64(2), because="").html()
    assert record_of(page)["verdicts"] == ["Your guess: 1. The answer: 2.", "Right: 2."]
    page = predict("?", die, guess=slider(np.arange(3)), truth=jnp.int32(2), because="").html()
    assert record_of(page)["verdicts"][2] == "Right: 2."


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: slider(3), TypeError, "values: got 3, expected several, such as a list"),
        (lambda: play(None), TypeError, "values: got None, expected several, such as a list"),
        (lambda: choice(3), TypeError, "options: got 3, expected several, such as a list"),
        (lambda: slider([1, 2], format=3), ValueError, "format: got 3, expected one for a number"),
        (lambda: animate(stage, range(3), start=1.5), TypeError, "start: got 1.5, expected a whole number"),
        (lambda: animate(stage, range(3), start=-4), ValueError, "start: got -4, expected a whole number from -3 on"),
        (lambda: animate(stage, 3), TypeError, "frames: got int, expected a sequence"),
        (lambda: animate(stage, range(3), seconds="a"), TypeError, "seconds: got 'a', expected a number"),
        (lambda: stepper(stage, ["a", "b"]), TypeError, "stages: got list, expected a dictionary of title: text"),
        (lambda: slider(["a", "b"]), TypeError, "values: got 'a', expected a number"),
        (lambda: slider(np.eye(2)), TypeError, "values: got .*, expected a number"),
        (lambda: slider([0.0, float("nan")]), ValueError, "values: got nan, expected a finite number"),
        (lambda: slider([0.0, np.inf]), ValueError, "values: got inf, expected a finite number"),
        (lambda: slider([1, 2], start="a"), TypeError, "start: got 'a', expected a number"),
        (lambda: slider([0.5, 1.5], format="{:d}"), ValueError, "format: got '{:d}', expected one for a number"),
        (lambda: slider([1, 2], format="{x}"), ValueError, "format: got '{x}', expected one for a number"),
        (lambda: choice([np.tanh, np.cos]), TypeError, "options: got ufunc, expected texts or numbers"),
        (lambda: choice([None, 1]), TypeError, "options: got NoneType, expected texts or numbers"),
        (lambda: choice(["a", "a"]), ValueError, "expected at least two, no two of them alike"),
        (lambda: choice(["1", 1]), ValueError, "expected at least two, no two of them alike"),
        (lambda: explore(draw, slope=[1, 2]), TypeError, r"slope: got list, expected slider\(...\), choice"),
        (lambda: predict("?", die, guess=slider([1, 2]), truth=None, because=""), TypeError, "truth: got None"),
    ],
)
def test_controls_name_what_they_refuse(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_play_is_a_slider_with_a_button():
    page = explore(draw, slope=play([1, 2, 4], start=2, label="slope of the line")).html()
    assert page.count('<input type="range"') == 1
    assert '<button type="button" class="db-play" aria-label="Play slope of the line" disabled>Play</button>' in page


def test_play_when_live_moves_over_the_controls_values():
    image, row, alt = live(explore(draw, slope=play([1, 2, 4]))).children
    control, button = row.children
    before = image.value
    button.value = 2
    assert control.value == 4
    assert image.value != before
    assert alt.value == "A solid line with slope 4, without a grid."


def stage(i):
    return plt.figure(figsize=(1, 1)), f"Picture number {i} of a construction."


def test_animate_draws_what_it_is_given():
    seen = []

    def film(weights):
        seen.append(weights)
        return stage(len(seen))

    runs = [{"w": 0.0}, {"w": 1.0}, {"w": 1.5}]
    page = animate(film, runs, labels=["0", "10", "100"], label="step", seconds=6).html()
    record = record_of(page)
    assert seen == runs
    assert record["kind"] == "animate"
    assert record["interval"] == 2000
    assert record["controls"] == [{"name": "frame", "labels": ["0", "10", "100"]}]
    assert [name in page for name in ("Play step", "Back step", "Next step")] == [True] * 3


def test_animate_opens_on_any_frame():
    page = animate(stage, range(4), start=-1).html()
    assert 'alt="Picture number 3 of a construction."' in page
    assert 'value="3" aria-valuetext="3"' in page
    with pytest.raises(ValueError, match="start: got 4, expected the place of one of 4 frames"):
        animate(stage, range(4), start=4)


def test_stepper_holds_every_text_for_a_page_without_script():
    page = stepper(stage, {"Start": "All is *empty* & $x < 1$.", "End": "Done."}).html()
    assert '<li value="1"><strong>Start.</strong> All is <em>empty</em> &amp; <span class="mathjax_process">' in page
    assert r"\(x &lt; 1\)</span>.</li>" in page
    assert '<li value="2"><strong>End.</strong> Done.</li>' in page
    assert record_of(page)["alts"] == ["Picture number 0 of a construction.", "Picture number 1 of a construction."]


def die(guess):
    return plt.figure(figsize=(1, 1)), f"A die is thrown; the guess is {guess}."


def test_predict_with_a_number():
    page = predict("What is the *mean*?", die, guess=slider([1, 2, 3, 4]), truth=3.5, because="By symmetry.").html()
    record = record_of(page)
    assert len(record["frames"]) == 5
    assert record["alts"][0] == "A die is thrown; the guess is None."
    assert record["verdicts"] == [
        "Your guess: 1. The answer: 3.5.",
        "Your guess: 2. The answer: 3.5.",
        "Right, as near as the slider comes: 3.5.",
        "Your guess: 4. The answer: 3.5.",
    ]
    assert '<p class="db-question">What is the <em>mean</em>?</p>' in page
    assert (
        '<summary>Show the answer</summary><p><span class="db-answer">The answer: 3.5.</span> By symmetry.</p>' in page
    )


def test_predict_with_a_choice():
    page = predict("Odd or even?", die, guess=choice(["odd", "even"]), truth="odd", because="As said.").html()
    assert record_of(page)["verdicts"] == ["Right: odd.", "Your guess: even. The answer: odd."]
    assert page.count('class="db-commit"') == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: animate(stage, [1]), "animate: 1 frames, expected 2 to 64"),
        (lambda: animate(stage, range(65)), "animate: 65 frames, expected 2 to 64"),
        (lambda: animate(stage, range(3), labels=["a"]), "labels: got 1, expected one for each of 3 frames"),
        (lambda: animate(noise, range(4)).html(), rf"animate: 4 frames take .* at most {MAX_BYTES:,} are allowed"),
        (lambda: stepper(stage, {"a": "b"}), "stepper: 1 frames, expected 2 to 64"),
        (lambda: predict("?", die, guess=toggle(), truth=True, because=""), "guess: got toggle, expected"),
        (lambda: predict("?", die, guess=slider([1, 2]), truth=3, because=""), "truth: got 3, expected .* 1 to 2"),
        (lambda: predict("?", die, guess=choice("ab"), truth="c", because=""), "truth: got 'c', expected"),
        (lambda: predict("?", die, guess=slider(range(64)), truth=3, because=""), "predict: 65 frames, expected"),
    ],
)
def test_the_other_kinds_refuse_what_cannot_work(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_prose_marks_formulas_and_escapes_the_rest():
    assert prose("a * b, 2*3 and <b>") == "a * b, 2*3 and &lt;b&gt;"
    assert prose("*so* $a * b * c$") == r'<em>so</em> <span class="mathjax_process">\(a * b * c\)</span>'
