"""Figures that move: playing, links to a state, speed and memory, tried in the chapter with every kind of figure."""

import pytest
from moving import ADDRESS, FREE, STATE

from conftest import CHAPTER

PLAYED = ".db-explore:has(.db-play)"  # a figure of which one slider has a play button
SWEEP = """async ({ rounds, enough }) => {  // move each first slider; ms of the slowest change, each at its best
    const times = [];
    for (const root of document.querySelectorAll('.db-figure:not(.db-predict)')) {
        const input = root.querySelector('input[type=range]');
        const best = Array(Number(input.max) + 1).fill(Infinity);
        for (let round = 0; round < rounds && (round < 2 || Math.max(...best) >= enough); round++) {
            for (let value = 0; value < best.length; value++) {
                const start = performance.now();
                input.value = value;
                input.dispatchEvent(new Event('input', { bubbles: true }));
                best[value] = Math.min(best[value], performance.now() - start);
                await root.querySelector('img').decode();
            }
        }
        times.push(...best);
    }
    return Math.max(...times);
}"""


def played(page):
    """A figure with a play button, the button, and the slider that it moves."""
    figure = page.locator(PLAYED).first
    return figure, figure.locator(".db-play").first, figure.locator("span:has(.db-play) input[type=range]").first


def test_play_runs_to_the_end_and_stops(chapter):
    figure, button, slider = played(chapter)
    slider.fill("0")  # it may start at its end
    before = figure.evaluate(STATE)
    button.click()
    assert button.inner_text() == "Pause"
    figure.locator(".db-play:text-is('Play')").wait_for()
    assert slider.input_value() == slider.get_attribute("max")
    assert figure.evaluate(STATE) != before
    assert figure.locator("[aria-live]").inner_text() == figure.evaluate(STATE)[1]
    button.click()  # from the start again, and pause
    button.click()
    assert button.inner_text() == "Play"
    assert slider.input_value() == "0"


def test_play_moves_one_step_for_who_asked_for_less_motion(open_page):
    page = open_page(CHAPTER, "less motion")
    _, button, slider = played(page)
    slider.fill("0")  # it may start at its end
    value = int(slider.input_value())
    button.click()
    page.wait_for_timeout(1000)
    assert button.inner_text() == "Next"
    assert int(slider.input_value()) == value + 1


def test_figures_do_not_disturb_one_another(chapter):
    first, second, *_ = chapter.locator(FREE).all()
    before = second.evaluate(STATE)
    first.locator("input[type=range]").first.focus()
    chapter.keyboard.press("ArrowRight")
    assert second.evaluate(STATE) == before


def test_a_link_keeps_the_figures_state(open_page):
    page = open_page(CHAPTER)  # a tab of its own: browsers count how often a page writes to its address
    figure = played(page)[0]
    identifier, slider = figure.get_attribute("id"), figure.locator("input[type=range]").first
    slider.focus()
    page.keyboard.press("End")
    shown = figure.evaluate(STATE)
    address = page.evaluate(ADDRESS)
    assert address.startswith(f"#{identifier}?")
    assert f"={slider.get_attribute('max')}" in address
    again = open_page(CHAPTER + address)
    assert again.locator(f"#{identifier}").evaluate(STATE) == shown

    stepper = again.locator(".db-stepper").first
    stages = stepper.locator(".db-stages > li")
    for _ in range(stages.count() - 1):
        stepper.locator(".db-move").nth(1).click()
    again.reload()
    again.wait_for_selector(".db-stepper[data-ready]")
    assert stages.last.is_visible()


@pytest.mark.parametrize("state", ["#100%", "#{}?{}=%E0%A4%A", "#{}?{}=99"])
def test_a_broken_link_leaves_the_figures_working(chapter, open_page, state):
    played(chapter)[0].locator("input[type=range]").first.focus()
    chapter.keyboard.press("ArrowRight")
    identifier, name = chapter.evaluate(ADDRESS)[1:].split("=")[0].split("?")
    page = open_page(CHAPTER + state.format(identifier, name))
    assert page.problems == []
    for slider in page.locator(f"{FREE} input[type=range]").all():
        assert slider.is_enabled()


def test_a_frame_changes_within_16_ms(open_page):
    page = open_page(CHAPTER)  # a tab of its own: browsers count how often a page writes to its address
    # the first round decodes, and on a busy machine it takes more to see each change undisturbed
    slowest = page.evaluate(SWEEP, {"rounds": 20, "enough": 16})
    print(f"slowest change {slowest:.1f} ms")
    assert slowest < 16


def test_moving_a_figure_does_not_fill_the_memory(open_page):
    page = open_page(CHAPTER)
    session = page.context.new_cdp_session(page)

    def heap():
        session.send("HeapProfiler.collectGarbage")
        return page.evaluate("performance.memory.usedJSHeapSize")

    page.evaluate(SWEEP, {"rounds": 1, "enough": 0})
    before = heap()
    page.evaluate(SWEEP, {"rounds": 10, "enough": 0})
    grown = (heap() - before) / 1e6
    print(f"heap {before / 1e6:.1f} MB, {grown:+.2f} MB after ten sweeps")
    assert grown < 1
