"""The values that marks tell."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from lab.charts import alt, drawing, tips

DATA = pd.DataFrame(
    {"kind": ["a", "a", "b"], "rows": [1, 10, 10], "lag_mean": [0.12345678, 1234.5678, -1000.0]}
)


def told(chart: Any) -> list[str]:
    return re.findall(r'data-tip="([^"]*)"', drawing.svg(chart, "x"))


def lines(data: pd.DataFrame, **mark: Any) -> alt.Chart:
    encoded = {
        "x": alt.X("rows:Q", title="rows"),
        "y": "lag_mean:Q",
        "color": alt.Color("kind:N", title=None),
    }
    return alt.Chart(data).mark_line(**mark).encode(**encoded)


def test_a_bar_tells_its_values_to_the_digits_that_help_under_the_titles_of_its_axes() -> None:
    bars = alt.Chart(DATA).mark_bar().encode(x=alt.X("lag_mean:Q", title="lag, messages"), y="kind:N")
    assert told(bars) == ["0.1235|a", "1,235|a", "−1,000|b"]
    assert 'data-fields="lag, messages|kind"' in drawing.svg(bars, "x")


def test_a_line_tells_each_of_its_values_by_an_unseen_point() -> None:
    assert sorted(told(lines(DATA))) == sorted(["1|0.1235|a", "10|1,235|a", "10|−1,000|b"])
    assert drawing.svg(lines(DATA), "x").count('class="lab-unseen"') == 3
    assert 'opacity="0"' not in drawing.svg(lines(DATA), "x")


def test_a_line_with_points_of_its_own_gets_no_others() -> None:
    shown = drawing.svg(lines(DATA) + lines(DATA).mark_point(), "x") + drawing.svg(
        lines(DATA, point=True), "y"
    )
    assert "lab-unseen" not in shown
    assert shown.count("data-tip") == 6


def test_a_line_beside_points_of_other_values_tells_its_own() -> None:
    points = alt.Chart(DATA).mark_point().encode(x="rows:Q", y=alt.Y("theory:Q"))
    assert (
        drawing.svg(lines(DATA) + points.transform_calculate(theory="datum.rows * 2"), "x").count(
            "lab-unseen"
        )
        == 3
    )


def test_a_line_of_other_rows_than_the_points_beside_it_tells_its_own() -> None:
    first, second = (alt.datum.kind == kind for kind in ("a", "b"))
    both = lines(DATA).transform_filter(first) + lines(DATA).mark_point().transform_filter(second)
    assert drawing.svg(both, "x").count("lab-unseen") == 2


def test_unseen_points_leave_the_legend_of_lines_as_it_is() -> None:
    shown = drawing.svg(lines(DATA), "x")
    assert len(re.findall(r'role-legend-symbol"[^>]*><path [^>]*d="M-[\d.]+,0L', shown)) == 2


def test_a_line_in_panels_tells_its_values_too() -> None:
    assert len(told(lines(DATA).facet(row="kind:N"))) == 3


@pytest.mark.parametrize("mark", ["line", "bar"])
def test_of_many_marks_every_second_or_third_tells_its_values(mark: str) -> None:
    many = pd.DataFrame({"rows": range(2 * tips.MOST + 1), "lag_mean": 1.5, "kind": "a"})
    chart = lines(many) if mark == "line" else alt.Chart(many).mark_bar().encode(x="rows:Q", y="lag_mean:Q")
    assert tips.MOST / 2 < len(told(chart)) <= tips.MOST


def test_a_drawing_without_values_stays_whole() -> None:
    root = ElementTree.fromstring(
        '<svg xmlns="http://www.w3.org/2000/svg"><g class="mark-rect role-mark"/></svg>'
    )
    tips.tell(root)
    assert "data-" not in ElementTree.tostring(root, encoding="unicode")


@pytest.mark.parametrize(
    ("label", "fields"),
    [
        ("time, ms: 1,234.5678; name: a; b", {"time, ms": "1,235", "name": "a; b"}),
        ("lag_mean: 0.000012345; lag_mean: 7", {"lag mean": "1.234e-05"}),
        ("partition: 2024; when: 12:30", {"partition": "2024", "when": "12:30"}),
        ("verdict: a|b", {"verdict": "a/b"}),
    ],
)
def test_what_vega_says_is_read_as_fields(label: str, fields: dict[str, str]) -> None:
    assert tips._fields(label) == fields
