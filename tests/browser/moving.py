"""Checks of the figures that move. Each takes an open page and gives what is wrong, in words; nothing if all is well.

A page is used for many checks, so each control is set back through its own events before the next one is tried.
"""

from functools import partial

from conftest import RESET

FREE = ".db-figure:not(.db-predict)"  # their controls move the picture at once
STATE = "root => ['src', 'alt'].map(name => root.querySelector('img')[name])"
ADDRESS = "location.hash"  # not `page.url`, which Playwright learns of a moment later
CENTRE = "control => control.scrollIntoView({ block: 'center', behavior: 'instant' })"
NAME = "control => control.ariaLabel || control.closest('label')?.firstChild.textContent.trim() || control.outerHTML"


def figures(page, kind=FREE):
    """Each figure of a kind with its name."""
    found = page.locator(kind).all()
    return [(figure, f"#{figure.get_attribute('id')}") for figure in found]


def controls(page, selector):
    """Each control of each figure, in view, with its name; afterwards the figure must be as before."""
    for figure, name in figures(page):
        start = figure.evaluate(STATE)
        for control in figure.locator(selector).all():
            control.evaluate(CENTRE)
            yield figure, control, f"{name}, {control.evaluate(NAME)}"
            page.evaluate(RESET)
            assert figure.evaluate(STATE) == start, f"{name} does not go back to its first picture"


def beyond(control):
    """The far end of a slider, as a point on the page."""
    box = control.bounding_box()
    at_end = control.input_value() == control.get_attribute("max")
    return box["x"] + (0.03 if at_end else 0.97) * box["width"], box["y"] + box["height"] / 2


def sliders_move_by_mouse(page):
    """Every slider follows the mouse, and picture and words follow the slider."""
    for figure, slider, name in controls(page, "input[type=range]"):
        before, value = figure.evaluate(STATE), slider.input_value()
        page.mouse.click(*beyond(slider))
        after = figure.evaluate(STATE)
        if slider.input_value() == value:
            yield f"{name}: a click does not move the slider"
        for i, what in enumerate(("picture", "alternative text")):
            if after[i] == before[i]:
                yield f"{name}: the slider does not change the {what}"


def controls_move_by_keyboard(page):
    """Every slider, choice and box follows the keys, and a screen reader says what is then seen."""
    keys = {"checkbox": ("Space", "Space"), "range": ("ArrowRight", "ArrowLeft"), None: ("ArrowDown", "ArrowUp")}
    for figure, control, name in controls(page, "input, select"):
        before, kind = figure.evaluate(STATE), control.get_attribute("type")
        last = control.get_attribute("max") or str(control.locator("option").count() - 1)
        control.focus()
        page.keyboard.press(keys[kind][kind != "checkbox" and control.input_value() == last])
        after = figure.evaluate(STATE)
        if after == before:
            yield f"{name}: keys change nothing"
        told, seen = (" ".join(text.split()) for text in (figure.locator("[aria-live]").inner_text(), after[1]))
        if not told.startswith(seen):
            yield f"{name}: a screen reader is not told what is seen"


def sliders_move_by_touch(page):
    """Every slider follows a finger."""
    for figure, slider, name in controls(page, "input[type=range]"):
        before = figure.evaluate(STATE)
        page.touchscreen.tap(*beyond(slider))
        if figure.evaluate(STATE) == before:
            yield f"{name}: touch changes nothing"


def go_back_and_on(page, press):
    """Steppers and films go on and back one step at a time, by `press` and by keys."""
    for figure, name in figures(page, ".db-animate, .db-stepper"):
        back, ahead = figure.locator(".db-move").all()
        figure.locator("input").fill("0")  # a film may open on any frame
        if back.get_attribute("aria-disabled") != "true":
            yield f"{name}: nothing says that this is the first"
        states = [figure.evaluate(STATE)]
        on, off = partial(press, ahead), partial(press, back)
        moves = (off, on, partial(ahead.press, "Enter"), partial(back.press, "Space"), off)
        for move in moves:
            move()
            states.append(figure.evaluate(STATE))
        first_seen = [states.index(state) for state in states]
        if first_seen != [0, 0, 2, 3, 2, 0]:
            yield f"{name}: back, on, on by key, back by key, back show the pictures {first_seen}"


def buttons_go_back_and_on_by_mouse(page):
    # force: Playwright would wait for ever for a button that says it has nothing to do
    return go_back_and_on(page, lambda button: button.click(force=True))


def buttons_go_back_and_on_by_touch(page):
    return go_back_and_on(page, lambda button: button.tap(force=True))


def steppers_tell_one_stage_at_a_time(page):
    """Exactly the text of the stage is seen and read out, with its number."""
    shown = "items => items.map((item, i) => item.checkVisibility() ? [i, item.value] : null).filter(Boolean)"
    for figure, name in figures(page, ".db-stepper"):
        texts = figure.locator(".db-stages > li")
        for stage in range(max(1, texts.count())):
            if texts.evaluate_all(shown) != [[stage, stage + 1]]:
                yield f"{name}: stage {stage + 1} does not show its text alone"
            if stage:
                heard = figure.locator("[aria-live]").inner_text()
                if texts.nth(stage).locator("strong").inner_text() not in heard:
                    yield f"{name}: a screen reader is not told stage {stage + 1}"
            if stage < texts.count() - 1:
                figure.locator(".db-move").nth(1).click()


def films_run_pause_and_yield(page):
    """A film plays, and stops for good when the reader takes over."""
    for figure, name in figures(page, ".db-animate"):
        button, slider = figure.locator(".db-play"), figure.locator("input")
        button.click()
        page.wait_for_function(f"() => Number(document.querySelector('{name} input').value) >= 3")
        figure.locator(".db-move").first.click()
        value = slider.input_value()
        page.wait_for_timeout(1000)
        if button.inner_text() != "Play" or slider.input_value() != value:
            yield f"{name}: the film runs on after the reader has taken over"


def tell_nothing_before_the_guess(page, press):
    """A prediction shows neither picture nor verdict before the reader commits by `press`, and then both, once."""
    for figure, name in figures(page, ".db-predict"):
        question, address, verdict = figure.evaluate(STATE), page.evaluate(ADDRESS), figure.locator(".db-verdict")
        hidden = [verdict, figure.locator(".db-verdict + p"), figure.locator(".db-again")]
        button, again = figure.locator(".db-commit").first, hidden[2]
        sliders = figure.locator("input").all()
        if any(element.is_visible() for element in hidden):
            yield f"{name}: the answer is told before the guess"
        for slider in sliders:
            slider.focus()
            page.keyboard.press("ArrowRight")
            if figure.evaluate(STATE) != question or page.evaluate(ADDRESS) != address:
                yield f"{name}: the slider of the guess gives something away"
        press(button)
        answer = figure.evaluate(STATE)
        if answer[0] == question[0] or not verdict.inner_text().startswith(("Right", "Your guess: ")):
            yield f"{name}: no answer after the guess"
        if not hidden[1].is_visible():
            yield f"{name}: no reason after the guess"
        if figure.locator("[aria-live]").inner_text() != f"{verdict.inner_text()} {answer[1]}":
            yield f"{name}: a screen reader is not told the answer"
        if not all(slider.is_disabled() for slider in sliders):
            yield f"{name}: the guess can be changed after the answer"
        press(figure.locator(".db-commit").last)
        if figure.evaluate(STATE) != answer:
            yield f"{name}: a second guess changes the answer"
        press(again)
        if figure.evaluate(STATE) != question or any(element.is_visible() for element in hidden):
            yield f"{name}: 'again' does not go back to the question"


def predictions_wait_for_the_mouse(page):
    return tell_nothing_before_the_guess(page, lambda button: button.click(force=True))


def predictions_wait_for_the_key(page):
    return tell_nothing_before_the_guess(page, lambda button: button.press("Enter"))


def predictions_wait_for_the_finger(page):
    return tell_nothing_before_the_guess(page, lambda button: button.tap(force=True))


def every_guess_has_its_picture_and_verdict(page):
    """No two guesses get the same answer."""
    for figure, name in figures(page, ".db-predict"):
        answers, buttons = set(), figure.locator(".db-commit").all()
        for button in buttons:
            button.click()
            answers.add((figure.locator(".db-verdict").inner_text(), figure.evaluate(STATE)[0]))
            figure.locator(".db-again").click()
        if len(answers) != len(buttons):
            yield f"{name}: {len(buttons)} guesses have {len(answers)} answers"


def hints_appear_in_turn(page):
    """A hint appears when the one before it was opened."""
    for i, second in enumerate(page.locator("details.hint + details.hint").all()):
        first = second.locator("xpath=preceding-sibling::details[1]")
        if second.is_visible():
            yield f"hint {i + 1}: the next hint shows before it was opened"
        first.locator("summary").click()
        second.locator("summary").click(timeout=5000)
        if second.get_attribute("open") is None:
            yield f"hint {i + 1}: the next hint does not open"


def figures_fit(page):
    """No part of a figure sticks out of the window."""
    return page.evaluate("""() => [...document.querySelectorAll('.db-figure')].flatMap((root) =>
        [...root.querySelectorAll('img, .db-controls, input, select, button')].filter((part) => {
            const box = part.getBoundingClientRect();
            return box.width && (box.left < 0 || box.right > innerWidth);
        }).map((part) => `#${root.id}: ${part.outerHTML.slice(0, 60)} sticks out of the window`))""")


def without_script_the_first_picture_and_a_note_remain(page):
    """What a page without script shows: first pictures, all stages, folded answers, and why controls are dead."""
    for i, text in enumerate(page.locator(".db-stages > li").all()):
        if not text.is_visible():
            yield f"stage {i + 1} is hidden"
    for figure, name in figures(page, ".db-figure"):
        image = figure.locator("img")
        if not image.is_visible() or not image.get_attribute("alt"):
            yield f"{name}: no picture or no alternative text"
        if "need JavaScript" not in figure.locator(".db-note").inner_text():
            yield f"{name}: no note"
        if not all(control.is_disabled() for control in figure.locator("input, select, button").all()):
            yield f"{name}: a control that does nothing is not disabled"
        for answer in figure.locator("details").all():
            if answer.locator("p").is_visible():
                yield f"{name}: the answer is not folded"
            answer.locator("summary").click()
            if not answer.locator("p").is_visible():
                yield f"{name}: the answer does not open"
