"""The form for a reader's own numbers: it answers, grades and says what is wrong; without scripts it is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from asrun import GOOD, MODEL, SUMMARY, page_of
from calculating import CALCULATOR, COUNTING
from lab.evidence.calculator import Calculator, as_data
from lab.report import tables
from lab.report.calculator import calculator
from samples import sample_record

TIME, STEPS, SAID = "[data-answer=time]", "[data-answer=steps]", "[role=status]"


def shown() -> str:
    return calculator(as_data(CALCULATOR))


def visit(browser: Browser, own: Calculator = CALCULATOR, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    body = f"<h1>Own</h1><p>Table</p>{calculator(as_data(own))}"
    page.set_content(f'<html lang="en"><title>Own</title><main>{body}</main></html>')
    return page


def typed(page: Page, **values: str) -> Page:
    for name, value in values.items():
        page.locator(f"[name={name}]").fill(value)
    return page


def test_a_model_without_a_calculator_shows_none() -> None:
    assert calculator(None) == ""


def test_the_form_is_hidden_until_its_script_runs_and_holds_no_blank_line() -> None:
    assert "<form" in shown()
    assert " hidden " in shown().partition(">")[0]
    assert "\n\n" not in shown()


def test_a_label_is_escaped_and_a_script_can_end_neither_itself_nor_the_page() -> None:
    assert "Rows &lt;of&gt; it" in shown()
    assert shown().count("</script>") == 1


def test_the_page_of_an_experiment_has_it_after_the_projection_and_the_notebook_has_not(
    tmp_path: Any,
) -> None:
    record = sample_record(GOOD, 0.2, SUMMARY, replace(MODEL, calculator=CALCULATOR))
    record["provenance"] |= {"machine": {"cpu": "Some CPU", "cores": 2, "memory_gib": 24}, "services": {}}
    page = page_of(tmp_path, record)
    assert page.index('aria-label="projection"') < page.index("lab-calculator") < page.index("Salt it.")
    del record["model"]["calculator"]  # as a record of before there were any
    assert "lab-calculator" not in page_of(tmp_path, record)


@pytest.mark.browser
def test_it_opens_with_this_runs_numbers(browser: Browser) -> None:
    page = visit(browser)
    assert page.locator(TIME).inner_text() == "25 s"
    assert page.locator("[data-grade=time]").inner_text() == "measured"
    assert page.locator(SAID).inner_text() == "Within what this run checked."


@pytest.mark.browser
def test_typing_changes_the_answer_and_the_button_brings_the_runs_numbers_back(browser: Browser) -> None:
    page = typed(visit(browser), rows="100", machines="3")
    assert page.locator(TIME).inner_text() == "66.7 s"
    assert page.locator(STEPS).inner_text() == "6"
    page.get_by_role("button").click()
    page.wait_for_function("document.querySelector('[data-answer=time]').textContent === '25 s'")


@pytest.mark.browser
def test_beyond_the_checked_range_the_answer_is_extrapolated_and_says_which_number(browser: Browser) -> None:
    page = typed(visit(browser), rows="2000")
    assert page.locator("[data-grade=time]").inner_text() == "extrapolated"
    assert page.locator("[data-grade=time]").get_attribute("title") == tables.GRADES["extrapolated"]
    assert page.locator("[data-grade=steps]").inner_text() == "arithmetic"
    assert (
        "Beyond what this run checked: Rows <of> it (checked: 10 to 100 rows)"
        in page.locator(SAID).inner_text()
    )
    assert page.locator(TIME).inner_text() == "1,000 s"


@pytest.mark.browser
def test_a_range_that_matters_to_one_answer_leaves_the_others_grade(browser: Browser) -> None:
    time, steps = CALCULATOR.outputs
    own = replace(CALCULATOR, outputs=[time, replace(steps, grade="measured", rests_on=["machines"])])
    page = visit(browser, own)
    typed(page, rows="2000")
    assert page.locator("[data-grade=time]").inner_text() == "extrapolated"
    assert page.locator("[data-grade=steps]").inner_text() == "measured"


@pytest.mark.browser
def test_an_answer_beyond_its_own_checked_range_is_extrapolated(browser: Browser) -> None:
    time, steps = CALCULATOR.outputs
    own = replace(CALCULATOR, outputs=[time, replace(steps, checked=(1, 10))])
    page = visit(browser, own)
    typed(page, machines="6")
    assert page.locator("[data-grade=time]").inner_text() == "extrapolated"
    assert "Steps (checked: 1 to 10)" in page.locator(SAID).inner_text()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rows", "", "Rows <of> it: type a number, 0 to 1,000,000 rows."),
        ("rows", "-1", "Rows <of> it: type a number, 0 to 1,000,000 rows."),
        ("rows", "1e9", "Rows <of> it: type a number, 0 to 1,000,000 rows."),
        ("machines", "2.5", "Machines: type a whole number, 0 to 64."),
    ],
)
def test_bad_input_gets_a_sentence_and_no_number(browser: Browser, name: str, text: str, said: str) -> None:
    page = typed(visit(browser), **{name: text})
    assert page.locator(SAID).inner_text() == said
    assert page.locator(TIME).inner_text() == "–"
    assert page.locator(f"[name={name}]").get_attribute("aria-invalid") == "true"


@pytest.mark.browser
def test_text_in_a_field_of_numbers_gets_the_same_sentence(browser: Browser) -> None:
    page = visit(browser)
    page.locator("[name=machines]").press("Control+a")
    page.locator("[name=machines]").press_sequentially("e")  # the one letter that such a field takes
    assert page.locator(SAID).inner_text() == "Machines: type a whole number, 0 to 64."


@pytest.mark.browser
def test_names_and_counts_that_are_pasted_take_the_place_of_the_runs(browser: Browser) -> None:
    page = visit(browser, COUNTING)
    assert page.locator(TIME).inner_text() == "25 s"
    typed(page, own="ab 10\n\nof two words,\t1\nc;2.5\n")
    assert page.locator(TIME).inner_text() == "17.3 s"  # 2 x (20 + 12 + 2.5) / 4
    assert page.locator("[data-grade=time]").inner_text() == "extrapolated"
    assert page.locator(SAID).inner_text() == "Beyond what this run checked: Own names (checked: this run’s)."


@pytest.mark.browser
@pytest.mark.parametrize("text", ["ab", "ab 0", "ab -1", "ab x", "ab 1\ncd", "ab 1e999"])
def test_a_line_that_is_no_name_with_a_count_gets_a_sentence(browser: Browser, text: str) -> None:
    page = visit(browser, COUNTING)
    typed(page, own=text)
    assert page.locator(SAID).inner_text() == (
        "Own names: type a name and a count above 0 in each line, such as anna 3."
    )
    assert page.locator(TIME).inner_text() == "–"


@pytest.mark.browser
def test_where_there_is_no_answer_it_says_so_in_words(browser: Browser) -> None:
    assert typed(visit(browser), machines="0").locator(TIME).inner_text() == "never"


@pytest.mark.browser
def test_the_keyboard_reaches_every_field_and_enter_leaves_the_page_alone(browser: Browser) -> None:
    page = visit(browser)
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    assert page.locator(TIME).inner_text() == "5 s"
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("1")
    assert page.locator(TIME).inner_text() == "20 s"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Browser, scheme: Any) -> None:
    page = typed(visit(browser, COUNTING, color_scheme=scheme), rows="2000")
    assert Axe().run(page).response["violations"] == []


@pytest.mark.browser
def test_without_scripts_the_form_is_not_there_and_what_stands_before_it_is(browser: Browser) -> None:
    page = visit(browser, java_script_enabled=False)
    assert page.locator("form").is_hidden()
    assert page.get_by_text("Table").is_visible()
