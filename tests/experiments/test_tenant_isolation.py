"""What needs no server: the matrix as data, the model, judging on outcomes that are known, tokens, what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.evidence.criteria import judge_all
from lab.evidence.result import Result
from lab.experiments.tenant_isolation import CRITERIA, Attack, Params, attacks, model, tokens
from lab.experiments.tenant_isolation.criteria import PLANNING_LIMIT
from lab.experiments.tenant_isolation.judge import Seen, metrics, observe, planned, tables
from lab.experiments.tenant_isolation.measure.attempts import Outcome
from lab.experiments.tenant_isolation.measure.overhead import ALONE, NAMED
from lab.experiments.tenant_isolation.measure.sequences import Sequences
from lab.experiments.tenant_isolation.oracle import Book, Truth, leaked
from lab.experiments.tenant_isolation.workload.arms import OFF, TREATMENT

KEY = "k" * 32


def test_the_matrix_covers_what_it_must() -> None:
    rows = attacks()
    kinds = {row.kind for row in rows if row.model == "sql" and not row.gives}
    assert kinds >= {
        *(
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "MERGE",
            "COPY",
            "TRUNCATE",
            "view",
            "function",
            "leaky function",
        ),
        *(
            "leaky operator",
            "side channel",
            "SET",
            "prepared plan",
            "sequence",
            "materialised view",
            "partition",
        ),
        *("EXPLAIN", "error message", "large object", "logical replication", "owner"),
    }
    assert {row.kind for row in rows if row.model == "api"} >= {"request", "token", "injection", "pool"}


def test_a_reader_adds_a_row_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "attacks.yaml"
    row = "- {name: mine, kind: SELECT, model: sql, does: [SELECT 1]}\n"
    file.write_text(row)
    assert attacks(file)[0].title == "SELECT, mine"
    for wrong in (row * 2, "- {name: x, kind: y, model: sql, does: []}", row.replace("does", "do")):
        file.write_text(wrong)
        with pytest.raises(ValueError, match=r"twice|does nothing|Field required"):
            attacks(file)
    with pytest.raises(ValidationError, match="no attack"):
        Attack(name="x", kind="y", model="sql", does=("SELECT 1",), gives="ok", open=True)


def test_each_tenants_secrets_are_its_own_and_are_found_wherever_they_come_out() -> None:
    truth = Truth(Params())
    mine, others = truth.secrets(3), truth.others(3)
    assert not mine & others and len(mine | others) == 8 * 24
    assert leaked(["(7, 'x " + sorted(truth.notes(7))[0] + "')"], others)
    assert not leaked(sorted(mine), others)
    assert len({order[4] for order in truth.orders}) == len(truth.orders)  # amounts tell whose they are


def test_the_model_keeps_tenants_apart() -> None:
    book = Book()
    assert book.insert(3, "a", "x") and book.insert(7, "a", "y") and not book.insert(3, "a", "z")
    assert book.update(3, None, "new") == 1 and book.seen(7) == [("a", "y")]
    assert book.delete(3, "b") == 0 and book.delete(3, None) == 1 and book.seen(3) == []


def _outcome(arm: str, held: bool, **row: object) -> Outcome:
    known = {"name": "n", "kind": "k", "model": "sql", "does": ("SELECT 1",)} | row
    return Outcome(arm, Attack.model_validate(known), held, "" if held else "read")


def _judged(*outcomes: Outcome, arm: str = TREATMENT.name) -> dict[str, str]:
    found = observe(Seen(outcomes), arm)
    return {
        item.criterion.name: item.outcome for item in judge_all(CRITERIA, found) if item.outcome != "not run"
    }


def test_one_attack_that_succeeds_fails_its_threat_model_alone() -> None:
    outcomes = [_outcome(TREATMENT.name, False), _outcome(TREATMENT.name, True, model="api")]
    assert _judged(*outcomes) == {"sql_blocked": "fail", "api_blocked": "pass"}


def test_an_attack_that_succeeds_nowhere_shows_nothing() -> None:
    good, idle = _outcome(TREATMENT.name, True), _outcome(OFF.name, True)
    assert _judged(good, idle)["attacks_are_real"] == "fail"
    assert _judged(good, _outcome(OFF.name, False))["attacks_are_real"] == "pass"
    assert _judged(good, _outcome(OFF.name, False, name="another"))["attacks_are_real"] == "fail"


def test_metadata_and_actions_are_counted_apart() -> None:
    outcomes = [
        _outcome(TREATMENT.name, True),
        _outcome(TREATMENT.name, False, open=True),
        _outcome(TREATMENT.name, False, gives="ok"),
    ]
    assert _judged(*outcomes) == {"sql_blocked": "pass", "legitimate_allowed": "fail"}


def test_a_sequence_that_differs_fails() -> None:
    observed = observe(Seen([_outcome(TREATMENT.name, True)], sequences=Sequences(9, 99, ("it differs",))))
    assert observed["random_agrees"].value == 1 and "it differs" in observed["random_agrees"].detail


def test_a_good_token_is_taken_and_each_forged_one_refused() -> None:
    import jwt

    claims = tokens.Claims("ann", "7")
    assert tokens.verified(tokens.issue(KEY, claims), KEY) == claims
    good = {"sub": "ann", "tenant": "7", "aud": tokens.AUDIENCE, "exp": 9e9}
    forged = [
        jwt.encode(good, "x" * 32, "HS256"),
        jwt.encode(good, KEY * 2, "HS512"),
        jwt.encode(good, None, "none"),
        *(
            tokens.issue(KEY, claims, **{name: value})
            for name, value in (("exp", 1), ("aud", "other"), ("role", "root"))
        ),
        *(tokens.issue(KEY, claims, tenant=value) for value in (7, ["7"], None, "", "x" * 99)),
        jwt.encode({name: value for name, value in good.items() if name != "exp"}, KEY),
        *("", "x", "a.b.c", "\ud800"),
    ]
    for token in forged:
        with pytest.raises(tokens.RefusedError):
            tokens.verified(token, KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        tokens.verified(tokens.issue(KEY, claims), "short")


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenants": 6},
        {"orders": 0},
        {"partitions": (40, 10, 160)},
        {"partitions": (1, 2, 3)},
        {"rounds": True},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)


def _planned(between: float) -> Result:
    """A run with these times to plan; a constant and a square go through 100 and 600 partitions, and come to 3.65 ms at 250."""
    times = {100: 1.4, 250: between, 600: 16.4}
    rows = [(count, query, 0, ms) for count, ms in times.items() for query in (ALONE, NAMED)]
    seen = Seen(planning=pd.DataFrame(rows, columns=["partitions", "query", "round", "ms"]))
    return Result(Params(), observe(seen), metrics(seen), tables(seen), {})


def test_planning_is_told_as_measured_only_where_its_law_holds_between_the_ends() -> None:
    for between, held in ((3.65, True), (2.4, False)):
        run = _planned(between)
        error = float(run.observed["planning_predicted"].value)
        found = model(run, {})
        grades = {"measured" if held else "extrapolated"}
        assert (error <= PLANNING_LIMIT) is held and found.calculator
        assert {item.grade for item in found.calculator.outputs} == grades
        assert {found.grades["planning, a partition each, ms"]} == grades
        assert ("failed its check" in found.advice[0].basis) is not held


def test_a_cost_that_bends_upwards_is_met_between_the_ends() -> None:
    law, middle, measured = planned(_planned(3.65).tables["planning"])
    assert (middle, law.at(middle)) == (250, pytest.approx(measured)) and law.at(600) == pytest.approx(16.4)
    assert law.reaches(law.at(400)) == pytest.approx(400) and law.reaches(0.1) == 0
