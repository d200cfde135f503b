"""The judgement on histories of which the outcome is known, the oracle on a table made by hand, the page on a run made up."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab import notebook
from lab.charts import figure
from lab.errors import ParameterError
from lab.evidence import baseline
from lab.evidence.criteria import Observation, judge
from lab.evidence.params import parse
from lab.evidence.result import Result
from lab.evidence.statistics import none_seen_bound
from lab.evidence.strength import flaws
from lab.experiments import reproducible_notebook as package
from lab.experiments.reproducible_notebook import CRITERIA, Params
from lab.experiments.reproducible_notebook.experiment import _controls, _result
from lab.experiments.reproducible_notebook.judge import model, observations, project
from lab.experiments.reproducible_notebook.kit import FOLDER
from lab.experiments.reproducible_notebook.measure.notebooks import only_twice, rules
from lab.experiments.reproducible_notebook.measure.project import SLUG
from lab.experiments.reproducible_notebook.measure.seen import Checked, Fresh, Seen, Step, Workflow
from lab.experiments.reproducible_notebook.measure.truth import checked
from lab.experiments.reproducible_notebook.mechanism import (
    Artefact,
    Bytes,
    Comparison,
    Environment,
    Execution,
    Numbers,
    code_cells,
    compare,
    conclude,
    standard,
)
from lab.experiments.reproducible_notebook.oracle import MEANS, SLOPES, answers, condition
from lab.experiments.reproducible_notebook.params import BETWEEN, BOTH, CHANGES, LOWEST, SECOND
from lab.experiments.reproducible_notebook.present.summary import _left_out as left_out
from lab.experiments.reproducible_notebook.workload import ANALYSIS, CARELESS, PLANTED, chosen, weather

PARAMS = Params()
CONDITION = 443.0


def outcome(name: str, seen: Observation) -> str:
    criterion = next(item for item in CRITERIA if item.name == name)
    return judge(criterion, {name: seen}).outcome


def execution(environment: Environment, number: int = 0, **files: str) -> Execution:
    """One that made `files`, each by the code cell of its place."""
    names = (name.replace("_", ".") for name in files)
    made = {
        n: Artefact(n, text.encode(), cell)
        for cell, (n, text) in enumerate(zip(names, files.values(), strict=True), 3)
    }
    told = {"python": str(number)} if environment.fact == "versions" else number
    facts = {environment.fact: told} if environment.fact else {}
    return Execution(
        environment, made, start_s=1.0, took_s=2.0, seconds={1: 0.1, 2: 0.5, 3: 0.2}, facts=facts
    )


def environments() -> list[Environment]:
    return standard({LOWEST: "/old/python", BETWEEN: "/new/python"})[0]


def everywhere(number: float = 0.1, counts: str = "3") -> Comparison:
    """The analysis in all environments; in the last one with another number, or another count."""
    wide = [
        execution(one, place, monthly_csv="0.1", counts_csv="3") for place, one in enumerate(environments())
    ]
    model_file = Artefact("artefacts/model.json", b'{"rows": 26000}', 8)
    last = execution(wide[-1].environment, 99, monthly_csv=repr(number), counts_csv=counts)
    made = [
        replace(one, artefacts={**one.artefacts, model_file.name: model_file}) for one in [*wide[:-1], last]
    ]
    return conclude(made, code_cells(json.loads(ANALYSIS.read_text())), rules(PARAMS, CONDITION))


def careless(*differ: str, seed: str = "hours.txt") -> Comparison:
    """The careless notebook: the files `differ` are others each time, `seed` with another hash seed."""
    cells = {"started.txt": 3, "sampled.txt": 4, "hours.txt": 5, "count.txt": 6}
    made = []
    for place, one in enumerate(
        item for item in environments() if item.name in ("base", "same again", "hash seed")
    ):
        texts = {
            name: f"text {place if name in differ or (name == seed and place == 2) else ''}" for name in cells
        }
        made.append(
            Execution(
                one, {name: Artefact(name, texts[name].encode(), cells[name]) for name in cells}, took_s=1.0
            )
        )
    return conclude(made, code_cells(json.loads(CARELESS.read_text())))


@pytest.mark.parametrize(
    ("made", "due"),
    [
        (everywhere(), "pass"),
        (everywhere(0.10000000000000002), "pass"),
        (everywhere(0.1000001), "fail"),
        (everywhere(counts="4"), "fail"),
    ],
)
def test_one_artefact_beyond_its_class_in_one_environment_is_a_failure(made: Comparison, due: str) -> None:
    assert outcome("equal_everywhere", observations.equal_everywhere(made)) == due


def test_an_artefact_that_is_missing_or_new_differs() -> None:
    made = everywhere()
    last = made.executions[-1]
    for files in ({}, {**last.artefacts, "new.txt": Artefact("new.txt", b"", 1)}):
        worse = conclude([*made.executions[:-1], replace(last, artefacts=files)], [])
        assert outcome("equal_everywhere", observations.equal_everywhere(worse)) == "fail"


def test_other_bytes_in_the_same_environment_are_a_failure_even_within_the_class() -> None:
    base, again, *_ = (execution(one, monthly_csv="0.1") for one in environments())
    other = replace(again, artefacts={"monthly.csv": Artefact("monthly.csv", b"0.10000000000000002", 3)})
    for second, due in ((again, "pass"), (other, "fail")):
        made = conclude([base, second], [])
        assert outcome("same_bytes_twice", observations.same_bytes_twice(made.pairs)) == due
    assert outcome("same_bytes_twice", observations.same_bytes_twice([])) == "inconclusive"


def test_an_environment_that_did_not_take_hold_is_no_test() -> None:
    made = everywhere()
    assert outcome("environments_differ", observations.environments_differ(made)) == "pass"
    idle = replace(made.executions[2], facts=made.executions[0].facts)
    worse = conclude([*made.executions[:2], idle], [])
    assert outcome("environments_differ", observations.environments_differ(worse)) == "fail"


@pytest.mark.parametrize(
    ("made", "due"),
    [
        (careless("started.txt", "sampled.txt"), "pass"),
        (careless("started.txt"), "fail"),  # one is missed
        (careless("started.txt", "sampled.txt", "hours.txt"), "fail"),  # blamed on the wrong change
        (careless("started.txt", "sampled.txt", "count.txt"), "fail"),  # an innocent one is accused
        (careless("started.txt", "sampled.txt", seed=""), "fail"),
    ],
)
def test_each_planted_cause_must_be_named_and_no_other(made: Comparison, due: str) -> None:
    assert outcome("causes_named", observations.causes_named(made)) == due


def test_controls_fail_what_they_must() -> None:
    controls = _controls(PARAMS, careless("started.txt", "sampled.txt"))
    for control in package.CONTROLS:
        assert outcome(control.breaks, controls[control.name].observed[control.breaks]) == "fail"


def test_the_planted_calls_are_those_of_the_notebook() -> None:
    cells = code_cells(json.loads(CARELESS.read_text()))
    for artefact, planted in PLANTED.items():
        assert artefact in cells[planted.cell - 1]
        assert planted.call.replace("'", '"') in cells[planted.cell - 1]


def workflow(status: int = 0, text: str = "1") -> Workflow:
    pair = [execution(Environment(name), counts_csv=value) for name, value in (("a", "1"), ("b", text))]
    return Workflow(
        [Step("Execute", status, 2.0, "said")], ["Install"], conclude(pair, []).pairs, "<p>report</p>"
    )


@pytest.mark.parametrize(
    ("made", "due"),
    [
        (workflow(), "pass"),
        (workflow(status=1), "fail"),
        (workflow(text="2"), "fail"),
        (Workflow([], [], [], ""), "inconclusive"),
    ],
)
def test_a_step_that_fails_and_an_artefact_that_differs_fail_in_ci(made: Workflow, due: str) -> None:
    assert outcome("executes_in_ci", observations.executes_in_ci(made)) == due


def changed(change: Callable[[dict[str, Any]], object]) -> Fresh:
    """The baseline's record against itself with a change."""
    kept = baseline.kept(SLUG)
    assert kept
    made = copy.deepcopy(kept)
    change(made)
    return Fresh(kept, made)


def first(record: dict[str, Any], tier: str, relation: str) -> dict[str, Any]:
    return next(
        one for one in record["criteria"] if (one["tier"], one["limit"]["relation"]) == (tier, relation)
    )


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (lambda record: None, "pass"),
        (lambda record: record.update(duration_s=1.0), "pass"),
        (lambda record: first(record, "ratio", "<=").update(observed=0.5), "pass"),
        (lambda record: first(record, "ratio", "<=").update(outcome="inconclusive"), "fail"),
        (lambda record: first(record, "invariant", "==").update(observed=1), "fail"),
        (lambda record: record["criteria"].pop(), "fail"),
        (lambda record: record["control"]["variants"][0].update(outcome="pass"), "fail"),
    ],
)
def test_outcomes_and_exact_values_must_be_the_baselines(change: Callable[..., object], due: str) -> None:
    fresh = changed(change)
    assert outcome("baseline_holds", observations.baseline_holds(fresh)) == due
    assert project.held(fresh.baseline, fresh.made)["equal"].all() == (due == "pass")


@pytest.mark.parametrize(("seconds", "due"), [(16.0, "pass"), (24.0, "pass"), (40.0, "fail"), (8.0, "fail")])
def test_the_time_of_all_is_predicted_from_the_first_two(seconds: float, due: str) -> None:
    made = everywhere()
    made = replace(made, executions=[*made.executions] * 2)  # whatever this machine allows
    made = replace(made, executions=made.executions[:16])
    assert outcome("model_predicts", observations.model_predicts(made, seconds)) == due


def test_chances_are_arithmetic() -> None:
    assert model.chance(0.99, 100) == pytest.approx(0.366, abs=1e-3)
    assert model.needed(1) == 0.95 and model.chance(model.needed(50), 50) == pytest.approx(0.95)
    assert round(model.half(0.99)) == 69
    assert (model.clean_runs(0.99), model.clean_runs(0.5), model.clean_runs(0.05)) == (299, 5, 1)
    steps = model.steps(execution(Environment("base"), a="1"))
    assert sum(seconds for _, seconds in steps) == pytest.approx(2.0)


def test_clean_runs_are_the_fewest_that_bound_what_was_not_seen() -> None:
    for share in (0.3, 0.9, 0.95, 0.99, model.needed(10), model.needed(1000)):
        runs = model.clean_runs(share)
        assert none_seen_bound(runs) <= 1 - share < none_seen_bound(runs - 1)


HEAD = "time,origin,temp °F,humid %,wind mph,dewp °F\n"
HOURS = [
    ("2013-01-01T04:00:00Z", "50.0", "40.0", "5.0", "30.0"),  # still December there
    ("2013-01-01T05:00:00Z", "32.0", "50.0", "10.0", "20.0"),
    ("2013-01-01T06:00:00Z", "41.0", "", "", "30.5"),
    ("2013-01-01T07:00:00Z", "41.0", "60.0", "12.5", "28.0"),
    ("2013-01-01T08:00:00Z", "59.0", "70.0", "3.5", "49.0"),
    ("2013-01-01T09:00:00Z", "", "70.0", "3.5", ""),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [",".join([time, "JFK", *values]) for time, *values in HOURS]
    (tmp_path / "weather-2013-01.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def test_the_oracle_on_a_table_made_by_hand(table: Path) -> None:
    true = answers(table, 1)
    assert true["counts.csv"] == {
        ("JFK", 12, "hours"): 1,
        ("JFK", 12, "complete"): 1,
        ("JFK", 1, "hours"): 5,
        ("JFK", 1, "complete"): 3,
    }
    assert true["monthly.csv"]["JFK", 1, "celsius"] == pytest.approx((0 + 5 + 5 + 15) / 4)
    deficit = (6.112 * 0.5 + 8.72 * 0.4 + 17.05 * 0.3) / 3
    assert true["monthly.csv"]["JFK", 1, "deficit"] == pytest.approx(deficit, rel=1e-3)
    # Four complete rows and four unknowns: the plane goes through all of them.
    slopes = [true["model.json"][(name,)] for name in SLOPES]
    deviation = [[50 - 32, 40 - 50, 5 - 10], [41 - 32, 60 - 50, 2.5], [59 - 32, 70 - 50, 3.5 - 10]]
    for inputs, due in zip(deviation, (10, 8, 29), strict=True):
        assert sum(a * b for a, b in zip(inputs, slopes, strict=True)) == pytest.approx(due)
    assert true["heat.png"][1, 0] == round(10 * 255 / 45)


def test_the_condition_number_is_that_of_the_normal_equations(table: Path) -> None:
    rows = np.array([[float(value) for value in values] for _, *values in HOURS if all(values)])
    rows -= rows.mean(axis=0)
    inputs, dew = rows[:, :3], rows[:, 3]
    slopes = np.linalg.lstsq(inputs, dew, rcond=None)[0]
    spread = abs(inputs).T @ (abs(inputs) @ abs(slopes) + abs(dew))
    inverse = abs(np.linalg.inv(inputs.T @ inputs))
    assert condition(table, 1) == pytest.approx(float(max(inverse @ spread / abs(slopes))), rel=1e-9)


def test_a_model_is_held_to_its_condition_number_times_the_steps_by_oracle_and_comparison(
    table: Path,
) -> None:
    true = {name: answers(table, 1)["model.json"][(name,)] for name in SLOPES}
    file = BytesIO()
    Image.new("L", (24 * 16, 16), 57).save(file, "PNG")
    head = b"origin,month\n"
    made = {"counts.csv": head, "monthly.csv": head, "heat.png": file.getvalue()}
    for away, due in ((0, 0), (9 * 4, 0), (9 * 4 + 1, 1)):
        slope = true[SLOPES[2]]
        for _ in range(away):
            slope = math.nextafter(slope, math.inf)
        moved = json.dumps({"slopes": {**true, SLOPES[2]: slope}}).encode()
        there = {**made, "model.json": moved}
        artefacts = {
            f"artefacts/{name}": Artefact(f"artefacts/{name}", text, 1) for name, text in there.items()
        }
        own = rules(Params(ulp=9), 3.2)
        found = {one.artefact: one for one in checked(artefacts, table, 1, own)}
        assert len(found["model.json"].wrong) == due
        base = json.dumps({"slopes": true}).encode()
        assert (compare(base, moved, own["*model.json"]).status == "differs") == bool(due)


def test_the_kit_allows_its_example_what_the_data_of_the_experiment_say(tmp_path: Path) -> None:
    allowed = PARAMS.ulp * math.ceil(condition(weather(tmp_path / "weather"), 12))
    for name in ("workflow.yml", "Dockerfile"):
        assert f"*/model.json={allowed}" in (FOLDER / name).read_text()
    assert f"{PARAMS.ulp} * {allowed // PARAMS.ulp})" in (FOLDER / "README.md").read_text()


def test_a_wrong_value_is_seen_by_the_oracle(table: Path) -> None:
    true, file = answers(table, 1), BytesIO()
    Image.new("L", (24 * 16, 16), 57).save(file, "PNG")
    monthly = true["monthly.csv"]
    means = "".join(
        f"JFK,{month},{','.join(repr(monthly['JFK', month, name]) for name in MEANS)}\n" for month in (1, 12)
    )
    texts = {
        "counts.csv": b"origin,month,hours,complete\nJFK,1,5,4\nJFK,12,1,1\n",
        "monthly.csv": f"origin,month,{','.join(MEANS)}\n{means}".encode(),
        "model.json": json.dumps({"slopes": {name: true["model.json"][(name,)] for name in SLOPES}}).encode(),
        "heat.png": file.getvalue(),
    }
    made = {f"artefacts/{name}": Artefact(f"artefacts/{name}", content, 1) for name, content in texts.items()}
    found = {
        one.artefact: one for one in checked(made, table, 1, {"*counts.csv": Bytes(), "*": Numbers(ulp=0)})
    }
    assert found["counts.csv"].wrong == ["counts.csv, ('JFK', 1, 'complete'): 4.0 instead of 3"]
    assert not found["monthly.csv"].wrong and not found["model.json"].wrong
    assert len(found["heat.png"].wrong) == 24  # one of 24 is that grey, and the hour of December is missing
    assert outcome("oracle_agrees", observations.oracle_agrees(list(found.values()))) == "fail"


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    """A whole run, made up: all environments, one number a step away."""
    kept = careless("started.txt", "sampled.txt")
    fresh = changed(lambda record: None)
    seen = Seen(
        everywhere(0.10000000000000002),
        17.0,
        {"user": "no root"},
        kept,
        workflow(),
        [Checked("a", 3, 2.0, [])],
        fresh,
        condition=CONDITION,
    )
    return _result(PARAMS, seen), _controls(PARAMS, kept)


def test_the_record_says_how_strong_it_is(whole: tuple[Result, dict[str, Result]]) -> None:
    shown = notebook.Shown(*(make(*whole) for make in (package.figures, package.summary, package.model)))
    record = notebook._judged(package, *whole, shown)
    assert record["verdict"] == "pass", record["reasons"]
    assert flaws(record, list(shown.figures)) == []
    assert [flaw for drawn in shown.figures.values() for flaw in figure.flaws(drawn)] == []
    assert all(drawn.html(name) for name, drawn in shown.figures.items())


def test_without_the_fresh_run_the_page_still_says_what_it_knows(
    whole: tuple[Result, dict[str, Result]],
) -> None:
    treatment, controls = whole
    tables = {name: table for name, table in treatment.tables.items() if name != "project"}
    assert len(package.summary(replace(treatment, tables=tables), controls).decisions) == 5


@pytest.mark.parametrize(
    ("features", "told"),
    [("", "nothing"), ("AVX2", "AVX2"), ("X86_V3 X86_V4 AVX512_ICL AVX512_SPR", "X86_V3 to AVX512_SPR")],
)
def test_a_processor_with_more_instructions_makes_the_page_no_longer(features: str, told: str) -> None:
    assert left_out(features) == told


def test_two_executions_alone_miss_the_order_of_a_set() -> None:
    twice = only_twice(careless("started.txt", "sampled.txt"))
    assert {cause.artefact for cause in twice.causes} == {"started.txt", "sampled.txt"}


@pytest.mark.parametrize(
    "given", [{"omit": ["same again"]}, {"omit": ["no such"]}, {"ulp": -1}, {"months": 13}, {"fresh": 1}]
)
def test_a_wrong_parameter_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        parse(Params, given)


def test_old_versions_are_tried_with_another_kernel_too() -> None:
    found, missing = chosen(Params())
    both = {item.name: item for item in found}.get(BOTH)
    if both is None:  # no x86
        assert BOTH in missing
        return
    assert both.variables == {"OPENBLAS_CORETYPE": "Nehalem"}
    assert both.python == next(item.python for item in found if item.name == LOWEST)
    assert BOTH not in {item.name for item in chosen(Params(omit=(BOTH,)))[0]}


def test_the_environments_are_those_that_can_be_left_out() -> None:
    found, missing = standard({LOWEST: "a", BETWEEN: "b"})
    assert {item.name for item in found} | set(missing) == {"base", *CHANGES} - {SECOND, BOTH}
