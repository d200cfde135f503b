"""How the history is shown: folded on a page, on the landing page where something moved, in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from browsers import WIDTHS, unreadable
from lab.charts.figure import flaws
from lab.errors import EvidenceError
from lab.evidence import history as kept
from lab.evidence.record import Record
from lab.evidence.result import Metric, Summary
from lab.report import history
from lab.report.catalogue import Entry
from lab.report.fragments import fill
from lab.report.row import Row
from lab.runner.place import published as place
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}
MACHINE = {"cpu": "Some <CPU>", "cores": 2, "memory_gib": 24, "architecture": "x86_64"}
STYLE = Path(__file__).parents[2] / "book" / "_static"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, build: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "history")
    return tmp_path / "history"


def published(day: int, fast: float = 0.05, **changes: Any) -> Record:
    summary = Summary("So.", Metric("latency", 3.0 + fast, "ms"))
    made = sample_record(GOOD | {"fast": fast}, 0.2, summary)
    made["provenance"] = made["provenance"] | {"machine": MACHINE}
    return made | {"finished": f"2027-01-{day:02}T10:00:00+00:00"} | changes


def earlier(runs: int) -> None:
    for day in range(1, runs + 1):
        kept.append(published(day, fast=0.05 + day / 1000))


def test_a_first_run_has_a_line_and_no_chart() -> None:
    shown = history.fold(published(1))
    assert shown.startswith("<p><small>No earlier published run")
    assert "<figure" not in shown
    kept.append(published(1))
    assert "<figure" in history.fold(published(2))


def test_runs_with_other_parameters_are_listed_but_not_drawn() -> None:
    kept.append(published(1, params={"rate": 99}))
    assert "<figure" not in history.fold(published(9))
    earlier(2)
    shown = history.fold(published(9))
    assert "<summary>3 published runs on this class of machine since 2027-01-01</summary>" in shown
    assert (shown.count(">as now</td>"), shown.count(">others</td>")) == (3, 1)


def test_the_run_that_is_shown_stands_once_though_it_was_kept() -> None:
    earlier(2)
    now = published(9)
    kept.append(now)
    assert history.fold(now).count("2027-01-09 10:00") == 1


def test_the_table_says_what_the_chart_shows() -> None:
    earlier(1)
    shown = history.fold(published(2, fast=0.07))
    for said in (
        "3.07 ms",
        "0.07 <small>(≤ 0.1)</small>",
        "0.051 <small>(≤ 0.1)</small>",
        "headline: latency",
    ):
        assert said in shown


def test_a_broken_file_is_named_on_the_page(folder: Path) -> None:
    earlier(1)
    (path,) = folder.glob("*/*/*.json")
    path.with_name("2027-01-01-broken.json").write_text("{")
    assert "Could not be read: 2027-01-01-broken.json." in history.fold(published(2))


@pytest.mark.parametrize("runs", [1, 4, 5, 9])
def test_the_figure_is_flawless_and_says_whether_something_moved(runs: int) -> None:
    earlier(runs)
    entries = [kept.entry(published(day, fast=0.05 + day / 1000)) for day in range(1, runs + 1)]
    figure = history.figure([*entries, kept.entry(published(20, fast=0.09))])
    assert flaws(figure) == []
    assert figure.title.startswith("2 of 3 figures lie outside" if runs >= 5 else "3 figures over")


def test_a_figure_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    earlier(2)
    now = published(9)
    first = history.fold(now)
    monkeypatch.setattr(history, "figure", None)  # nobody calls it again
    assert history.fold(now) == first


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_the_unfolded_history_can_be_read_by_everybody(width: int, browser: Browser) -> None:
    earlier(12)
    style = "".join((STYLE / name).read_text() for name in ("lab.css", "page.css"))
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_content(
        f'<html lang="en"><head><title>History</title><style>{style}</style></head><body class="lab-alone"><main><h1>H</h1>'
        f"{history.fold(published(20, fast=0.09))}</main></body></html>"
    )
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("[role=img]:visible").count() == 1
    assert unreadable(page) == []
    found = Axe().run(page).response["violations"]
    assert not found, [(item["id"], [node["html"][:200] for node in item["nodes"][:3]]) for item in found]


def row(record: Record) -> Row:
    return Row(Entry("something", "Streams"), "A <title>", "Is it so?", record, place("something"))


def test_the_landing_page_tells_what_moved_and_nothing_else() -> None:
    mark = "<!-- lab:changes -->"
    assert fill(mark, [row(published(9, fast=0.09))]) == ""
    earlier(5)
    assert fill(mark, [row(published(9, fast=0.053))]) == ""
    shown = fill(mark, [row(published(9, fast=0.09)), row(published(9, fast=0.053))])
    assert "<summary>1 experiment outside the spread of earlier runs</summary>" in shown
    assert shown.count("<li>") == 1
    assert '<a href="notebooks/something.html">A &lt;title&gt;</a>' in shown
    assert "<code>fast</code> 0.09, in 5 earlier runs 0.051 to 0.055" in shown


def test_an_inconclusive_run_is_no_change() -> None:
    earlier(5)
    assert fill("<!-- lab:changes -->", [row(published(9, fast=0.09, verdict="inconclusive"))]) == ""


def test_the_terminal_shows_runs_and_what_lies_outside() -> None:
    with pytest.raises(EvidenceError, match="lab history something --append"):
        history.text("something")
    earlier(5)
    kept.append(published(9, fast=0.09))
    said = history.text("something")
    assert said.count(" ✓ pass") == 6
    assert "the last one beside 5 earlier passes" in said
    (line,) = [line for line in said.splitlines() if line.startswith("  fast")]
    assert "limit ≤ 0.1" in line
    assert "earlier 0.051 to 0.055" in line
    assert line.endswith("OUTSIDE the spread")


def test_a_headline_that_is_named_like_a_ratio_has_not_its_limit() -> None:
    made = [
        published(
            day, summary=published(day)["summary"] | {"headline": {"name": "fast", "unit": "%", "value": 5.0}}
        )
        for day in (1, 2)
    ]
    for each in made:
        kept.append(each)
    headline, *ratios = [line for line in history.text("something").splitlines() if line.startswith("  ")]
    assert headline.split()[:3] == ["fast", "5", "%"]
    assert "limit" not in headline
    assert all("limit" in line for line in ratios)
