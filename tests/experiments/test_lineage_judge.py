"""The judgement of lineage, on histories of which the outcome is known."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from lab.charts import theme
from lab.evidence.criteria import judge_all
from lab.evidence.result import Metric, Result
from lab.experiments.lineage import CRITERIA, Params
from lab.experiments.lineage.judge import influences, query_time, reading
from lab.experiments.lineage.judge.metrics import metrics, tables
from lab.experiments.lineage.judge.observations import observe
from lab.experiments.lineage.judge.query_time import deepened
from lab.experiments.lineage.measure.captured import shown
from lab.experiments.lineage.measure.scaling import in_depth, scaling
from lab.experiments.lineage.measure.seen import Captured, Generated, Perturbed, Seen
from lab.experiments.lineage.mechanism import Coverage
from lab.experiments.lineage.present import figures, graph_figure, model

NAME = ("mart.m", "total")
UPSTREAM = {"raw.r.cents": "DIRECT", "staged.s.cents": "DIRECT", "raw.r.day": "INDIRECT"}
GOOD = Captured(
    catalog={"raw.r": ["cents", "day"], "staged.s": ["cents"], "mart.m": ["total"]},
    rest={NAME: UPSTREAM},
    cli={NAME: UPSTREAM},
    page={NAME: {"raw.r.cents": "DIRECT", "raw.r.day": "INDIRECT"}},
    rows_of={"mart.m": ["raw.r", "staged.s"]},
    assets=Coverage(3, 3, ()),
    columns=Coverage(4, 4, ()),
    assets_by_events=Coverage(3, 3, ()),
    events={"staged.s": ["START", "COMPLETE"], "mart.m": ["START", "COMPLETE"]},
    graph=pd.DataFrame(),
)
CHANGES = Perturbed(
    frozenset({("raw.r", "cents", *NAME), ("raw.r", "day", *NAME), ("raw.r", "*", *NAME)}), 9, 2
)


def _outcomes(seen: Seen, reader: str = "mine") -> dict[str, str]:
    return {
        item.criterion.name: item.outcome
        for item in judge_all(CRITERIA, observe(seen, reader))
        if item.observation
    }


def test_a_capture_that_tells_all_passes() -> None:
    outcomes = _outcomes(Seen(captured=GOOD, perturbed=CHANGES))
    assert set(outcomes.values()) == {"pass"}
    assert len(outcomes) == 5


@pytest.mark.parametrize(
    ("change", "breaks"),
    [
        ({"page": {}}, "mart_columns_shown"),
        ({"cli": {NAME: {"raw.r.cents": "DIRECT"}}}, "mart_columns_shown"),
        ({"page": {NAME: {"raw.r.cents": "INDIRECT", "raw.r.day": "INDIRECT"}}}, "mart_columns_shown"),
        ({"assets": Coverage(2, 3, ("mart.m",))}, "assets_covered"),
        ({"columns": Coverage(3, 4, ("mart.m.total",))}, "columns_covered"),
        ({"events": {"staged.s": ["START"]}}, "events_kept"),
        ({"events": {"staged.s": ["START", "FAIL"]}}, "events_kept"),
        ({"events": {"staged.s": []}}, "events_kept"),
        ({"rows_of": {"mart.m": []}}, "no_influence_missed"),
    ],
)
def test_each_fault_breaks_its_criterion(change: dict, breaks: str) -> None:
    outcomes = _outcomes(Seen(captured=replace(GOOD, **change), perturbed=CHANGES))
    assert [name for name, outcome in outcomes.items() if outcome == "fail"] == [breaks]


def test_a_column_without_upstream_is_not_shown_although_all_three_agree() -> None:
    empty = replace(GOOD, rest={NAME: {}}, cli={}, page={NAME: {}})
    assert influences.not_shown(empty) == ["mart.m.total: no upstream field"]


def test_an_influence_that_was_seen_and_is_not_told_is_named() -> None:
    lost = replace(GOOD, rest={NAME: {"raw.r.cents": "DIRECT"}})
    observed = observe(Seen(captured=lost, perturbed=CHANGES), "mine")["no_influence_missed"]
    assert observed.value == 1
    assert "raw.r.day -> mart.m.total" in observed.detail


def test_what_has_no_lineage_is_named_as_that() -> None:
    silent = replace(GOOD, assets=Coverage(2, 3, ("mart.m",)))
    told = observe(Seen(captured=silent), "mine")
    assert told["assets_covered"].detail == "2 of 3 have it; without: mart.m"
    assert told["columns_covered"].detail == "4 of 4 have it"


def test_the_influences_seen_are_those_of_the_bars_and_those_of_rows() -> None:
    seen = Seen(captured=GOOD, perturbed=CHANGES)
    drawn = figures._influences(Result(Params(), {}, metrics(seen, "mine"), tables(seen)))
    assert drawn.data["sources"].sum() == 2
    assert drawn.title == "Of 3 influences seen, lineage tells 3: 2 of columns, 1 of rows"


def test_no_line_of_the_graph_is_drawn_over_a_name() -> None:
    listed = pd.DataFrame(
        {"table": ["raw.airports", "staged.airports", "mart.airport_traffic"], "column": "a"}
    )
    for width in (theme.WIDE, theme.NARROW):
        leave, arrive = graph_figure._ends(graph_figure._nodes(listed), width)
        assert leave[0] < arrive[1] < leave[1] < arrive[2]
        names = graph_figure._names(graph_figure._nodes(listed), leave, arrive).set_index("label")
        assert names.loc["airports", "x"].iloc[1] == pytest.approx((arrive[1] + leave[1]) / 2)
        assert list(names.loc[["raw", "staged", "mart"], "align"]) == ["right", "center", "left"]


def test_what_is_told_and_not_seen_is_unconfirmed_and_not_wrong() -> None:
    blind = Perturbed(frozenset({("raw.r", "cents", *NAME)}), 9, 2)
    assert influences.missed(GOOD, blind) == []
    assert sorted(influences.confirmed(GOOD, blind)["seen"]) == [False, True]


def _read(right: int, false: int, missed: int, statements: int = 200, reader: str = "mine") -> pd.DataFrame:
    """The first statement has the mistakes."""
    rows = [
        {
            "statement": number,
            "reader": reader,
            "right": right,
            "false": false if number == 0 else 0,
            "missed": missed if number == 0 else 0,
            "related": 0,
            "refused": False,
        }
        for number in range(statements)
    ]
    return pd.DataFrame(rows)


def _generated(read: pd.DataFrame, exact: int = 200) -> Generated:
    found = pd.DataFrame({"exact": [number < exact for number in range(200)]})
    return Generated(read, found, [], 10, [], 17, [0.001])


@pytest.mark.parametrize(
    ("false", "missed", "precision", "recall"),
    [
        (0, 0, "pass", "pass"),
        (400, 0, "inconclusive", "pass"),
        (0, 400, "pass", "inconclusive"),
        (1, 1, "pass", "pass"),
    ],
)
def test_precision_and_recall(false: int, missed: int, precision: str, recall: str) -> None:
    # 400 mistakes in one of 200 statements could be chance; the interval over statements says so.
    outcomes = _outcomes(Seen(generated=_generated(_read(4, false, missed))))
    assert (outcomes["precision"], outcomes["recall"]) == (precision, recall)


def test_mistakes_in_every_statement_fail() -> None:
    read = _read(4, 0, 0).assign(false=3)
    assert _outcomes(Seen(generated=_generated(read)))["precision"] == "fail"


def test_a_reader_that_tells_nothing_has_no_precision_and_fails() -> None:
    read = _read(0, 0, 0).assign(missed=4, refused=True)
    outcomes = _outcomes(Seen(generated=_generated(read)))
    assert (outcomes["precision"], outcomes["recall"]) == ("fail", "fail")


def test_a_condition_told_as_a_value_is_false_and_has_an_influence() -> None:
    read = _read(3, 0, 0).assign(false=1, related=1)
    assert reading.precision(read).value == pytest.approx(0.75)
    assert reading.influence_precision(read).value == 1


def test_without_a_mistake_the_interval_is_the_exact_bound_on_statements() -> None:
    for statements in (1, 3, 200):
        read = _read(4, 0, 0).head(statements)
        assert reading.precision(read).low == pytest.approx(0.05 ** (1 / statements))


@pytest.mark.parametrize(("exact", "outcome"), [(200, "pass"), (194, "inconclusive"), (150, "fail")])
def test_statements_that_are_wholly_right(exact: int, outcome: str) -> None:
    assert _outcomes(Seen(generated=_generated(_read(4, 0, 0), exact)))["statements_exact"] == outcome


def test_a_truth_that_execution_refutes_makes_the_run_inconclusive_and_a_silent_answer_fails_it() -> None:
    bad = replace(_generated(_read(4, 0, 0)), refuted=["sales.id -> x1"], unnamed=["PIVOT"])
    outcomes = _outcomes(Seen(generated=bad))
    assert (outcomes["truth_holds"], outcomes["refusals_name_it"]) == ("fail", "fail")
    assert next(item for item in CRITERIA if item.name == "truth_holds").precondition


def _scaling(last: float) -> pd.DataFrame:
    rows = [
        (size, found, 1e-4 + 1e-5 * found)
        for size, found in ((200, 40), (400, 200), (800, 600))
        for _ in range(3)
    ]
    rows += [(1200, 1000, last)] * 3
    table = pd.DataFrame(rows, columns=["columns", "found", "recursive_s"])
    return table.assign(closure_s=1e-4, closure_rows=1, edges=1, build_s=0.1)


@pytest.mark.parametrize(("last", "outcome"), [(1e-4 + 1e-2, "pass"), (3e-2, "fail")])
def test_the_model_is_held_against_the_largest_graph_alone(last: float, outcome: str) -> None:
    assert _outcomes(Seen(scaling=_scaling(last)))["model_predicts"] == outcome
    assert query_time.check(_scaling(last)).predicted == pytest.approx(1e-4 + 1e-2)


def _treatment(scaling: pd.DataFrame, depth: pd.DataFrame) -> Result:
    """A result that has what the model reads."""
    seen = Seen(generated=_generated(_read(4, 0, 0)), scaling=scaling, depth=depth)
    return Result(Params(), {}, metrics(seen, "mine"), tables(seen))


def test_many_statements_take_their_mean() -> None:
    treatment = SimpleNamespace(metric=lambda name: Metric(name, 1.0, "ms", "median", [1.0, 1.0, 10.0]))
    assert model._reading_ms(treatment) == 4.0  # type: ignore[arg-type]


def test_resampling_queries_that_are_alike_gives_a_far_line_no_interval() -> None:
    # Every query of a size takes the same time, and the line of the smaller graphs is 20 % off in the largest.
    advice = model.model(_treatment(_scaling(1.25 * (1e-4 + 1e-2)), in_depth(Params())), {}).advice[0]
    assert "95 %" not in advice.text
    assert "20% off at 1.7 times" in advice.basis


def test_what_a_deep_graph_holds_is_counted_as_the_closure_table_counts_it() -> None:
    params = Params(graphs=(200, 400, 1_500), queries=5)
    depth, built = in_depth(params), scaling(params).groupby("columns")["closure_rows"].first()
    assert {size: deepened(depth, size)[1] for size in params.graphs} == built.to_dict()


def test_a_graph_that_is_not_settled_at_its_largest_is_not_drawn_on_by_a_square() -> None:
    # Counted once to 60,000 columns, at seed 1: 43,293 upstream and 1,285,830,708 pairs.
    depth = in_depth(Params())
    found, closed = deepened(depth, 60_000)
    assert (found, closed) == pytest.approx((43_293, 1_285_830_708), rel=0.02)
    rows = model.model(_treatment(_scaling(1e-4 + 1e-2), depth), {}).projection.set_index("columns")
    assert rows.loc[12_000, "columns upstream"] == round(depth["found"].iloc[-1])
    assert rows.loc[12_000, "closure table, rows"] == depth["closure_rows"].iloc[-1] == 48_196_878
    for column in (
        "columns upstream",
        "closure table, rows",
    ):  # beyond what was counted, no more digits than a line knows
        assert all(int(float(f"{value:.3g}")) == value for value in rows[column].tail(2))


def test_the_page_is_read_as_it_is_shown() -> None:
    page = """<table id="other"><tr><td>x.y</td><td>a</td><td>b</td></tr></table>
    <table id="final"><thead><tr><th>column</th></tr></thead><tbody>
    <tr><td>mart.m.total</td><td>raw.r.a, raw.r.b</td><td></td></tr>
    <tr><td>mart.m."odd.name"</td><td></td><td>raw.r.&lt;c&gt;</td></tr></tbody></table>"""
    assert shown(page) == {
        ("mart.m", "total"): {"raw.r.a": "DIRECT", "raw.r.b": "DIRECT"},
        ("mart.m", "odd.name"): {"raw.r.<c>": "INDIRECT"},
    }
