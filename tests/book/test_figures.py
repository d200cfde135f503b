"""The experiments' figures, drawn of small runs: every text can be read at both widths, titles say a finding briefly."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from bench import limits
from bench.figures import drawn
from browsers import WIDTHS, unreadable
from lab.charts import tips
from lab.charts.figure import Figure, flaws
from lab.report import catalogue
from lab.runner.execute import Run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]  # the first test makes all the runs
_PARTS = re.compile(
    r'id="figure-(?P<name>[^"]+)"><figcaption>(?P<title>.*?)</figcaption>.*?aria-label="(?P<alt>[^"]*)"',
    re.DOTALL,
)


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_no_text_is_cut_off_or_lies_over_another(
    slug: str, small_runs: dict[str, Run], browser: Browser
) -> None:
    found = []
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.set_content(
            f'<body style="font-family: system-ui">{"".join(drawn(small_runs[slug].place.notebook))}</body>'
        )
        found += [f"at {width} px, {line}" for line in unreadable(page)]
        page.close()
    assert not found


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_figures_show_their_values_and_stay_small(slug: str, small_runs: dict[str, Run]) -> None:
    figures = drawn(small_runs[slug].place.notebook)
    assert figures
    for figure in figures:
        assert 0 < figure.count("data-tip=") <= 2 * tips.MOST
        assert limits.FIGURE.holds(len(figure.encode()))


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_titles_say_a_finding_briefly_with_a_number(slug: str, small_runs: dict[str, Run]) -> None:
    run = small_runs[slug]
    data = {path.stem: pd.read_csv(path) for path in run.place.figures}
    parts = [_PARTS.search(figure) for figure in drawn(run.place.notebook)]
    found = {
        part["name"]: flaws(
            Figure(html.unescape(part["title"]), html.unescape(part["alt"]), str, data[part["name"]])
        )
        for part in parts
        if part
    }
    assert len(found) == len(parts)
    assert not {name: said for name, said in found.items() if said}


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_every_figure_of_a_page_shows_its_values_wherever_it_stands(
    slug: str, built_site: Path, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto((built_site / "notebooks" / f"{slug}.html").as_uri())
    stops = page.locator(".lab-figure [role=img][tabindex='0']:visible")
    expect(stops).to_have_count(page.locator(".lab-figure:not(details *)").count())
    for place in range(stops.count()):
        stops.nth(place).focus()
        page.keyboard.press("ArrowRight")
        assert page.locator(".lab-tip:not(:empty)").count() == 1
    page.close()
