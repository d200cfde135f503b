"""A figure as HTML: small, whole in itself, one text alternative, and its flaws said."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from lab.charts import alt, drawing, presets, theme
from lab.charts.figure import Figure, flaws

DATA = pd.DataFrame({"kind": ["a", "a", "b"], "rows": [1.0, 10.0, 10.0], "time": [1.2345678, 1234.5678, 5.0]})


def bars(width: int) -> Any:
    marks = (
        alt.Chart(DATA).mark_bar().encode(x=alt.X("time:Q", title="time, ms"), y=alt.Y("kind:N", title=None))
    )
    return marks.properties(width=width, height=80)


GOOD = Figure("Of 3 bars the longest takes 1,235 ms", "Three bars.", bars, DATA)


def test_a_good_figure_has_no_flaw() -> None:
    assert flaws(GOOD) == []


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"title": "One bar is longer than the others"}, "no number"),
        ({"title": "Of 3 " + "very " * 12 + "long bars"}, "16 words, over 15"),
        ({"alt": " "}, "no text alternative"),
        ({"data": DATA[:0]}, "nothing is drawn"),
    ],
)
def test_a_flaw_is_said(change: dict[str, Any], flaw: str) -> None:
    (found,) = flaws(replace(GOOD, **change))
    assert flaw in found


def test_a_figure_has_one_text_alternative_for_each_width_and_none_within() -> None:
    shown = GOOD.html("bars")
    assert shown.count("aria-") == shown.count('role="img"') == 2
    assert shown.count('aria-label="Three bars."') == 2


def test_a_figure_has_no_blank_line_that_would_end_its_html_in_markdown() -> None:
    assert not re.search(r"\n\s*\n", GOOD.html("bars"))


def test_two_drawings_on_a_page_share_no_id() -> None:
    ids = re.findall(r'\bid="([^"]+)"', GOOD.html("bars") + GOOD.html("others"))
    assert len(ids) == len(set(ids))


def test_a_long_label_finds_room_in_the_widest_font() -> None:
    labelled = alt.Chart(pd.DataFrame({"name": ["W" * 12], "n": [1]})).mark_bar().encode(x="n:Q", y="name:N")
    found = re.search(r'transform="translate\(([\d.]+)', drawing.svg(labelled, "x"))
    # A W takes 11.9 px at 12 px in DejaVu Sans, 11.3 px in Arial; ticks and the axis title come on top.
    assert found
    assert float(found[1]) > 12 * 11.8


def test_a_drawing_holds_nothing_that_draws_nothing() -> None:
    shown = drawing.svg(bars(300), "x")
    assert 'display="none"' not in shown
    assert not re.search(r"\d\.\d{3}", "".join(re.findall(r'(?:\bd|transform)="[^"]*"', shown)))
    assert theme.MEASURED_WITH not in shown


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([1, 100], [1, 10, 100]),
        ([20, 80], [10, 30, 100, 300]),
        ([0, 0.5, 300], [0.1, 1, 10, 100, 1000]),
        ([20, 3000], [10, 30, 100, 300, 1000, 3000, 10000, 30000]),
    ],
)
def test_a_logarithmic_axis_has_at_least_two_ticks_within_its_values(
    values: list[float], ticks: list[float]
) -> None:
    assert theme.log_ticks(values) == pytest.approx(ticks)


def test_kinds_of_lines_are_explained_by_lines() -> None:
    lines = alt.Chart(DATA).mark_line(point=True)
    drawn = lines.encode(x="rows:Q", y="time:Q", strokeDash=presets.dashes("kind", ["a", "b"], 2))
    assert (
        len(re.findall(r'role-legend-symbol"[^>]*><path [^>]*d="M-[\d.]+,0L', drawing.svg(drawn, "x"))) == 2
    )


def test_lines_that_are_no_data_are_named_by_a_legend() -> None:
    limit = pd.DataFrame({"at": [2.0], "reference": ["our limit"]})
    rule = (
        alt.Chart(limit)
        .mark_rule(color=theme.GREY)
        .encode(y="at:Q", strokeDash=presets.reference(["our limit"], 1))
    )
    shown = drawing.svg(rule, "x")
    assert ">our limit</text>" in shown
    assert re.search(rf'role-legend-symbol"[^>]*><path [^>]*stroke="{theme.GREY}"', shown)


def test_a_label_that_another_hides_is_left_out() -> None:
    crowded = alt.Chart(pd.DataFrame({"at": [0, 10]})).mark_point()
    shown = drawing.svg(
        crowded.encode(x=alt.X("at:Q").axis(tickCount=20, format=".1f")).properties(width=600), "x"
    )
    assert ">9.0</text>" in shown
    assert ">9.5</text>" not in shown


def test_a_mark_without_a_colour_of_its_own_takes_one_of_the_palette() -> None:
    assert f'fill="{theme.BLUE}"' in drawing.svg(bars(300), "x")


def test_what_marks_have_in_common_is_said_once_and_their_own_stays_theirs() -> None:
    points = (
        alt.Chart(DATA).mark_point().encode(x="rows:Q", y="time:Q", color=alt.Color("kind:N").legend(None))
    )
    (group,) = re.findall(r'<g class="mark-symbol role-mark[^>]*>.*?</g>', drawing.svg(points, "x"))
    assert group.count("stroke-width") == 1
    assert re.findall(r'<circle [^>]*fill="([^"]+)"', group) == [theme.BLUE, theme.BLUE, theme.VERMILION]
