"""Figures that move: by mouse, by keyboard, by touch, by link, and what is left without a script."""

import pytest

from conftest import PAGES, SITE

WITH_FIGURES = [
    name
    for name in PAGES
    if 'class="db-figure' in (SITE / name).read_text(encoding="utf-8") and not name.startswith("lecture/")
]
CHAPTER = "notebooks/01a_history.html"  # it uses every kind of figure
FREE = ".db-figure:not(.db-predict)"  # their controls move the picture at once
STATE = "root => ['src', 'alt'].map(name => root.querySelector('img')[name])"


def figures(page, kind=FREE):
    found = page.locator(kind)
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
        last = control.get_attribute("max") or str(control.locator("option").count() - 1)
        keys = {"checkbox": ("Space", "Space"), "range": ("ArrowRight", "ArrowLeft"), None: ("ArrowDown", "ArrowUp")}
        control.focus()
        page.keyboard.press(keys[kind][kind != "checkbox" and control.input_value() == last])
        after = figure.evaluate(STATE)
        assert after != before
        assert figure.locator("[aria-live]").inner_text().startswith(after[1])  # read out by a screen reader


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_sliders_move_by_touch(open_page, name):
    for page, figure, slider in controls(open_page, name, "input[type=range]", "phone"):
        before = figure.evaluate(STATE)
        page.touchscreen.tap(*beyond(slider))
        assert figure.evaluate(STATE) != before


def test_play_runs_to_the_end_and_stops(open_page):
    page = open_page(CHAPTER)
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
    page = open_page(CHAPTER, "less motion")
    figure = page.locator("#fig-perceptron-race")
    button, slider = figure.locator(".db-play"), figure.locator("span input[type=range]")
    value = int(slider.input_value())
    button.click()
    page.wait_for_timeout(1000)
    assert button.inner_text() == "Next"
    assert int(slider.input_value()) == value + 1


def test_figures_do_not_disturb_one_another(open_page):
    page = open_page(CHAPTER)
    first, second, *_ = figures(page)
    before = second.evaluate(STATE)
    first.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    assert second.evaluate(STATE) == before


def test_a_link_keeps_the_figures_state(open_page):
    page = open_page(CHAPTER)
    slider = page.locator("#fig-perceptron-race input[type=range]").first
    slider.focus()
    page.keyboard.press("End")
    shown = page.locator("#fig-perceptron-race").evaluate(STATE)
    assert "#fig-perceptron-race?gap=4" in page.url
    again = open_page(CHAPTER + page.url[page.url.index("#") :])
    assert again.locator("#fig-perceptron-race").evaluate(STATE) == shown


@pytest.mark.parametrize("fragment", ["#100%", "#fig-perceptron-race?gap=%E0%A4%A", "#fig-perceptron-race?gap=99"])
def test_a_broken_link_leaves_the_figures_working(open_page, fragment):
    page = open_page(CHAPTER + fragment)
    assert page.problems == []
    for figure in figures(page):
        assert figure.locator("input[type=range]").first.is_enabled()


def test_a_frame_changes_within_16_ms(open_page):
    page = open_page(CHAPTER)
    slowest = page.evaluate("""async () => {
        const times = [];
        for (const root of document.querySelectorAll('.db-figure:not(.db-predict)')) {
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


@pytest.mark.parametrize("mode", ["light", "phone"])
@pytest.mark.parametrize("kind", [".db-animate", ".db-stepper"])
def test_next_and_back_move_by_mouse_touch_and_key(open_page, kind, mode):
    page = open_page(CHAPTER, mode)
    for figure in figures(page, kind):
        back, ahead = figure.locator(".db-move").all()
        # force: Playwright would wait for ever for a button that says it has nothing to do
        press = (lambda b: b.tap(force=True)) if mode == "phone" else (lambda b: b.click(force=True))
        start = figure.evaluate(STATE)
        assert back.get_attribute("aria-disabled") == "true"
        press(back)  # nothing before the first
        assert figure.evaluate(STATE) == start
        press(ahead)
        second = figure.evaluate(STATE)
        assert second != start
        ahead.focus()
        page.keyboard.press("Enter")
        assert figure.evaluate(STATE) not in (start, second)
        back.focus()
        page.keyboard.press("Space")
        assert figure.evaluate(STATE) == second
        press(back)
        assert figure.evaluate(STATE) == start


def test_a_stepper_tells_one_stage_at_a_time(open_page):
    page = open_page(CHAPTER)
    for figure in figures(page, ".db-stepper"):
        texts = figure.locator(".db-stages > li")
        for stage in range(texts.count()):
            assert [text.is_visible() for text in texts.all()] == [i == stage for i in range(texts.count())]
            assert texts.nth(stage).get_attribute("value") == str(stage + 1)
            if stage < texts.count() - 1:
                figure.locator(".db-move").nth(1).click()
                heard = figure.locator("[aria-live]").inner_text()
                assert texts.nth(stage + 1).locator("strong").inner_text() in heard
        assert texts.last.is_visible()
        page.reload()  # the address holds the stage
        page.wait_for_selector(".db-stepper[data-ready]")
        assert figure.locator(".db-stages > li").last.is_visible()


def test_a_film_runs_pauses_and_yields_to_the_reader(open_page):
    page = open_page(CHAPTER)
    for figure in figures(page, ".db-animate"):
        button, slider = figure.locator(".db-play"), figure.locator("input")
        button.click()
        page.wait_for_function(f"() => document.querySelector('#{figure.get_attribute('id')} input').value === '3'")
        figure.locator(".db-move").first.click()  # taking over stops the film
        value = slider.input_value()
        assert button.inner_text() == "Play"
        page.wait_for_timeout(1000)
        assert slider.input_value() == value


def commit(page, figure, how):
    """Guess the first option, or what the slider shows, and commit to it."""
    button = figure.locator(".db-commit").first
    if how == "key":
        button.focus()
        page.keyboard.press("Enter")
    else:
        button.tap(force=True) if how == "touch" else button.click(force=True)


@pytest.mark.parametrize(("how", "mode"), [("mouse", "light"), ("key", "light"), ("touch", "phone")])
def test_a_prediction_tells_nothing_before_the_reader_commits(open_page, how, mode):
    page = open_page(CHAPTER, mode)
    for figure in figures(page, ".db-predict"):
        question, verdict = figure.evaluate(STATE), figure.locator(".db-verdict")
        why, again = figure.locator(".db-verdict + p"), figure.locator(".db-again")
        assert not any(element.is_visible() for element in (verdict, why, again))
        for slider in figure.locator("input").all():
            slider.focus()
            page.keyboard.press("ArrowRight")
            assert figure.evaluate(STATE) == question
            assert page.url.endswith(".html")
        commit(page, figure, how)
        answer = figure.evaluate(STATE)
        assert answer[0] != question[0]
        assert verdict.inner_text().startswith(("Right", "Your guess: "))
        assert why.is_visible()
        assert figure.locator("[aria-live]").inner_text() == f"{verdict.inner_text()} {answer[1]}"
        assert all(slider.is_disabled() for slider in figure.locator("input").all())
        commit(page, figure, how)  # once only
        assert figure.evaluate(STATE) == answer
        again.tap() if how == "touch" else again.click()
        assert figure.evaluate(STATE) == question
        assert not any(element.is_visible() for element in (verdict, why, again))


def test_every_guess_has_its_picture_and_its_verdict(open_page):
    page = open_page(CHAPTER)
    for figure in figures(page, ".db-predict"):
        seen = set()
        options = figure.locator(".db-commit").all()
        for button in options:
            button.click()
            seen.add((figure.locator(".db-verdict").inner_text(), figure.evaluate(STATE)[0]))
            figure.locator(".db-again").click()
        assert len(seen) == len(options)


def test_a_figure_fits_a_narrow_screen(open_page):
    for name in WITH_FIGURES:
        page = open_page(name, "narrow")
        for figure in figures(page, ".db-figure"):
            for part in figure.locator("img, .db-controls, input, select, button").all():
                box = part.bounding_box()
                assert box is None or box["x"] >= 0
                assert box is None or box["x"] + box["width"] <= 320
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_moving_a_figure_does_not_fill_the_memory(open_page):
    page = open_page(CHAPTER)
    session = page.context.new_cdp_session(page)

    def heap():
        session.send("HeapProfiler.collectGarbage")
        return page.evaluate("performance.memory.usedJSHeapSize")

    sweep = """async () => {
        for (const root of document.querySelectorAll('.db-figure:not(.db-predict)')) {
            const input = root.querySelector('input[type=range]');
            for (let value = 0; value <= Number(input.max); value++) {
                input.value = value;
                input.dispatchEvent(new Event('input', { bubbles: true }));
                await root.querySelector('img').decode();
            }
        }
    }"""
    page.evaluate(sweep)
    before = heap()
    for _ in range(10):
        page.evaluate(sweep)
    grown = (heap() - before) / 1e6
    print(f"heap {before / 1e6:.1f} MB, {grown:+.2f} MB after ten sweeps")
    assert grown < 1


def test_the_next_hint_appears_after_the_one_before(open_page):
    page = open_page(CHAPTER)
    pair = page.locator("details.hint + details.hint")
    assert pair.count() > 0
    for i in range(pair.count()):
        second = pair.nth(i)
        first = second.locator("xpath=preceding-sibling::details[1]")
        assert not second.is_visible()
        first.locator("summary").click()
        assert second.is_visible()
        second.locator("summary").click()
        assert second.get_attribute("open") is not None


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_without_script_the_first_picture_and_a_note_remain(open_page, name):
    page = open_page(name, "no script")
    for text in page.locator(".db-stages > li").all():
        assert text.is_visible()
    for answer in page.locator(".db-predict details").all():
        assert not answer.locator("p").is_visible()
        answer.locator("summary").click()
        assert answer.locator("p").is_visible()
    for figure in figures(page, ".db-figure"):
        assert figure.locator("img").is_visible()
        assert figure.locator("img").get_attribute("alt")
        assert "need JavaScript" in figure.locator(".db-note").inner_text()
        assert all(control.is_disabled() for control in figure.locator("input, select, button").all())
