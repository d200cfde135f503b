"""The book as one PDF: every built page printed on A4 in the book's order, contents before them, links kept within."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from lab.errors import LabError, SetupError
from lab.files import write_atomically
from lab.progress import steps
from lab.report import stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pypdf import PdfReader, PdfWriter

NAME, TITLE = "measured-data-engineering.pdf", "Measured Data Engineering"
_STYLE = (
    "body{font:10pt/1.5 system-ui,sans-serif}h1{font-size:20pt}h2{font-size:11pt;margin:1em 0 .2em;break-after:avoid}"
    "a{color:inherit;text-decoration:none;display:flex;justify-content:space-between;gap:.5em}"
    # As wide without a number: the contents' sheets are counted before the numbers are known.
    "a::after{content:attr(data-number);flex:0 0 4em;text-align:right}"
    "@page{size:A4;margin:20mm}"
)


# What is folded is laid open. Of the places on a page Chromium notes those to which a link of the same page leads.
_PREPARE = """() => {
  document.querySelectorAll('details').forEach(fold => { fold.open = true });
  document.querySelectorAll('article [id]:not(svg *)').forEach(place => {
    document.body.append(Object.assign(document.createElement('a'), { href: '#' + encodeURIComponent(place.id), hidden: true }));
  });
}"""

Place = tuple[int, list[Any]]  # a sheet of the book, from 0, and what of it a PDF reader shows; [] for all


@dataclass(frozen=True)
class Chapter:
    """A page of the book as it was printed. first: the number of its first sheet, from 1."""

    part: str
    file: str
    title: str
    printed: PdfReader
    first: int


def write(browser: Browser, site: Path, target: Path, pages: Sequence[tuple[str, str]] = ()) -> Path:
    """Print `pages` (part, file; by default all of the book) of the built `site` into `target`.

    LabError if one of them is not there, SetupError if what joins them is not.
    """
    if find_spec("pypdf") is None:
        raise SetupError("pypdf is not installed; it comes with the tests' packages. Run: make dev")
    wanted = list(pages or stage.pages())
    missing = [file for _, file in wanted if not (site / f"{file}.html").exists()]
    if missing:
        raise LabError(f"{site} has no page {missing[0]}. Run: make book")
    page = browser.new_page(color_scheme="light")
    titles = [_title(page, site / f"{file}.html") for _, file in wanted]
    draft = [(part, file, title, 0) for (part, file), title in zip(wanted, titles, strict=True)]
    sheets = len(_contents(page, draft).pages)
    chapters: list[Chapter] = []
    with steps(len(draft)) as work:
        for part, file, title, _ in draft:
            work.next(file)
            printed = _printed(page, site / f"{file}.html", sheets)
            chapters.append(Chapter(part, file, title, printed, sheets + 1))
            sheets += len(printed.pages)
    contents = _contents(page, [(each.part, each.file, each.title, each.first) for each in chapters])
    page.close()
    whole = BytesIO()
    _bound(contents, chapters, site).write(whole)
    return write_atomically(target, whole.getvalue())


def _title(page: Page, path: Path) -> str:
    page.goto(path.as_uri())
    return page.locator("article h1").first.evaluate("title => title.firstChild.textContent.trim()")


def _printed(page: Page, path: Path, before: int) -> PdfReader:
    """One page's sheets, numbered from `before` + 1."""
    page.goto(path.as_uri())
    page.wait_for_load_state("load")
    page.evaluate(_PREPARE)
    page.add_style_tag(
        content=f"@page{{@bottom-center{{content:counter(page);font:8pt system-ui}}}} html{{counter-reset:page {before}}}"
    )
    return _pdf(page)


def _contents(page: Page, lines: Sequence[tuple[str, str, str, int]]) -> PdfReader:
    """The sheets that list every page by part, with the number of its first sheet."""
    shown, last = [f"<h1>{TITLE}</h1>"], ""
    for part, file, title, number in lines:
        if part != last:
            shown.append(f"<h2>{html.escape(part)}</h2>")
            last = part
        shown.append(f'<a href="book:{file}" data-number="{number}">{html.escape(title)}</a>')
    page.set_content(f'<html lang="en"><title>Contents</title><style>{_STYLE}</style>{"".join(shown)}</html>')
    return _pdf(page)


def _pdf(page: Page) -> PdfReader:
    import pypdf

    made = pypdf.PdfReader(BytesIO(page.pdf(prefer_css_page_size=True, print_background=True, tagged=False)))
    _place_links(made)
    return made


def _place_links(printed: PdfReader) -> None:
    """Links within a page lead to a name, which other pages of the book have too: make them lead to the place."""
    from pypdf.generic import NameObject

    places = printed.named_destinations
    for sheet in printed.pages:
        for reference in sheet.annotations or ():
            link = reference.get_object()
            if "/Dest" in link and (place := places.get(str(link["/Dest"]))):
                link[NameObject("/Dest")] = place.dest_array


def _bound(contents: PdfReader, chapters: Sequence[Chapter], site: Path) -> PdfWriter:
    """All sheets, with an outline in which each chapter stands below its part."""
    import pypdf

    book = pypdf.PdfWriter()
    book.add_metadata({"/Title": TITLE})
    book.append(contents, outline_item="Contents", import_outline=False)
    parts: dict[str, Any] = {}
    for each in chapters:
        book.append(each.printed, import_outline=False)
        if each.part and each.part not in parts:
            parts[each.part] = book.add_outline_item(title=each.part, page_number=each.first - 1)
        book.add_outline_item(title=each.title, page_number=each.first - 1, parent=parts.get(each.part))
    _keep_links_within(book, site, _places(chapters))
    book.compress_identical_objects()  # every chapter has brought its fonts
    return book


def _places(chapters: Sequence[Chapter]) -> dict[str, Place]:
    """Where a link may lead: `file` for a page's first sheet, `file#name` for a place on it."""
    found: dict[str, Place] = {}
    for each in chapters:
        found[each.file] = each.first - 1, []
        for name, place in each.printed.named_destinations.items():
            sheet = each.printed.get_destination_page_number(place)
            found[f"{each.file}#{unquote(name[1:])}"] = each.first - 1 + (sheet or 0), place.dest_array[1:]
    return found


def _keep_links_within(book: PdfWriter, site: Path, places: Mapping[str, Place]) -> None:
    """Links to pages of the book lead to their sheets; those to other files of this machine lead nowhere, so they go."""
    from pypdf.generic import ArrayObject, NameObject

    for sheet in book.pages:
        kept = ArrayObject()
        for reference in sheet.annotations or ():
            link = reference.get_object()
            target = _target(uri(link), site)
            place = None if target is None else places.get(target) or places.get(target.partition("#")[0])
            if target is not None and place is None:
                continue
            if place is not None:
                del link["/A"]
                number, view = place
                where = book.pages[number].indirect_reference
                link[NameObject("/Dest")] = ArrayObject([where, *(view or [NameObject("/Fit")])])
            kept.append(reference)
        sheet[NameObject("/Annots")] = kept


def uri(link: Mapping[str, Any]) -> str:
    """What a link of a PDF names; "" if it leads to a place within."""
    if "/A" not in link or "/URI" not in link["/A"]:
        return ""
    return str(link["/A"]["/URI"])  # `get` would give references as they are


def _target(named: str, site: Path) -> str | None:
    """The page of the book, or the place on it, that a link means; "" for another file of this machine, None for the web."""
    parsed = urlparse(named)
    if parsed.scheme == "book":
        return parsed.path
    if parsed.scheme != "file":
        return None
    path = Path(unquote(parsed.path))
    if not path.is_relative_to(site):
        return ""
    page = path.relative_to(site).with_suffix("").as_posix()
    return f"{page}#{unquote(parsed.fragment)}" if parsed.fragment else page
