"""The page in a real browser, by keyboard alone; and what a screen reader would miss."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from browsers import WIDTHS
from lab.experiments.data_catalog import KIT, Dataset, Field, open_catalog
from lab.services.webapp import web_app

pytestmark = pytest.mark.service
PEOPLE = ("José Núñez", "Łucja Ødegård")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("page") / "c.db"
    catalog = open_catalog(str(path))
    catalog.put(
        Dataset(
            id=f"econ/wage {number}",
            name=f"wage{number}",
            owner=PEOPLE[number % 2],
            updated=date(2025, 1, 1 + number),
            title="Wages <in> a year",
            source="econ",
            fields=(Field(name="a_very_long_name_of_a_field_that_does_not_fit_" * 2, type="number"),),
        )
        for number in range(25)
    )
    catalog.close()
    with web_app("catalog.app:app", KIT, "/health", {"DATABASE_URL": str(path)}) as app:
        yield app.url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def _focused(page: Page) -> None:
    """Wait for the field's focus: a browser gives it some time after it has loaded the page, and takes it from elsewhere."""
    page.wait_for_function("document.activeElement.name === 'q'")


def _tab_to(page: Page, text: str) -> None:
    """Press Tab until the element with this text has the focus, as somebody without a mouse does."""
    _focused(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if text in str(page.evaluate("document.activeElement.textContent")):
            return
    raise AssertionError(f"{text!r} can't be reached by Tab")


def test_search_narrow_turn_the_page_and_open_a_dataset_by_keyboard_alone(page: Page, url: str) -> None:
    page.goto(url)
    _focused(page)
    page.keyboard.type("wgae")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=wgae")
    assert "25 datasets, with words one typing error away" in page.inner_text("h2 >> nth=0")
    _tab_to(page, "Łucja Ødegård")
    page.keyboard.press("Enter")
    page.wait_for_url("**owner=**")
    assert page.inner_text("h2 >> nth=0").startswith("12 datasets")
    _tab_to(page, "Next")
    page.keyboard.press("Enter")
    page.wait_for_url("**offset=10**")
    assert page.locator("ol > li").count() == 2 and page.get_attribute("ol", "start") == "11"
    _tab_to(page, "wage")
    page.keyboard.press("Enter")
    page.wait_for_url("**/show/econ/wage%20**")
    assert "a_very_long_name" in page.inner_text("main")


def test_a_filter_can_be_taken_off_again_by_keyboard(page: Page, url: str) -> None:
    page.goto(f"{url}/?q=wage&owner=nobody")
    assert "0 datasets" in page.inner_text("h2 >> nth=0")
    _tab_to(page, "owner: nobody (remove)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=wage")
    assert page.locator("ol > li").count() == 10


def test_the_focus_is_seen_and_the_results_can_be_skipped_to(page: Page, url: str) -> None:
    page.goto(f"{url}/?q=wage")
    _focused(page)
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/", "/?q=wage&owner=nobody", "/?q=wgae", "/show/econ/wage 1"])
def test_no_page_is_wider_than_its_screen_or_breaks_a_rule_of_accessibility(
    page: Page, url: str, path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []


def test_the_page_asks_nobody_else(page: Page, url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}/?q=wage")
    assert asked and all(one.startswith(url) for one in asked)
