"""Checks of a whole page. Each takes an open page and gives what is wrong, in words; nothing if all is well."""

from axe_playwright_python.base import AXE_SCRIPT

# Of words and tokens of code that look alike only the first three keep their element, and of the formulas in a line
# and of those on a line of their own only the first three keep their inside: axe walks thousands of nodes, not tens
# of thousands. Longer ones count apart from single letters, on whose contrast axe does not decide.
# `formulas_are_typeset_and_can_be_heard` has looked at each formula before.
THIN = """() => {
    const ground = (e) => {
        const colour = e ? getComputedStyle(e).backgroundColor : 'none';
        return e && (colour === 'transparent' || colour.endsWith(', 0)')) ? ground(e.parentElement) : colour;
    };
    const seen = {};
    const again = (...look) => (seen[look] = (seen[look] ?? 0) + 1) > 3;
    const alike = (e) => {
        const s = getComputedStyle(e);
        const names = e.getAttributeNames().filter((name) => name !== 'class');
        const letters = s.fontSize + s.fontWeight + (e.textContent.trim().length > 1);
        return !names.length && again(letters, e.className, s.color, ground(e), s.opacity, e.checkVisibility());
    };
    for (let inner = 0; inner < 3; inner += 1) {  // what holds such words is then one itself
        const words = [...document.querySelectorAll('span, em, strong, b')].filter((e) => !e.children.length && !e.id);
        for (const word of words.filter(alike)) word.replaceWith(word.textContent);
    }
    document.body.normalize();
    const formulas = [...document.querySelectorAll('mjx-container')].filter(
        (e) => again('formula', e.getAttribute('display'), getComputedStyle(e).color, ground(e), e.checkVisibility()));
    const sizes = formulas.map((e) => e.getBoundingClientRect());
    formulas.forEach((formula, i) => {
        formula.replaceChildren();
        const display = formula.hasAttribute('display') ? 'block' : 'inline-block';
        Object.assign(formula.style, { display, width: `${sizes[i].width}px`, height: `${sizes[i].height}px` });
    });
}"""


def asks_nobody_else(page):
    """No request leaves the site."""
    outside = [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]
    return [f"asks for {url}" for url in outside]


def complains_about_nothing(page):
    """No error or warning on the console, neither at the start nor while figures moved."""
    return list(page.problems)


def fits_the_window(page):
    """Nothing makes the page scroll sideways."""
    return page.evaluate("""() => {
        const width = innerWidth, whole = document.documentElement.scrollWidth;
        if (whole <= width) return [];
        const sticksOut = (e) => e.getBoundingClientRect().right > width + 1;
        const wide = [...document.querySelectorAll('body *')].filter(sticksOut);
        const names = wide.slice(-3).map((e) => e.outerHTML.slice(0, 100));
        return [`the page is ${whole} px wide, the window ${width}: ${names.join(' ... ')}`];
    }""")


def figures_are_as_wide_as_the_text(page):
    """In a narrow window nothing stands beside a figure and takes its room."""
    return page.evaluate("""() => [...document.querySelectorAll('section figure')].filter((figure) => {
        const wide = figure.getBoundingClientRect().width;
        return wide && wide < 0.9 * figure.closest('section').getBoundingClientRect().width;
    }).map((figure) => `#${figure.id} is only ${figure.getBoundingClientRect().width} px wide`)""")


def claims_fit_the_window(page):
    """A table of claims hides none of its numbers past the edge."""
    return page.evaluate("""() => [...document.querySelectorAll('table.claims')]
        .filter((table) => table.scrollWidth > table.clientWidth + 1)
        .map((table) => `${table.querySelector('td').innerText} ... scrolls sideways`)""")


def formulas_fit_the_window(page):
    """No displayed formula runs past the edge of its box or below its number."""
    return page.evaluate("""() => [...document.querySelectorAll('div.math')].flatMap((box) => {
        const formula = box.querySelector('mjx-math')?.getBoundingClientRect();
        if (!formula?.width) return [];
        const number = box.querySelector('.eqno')?.getBoundingClientRect();
        const beside = number && formula.bottom > number.top && formula.top < number.bottom;
        const edge = beside ? number.left : box.getBoundingClientRect().right;
        const over = formula.right - edge;
        return over > 1 ? [`${box.id || box.innerText.slice(0, 40)} is ${Math.round(over)} px too wide`] : [];
    })""")


def pictures_have_words_and_load(page):
    """Every picture has an alternative text that is no file name, and its data can be drawn."""
    return page.eval_on_selector_all(
        "img",
        """images => images.flatMap((image, i) => {
            const alt = image.getAttribute('alt');
            const name = `picture ${i + 1} (${alt || image.outerHTML.slice(0, 80)})`;
            return [
                !alt || /\\.(png|svg)$/.test(alt) ? [`${name} has no alternative text`] : [],
                image.complete && !image.naturalWidth ? [`${name} is broken`] : [],
            ].flat();
        })""",
    )


def formulas_are_typeset_and_can_be_heard(page):
    """MathJax has typeset every formula, in the colour of its text, with MathML that a screen reader reads."""
    return page.evaluate("""() => {
        const problems = [];
        const source = (e) => e.textContent.trim().slice(0, 60);
        for (const place of document.querySelectorAll('.math.notranslate')) {
            if (!place.querySelector('mjx-container')) problems.push(`formula is not typeset: ${source(place)}`);
        }
        for (const error of document.querySelectorAll('mjx-merror')) {
            problems.push(`formula has an error: ${error.getAttribute('data-mjx-error')} in ${source(error)}`);
        }
        document.querySelectorAll('mjx-container').forEach((formula, i) => {
            const heard = formula.querySelector('mjx-assistive-mml > math');
            const label = formula.getAttribute('aria-label') || heard?.textContent.trim();
            const name = `formula ${i + 1} (${source(formula.closest('p, li, div') ?? formula)})`;
            if (!label || heard?.closest('[aria-hidden="true"]')) problems.push(`${name} has no label`);
            const seen = formula.querySelector('mjx-math');
            if (heard && seen?.getAttribute('aria-hidden') !== 'true') problems.push(`${name} is heard twice`);
            const colour = (e) => getComputedStyle(e).color;
            if (seen && colour(seen) !== colour(formula.parentElement)) problems.push(`${name} has its own colour`);
        });
        return problems;
    }""")


def axe(page, **options):
    """What axe finds on a page of which one of many like tokens and formulas is left."""
    page.evaluate(THIN)
    page.evaluate(AXE_SCRIPT)
    options |= {"resultTypes": ["violations"], "preload": False}  # a page from disk may not fetch its style sheets
    violations = page.evaluate("options => axe.run(document, options).then(r => r.violations)", options)
    return [f"axe: {v['id']} ({v['impact']}): {n['html'][:200]}" for v in violations for n in v["nodes"][:3]]


def passes_axe(page):
    """Axe finds no violation. Comes last: it thins the page."""
    return axe(page)


def has_colours_that_can_be_told_apart(page):
    """Nor by those of axe's rules that ask for colours, the only ones that another colour mode can break."""
    return axe(page, runOnly={"type": "rule", "values": ["color-contrast", "link-in-text-block"]})
