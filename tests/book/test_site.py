"""The built site, as a reader's browser sees it: offline, accessible, readable on a phone and in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from browsing import CUT_OFF, PHONE, Visit
from lab.evidence.record import Record
from lab.report import catalogue
from lab.runner.execute import Run

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
DESKTOP = {"width": 1280, "height": 900}
LONGEST = 12_000  # px of an experiment's page on a desktop, all folded


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
    page = visit.open(name)
    page.evaluate(_UNFOLD)
    found = Axe().run(page).response["violations"]
    assert not found, [(item["id"], [node["html"][:200] for node in item["nodes"][:3]]) for item in found]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("visit", [{"viewport": PHONE}], indirect=True, ids=["phone"])
def test_a_phone_need_not_scroll_sideways(visit: Visit, name: str) -> None:
    page = visit.open(name)
    page.evaluate(_UNFOLD)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    assert page.evaluate(CUT_OFF) == []


_UNFOLD = "document.querySelectorAll('details.lab-fold').forEach(fold => { fold.open = true })"


@pytest.fixture
def answers(slug: str, small_runs: dict[str, Run]) -> Record:
    """The record behind the page of `slug`, once it has been run."""
    made = small_runs[slug].record
    if not made["summary"]:
        pytest.skip(f"{slug} was not run: it is a skeleton")
    return made


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_the_finding_and_its_picture_are_on_the_first_screen(
    visit: Visit, slug: str, answers: Record
) -> None:
    page = visit.open(f"notebooks/{slug}")
    for (width, height), parts in FIRST_SCREEN.items():
        page.set_viewport_size({"width": width, "height": height})
        ends = {part: _bottom(page, part) for part in parts}
        assert {part: end for part, end in ends.items() if end > height} == {}, f"at {width} x {height}"


FIRST_SCREEN = {
    (1280, 900): [
        "article h1",
        ".lab-verdict",
        ".lab-answer",
        ".lab-box figcaption",
        ".lab-box [role=img]:visible",
    ],
    (390, 844): ["article h1", ".lab-verdict", ".lab-answer"],
}


def _bottom(page: Page, part: str) -> float:
    box = page.locator(part).first.bounding_box()
    assert box, part
    return box["y"] + box["height"]


@pytest.mark.parametrize("slug", catalogue.slugs())
@pytest.mark.parametrize("visit", [{"viewport": DESKTOP}], indirect=True, ids=["desktop"])
def test_a_page_is_not_long(visit: Visit, slug: str, answers: Record) -> None:
    page = visit.open(f"notebooks/{slug}")
    assert page.evaluate("document.documentElement.scrollHeight") <= LONGEST


@pytest.mark.parametrize("slug", catalogue.slugs())
@pytest.mark.parametrize("visit", [{"viewport": PHONE}], indirect=True, ids=["phone"])
def test_on_a_phone_only_code_scrolls_sideways(visit: Visit, slug: str, answers: Record) -> None:
    page = visit.open(f"notebooks/{slug}")
    page.evaluate(_UNFOLD)
    assert page.evaluate(_SCROLLS) == []


_SCROLLS = """
() => [...document.querySelectorAll('main *')].filter(element =>
  element.scrollWidth > element.clientWidth + 1 && !element.closest('pre, .lab-formula')
  && !element.querySelector(':scope > pre')
  && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX)
).map(element => element.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_what_is_folded_unfolds_by_keyboard(visit: Visit, slug: str) -> None:
    page = visit.open(f"notebooks/{slug}")
    folds = page.locator("details.lab-fold")
    assert folds.count() >= 3  # criteria and controls, parameters, imports
    for place in range(folds.count()):
        assert folds.nth(place).get_attribute("open") is None
        folds.nth(place).locator("summary").focus()
        page.keyboard.press("Enter")
        assert folds.nth(place).get_attribute("open") is not None


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_the_answer_is_said_once(visit: Visit, slug: str, small_runs: dict[str, Run]) -> None:
    summary = small_runs[slug].record["summary"]
    words = visit.open(f"notebooks/{slug}").locator("main").inner_text()
    assert words.count(re.sub(r"[`*]", "", summary["answer"])) == 1
    for decision in summary["decisions"]:
        assert words.count(re.sub(r"[`*]", "", decision["answer"])) == 1, decision["question"]


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
