"""Print the book to one PDF: every page of the site through Chromium, in the order of the table of contents."""

import shutil
import sys
import tempfile
from pathlib import Path

import yaml
from build_site import build
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "_build" / "deep-learning-you-can-run.pdf"
FOOTER = (
    '<div style="font: 8px sans-serif; width: 100%; text-align: center; color: #555">'
    '<span class="title"></span> &nbsp;·&nbsp; <span class="pageNumber"></span></div>'
)


def pages() -> list[str]:
    """The pages in order, as _toc.yml lists them."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]


def main() -> None:
    """Build the site, print each page, join them with an outline."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is missing. On Debian and Ubuntu: apt-get install chromium")
    site = build()
    writer = PdfWriter()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        window = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, headless=True, color_scheme="light",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )  # fmt: skip
        for name in pages():
            page = window.new_page()
            page.goto((site / f"{name}.html").as_uri())
            page.evaluate("window.MathJax && MathJax.startup.promise")
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false; })")
            sheet = Path(profile) / "page.pdf"
            page.pdf(
                path=sheet, format="A4", margin={"top": "18mm", "bottom": "18mm", "left": "20mm", "right": "20mm"},
                display_header_footer=True, header_template="<span></span>", footer_template=FOOTER,
            )  # fmt: skip
            first = len(writer.pages)
            for sheet_page in PdfReader(sheet).pages:
                writer.add_page(sheet_page)
            writer.add_outline_item(title=page.title().split(" — ")[0], page_number=first)
            page.close()
        window.close()
    writer.add_metadata({"/Title": "Deep Learning You Can Run"})
    writer.write(TARGET)
    print(f"{len(writer.pages)} pages. Open {TARGET}")


if __name__ == "__main__":
    main()
