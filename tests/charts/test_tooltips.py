"""A mark shows its values in a browser: to a mouse, to a finger, to the keyboard; and does no harm without scripts."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from browsers import unreadable
from lab.charts import alt
from lab.charts.figure import Figure

pytestmark = pytest.mark.browser
DATA = pd.DataFrame({"name": ["first", "second"], "seconds": [1.5, 3.0]})
SHOWN = ".lab-tip:not(:empty)"


def bars(width: int) -> Any:
    base = alt.Chart(DATA).encode(x=alt.X("seconds:Q", title="time, s"), y=alt.Y("name:N", title=None))
    return (base.mark_bar() + base.mark_point(color="black")).properties(width=width, height=120)


def visit(browser: Browser, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    figure = Figure("The second takes 2 times as long", "Two bars.", bars, DATA)
    body = f"<h1>Bars</h1><p>Before</p>{figure.html('a')}{figure.html('b')}<p>After</p>"
    page.set_content(f'<html lang="en"><title>Bars</title><body><main>{body}</main></body></html>')
    return page


def marks(page: Page, figure: str = "a") -> Any:
    return page.locator(f"#figure-{figure} [role=img]:visible [data-tip]")


def test_hovering_shows_the_values_and_leaving_hides_them(browser: Browser) -> None:
    page = visit(browser)
    marks(page).nth(1).hover(force=True)
    assert page.locator(SHOWN).inner_text() == "time, s: 3\nname: second"
    assert page.locator(".lab-on").count() == 1
    page.get_by_text("Before").hover()
    assert page.locator(f"{SHOWN}, .lab-on").count() == 0


def test_a_tap_shows_the_values_on_a_phone_and_one_elsewhere_hides_them(browser: Browser) -> None:
    page = visit(browser, viewport={"width": 390, "height": 844}, has_touch=True)
    marks(page).first.tap(force=True)
    assert "first" in page.locator(SHOWN).inner_text()
    box, frame = page.locator(SHOWN).bounding_box(), page.locator("#figure-a").bounding_box()
    assert box
    assert frame
    assert frame["x"] <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    page.get_by_text("After").tap()
    assert page.locator(SHOWN).count() == 0


def test_the_keyboard_reaches_every_mark_by_one_stop_for_each_figure(browser: Browser) -> None:
    page = visit(browser)
    page.keyboard.press("Tab")
    seen = [page.locator(SHOWN).inner_text()]
    for _ in range(marks(page).count()):
        page.keyboard.press("ArrowRight")
        seen.append(page.locator(SHOWN).inner_text())
    assert len(seen) == 5
    assert seen[0] == seen[-1]
    assert {text.splitlines()[1] for text in seen} == {"name: first", "name: second"}
    page.keyboard.press("Escape")
    assert page.locator(SHOWN).count() == 0
    page.keyboard.press("Tab")
    assert page.locator(f"#figure-b {SHOWN}").count() == 1
    assert page.locator(SHOWN).count() == 1


def test_values_are_said_to_those_who_hear_the_page_and_the_alternative_stays(browser: Browser) -> None:
    page = visit(browser)
    page.keyboard.press("Tab")
    assert page.locator(f"[role=status]{SHOWN}").count() == 1
    assert page.get_by_role("img", name="Two bars.").count() == 2
    assert Axe().run(page).response["violations"] == []


def test_without_scripts_the_drawing_stays_and_is_no_stop_for_the_keyboard(browser: Browser) -> None:
    page = visit(browser, java_script_enabled=False)
    assert page.locator("#figure-a svg:visible").count() == 1
    assert page.locator("[tabindex]").count() == 0


def test_texts_over_one_another_and_texts_cut_off_are_found(browser: Browser) -> None:
    page = browser.new_page()
    text = '<text x="{}" y="20">{}</text>'
    body = "".join(text.format(x, name) for x, name in ((10, "one"), (15, "two"), (190, "three")))
    page.set_content(
        f'<figure class="lab-figure" id="f"><svg width="200" height="40" viewBox="0 0 200 40">{body}</svg></figure>'
    )
    assert unreadable(page) == ["f: “three” is cut off", "f: “one” lies over “two”"]
