"""The built site, as a reader's browser sees it: offline, accessible, readable on a phone and in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from bench import limits
from browsing import CUT_OFF, PHONE, Visit
from lab.evidence import reproduction, sweeps
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
    "reproduction",
    "run-it-yourself",
    "add-an-experiment",
    "glossary",
    "references",
]
PAGES += [f"notebooks/{slug}" for slug in catalogue.slugs()]
PAGES += [f"sweeps/{path.stem}" for path in sorted(sweeps.FOLDER.glob("*.json"))]
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture
def visit(browser: Browser, built_site: Path, request: pytest.FixtureRequest) -> Iterator[Visit]:
    options = getattr(request, "param", {})
    context = browser.new_context(**options)
    yield Visit(context.new_page(), built_site)
    context.close()


@pytest.fixture(scope="module")
def slug(request: pytest.FixtureRequest) -> str:
    """Of the module's scope, so that the tests of one page come one after the other."""
    return str(request.param)


@pytest.fixture(scope="module")
def desk(browser: Browser, built_site: Path, slug: str) -> Iterator[Visit]:
    """The experiment's page on a desktop, opened once for all tests that change nothing but its size."""
    context = browser.new_context(viewport=DESKTOP)
    opened = Visit(context.new_page(), built_site)
    opened.open(f"notebooks/{slug}")
    yield opened
    context.close()


@contextmanager
def sized(page: Page, width: int, height: int) -> Iterator[None]:
    """The page in a window of that size, within the block."""
    page.set_viewport_size({"width": width, "height": height})
    try:
        yield
    finally:
        page.set_viewport_size(DESKTOP)


of_experiments = pytest.mark.parametrize("slug", catalogue.slugs(), indirect=True)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_needs_a_network(visit: Visit, name: str) -> None:
    visit.open(name)
    assert visit.refused == []
    assert visit.errors == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("visit", "rules"),
    [({"color_scheme": "light"}, None), ({"color_scheme": "dark"}, ("color-contrast", "link-in-text-block"))],
    indirect=["visit"],
    ids=["light", "dark"],
)
def test_axe_finds_no_violation(visit: Visit, name: str, rules: tuple[str, ...] | None) -> None:
    """All of its rules; in the dark those that look at colours, for nothing else changes."""
    page = visit.open(name)
    page.evaluate(_UNFOLD)
    chosen = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else None
    found = Axe().run(page, options=chosen).response["violations"]
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


@of_experiments
def test_the_finding_and_its_picture_are_on_the_first_screen(desk: Visit, slug: str, answers: Record) -> None:
    for (width, height), parts in FIRST_SCREEN.items():
        with sized(desk.page, width, height):
            ends = {part: _bottom(desk.page, part) for part in parts}
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


@of_experiments
def test_a_page_is_not_long(desk: Visit, slug: str, answers: Record) -> None:
    assert limits.PAGE_LENGTH.holds(desk.page.evaluate("document.documentElement.scrollHeight"))


@of_experiments
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


@of_experiments
def test_what_is_folded_unfolds_by_keyboard(visit: Visit, slug: str) -> None:
    page = visit.open(f"notebooks/{slug}")
    folds = page.locator("details.lab-fold")
    assert folds.count() >= 3  # criteria and controls, parameters, imports
    for place in range(folds.count()):
        assert folds.nth(place).get_attribute("open") is None
        folds.nth(place).locator("summary").focus()
        page.keyboard.press("Enter")
        assert folds.nth(place).get_attribute("open") is not None


@of_experiments
def test_the_answer_is_said_once(desk: Visit, slug: str, small_runs: dict[str, Run]) -> None:
    summary = small_runs[slug].record["summary"]
    words = desk.page.locator("main").inner_text()
    assert words.count(re.sub(r"[`*]", "", summary["answer"])) == 1
    for decision in summary["decisions"]:
        assert words.count(re.sub(r"[`*]", "", decision["answer"])) == 1, decision["question"]


@of_experiments
def test_a_page_shows_each_figure_once_at_each_width(desk: Visit, slug: str) -> None:
    figures = desk.page.locator("figure.lab-figure:not(details *)")
    assert figures.count() >= 2
    for width in (1280, 390):
        with sized(desk.page, width, 900):
            for place in range(figures.count()):
                drawings = figures.nth(place).locator("[role=img]:visible")
                assert drawings.count() == 1
                assert len(drawings.get_attribute("aria-label") or "") > 40
                assert len(figures.nth(place).locator("figcaption").inner_text()) > 20


@of_experiments
def test_an_experiments_page_is_light(desk: Visit, slug: str) -> None:
    assert desk.weight
    assert limits.PAGE_WEIGHT.holds(desk.weight)


@of_experiments
def test_formulas_are_typeset(desk: Visit, slug: str) -> None:
    assert desk.page.locator("main math").count() >= 1
    assert "$$" not in desk.page.locator("main").inner_text()


def test_the_drift_report_has_a_line_for_each_experiment_with_the_word_of_its_kept_run(visit: Visit) -> None:
    kept = [reproduction.kept(slug) for slug in catalogue.slugs()]
    lines = visit.open("reproduction").locator(".lab-reproduction > table > tbody > tr > td:nth-child(2)")
    words = [text.split(" ", 1)[1] for text in lines.all_inner_texts()]
    assert words == ([made.overall if made else "not run" for made in kept] if any(kept) else [])


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
