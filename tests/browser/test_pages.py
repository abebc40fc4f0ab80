"""Every page, as readers meet it: opened once for each way of looking at it, and there everything is tried."""

import pytest
from checks import (
    asks_nobody_else,
    complains_about_nothing,
    fits_the_window,
    formulas_are_typeset_and_can_be_heard,
    passes_axe,
    pictures_have_words_and_load,
)
from moving import (
    buttons_go_back_and_on_by_mouse,
    buttons_go_back_and_on_by_touch,
    controls_move_by_keyboard,
    every_guess_has_its_picture_and_verdict,
    figures_fit,
    films_run_pause_and_yield,
    hints_appear_in_turn,
    predictions_wait_for_the_finger,
    predictions_wait_for_the_key,
    predictions_wait_for_the_mouse,
    sliders_move_by_mouse,
    sliders_move_by_touch,
    steppers_tell_one_stage_at_a_time,
    without_script_the_first_picture_and_a_note_remain,
)
from playwright.sync_api import Error

from conftest import CHAPTER, PAGES, RESET, WITH_FIGURES

WHOLE = [asks_nobody_else, formulas_are_typeset_and_can_be_heard, pictures_have_words_and_load, fits_the_window]
LAST = [complains_about_nothing, passes_axe]
BY_MOUSE_AND_KEY = [
    sliders_move_by_mouse,
    controls_move_by_keyboard,
    buttons_go_back_and_on_by_mouse,
    steppers_tell_one_stage_at_a_time,
    films_run_pause_and_yield,
    predictions_wait_for_the_mouse,
    predictions_wait_for_the_key,
    every_guess_has_its_picture_and_verdict,
    hints_appear_in_turn,
]
BY_TOUCH = [sliders_move_by_touch, buttons_go_back_and_on_by_touch, predictions_wait_for_the_finger]
CHECKS = {  # for pages without and with figures that move
    "light": (WHOLE + LAST, WHOLE + BY_MOUSE_AND_KEY + LAST),
    "dark": (WHOLE + LAST, WHOLE + LAST),
    "phone": (WHOLE + LAST, WHOLE + BY_TOUCH + LAST),
    "narrow": ([], [fits_the_window, figures_fit]),
    "no script": ([], [without_script_the_first_picture_and_a_note_remain]),
}
CASES = [(name, mode) for name in PAGES for mode in CHECKS if CHECKS[mode][name in WITH_FIGURES]]


def problems(page, checks):
    """Everything that these checks find on a page."""
    for check in checks:
        page.evaluate(RESET)
        try:
            for problem in check(page):
                yield f"{check.__name__}: {problem}"
        except (AssertionError, Error) as error:  # a control that is not there, or covered
            yield f"{check.__name__}: {error}"


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_page(open_page, name, mode):
    found = list(problems(open_page(name, mode), CHECKS[mode][name in WITH_FIGURES]))
    assert not found, "\n".join([f"{name}, {mode}:", *found])


@pytest.mark.parametrize(
    "what", [".db-explore", ".db-animate", ".db-stepper", ".db-predict", ".hint + .hint", "mjx-container"]
)
def test_there_is_something_to_check(chapter, what):
    assert chapter.locator(what).count() > 0, f"{CHAPTER} has no {what}"
    assert CHAPTER in WITH_FIGURES
