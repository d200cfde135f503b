"""The oracle and the judgement, on histories of which the outcome is known."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.criteria import Observation, judge
from lab.evidence.result import Model, Result
from lab.experiments.data_catalog import CRITERIA, Dataset, Options, open_catalog
from lab.experiments.data_catalog import model as shown
from lab.experiments.data_catalog.judge import measures, metrics, model, observations
from lab.experiments.data_catalog.measure import growth
from lab.experiments.data_catalog.measure.seen import Asked, Compared, Seen, Served
from lab.experiments.data_catalog.oracle import Fact, Query, facets, relevant
from lab.experiments.data_catalog.oracle import measures as by_definition
from lab.experiments.data_catalog.params import TODAY, Params
from lab.experiments.data_catalog.workload.arms import LIKE, POSTGRES, SQLITE
from lab.load.histogram import histogram

FACTS = (
    Fact(
        "a/wage1",
        "wage1",
        "José Núñez",
        "jose.nunez@example.org",
        ("wt.loss", "age"),
        frozenset({"heart", "wages"}),
    ),
    Fact("b/wage1", "Wage.1", "Dana Wood", "dana.wood@example.org", ("age",), frozenset({"wages"})),
    Fact("b/other", "wager", "Dana Wood", "dana.wood@example.org", ("Age", "page"), frozenset()),
)


def outcome(name: str, observed: Observation) -> str:
    return judge(next(item for item in CRITERIA if item.name == name), {name: observed}).outcome


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query("name", "exact", "WAGE1", ("wage1",)), {"a/wage1", "b/wage1"}),
        (Query("name", "typo", "wgae1", ("wage1",)), {"a/wage1", "b/wage1"}),
        (Query("name", "prefix", "wag", ("wag",)), {"a/wage1", "b/wage1", "b/other"}),
        (Query("owner", "exact", "nunez", ("Núñez",)), {"a/wage1"}),
        (Query("owner", "exact", "", ("dana.wood@example.org",)), {"b/wage1", "b/other"}),
        (Query("owner", "prefix", "woo", ("woo",)), {"b/wage1", "b/other"}),
        (Query("field", "exact", "age", ("age",)), {"a/wage1", "b/wage1", "b/other"}),
        (Query("field", "two", "age wt_loss", ("age", "wt_loss")), {"a/wage1"}),
        (Query("text", "two", "", ("heart", "wages")), {"a/wage1"}),
    ],
)
def test_relevant_is_every_dataset_that_is_meant(query: Query, found: set[str]) -> None:
    assert relevant(query, FACTS) == found


def test_measures_of_a_known_answer() -> None:
    found = by_definition(["x", "a", "y", "b"], {"a", "b", "c"})
    assert (found["success"], found["precision"], found["recall"], found["mrr"]) == (1.0, 0.2, 2 / 3, 0.5)
    assert found["r_precision"] == 1 / 3
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert found["ndcg"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


IDS = st.lists(st.sampled_from("abcdefghijklmno"), max_size=15, unique=True)


@given(
    ranked=st.lists(IDS, min_size=1, max_size=5),
    wanted=st.sets(st.sampled_from("abcdefghijklmnopq"), min_size=1),
)
def test_the_library_and_the_definitions_agree_on_any_answer(
    ranked: list[list[str]], wanted: set[str]
) -> None:
    queries = [Query("name", "exact", "q", ("q",)) for _ in ranked]
    asked = Asked(queries, [wanted] * len(ranked), {"arm": ranked})
    assert measures.largest_difference(asked, measures.measured(asked))[0] < 1e-6


def test_an_answer_that_is_empty_counts_as_nothing_found_and_is_not_passed_over() -> None:
    asked = Asked([Query("name", "exact", "q", ("q",))] * 2, [{"a"}, {"a"}], {"arm": [["a"], []]})
    table = measures.measured(asked)
    assert list(table["success"]) == [1.0, 0.0] and len(table) == 2


def answers(found: dict[str, int], arms: tuple[str, ...] = (SQLITE, POSTGRES), of: int = 200) -> pd.DataFrame:
    """`found` of `of` queries by kind, the same in all arms."""
    return pd.DataFrame(
        [
            {
                "arm": arm,
                "query": f"{kind}{place}",
                "kind": kind,
                "form": "exact",
                "success": float(place < count),
                "ndcg": 0.5,
            }
            for arm in arms
            for kind, count in found.items()
            for place in range(of)
        ]
    )


@pytest.mark.parametrize(
    ("worst", "due"),
    [(200, "pass"), (195, "pass"), (182, "inconclusive"), (178, "inconclusive"), (160, "fail")],
)
def test_the_worst_kind_decides_and_a_limit_within_the_interval_is_no_answer(worst: int, due: str) -> None:
    table = answers({"name": 200, "owner": worst, "field": 200, "text": 0})
    assert (
        outcome("common_queries_found", observations.common_queries_found(table, (SQLITE, POSTGRES))) == due
    )


def test_one_bad_store_is_enough_and_text_queries_do_not_count() -> None:
    good, bad = answers({"name": 200, "text": 0}, (SQLITE,)), answers({"name": 100}, (POSTGRES,))
    seen = observations.common_queries_found(pd.concat([good, bad]), (SQLITE, POSTGRES))
    assert (seen.value, outcome("common_queries_found", seen)) == (0.5, "fail")
    assert observations.common_queries_found(good, (SQLITE,)).value == 1.0


def test_what_like_can_not_find_at_all_is_not_held_against_its_ranking() -> None:
    table = answers({"name": 200}, (SQLITE, LIKE))
    mistyped = table.assign(form="typo", query=table["query"] + "t", ndcg=(table["arm"] == SQLITE) * 1.0)
    assert observations.ranks_better(pd.concat([table, mistyped]), SQLITE, LIKE).value == 0.0


@pytest.mark.parametrize(("ours", "due"), [(0.9, "pass"), (0.5, "inconclusive"), (0.2, "fail")])
def test_ranking_better_than_like_is_judged_query_by_query(ours: float, due: str) -> None:
    random = np.random.default_rng(0)
    table = answers({"name": 200}, (SQLITE, LIKE))
    table["ndcg"] = np.where(table["arm"] == SQLITE, ours, 0.5) + random.normal(0, 0.05, len(table))
    assert outcome("ranks_better_than_like", observations.ranks_better(table, SQLITE, LIKE)) == due


@pytest.mark.parametrize("name", ["stores_agree", "corrections_complete", "facets_count"])
def test_one_case_that_differs_breaks_an_invariant(name: str) -> None:
    assert outcome(name, observations.differing(Compared(100, []))) == "pass"
    assert outcome(name, observations.differing(Compared(100, ["wgae"]))) == "fail"


@pytest.mark.parametrize(
    ("status", "words", "due"),
    [
        (200, "answered", "pass"),
        (422, "q: too long", "pass"),
        (422, "", "fail"),
        (500, "Internal Server Error", "fail"),
        (0, "closed", "fail"),
        (404, "no", "fail"),
    ],
)
def test_bad_input_is_answered_or_refused_in_words_and_nothing_else(
    status: int, words: str, due: str
) -> None:
    rows = [("s", "fine", 200, "answered"), ("s", "bad", status, words)]
    seen = observations.no_server_error(pd.DataFrame(rows, columns=["store", "input", "status", "words"]))
    assert outcome("no_server_error", seen) == due


def boosted(age: float, ndcg: float) -> pd.DataFrame:
    rows = [
        (boost, query, *((0.9, 200.0) if boost == 0 else (ndcg, age)))
        for query in range(20)
        for boost in (0.0, 0.5)
    ]
    return pd.DataFrame(rows, columns=["boost", "query", "ndcg", "age"])


@pytest.mark.parametrize(
    ("age", "ndcg", "due"),
    [(100, 0.9, ("pass", "pass")), (199, 0.9, ("fail", "pass")), (50, 0.8, ("pass", "fail"))],
)
def test_freshness_must_show_and_may_cost_little(age: float, ndcg: float, due: tuple[str, str]) -> None:
    seen = observations.freshness(Params(), boosted(age, ndcg))
    assert tuple(outcome(name, seen[name]) for name in ("fresher_first", "freshness_costs_little")) == due


def served(punctual: float = 1.0, answered: float = 1.0, ms: int = 10) -> Served:
    return Served("SQLite", histogram([ms * 1_000_000] * 100), punctual, answered, 100, {})


@pytest.mark.parametrize(
    ("given", "due"), [({}, "pass"), ({"punctual": 0.98}, "fail"), ({"answered": 0.98}, "fail")]
)
def test_a_load_that_was_not_offered_or_not_answered_is_seen(given: dict[str, float], due: str) -> None:
    assert outcome("load_reached", observations.load_reached([served(), served(**given)])) == due


def test_p95_is_that_of_the_slower_store() -> None:
    assert observations.p95([served(ms=10), served(ms=300)]).value == pytest.approx(300, rel=1e-3)


def searched(fixed: float, each: float, copies: float) -> pd.DataFrame:
    """Searches that take `fixed` and `each` match; in ten copies `copies` times as long as that says."""
    rows = [
        (factor, 2_000 * factor, 5_000_000 * factor, f"q{found}", number, found * factor, time)
        for factor in (1, 2, 10)
        for number in range(3)
        for found in (10, 40, 150)
        for time in [(fixed + each * found * factor) * (copies if factor == 10 else 1)]
    ]
    return pd.DataFrame(rows, columns=["factor", "datasets", "bytes", "query", "round", "matches", "ms"])


def counted(beta: float = 0.6) -> pd.DataFrame:
    rows = [
        (part, int(2_000 * part), int(200_000 * part), round(30 * (200_000 * part) ** beta))
        for part in (0.125, 0.25, 0.5, 1.0)
    ]
    return pd.DataFrame(rows, columns=["factor", "datasets", "tokens", "words"])


@pytest.mark.parametrize(("copies", "due"), [(1.0, "pass"), (1.2, "pass"), (2.0, "fail"), (0.5, "fail")])
def test_the_copies_are_predicted_from_smaller_catalogs_alone(copies: float, due: str) -> None:
    seen = observations.observe(Params(), Seen(times=searched(1.0, 0.01, copies), words=counted()))
    assert outcome("model_predicts", seen["model_predicts"]) == due
    assert outcome("vocabulary_predicted", seen["vocabulary_predicted"]) == "pass"


def test_searches_that_disagree_about_the_law_leave_it_undecided() -> None:
    # A third of the searches grows otherwise: by which of them are asked, the limit is met or missed.
    times = searched(1.0, 0.01, 1.0)
    times.loc[(times["factor"] == 10) & (times["query"] == "q150"), "ms"] *= 1.7
    found = observations.model_predicts(times, counted())
    assert found.interval is not None and found.interval[0] < 0.25 < found.interval[1]
    assert outcome("model_predicts", found) == "inconclusive"


@pytest.mark.parametrize(
    ("slow", "due"), [({0, 1}, "inconclusive"), ({0, 1, 2}, "fail"), ({0}, "inconclusive")]
)
def test_rounds_that_disagree_about_the_copies_leave_it_undecided(slow: set[int], due: str) -> None:
    # A busy neighbour slows every search of a round: of one size alone, its median is wrong for all searches alike.
    times = searched(1.0, 0.01, 1.0)
    times.loc[(times["factor"] == 10) & times["round"].isin(slow), "ms"] *= 2
    assert outcome("model_predicts", observations.model_predicts(times, counted())) == due


def test_rounds_that_slow_all_sizes_alike_leave_the_copies_decided() -> None:
    times = searched(1.0, 0.01, 1.0)
    times.loc[times["round"] == 1, "ms"] *= 3
    found = observations.model_predicts(times, counted())
    assert found.interval is not None and found.interval[1] < 1e-9
    assert outcome("model_predicts", found) == "pass"


def test_the_sizes_take_turns_at_every_search(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sized:
        """What the timing asks a catalog for."""

        def __len__(self) -> int:
            return 9

        def size(self) -> int:
            return 99

        def close(self) -> None:
            pass

    collection = SimpleNamespace(params=Params())
    monkeypatch.setattr(growth, "_sample", lambda *_: ["a", "b"])
    monkeypatch.setattr(growth, "_copied", lambda *_: Sized())
    monkeypatch.setattr(growth, "_timed", lambda *_: (1, 1.0))
    found = growth.times(cast(Any, collection), cast(Any, Sized()), Path("catalog.db"))
    turns = [found.iloc[at : at + 3] for at in range(0, len(found), 3)]
    assert len(turns) == 2 * growth.ROUNDS
    assert all(turn[["query", "round"]].drop_duplicates().shape[0] == 1 for turn in turns)
    assert all(set(turn["factor"]) == {1, growth.BETWEEN, Params().copies} for turn in turns)
    assert len({tuple(turn["factor"]) for turn in turns}) > 1


def test_searches_that_are_typed_alike_are_one() -> None:
    once = searched(1.0, 0.01, 1.2)
    twice = pd.concat([once, once[once["query"] == "q40"]])
    seen = [observations.model_predicts(times, counted()) for times in (once, twice)]
    assert seen[0] == seen[1]


def test_rows_that_are_read_and_do_not_match_are_not_taken_for_fixed() -> None:
    # Every search reads 300 rows of its words in one catalog, whatever it matches: in ten copies 3,000.
    times = searched(1.0, 0.01, 1.0)
    times["ms"] += 0.01 * 300 * times["factor"]
    assert observations.model_predicts(times, counted()).value < 0.01


def test_the_fitted_constants_are_those_that_made_the_data() -> None:
    made = model.fitted(searched(1.0, 0.01, 1.0), counted())
    assert (made.time.fixed, made.time.each) == (pytest.approx(1.0), pytest.approx(0.01))
    assert made.share == pytest.approx(200 / 3 / 2_000) and made.ms(2_000) == pytest.approx(1 + 2 / 3)
    assert made.beta == pytest.approx(0.6, abs=0.01) and (made.bytes_each, made.tokens_each) == (2_500, 100)
    assert (made.processes(2_000, 50, 0.0), made.processes(2_000, 800, 0.0)) == (1, 3)


def test_facets_are_counted_once_for_each_dataset() -> None:
    items = [{"owner": "a", "tag": ["x", "x", "y"]}, {"owner": "a", "tag": []}]
    assert facets(items, ["owner", "tag"]) == {"owner": {"a": 2}, "tag": {"x": 1, "y": 1}}


def test_nothing_seen_is_nothing_observed() -> None:
    assert observations.observe(Params(), Seen()) == {}


def test_serving_counts_beside_the_search_and_what_is_drawn_has_an_interval() -> None:
    grown = model.fitted(searched(1.0, 0.01, 1.0), counted())
    alone, served = (grown.processes(grown.reaches(9.0), 100, overhead) for overhead in (0.0, 9.0))
    assert (alone, served) == (2, 4)
    low, high = model.reaches_between(searched(1.0, 0.01, 1.0), counted(), 9.0)
    assert low <= grown.reaches(9.0) * 1.001 and high >= grown.reaches(9.0) * 0.999


def _shown(times: pd.DataFrame) -> Model:
    """The page's model of a run with these times, which are not served in any."""
    seen = Seen(times=times, words=counted(), served=[replace(served(), store=SQLITE)])
    made = metrics.tables(seen)
    return shown(Result(Params(), {}, metrics.metrics(seen, made), made), {})


def test_a_search_that_some_draws_say_will_never_be_slow_is_said_to_have_no_upper_end() -> None:
    # One search of three grows with what it matches, the others get faster: drawn without it, the line falls.
    times = searched(5.0, 0.0, 1.0)
    for query, each in (("q10", -0.01), ("q40", -0.01), ("q150", 0.01)):
        own = times["query"] == query
        times.loc[own, "ms"] += each * times.loc[own, "matches"]
    made = _shown(times)
    told = " ".join([made.changes_at, *(f"{one.text} {one.basis}" for one in made.advice)])
    assert "or more, not bounded above by this run)" in told
    assert "inf" not in told and "nan" not in told


def test_a_search_that_does_not_grow_reaches_no_size_that_can_be_told() -> None:
    made = _shown(searched(5.0, -0.001, 1.0))
    told = " ".join([made.changes_at, *(f"{one.text} {one.basis}" for one in made.advice)])
    assert made.changes_at == "a size that this run does not tell: a search takes 200 ms"
    assert "From a size on that this run does not tell one search alone takes 200 ms" in told
    assert "this run does not tell how far beyond" in told and "inf" not in told


def test_a_search_that_grows_is_told_with_both_ends() -> None:
    told = " ".join(one.text for one in _shown(searched(1.0, 0.01, 1.0)).advice)
    assert "From about 600,000 datasets on (95 %: 270,000 to 4,000,000) one search alone takes 200 ms" in told


def test_a_search_that_had_to_ask_again_is_not_timed_as_one_that_did_not(tmp_path: Path) -> None:
    # Both find enough in the end; the second by way of a correction, which a larger catalog would not need.
    catalog = open_catalog(str(tmp_path / "c.db"), Options(enough=2))
    ids = ["peple1", "people1", "people2", "orders1", "orders2"]
    catalog.put([Dataset(id=id, name=id[:-1], owner="me", updated=TODAY) for id in ids])
    assert growth.asks_once(catalog, "orders")
    assert catalog.search("peple").total >= 2 and not growth.asks_once(catalog, "peple")
    catalog.close()
