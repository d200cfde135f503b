"""The pipeline as it is captured, the page in a browser, parameters that are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from lab.errors import ParameterError
from lab.evidence import params
from lab.experiments.lineage import KIT, Params, Recorder
from lab.experiments.lineage.mechanism import DATABASE
from lab.experiments.lineage.oracle import perturbation
from lab.experiments.lineage.workload import readers
from lab.experiments.lineage.workload.flights import tables
from lab.experiments.lineage.workload.pipeline import MARTS, TASKS, Pipeline, black_box, database
from lab.services.webapp import web_app

pytestmark = pytest.mark.service
SCHEMA = {"sales": ["id", "cents", "day"]}


@pytest.fixture(scope="module")
def raw() -> dict[str, pd.DataFrame]:
    return tables(200, seed=3)


@pytest.fixture(scope="module")
def served(raw: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application with one run of the pipeline in its store."""
    path = tmp_path_factory.mktemp("store") / "lineage.db"
    with (
        database() as connection,
        web_app("lineage.app:app", KIT, "/api/columns", {DATABASE: str(path)}) as app,
    ):
        pipeline = Pipeline(connection)
        pipeline.load(raw)
        pipeline.run(Recorder(app.url, "test"))
        yield app.url


def test_every_construct_that_is_claimed_is_in_the_pipeline() -> None:
    text = " ".join(task.sql for task in TASKS).upper()
    claimed = (
        "JOIN",
        "WITH",
        "OVER",
        "CASE",
        "UNION ALL",
        "* ",
        "LATERAL",
        "EXISTS",
        " IN (SELECT",
        "(SELECT AVG",
        "QUALIFY",
    )
    assert not [word for word in claimed if word not in text]
    assert sum(task.function is not None for task in TASKS) == 2


def test_the_pipeline_gives_the_same_twice_and_survives_empty_tables(raw: dict[str, pd.DataFrame]) -> None:
    with database() as connection:
        run = black_box(connection)
        first, again = run(raw), run(raw)
        assert all(
            perturbation._bag(first[t][c]) == perturbation._bag(again[t][c]) for t in MARTS for c in first[t]
        )
        for name in raw:
            run({**raw, name: raw[name].iloc[:0]})


def test_a_wrong_declaration_of_a_right_column_is_found_by_perturbation(raw: dict[str, pd.DataFrame]) -> None:
    # `size_class` comes from seats; a declaration that says engines is plausible and wrong.
    with database() as connection:
        pairs, _ = perturbation.seen(black_box(connection), {"planes": raw["planes"]} | raw, seed=1)
    assert ("planes", "seats", "mart.fleet", "size_class") in pairs
    assert ("planes", "engines", "mart.fleet", "size_class") not in pairs


@pytest.mark.parametrize(
    "given",
    [
        {"flights": 10}, {"flights": "many"}, {"statements": 0}, {"graphs": (200, 200, 300)}, {"graphs": (200, 300)},
        {"depth": 99}, {"changes": 0}, {"seed": -1}, {"raet": 1}, {"queries": 1.5},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(given: dict) -> None:
    with pytest.raises(ParameterError):
        params.parse(Params, given)


@pytest.mark.parametrize(
    "reader", [readers.OURS, readers.TABLE_LEVEL, *readers.FIELD], ids=lambda item: item.name
)
def test_each_reader_answers_in_the_same_form(reader: readers.Reader) -> None:
    found = reader.read("SELECT id AS x, cents + 1 AS y FROM sales", SCHEMA, "duckdb")
    assert found["x"] >= {"sales.id"}
    assert found["y"] >= {"sales.cents"}


@pytest.fixture
def page(browser: Browser, served: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.goto(served)
    opened.wait_for_selector("body[data-ready=yes]")
    yield opened
    context.close()


@pytest.mark.browser
def test_the_graph_has_every_table_and_column_and_nothing_is_asked_elsewhere(page: Page, served: str) -> None:
    there = json.loads(page.request.get(f"{served}/api/columns").text())
    assert page.locator("#graph rect").count() == len(there)
    assert page.locator("#graph [data-field]").count() == sum(map(len, there.values()))
    hosts = page.evaluate("performance.getEntriesByType('resource').map(item => new URL(item.name).origin)")
    assert set(hosts) == {served}


@pytest.mark.browser
def test_a_column_is_chosen_by_keyboard_in_the_list_and_in_the_graph(page: Page) -> None:
    names = page.locator("#column option").all_inner_texts()
    page.locator("#column").focus()
    page.keyboard.press("Home")
    # Each step asks the server for a column; the last one is shown.
    for _ in range(names.index("mart.route_month.smoothed")):
        page.keyboard.press("ArrowDown")
    page.wait_for_function("document.querySelector('#of').textContent.endsWith('smoothed')")
    assert (
        "Values from: raw.flights.dep_delay, staged.flights.dep_delay"
        in page.locator("#upstream").inner_text()
    )
    link = page.locator("#graph a", has_text="late_share").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#of').textContent.endsWith('late_share')")
    assert page.locator("#graph text.chosen").count() == 1
    assert page.locator("#graph path.INDIRECT").count() > 3
    page.reload()
    page.wait_for_selector("body[data-ready=yes]")
    assert "late_share" in page.locator("#of").inner_text()


@pytest.mark.browser
def test_a_names_markup_is_text(browser: Browser, tmp_path: Path) -> None:
    from lab.experiments.lineage.mechanism import store

    with store.opened(tmp_path / "s.db") as connection:
        connection.execute("INSERT INTO dataset (name) VALUES ('<img src=x onerror=document.title=1>')")
        connection.execute("INSERT INTO field VALUES ('<img src=x onerror=document.title=1>', '<b>x</b>', 0)")
    with web_app("lineage.app:app", KIT, "/api/columns", {DATABASE: str(tmp_path / "s.db")}) as app:
        page = browser.new_page()
        page.goto(f"{app.url}?column=no%20column%20of%20it")
        page.wait_for_selector("body[data-ready=yes]")
        assert page.title() == "Lineage"
        assert page.locator("#graph a text").text_content() == "<b>x</b>"
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_has_no_accessibility_violation(page: Page, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [item["id"] for item in found] == []
