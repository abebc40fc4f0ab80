"""Every page, as readers meet it: opened once in each window, and there everything is tried in each look."""

import pytest
from checks import (
    asks_nobody_else,
    claims_fit_the_window,
    complains_about_nothing,
    figures_are_as_wide_as_the_text,
    fits_the_window,
    formulas_are_typeset_and_can_be_heard,
    formulas_fit_the_window,
    has_colours_that_can_be_told_apart,
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

from conftest import CHAPTER, MODES, PAGES, RESET, WITH_FIGURES

WHOLE = [
    asks_nobody_else,
    formulas_are_typeset_and_can_be_heard,
    pictures_have_words_and_load,
    fits_the_window,
    claims_fit_the_window,
    formulas_fit_the_window,
]
NARROW = [figures_are_as_wide_as_the_text]
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
FADE = 500  # ms, in which the colours of another look come
NO_SCRIPT = [without_script_the_first_picture_and_a_note_remain]


def looks(name, kind):
    """What is tried on a page in one window: one look after another, each with its checks."""
    moves = name in WITH_FIGURES
    return {
        "desk": [
            ("light", WHOLE + BY_MOUSE_AND_KEY * moves),
            ("dark", [*WHOLE, has_colours_that_can_be_told_apart]),
            ("light", LAST),
        ],
        "phone": [
            ("phone", [*WHOLE, *NARROW, *BY_TOUCH * moves]),
            ("narrow", [fits_the_window, figures_fit]),
            ("phone", LAST),
        ],
        "no script": [("no script", NO_SCRIPT)] * moves,
    }[kind]


CASES = [(name, kind) for name in PAGES for kind in ("desk", "phone", "no script") if looks(name, kind)]


def problems(page, checks):
    """Everything that these checks find on a page."""
    for check in checks:
        page.evaluate(RESET)
        try:
            for problem in check(page):
                yield f"{check.__name__}: {problem}"
        except (AssertionError, Error) as error:  # a control that is not there, or covered
            yield f"{check.__name__}: {error}"


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_page(open_page, name, kind):
    tried = looks(name, kind)
    page, found = open_page(name, tried[0][0]), []
    for i, (look, checks) in enumerate(tried):
        if i:
            page.emulate_media(color_scheme=MODES[look]["color_scheme"])
            page.set_viewport_size(MODES[look]["viewport"])
            page.wait_for_timeout(FADE)
        found += [f"{look}: {problem}" for problem in problems(page, checks)]
    assert not found, "\n".join([f"{name}:", *found])


@pytest.mark.parametrize(
    "what", [".db-explore", ".db-animate", ".db-stepper", ".db-predict", ".hint + .hint", "mjx-container"]
)
def test_there_is_something_to_check(chapter, what):
    assert chapter.locator(what).count() > 0, f"{CHAPTER} has no {what}"
    assert CHAPTER in WITH_FIGURES
