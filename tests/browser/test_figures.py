"""Figures that move: by mouse, by keyboard, by touch, by link, and what is left without a script."""

import pytest

from conftest import PAGES, SITE

WITH_FIGURES = [name for name in PAGES if 'class="db-figure"' in (SITE / name).read_text(encoding="utf-8")]
STATE = "root => ['src', 'alt'].map(name => root.querySelector('img')[name])"


def figures(page):
    found = page.locator(".db-figure")
    assert found.count() > 0
    return [found.nth(i) for i in range(found.count())]


def test_there_are_figures():
    assert "index.html" in {name.split("/")[-1] for name in WITH_FIGURES}


def controls(open_page, name, selector, mode="light"):
    """Each control of each figure, on a page that was just opened."""
    places = [
        (f, c) for f, figure in enumerate(figures(open_page(name))) for c in range(figure.locator(selector).count())
    ]
    for f, c in places:
        page = open_page(name, mode)
        figure = figures(page)[f]
        control = figure.locator(selector).nth(c)
        control.scroll_into_view_if_needed()
        yield page, figure, control
        page.close()


def beyond(control):
    """The far end of a slider, as a point on the page."""
    box = control.bounding_box()
    at_end = control.input_value() == control.get_attribute("max")
    return box["x"] + (0.03 if at_end else 0.97) * box["width"], box["y"] + box["height"] / 2


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_every_slider_moves_by_mouse_and_changes_its_picture(open_page, name):
    for page, figure, slider in controls(open_page, name, "input[type=range]"):
        before, value = figure.evaluate(STATE), slider.input_value()
        page.mouse.click(*beyond(slider))
        after = figure.evaluate(STATE)
        assert slider.input_value() != value
        assert after[0] != before[0]
        assert after[1] != before[1]


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_every_control_moves_by_keyboard(open_page, name):
    for page, figure, control in controls(open_page, name, "input, select"):
        before, kind = figure.evaluate(STATE), control.get_attribute("type")
        at_end = kind == "range" and control.input_value() == control.get_attribute("max")
        control.focus()
        page.keyboard.press({"checkbox": "Space", None: "ArrowDown"}.get(kind, "ArrowLeft" if at_end else "ArrowRight"))
        after = figure.evaluate(STATE)
        assert after != before
        assert figure.locator("[aria-live]").inner_text() == after[1]  # read out by a screen reader


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_sliders_move_by_touch(open_page, name):
    for page, figure, slider in controls(open_page, name, "input[type=range]", "phone"):
        before = figure.evaluate(STATE)
        page.touchscreen.tap(*beyond(slider))
        assert figure.evaluate(STATE) != before


def test_play_runs_to_the_end_and_stops(open_page):
    page = open_page("notebooks/01a_history.html")
    figure = page.locator("#fig-perceptron-race")
    button, slider = figure.locator(".db-play"), figure.locator("span input[type=range]")
    before = figure.evaluate(STATE)
    button.click()
    assert button.inner_text() == "Pause"
    page.wait_for_function("() => document.querySelector('#fig-perceptron-race .db-play').textContent === 'Play'")
    assert slider.input_value() == slider.get_attribute("max")
    assert figure.evaluate(STATE) != before
    assert figure.locator("[aria-live]").inner_text() == figure.evaluate(STATE)[1]
    button.click()  # from the start again, and pause
    button.click()
    assert button.inner_text() == "Play"
    assert slider.input_value() == "0"


def test_play_moves_one_step_for_who_asked_for_less_motion(open_page):
    page = open_page("notebooks/01a_history.html", "less motion")
    figure = page.locator("#fig-perceptron-race")
    button, slider = figure.locator(".db-play"), figure.locator("span input[type=range]")
    value = int(slider.input_value())
    button.click()
    page.wait_for_timeout(1000)
    assert button.inner_text() == "Next"
    assert int(slider.input_value()) == value + 1


def test_figures_do_not_disturb_one_another(open_page):
    page = open_page("notebooks/01a_history.html")
    first, second, *_ = figures(page)
    before = second.evaluate(STATE)
    first.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    assert second.evaluate(STATE) == before


def test_a_link_keeps_the_figures_state(open_page):
    page = open_page("notebooks/01a_history.html")
    slider = page.locator("#fig-perceptron-race input[type=range]").first
    slider.focus()
    page.keyboard.press("End")
    shown = page.locator("#fig-perceptron-race").evaluate(STATE)
    assert "#fig-perceptron-race?gap=4" in page.url
    again = open_page("notebooks/01a_history.html" + page.url[page.url.index("#") :])
    assert again.locator("#fig-perceptron-race").evaluate(STATE) == shown


@pytest.mark.parametrize("fragment", ["#100%", "#fig-perceptron-race?gap=%E0%A4%A", "#fig-perceptron-race?gap=99"])
def test_a_broken_link_leaves_the_figures_working(open_page, fragment):
    page = open_page("notebooks/01a_history.html" + fragment)
    assert page.problems == []
    for figure in figures(page):
        assert figure.locator("input[type=range]").first.is_enabled()


def test_a_frame_changes_within_16_ms(open_page):
    page = open_page("notebooks/01a_history.html")
    slowest = page.evaluate("""async () => {
        const times = [];
        for (const root of document.querySelectorAll('.db-figure')) {
            const input = root.querySelector('input[type=range]');
            for (let round = 0; round < 2; round++) {  // the first round decodes
                for (let value = 0; value <= Number(input.max); value++) {
                    const start = performance.now();
                    input.value = value;
                    input.dispatchEvent(new Event('input', { bubbles: true }));
                    const time = performance.now() - start;
                    await root.querySelector('img').decode();
                    if (round) times.push(time);
                }
            }
        }
        return Math.max(...times);
    }""")
    print(f"slowest change {slowest:.1f} ms")
    assert slowest < 16


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_without_script_the_first_picture_and_a_note_remain(open_page, name):
    page = open_page(name, "no script")
    for figure in figures(page):
        assert figure.locator("img").is_visible()
        assert figure.locator("img").get_attribute("alt")
        assert "need JavaScript" in figure.locator(".db-note").inner_text()
        assert all(control.is_disabled() for control in figure.locator("input, select, button").all())
