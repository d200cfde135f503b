"""The built site, as a reader's browser sees it: offline, accessible, readable on a phone and in the dark."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

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
# Besides tables and code, which scroll by themselves, nothing may be wider than a phone.
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=arguments)
        yield opened
        opened.close()


class Visit:
    """A page that refuses every request that is not for a local file, and remembers it."""

    def __init__(self, page: Page, site: Path) -> None:
        self.page, self._site = page, site
        self.refused: list[str] = []
        self.errors: list[str] = []
        page.route(re.compile(".*"), self._route)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", self._failed)

    def open(self, name: str) -> Page:
        self.page.goto((self._site / f"{name}.html").as_uri())
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(300)
        return self.page

    def _route(self, route: Route) -> None:
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            self.refused.append(route.request.url)
            route.abort()

    def _failed(self, request: Request) -> None:
        self.errors.append(f"missing: {request.url}")


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
    assert page.evaluate(_CUT_OFF) == []


# Elements that stick out of the screen although none of their ancestors scrolls.
_CUT_OFF = """
() => [...document.querySelectorAll('main *')].filter(element => {
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.right <= window.innerWidth + 1) return false;
  if (element.closest('svg, mjx-container, .visually-hidden, .sr-only')) return false;
  for (let up = element; up; up = up.parentElement)
    if (['auto', 'scroll'].includes(getComputedStyle(up).overflowX)) return false;
  return true;
}).map(element => element.outerHTML.slice(0, 120))
"""


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
def test_formulas_are_typeset(visit: Visit, slug: str) -> None:
    page = visit.open(f"notebooks/{slug}")
    assert page.locator("mjx-container").count() >= 1
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
