"""The site as a whole: its links, its search, its theme, and what is folded."""

from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from conftest import PAGES, SITE


class Anchors(HTMLParser):
    """The ids of a page and where its links go."""

    def __init__(self):
        super().__init__()
        self.ids, self.links = set(), []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes[key] for key in ("id", "name") if attributes.get(key)}
        self.links += [attributes[key] for key in ("href", "src") if attributes.get(key)]


def read(name):
    parser = Anchors()
    parser.feed((SITE / name).read_text(encoding="utf-8"))
    return parser


def test_every_internal_link_and_anchor_resolves():
    pages = {name: read(name) for name in PAGES}
    broken, count = [], 0
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            target = (SITE / name).parent / unquote(parts.path) if parts.path else SITE / name
            inside = target.resolve().relative_to(SITE.resolve()).as_posix()
            anchor = unquote(parts.fragment)
            if not target.exists() or (anchor and inside in pages and anchor not in pages[inside].ids):
                broken.append((name, link))
    print(f"{count} internal links")
    assert broken == []


def test_pages_load_nothing_from_elsewhere():
    for name in PAGES:
        page = (SITE / name).read_text(encoding="utf-8")
        for part in ('<script src="http', '<link rel="stylesheet" href="http', '<img src="http'):
            assert part not in page, (name, part)


def test_search_finds_a_word(open_page):
    page = open_page("search.html?q=Novikoff")
    page.wait_for_selector("ul.search li a")
    assert "From the perceptron" in page.inner_text("ul.search")
    assert page.problems == []


def test_colour_mode_button(open_page):
    page = open_page("index.html")
    seen = set()
    for _ in range(3):  # light, dark, as the system says
        page.click("button.theme-switch-button:visible")
        theme = page.evaluate("document.documentElement.dataset.theme")
        seen.add((theme, page.evaluate("getComputedStyle(document.body).backgroundColor")))
    assert sorted(theme for theme, _ in seen) == ["dark", "light"]
    assert len({background for _, background in seen}) == 2


def test_on_paper_a_chapter_has_its_title_and_no_controls(chapter):
    chapter.emulate_media(media="print")
    try:
        titles = [title for title in chapter.locator("h1").all() if title.is_visible()]
        assert [title.inner_text().strip("#\n ") for title in titles] == [chapter.title().split(" — ")[0]]
        for hidden in (".db-controls", ".bd-sidebar", ".copybtn"):
            assert chapter.locator(hidden).count() > 0
            assert not chapter.locator(hidden).locator("visible=true").count(), hidden
        assert chapter.locator(".db-figure img").first.is_visible()
    finally:
        chapter.emulate_media(media="screen")


def test_solutions_are_folded_and_open(chapter):
    solution = chapter.locator("div.solution").first
    body, button = solution.locator("p, pre").last, solution.locator("button, summary").first
    assert not body.is_visible()
    button.click()
    assert body.is_visible()
    button.click()
    assert not body.is_visible()


def test_claims_page_links_to_the_claim(open_page):
    page = open_page("book/claims.html")
    page.eval_on_selector_all("details", "all => all.forEach(part => { part.open = true; })")
    page.click("text=threshold functions of three inputs")
    page.wait_for_url("**/01a_history.html#claim-*")
    assert page.locator(":target").inner_text().startswith("✓")
