"""The lecturer's view: a chapter's figures alone, one to a screen, by keys, buttons and links."""

import pytest

from conftest import PAGES

LECTURES = [name for name in PAGES if name.startswith("lecture/")]


def seen(page):
    """The number of the one figure that is shown."""
    visible = page.locator(".slide:visible").evaluate_all(
        "found => found.map(slide => [...document.querySelectorAll('.slide')].indexOf(slide))"
    )
    assert len(visible) == 1
    return visible[0]


def test_every_chapter_has_one_and_links_to_it(open_page):
    chapters = [name for name in PAGES if name.startswith("notebooks/")]
    assert {name.split("/")[1] for name in LECTURES} == {name.split("/")[1] for name in chapters}
    for name in chapters:
        page = open_page(name, "no script")  # a link needs none, and the formulas are not typeset
        with page.context.expect_page() as opened:
            page.locator("a[href^='../lecture/']").first.click()
        opened.value.wait_for_selector(".slide")
        assert opened.value.url.endswith(name.replace("notebooks/", "lecture/"))
        opened.value.close()


@pytest.mark.parametrize("name", LECTURES)
def test_keys_and_buttons_go_through_all_figures(open_page, name):
    page = open_page(name)
    last = page.locator(".slide").count() - 1
    assert page.locator(".slide img").count() == last + 1
    for number in range(last + 1):
        assert seen(page) == number
        assert page.locator("#count").inner_text() == f"{number + 1} of {last + 1}"
        assert page.locator(".slide").nth(number).locator("img").bounding_box()["height"] > 300
        page.keyboard.press(["ArrowRight", "PageDown"][number % 2])
    assert seen(page) == last
    page.keyboard.press("Home")
    assert seen(page) == 0
    page.locator("#next").click()
    page.locator("#next").click()
    page.locator("#previous").click()
    assert seen(page) == 1
    page.reload()
    assert seen(page) == 1


@pytest.mark.parametrize("name", LECTURES)
def test_arrow_keys_belong_to_a_control_while_it_has_the_focus(open_page, name):
    page = open_page(name)
    slider = page.locator(".db-figure:not(.db-predict) input[type=range]").first
    assert slider.count() == 1, "the page has no figure with a slider"
    for _ in range(300):
        if slider.is_visible():
            break
        page.keyboard.press("PageDown")
    number, value = seen(page), slider.input_value()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() != value
    assert seen(page) == number
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert seen(page) == number + 1


def test_a_link_to_a_figures_state_opens_its_screen(open_page):
    page = open_page("lecture/01a_history.html#fig-xor-by-hand?stage=3")
    assert page.locator("#fig-xor-by-hand").is_visible()
    assert page.locator("#fig-xor-by-hand output").inner_text() == "4 of 5"


def test_full_screen(open_page):
    page = open_page(LECTURES[0])
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    page.locator("#full", has_text="Leave full screen").click()
    page.wait_for_function("document.fullscreenElement === null")


def test_without_script_all_figures_follow_one_another(open_page):
    page = open_page(LECTURES[0], "no script")
    assert all(slide.is_visible() for slide in page.locator(".slide").all())
