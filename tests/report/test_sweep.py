"""The page of a sweep: values are chosen, verdict, headline and figure follow; without scripts nothing is lost."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from asrun import SUMMARY
from browsers import WIDTHS, unreadable
from browsing import CUT_OFF, Visit
from lab.charts.figure import flaws
from lab.evidence.record import without_result
from lab.evidence.sweeps import Point, Sweep
from lab.report import sweep
from samples import CRITERIA, sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}
MACHINE = {"cpu": "Some CPU", "cores": 2, "memory_gib": 24}


@pytest.fixture(autouse=True)
def _here(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep.sources, "digest", lambda slug, params: "0")


def point(at: dict[str, Any], **seen: Any) -> Point:
    made = sample_record(GOOD | seen, 0.2, SUMMARY)
    made["provenance"] = made["provenance"] | {"machine": MACHINE}
    shown = " ".join(f"{name} {value}" for name, value in at.items())
    svg = '<svg role="presentation"><clipPath id="c"/><g clip-path="url(#c)"/></svg>'
    return Point(
        at, made, f'<figure class="lab-figure" id="figure-lag"><figcaption>{shown}</figcaption>{svg}</figure>'
    )


def over(name: str, values: list[Any]) -> Sweep:
    return Sweep("something", [point({name: value}) for value in values])


GRID = Sweep(
    "something",
    [
        point({"rate": rate, "arms": arms}, fast=0.05 if rate < 10 else 0.5)
        for rate, arms in product((1, 10), ("keyed", ["a", "<b>"]))
    ],
)


def test_observed_values_and_limits_are_told_apart_by_a_legend_and_tell_their_values() -> None:
    shown = sweep.figure(over("rate", [1000, 2000])).html("sweep")
    assert shown.count(">observed</text>") == shown.count(">limit</text>") == 2
    assert 'data-fields="rate|value|line"' in shown
    assert 'data-tip="2,000|0.05|observed"' in shown


def test_of_two_parameters_the_second_has_a_line_for_each_value() -> None:
    figure = sweep.figure(GRID)
    assert flaws(figure) == []
    shown = figure.html("sweep")
    assert 'data-tip="10|0.5|arms keyed"' in shown
    assert shown.count(">arms keyed</text>") == shown.count(">limit</text>") == 2


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([1_000, 100_000], ["1,000", "10,000", "100,000"]),
        ([0, 100_000], ["0", "40,000", "100,000"]),
        (["wide", "narrow"], ["wide", "narrow"]),
    ],
)
def test_the_axis_fits_what_was_swept(values: list[Any], ticks: list[str]) -> None:
    shown = sweep.figure(over("rate", values)).html("sweep")
    places = [shown.find(f">{tick}</text>") for tick in ticks]
    assert -1 not in places
    assert places == sorted(places)


def test_a_sweeps_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    text = sweep.page(GRID, tmp_path / "index.html").read_text()
    assert "14 of 16 criteria hold over the sweep of rate and arms" in text
    assert "✗ fail" in text
    assert "http" not in text.replace("http://www.w3.org", "")


def test_a_sweep_of_errors_has_a_page_all_the_same(tmp_path: Path) -> None:
    origin = point({"rate": 1}).record["provenance"]
    runs = [without_result("something", {}, CRITERIA, origin, f"no broker at {rate}") for rate in (1, 2)]
    made = [
        sweep.point({"rate": rate}, run, tmp_path / "none") for rate, run in zip((1, 2), runs, strict=True)
    ]
    text = sweep.page(Sweep("something", made), tmp_path / "index.html").read_text()
    assert text.count("no broker at 2") == 2
    assert "<figure" not in text


def test_ids_of_the_runs_figures_are_their_own() -> None:
    shown = sweep.explorer(GRID)
    for number in range(4):
        for said in (f'id="point{number}-figure-lag"', f'id="point{number}-c"', f"url(#point{number}-c)"):
            assert shown.count(said) == 1


def test_date_machine_and_age_of_the_code_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    day = GRID.points[0].record["finished"][:10]
    assert f"Run on {day} on Some CPU, 2 cores, 24 GiB.</p>" in sweep.explorer(GRID)
    monkeypatch.setattr(sweep.sources, "digest", lambda slug, params: "1")
    assert "GiB. The experiment&#x27;s code has changed since.</p>" in sweep.explorer(GRID)


def test_a_chapter_is_one_block_of_html_below_its_title() -> None:
    title, back, block = sweep.chapter(GRID).split("\n\n")
    assert title == "# Sweep of something over rate and arms"
    assert "../notebooks/something.ipynb" in back
    assert block.startswith('<div class="lab-sweep">')


def test_the_leading_figure_is_taken_from_the_notebook(tmp_path: Path) -> None:
    missing = sweep.point({"rate": 1}, sample_record(GOOD, 0.2, SUMMARY), tmp_path / "none.ipynb")
    assert missing.figure == ""
    notebook = tmp_path / "run.ipynb"
    notebook.write_text(
        '{"cells": [{"outputs": [{"data": {"text/html": ["<figure id=\\"figure-tail\\"></figure>",'
        '"<figure id=\\"figure-lag\\">this</figure>"]}}]}]}'
    )
    made = sweep.point({"rate": 1}, sample_record(GOOD, 0.2, SUMMARY), notebook)
    assert made.figure == '<figure id="figure-lag">this</figure>'


def opened(browser: Browser, folder: Path, **options: Any) -> Page:
    sweep.page(GRID, folder / "index.html")
    visit = Visit(browser.new_context(**options).new_page(), folder)
    page = visit.open("index")
    assert (visit.refused, visit.errors) == ([], [])
    return page


@pytest.mark.browser
def test_the_keyboard_chooses_and_verdict_headline_and_figure_follow(
    tmp_path: Path, browser: Browser
) -> None:
    page = opened(browser, tmp_path)
    said, figure = page.locator(".lab-explorer output"), page.locator("figcaption:visible").first
    assert said.inner_text() == "rate 1, arms keyed: ✓ pass 3.5 ms"
    assert figure.inner_text() == "rate 1 arms keyed"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert said.inner_text() == "rate 10, arms keyed: ✗ fail 3.5 ms"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert said.inner_text() == "rate 10, arms a, <b>: ✗ fail 3.5 ms"
    assert figure.inner_text().startswith("rate 10 arms ['a'")
    assert page.locator("[data-point]:visible").count() == 1


@pytest.mark.browser
def test_values_that_were_not_run_together_are_said_to_be_so(tmp_path: Path, browser: Browser) -> None:
    part = Sweep("something", GRID.points[:3])
    sweep.page(part, tmp_path / "index.html")
    page = Visit(browser.new_page(), tmp_path).open("index")
    page.locator("select").first.select_option("10")
    page.locator("select").last.select_option("1")
    assert page.locator(".lab-explorer output").inner_text() == "was not run"
    assert page.locator("[data-point]:visible").count() == 0


@pytest.mark.browser
def test_without_scripts_every_run_unfolds_and_the_table_is_there(tmp_path: Path, browser: Browser) -> None:
    page = opened(browser, tmp_path, java_script_enabled=False)
    assert not page.locator(".lab-explorer").is_visible()
    assert page.locator("[data-point]:visible").count() == 4
    assert page.locator("tbody tr:visible").count() == 4
    page.locator("[data-point] summary").nth(2).click()
    assert page.get_by_text("rate 10 arms keyed").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_everybody_can_read_it(width: int, tmp_path: Path, browser: Browser) -> None:
    page = opened(browser, tmp_path, viewport={"width": width, "height": 900})
    assert unreadable(page) == []
    assert page.evaluate(CUT_OFF) == []
    found = Axe().run(page).response["violations"]
    assert not found, [(item["id"], [node["html"][:200] for node in item["nodes"][:3]]) for item in found]
