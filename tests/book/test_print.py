"""The book on paper: nothing is cut at the edge of an A4 sheet, what is folded is laid open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from lab.report import stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SHEET = {"width": 695, "height": 1000}  # px: A4 within its margins
PAGES = [file for _, file in stage.pages()]


@pytest.fixture
def sheet(browser: Browser, built_site: Path, name: str) -> Iterator[Page]:
    """The page `name` as it is laid out for print."""
    context = browser.new_context(viewport=SHEET)
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto((built_site / f"{name}.html").as_uri())
    page.wait_for_load_state("load")
    yield page
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_at_the_edge_of_a_sheet(sheet: Page, name: str) -> None:
    assert sheet.evaluate(_CUT) == []
    assert sheet.evaluate("document.documentElement.scrollWidth") <= SHEET["width"]


# On paper nothing scrolls: what is wider than its place, or than the sheet, is lost.
_CUT = """
() => [...document.querySelectorAll('article, article *')].filter(element => {
  if (!element.checkVisibility() || element.closest('svg, math, .visually-hidden, .sr-only')) return false;
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const hides = style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1;
  return box.right > window.innerWidth + 1 || hides;
}).map(element => element.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("notebooks/")])
def test_what_is_folded_is_laid_open(sheet: Page, name: str) -> None:
    folds = sheet.locator("details.lab-fold")
    assert folds.count() >= 3
    heights = [folds.nth(place).evaluate(_SHOWN) for place in range(folds.count())]
    assert min(heights) > 0


_SHOWN = "fold => Math.max(...[...fold.children].slice(1).map(child => child.getBoundingClientRect().height))"


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("sweeps/")])
def test_all_runs_of_a_sweep_are_there_and_none_is_to_be_chosen(sheet: Page, name: str) -> None:
    assert sheet.locator("[data-point]:visible").count() == sheet.locator("[data-point]").count() >= 2
    assert not sheet.locator(".lab-explorer").is_visible()
