"""A small site as one PDF: an entry for each page, sheets numbered through, links that lead to the right sheet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import Browser

from lab.errors import LabError
from lab.report import pdf
from lab.report.stage import BOOK

pytestmark = pytest.mark.browser
PAGES = [
    ("", "index"),
    ("Streams", "themes/streams"),
    ("Streams", "notebooks/lag"),
    ("Reference", "glossary"),
]
PAGE = """<html lang="en"><head><link rel="stylesheet" href="{up}print.css"></head><body><article>
<h1>The {name}<a class="headerlink" href="#there">#</a></h1>
<p><a href="{up}glossary.html">glossary</a> <a href="{up}glossary.html#there">defined</a>
<a href="{up}glossary.html#nowhere">lost</a> <a href="#there">there</a> <a href="https://example.org/">out</a>
<a href="{up}data.csv">data</a></p><div style="height: 1500px">tall</div>
<h2 id="there">There</h2><details class="lab-fold"><summary>More</summary><p>what is folded in {name}</p></details>
</article></body></html>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pages of two sheets each, laid out by the book's own rules for print."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(BOOK / "_static" / "print.css", folder)
    for _, name in PAGES:
        path = folder / f"{name}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGE.format(name=name, up="../" * name.count("/")))
    return folder


@pytest.fixture(scope="module")
def bound(browser: Browser, site: Path) -> pypdf.PdfReader:
    return pypdf.PdfReader(pdf.write(browser, site, site / "book.pdf", PAGES))


def _entries(outline: list[Any]) -> Iterator[Any]:
    """The entries of an outline that have none below them."""
    for one, following in zip(outline, [*outline[1:], None], strict=True):
        if isinstance(one, list):
            yield from _entries(one)
        elif not isinstance(following, list):
            yield one


def _sheets(bound: pypdf.PdfReader, links: Any) -> list[int]:
    """Where links within the book lead, as places from 0."""
    places = {sheet.indirect_reference.idnum: place for place, sheet in enumerate(bound.pages)}
    return [places[link["/Dest"][0].idnum] for link in links if "/Dest" in link]


def _links(sheet: pypdf.PageObject) -> list[Any]:
    return [reference.get_object() for reference in sheet.annotations or ()]


def test_there_is_an_entry_for_each_page_below_its_part(bound: pypdf.PdfReader) -> None:
    contents, *entries = _entries(bound.outline)
    assert contents.title == "Contents"
    assert [entry.title for entry in entries] == [f"The {name}" for _, name in PAGES]
    assert [bound.get_destination_page_number(entry) for entry in entries] == [1, 3, 5, 7]
    assert [entry.title for entry in bound.outline if not isinstance(entry, list)][2:] == [
        "Streams",
        "Reference",
    ]


def test_the_contents_name_each_page_with_its_sheet_and_lead_there(bound: pypdf.PdfReader) -> None:
    assert _sheets(bound, _links(bound.pages[0])) == [1, 3, 5, 7]
    text = bound.pages[0].extract_text()
    assert [f"The {name} {first}" in text for (_, name), first in zip(PAGES, (2, 4, 6, 8), strict=True)] == [
        True
    ] * 4


def test_sheets_are_a4_numbered_through_and_show_what_is_folded(bound: pypdf.PdfReader) -> None:
    assert len(bound.pages) == 1 + 2 * len(PAGES)
    for number, sheet in enumerate(bound.pages, 1):
        assert [round(float(side)) for side in sheet.mediabox[2:]] == [595, 842]
        if number > 1:
            assert str(number) in sheet.extract_text().splitlines()
    for place, (_, name) in enumerate(PAGES):
        assert f"what is folded in {name}" in bound.pages[2 + 2 * place].extract_text()


def test_links_stay_within_the_book_and_lead_to_their_place(bound: pypdf.PdfReader) -> None:
    for first in (1, 3, 5, 7):
        links = _links(bound.pages[first])
        # The glossary, a place on its second sheet, one that it does not have; the place on the page itself.
        lost = [7] if first != 7 else []  # on the glossary itself such a link is none
        assert _sheets(bound, links) == [7, 8, *lost, first + 1]
        assert [pdf.uri(link) for link in links if pdf.uri(link)] == [
            "https://example.org/"
        ]  # no file of this machine


def test_a_page_that_is_not_built_is_named(browser: Browser, site: Path, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"no page missing\. Run: make book"):
        pdf.write(browser, site, tmp_path / "book.pdf", [("", "missing")])
