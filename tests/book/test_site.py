"""The built site, as a reader's browser sees it: offline, accessible, readable on a phone and in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import CUT_OFF, PHONE, Visit
from playwright.sync_api import Browser

from lab.report import catalogue

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PAGES = [
    "index",
    "method",
    "how-to-read",
    "decisions",
    "at-scale",
    "run-it-yourself",
    "add-an-experiment",
    "glossary",
    "references",
]
PAGES += [f"notebooks/{slug}" for slug in catalogue.slugs()]


@pytest.fixture
def visit(browser: Browser, built_site: Path, request: pytest.FixtureRequest) -> Iterator[Visit]:
    options = getattr(request, "param", {})
    context = browser.new_context(**options)
    yield Visit(context.new_page(), built_site)
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_needs_a_network(visit: Visit, name: str) -> None:
    visit.open(name)
    assert visit.refused == []
    assert visit.errors == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "visit", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"]
)
def test_axe_finds_no_violation(visit: Visit, name: str) -> None:
    found = Axe().run(visit.open(name)).response["violations"]
    assert not found, [(item["id"], [node["html"][:200] for node in item["nodes"][:3]]) for item in found]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("visit", [{"viewport": PHONE}], indirect=True, ids=["phone"])
def test_a_phone_need_not_scroll_sideways(visit: Visit, name: str) -> None:
    page = visit.open(name)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_a_page_shows_each_figure_once_at_each_width(visit: Visit, slug: str) -> None:
    page = visit.open(f"notebooks/{slug}")
    figures = page.locator("figure.lab-figure")
    assert figures.count() >= 2
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for place in range(figures.count()):
            drawings = figures.nth(place).locator("[role=img]:visible")
            assert drawings.count() == 1
            assert len(drawings.get_attribute("aria-label") or "") > 40
            assert len(figures.nth(place).locator("figcaption").inner_text()) > 20


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_an_experiments_page_is_light(visit: Visit, slug: str) -> None:
    visit.open(f"notebooks/{slug}")
    assert 0 < visit.weight <= 1_500_000


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_formulas_are_typeset(visit: Visit, slug: str) -> None:
    page = visit.open(f"notebooks/{slug}")
    assert page.locator("main math").count() >= 1
    assert "$$" not in page.locator("main").inner_text()


def test_every_local_link_leads_somewhere(built_site: Path) -> None:
    missing = []
    for path in built_site.rglob("*.html"):
        for target in re.findall(r'(?:href|src)="([^"#?]+)', path.read_text()):
            parsed = urlparse(target)
            if not parsed.scheme and not (path.parent / unquote(parsed.path)).exists():
                missing.append((path.name, target))
    assert not missing


def test_no_page_names_another_host_for_a_script_or_a_style(built_site: Path) -> None:
    outside = re.compile(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="https?://')
    assert not [path.name for path in built_site.rglob("*.html") if outside.search(path.read_text())]
