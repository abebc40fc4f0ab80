"""Pictures of a figure that moves: drawn in advance, encoded small, and put on a page with their script."""

import base64
import html
import io
import json
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from deepbook.page._digest import digest, pack
from deepbook.page.plots import phone_text

MAX_FRAMES = 64
MAX_BYTES = 300_000
FILES = {  # style and script of each kind of figure, in the package
    "db-figure": (("page/interact.css",), ("page/interact.js",)),
    "db-live": (
        ("page/interact.css", "live_figures/live.css"),
        ("live_figures/live_helpers.js", "live_figures/live_marks.js", "live_figures/live.js"),
    ),
}
CODE = re.compile(r"(?s)(?<=>)<style>.*?</style>|(?<=</script>)<script>.*</script>")  # no text holds "</"
Draw = Callable[..., tuple[Figure, str]]


def picture(draw: Draw, *arguments: Any, dpi: int = 100, **values: Any) -> tuple[Image.Image, str]:
    """One frame as an image, with its alt text."""
    drawn = draw(*arguments, **values)
    if not (isinstance(drawn, tuple) and isinstance(drawn[0], Figure) and isinstance(drawn[1], str)):
        raise TypeError(f"draw: it returned {type(drawn).__name__}, expected (figure, alt text)")
    figure, alt = drawn
    if len(alt) < 20:
        raise ValueError(f"draw: got the alt text {alt!r}, expected a sentence that tells what the picture shows")
    if any(axis.get_aspect() != "auto" for axis in figure.axes):
        figure.draw_without_rendering()  # the layout of axes of a fixed shape settles in the second round
    image = rendered(figure, dpi=dpi)
    text, shown = phone_text(figure, drawn=True), digest(figure, most=2, blocks=2)
    plt.close(figure)
    image.info |= {"phone_text": text, "digest": shown}
    return image, alt


def rendered(figure: Figure, *, dpi: int) -> Image.Image:
    """The figure as an image.

    With the environment's DEEPBOOK_PICTURES=0, as when notebooks are tested, it is only laid out, and the image has one
    pixel: a re-run is compared by what a figure shows, not by its pixels.
    """
    if os.environ.get("DEEPBOOK_PICTURES", "1") == "0":
        own, figure.dpi = figure.dpi, dpi  # as savefig does: the place of an annotation depends on it
        figure.draw_without_rendering()
        figure.dpi = own
        return Image.new("RGB", (1, 1))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white", pil_kwargs={"compress_level": 1})
    return Image.open(buffer).convert("RGB")


def page(
    kind: str,
    name: str,
    calls: Sequence[Callable[[], tuple[Image.Image, str]]],
    controls: Sequence[dict[str, Any]],
    *,
    after: str,
    before: str = "",
    start: int = 0,
    photo: bool = False,
    **more: Any,
) -> tuple[str, str]:
    """A figure that moves: its HTML (first picture, controls, all frames, script), and what its frames show.

    Args:
        kind: "explore", "animate", "stepper" or "predict".
        name: of the function that draws; the id comes from it.
        calls: each draws one frame.
        controls: name and labels of each control; the last one changes fastest from frame to frame.
        after: HTML below the picture.
        before: HTML above it.
        start: the frame shown first.
        photo: the pictures keep their colours in dark mode.
        **more: what the script needs besides.
    """
    alts, jobs, texts, shown = [], [], [], []
    with ThreadPoolExecutor(2) as pool:  # a frame is encoded while the next ones are drawn
        for call in calls:
            image, alt = call()
            alts.append(alt)
            texts.append(image.info["phone_text"])
            shown.append(image.info["digest"])
            jobs.append(pool.submit(encode, image))
    frames = [
        f"data:image/{form};base64,{base64.b64encode(data).decode()}" for data, form in (j.result() for j in jobs)
    ]
    size = sum(map(len, frames))
    if size > MAX_BYTES:
        raise ValueError(
            f"{kind}: {len(frames)} frames take {size:,} bytes, at most {MAX_BYTES:,} are allowed: "
            "use fewer of them, or draw less in a frame (fewer points, smaller dpi)"
        )
    smallest = min(min(texts), 99.0)  # pixels on a phone, for `make check`
    record = {"kind": kind, "controls": controls, "text": round(smallest, 1), "alts": alts, "frames": frames} | more
    text = json.dumps(record, ensure_ascii=False).replace("</", r"<\/")  # no text can end the script element
    as_is = ' class="as-is"' if photo else ""
    first = f'<img{as_is} src="{frames[start]}" alt="{html.escape(alts[start])}">'
    markup = (
        f'<div class="db-figure db-{kind}" id="{figure_id(name)}">'
        f"{before}{first}{after}"
        '<p class="db-note">The controls need JavaScript; without it the picture stands still.</p>'
        '<p class="db-hidden" aria-live="polite"></p>'
        f'<script type="application/json">{text}</script></div>'
    )
    return with_code(markup), pack(shown)


def figure_kind(markup: str) -> str | None:
    """The class of the figure that the HTML holds: "db-figure" for stored frames, "db-live" for one that learns."""
    found = re.search(r'class="(db-figure|db-live)\b', markup)
    return found[1] if found else None


def without_code(markup: str) -> str:
    """A figure's HTML without style and script, for a page that has them once (`interact.css`, `interact.js`)."""
    return CODE.sub("", markup)


def with_code(markup: str) -> str:
    """A figure's HTML with today's style and script, whichever it had.

    Each figure brings its own: Colab gives each output a frame of its own, other notebooks draw an output only when it
    is looked at, and any cell may be run, copied or cleared alone. No figure can rely on another one's.
    """
    names = FILES[figure_kind(markup) or "db-figure"]
    package = resources.files("deepbook")
    style, script = (" ".join(one_line((package / name).read_text()) for name in group) for group in names)
    head, tail = without_code(markup).split(">", 1)
    return f"{head}><style>{style}</style>{tail.removesuffix('</div>')}<script>{script}</script></div>"


def one_line(code: str) -> str:
    """Code without line breaks, indentation and comments, which begin with `//` and a blank.

    Example:
        >>> one_line("a = 1; // one\\n// two\\n  b = 2;")
        'a = 1; b = 2;'
    """
    lines = (re.sub(r"(^|\s)// .*", "", line).strip() for line in code.splitlines())
    return " ".join(filter(None, lines))


def figure_id(name: str) -> str:
    """The id of a figure on its page, from the name of the function that draws it."""
    return "fig-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def encode(picture: Image.Image) -> tuple[bytes, str]:
    """The smallest of a palette PNG, a lossless and a lossy WebP, and which; the same picture gives the same bytes."""
    few = palette(picture)
    settings = [("webp", picture, {"quality": 82, "method": 4})]
    if few is not None:
        settings += [
            ("png", few, {"optimize": True}),
            ("webp", few.convert("RGB"), {"lossless": True, "method": 4, "quality": 100}),
        ]
    files = []
    for kind, image, options in settings:
        file = io.BytesIO()
        image.save(file, kind, **options)
        files.append((file.getvalue(), kind))
    return min(files, key=lambda pair: len(pair[0]))


def palette(picture: Image.Image) -> Image.Image | None:
    """The picture in the fewest colours that keep 97 % of the pixels within 6 levels of 255 and
    all but 1 in 2,000 within 24, or None."""
    exact = np.asarray(picture, np.int16)
    for colours in (32, 48, 64, 128, 256):
        few = picture.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        error = np.abs(np.asarray(few.convert("RGB"), np.int16) - exact).max(-1)
        wrong = (error > 24).mean()
        if wrong <= 5e-4 and (error > 6).mean() <= 0.03:
            return few
        if wrong > 0.2:  # a photograph
            break
    return None
