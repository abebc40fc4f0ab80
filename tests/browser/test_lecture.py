"""The lecturer's view: a chapter's slides, one to a screen, by keys, buttons and links."""

import pytest

from conftest import CHAPTER, PAGES, SITE

LECTURES = [name for name in PAGES if name.startswith("lecture/")]


def seen(page):
    """The number of the one slide that is shown."""
    visible = page.locator(".slide:visible").evaluate_all(
        "found => found.map(slide => [...document.querySelectorAll('.slide')].indexOf(slide))"
    )
    assert len(visible) == 1
    return visible[0]


def test_every_chapter_has_one_and_links_to_it(open_page):
    chapters = [name for name in PAGES if name.startswith("notebooks/")]
    assert {name.split("/")[1] for name in LECTURES} == {name.split("/")[1] for name in chapters}
    for name in chapters:
        assert f'href="../{name.replace("notebooks/", "lecture/")}"' in (SITE / name).read_text(encoding="utf-8"), name
    page = open_page(CHAPTER, "no script")  # a link needs none
    with page.context.expect_page() as opened:
        page.locator("a[href^='../lecture/']").first.click()
    opened.value.wait_for_selector(".slide")
    assert opened.value.url.endswith(CHAPTER.replace("notebooks/", "lecture/"))
    opened.value.close()


def slides_follow_the_keys(page):
    """Go through all slides by key, and back by key and by button."""
    last = page.locator(".slide").count() - 1
    assert page.locator(".slide.start h1").count() == 1
    assert page.locator(".slide.question").count() >= 4
    assert page.locator(".slide.finding img").count() > 0
    for number in range(last + 1):
        slide = page.locator(".slide").nth(number)
        assert seen(page) == number
        assert page.locator("#count").inner_text() == f"{number + 1} of {last + 1}"
        assert slide.locator("h1, h2").first.inner_text().strip()
        for picture in slide.locator("img").all():
            assert picture.bounding_box()["height"] > 150
        page.keyboard.press(["ArrowRight", "PageDown"][number % 2])
    assert seen(page) == last
    page.keyboard.press("Home")
    assert seen(page) == 0
    page.locator("#next").click()
    page.locator("#next").click()
    page.locator("#previous").click()
    assert seen(page) == 1


def arrow_keys_belong_to_a_control_while_it_has_the_focus(page):
    """A slider in focus takes the arrow keys; without it they turn the slides."""
    slider = page.locator(".db-figure:not(.db-predict) input[type=range]").first
    assert slider.count() == 1, "the page has no figure with a slider"
    for _ in range(300):
        if slider.is_visible():
            break
        page.keyboard.press("PageDown")
    number, value = seen(page), slider.input_value()
    slider.focus()
    page.keyboard.press("ArrowLeft" if value == slider.get_attribute("max") else "ArrowRight")
    assert slider.input_value() != value
    assert seen(page) == number
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert seen(page) == number + 1


@pytest.mark.parametrize("name", LECTURES)
def test_keys(open_page, name):
    page = open_page(name)
    slides_follow_the_keys(page)
    arrow_keys_belong_to_a_control_while_it_has_the_focus(page)


def test_the_address_keeps_the_slide(open_page):
    page = open_page(LECTURES[-1])
    page.locator("#next").click()
    page.reload()
    assert seen(page) == 1


def test_notes_are_shown_on_demand(open_page):
    page = open_page(LECTURES[0])
    slide = page.locator(".slide:has(.note)").first
    assert slide.count() == 1
    for _ in range(300):
        if slide.is_visible():
            break
        page.keyboard.press("PageDown")
    note = slide.locator(".note")
    assert not note.is_visible()
    page.keyboard.press("n")
    assert note.is_visible()
    page.locator("#notes").click()
    assert not note.is_visible()


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


def test_without_script_all_slides_follow_one_another(open_page):
    page = open_page(LECTURES[0], "no script")
    assert all(slide.is_visible() for slide in page.locator(".slide").all())
