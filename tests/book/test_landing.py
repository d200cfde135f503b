"""The pages around the thirty experiments, as a reader's browser sees them: short, light, narrowed by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from bench import limits
from browsing import CUT_OFF, PHONE, Visit
from lab.report import catalogue

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PAGES = ["index", "decisions", "at-scale"]
COUNT = len(catalogue.slugs())
_UNFOLD = "document.querySelectorAll('details').forEach(fold => { fold.open = true })"


@pytest.fixture
def visit(browser: Browser, thirty_site: Path, request: pytest.FixtureRequest) -> Iterator[Visit]:
    context = browser.new_context(**getattr(request, "param", {"viewport": {"width": 1280, "height": 900}}))
    yield Visit(context.new_page(), thirty_site)
    context.close()


def test_the_landing_page_is_light_and_short(visit: Visit) -> None:
    page = visit.open("index")
    assert page.locator("tr[data-item]").count() == COUNT
    assert limits.LANDING_WEIGHT.holds(visit.weight)
    assert visit.weight
    assert page.get_by_text("outside the spread of earlier runs").is_visible()
    assert limits.LANDING_LENGTH.holds(page.evaluate("document.documentElement.scrollHeight"))


@pytest.mark.parametrize("name", PAGES)
def test_nothing_comes_from_elsewhere(visit: Visit, name: str) -> None:
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
def test_a_phone_shows_cards_and_does_not_scroll_sideways(visit: Visit, name: str) -> None:
    page = visit.open(name)
    page.evaluate(_UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.evaluate(CUT_OFF) == []
    tables = page.locator(".lab-scoreboard, .lab-models")
    assert [
        tables.nth(place).evaluate("box => box.scrollWidth - box.clientWidth")
        for place in range(tables.count())
    ] in (
        [],
        [0],
    )


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_every_control(visit: Visit, name: str) -> None:
    page = visit.open(name)
    wanted = page.evaluate(_CONTROLS)
    reached = set()
    for _ in range(wanted + 80):  # those of the frame come before and after
        page.keyboard.press("Tab")
        reached.add(page.evaluate(_FOCUSED))
    assert len(reached - {None}) == wanted


_CONTROLS = """() => {
  const found = [...document.querySelectorAll('article :is(a[href], select, input, summary)')]
    .filter(element => element.checkVisibility() && !element.matches('.headerlink'));
  found.forEach((element, place) => { element.dataset.place = place });
  return found.length;
}"""
_FOCUSED = "() => document.activeElement?.dataset.place ?? null"


def _shown(page: Page, items: str) -> int:
    return page.locator(f'[data-item="{items}"]:visible').count()


def test_the_scoreboard_is_narrowed_by_verdict_and_theme(visit: Visit) -> None:
    page = visit.open("index")
    said = page.locator(".lab-filter output")
    assert said.inner_text() == f"{COUNT} of {COUNT} experiments"
    verdict, theme = page.get_by_label("Verdict"), page.get_by_label("Theme")
    verdict.focus()
    page.keyboard.press("f")  # of the verdicts only "fail" begins so
    assert said.inner_text() == f"1 of {COUNT} experiments"
    assert _shown(page, "scoreboard") == 1
    assert page.locator(".lab-group:visible").count() == 1
    theme.select_option("Features, models and privacy")  # where none has failed
    assert said.inner_text() == f"0 of {COUNT} experiments"
    verdict.focus()
    page.keyboard.press("Home")
    assert _shown(page, "scoreboard") == 4


def test_the_decision_index_is_narrowed_as_one_types(visit: Visit) -> None:
    page = visit.open("decisions")
    whole = _shown(page, "decisions")
    field, said = page.get_by_label("Words in question or answer"), page.locator(".lab-filter output")
    question = page.locator("dt").first.inner_text()
    field.focus()
    page.keyboard.type(question.upper())
    assert 0 < _shown(page, "decisions") < whole
    assert said.inner_text() == f"{_shown(page, 'decisions')} of {whole} questions"
    field.fill("no such word")
    assert page.locator("article h2:visible, .lab-asked:visible").count() == 0
    page.keyboard.press("Enter")  # which must not send the page away
    field.fill("")
    assert _shown(page, "decisions") == whole


@pytest.mark.parametrize("visit", [{"java_script_enabled": False}], indirect=True, ids=["without scripts"])
def test_without_scripts_everything_is_shown(visit: Visit) -> None:
    page = visit.open("index")
    assert _shown(page, "scoreboard") == COUNT
    assert not page.locator(".lab-filter").is_visible()


def test_icons_are_drawn(visit: Visit) -> None:
    page = visit.open("index")
    icons = page.locator(".fa-solid:visible")
    assert icons.count() >= 3
    for place in range(icons.count()):
        assert "data:image/svg" in icons.nth(place).evaluate("icon => getComputedStyle(icon).maskImage")


def test_search_is_typed_on_any_page_and_finds_others(visit: Visit) -> None:
    page = visit.open("index")
    page.keyboard.press("Control+k")
    page.keyboard.type("partition")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=partition*")
    page.locator("#search-results li a", has_text="Decision index").first.wait_for()
