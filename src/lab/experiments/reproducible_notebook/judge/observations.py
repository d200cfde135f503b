"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Sequence

from lab.evidence.criteria import Observation
from lab.experiments.reproducible_notebook.judge import model, project
from lab.experiments.reproducible_notebook.measure.notebooks import AT_ONCE
from lab.experiments.reproducible_notebook.measure.seen import Checked, Fresh, Seen, Workflow
from lab.experiments.reproducible_notebook.mechanism import Cause, Comparison, Pair
from lab.experiments.reproducible_notebook.workload import PLANTED, Planted

SHOWN = 3  # examples of what is wrong
AGAIN = "same again"


def observe(seen: Seen) -> dict[str, Observation]:
    """By criterion."""
    found = {}
    if seen.analysis is not None:
        found["equal_everywhere"] = equal_everywhere(seen.analysis)
        found["same_bytes_twice"] = same_bytes_twice(seen.analysis.pairs)
        found["environments_differ"] = environments_differ(seen.analysis)
        found["model_predicts"] = model_predicts(seen.analysis, seen.seconds)
    if seen.careless is not None:
        found["causes_named"] = causes_named(seen.careless)
    if seen.checked:
        found["oracle_agrees"] = oracle_agrees(seen.checked)
    if seen.workflow is not None:
        found["executes_in_ci"] = executes_in_ci(seen.workflow)
        found["ci_time"] = Observation(sum(step.seconds for step in seen.workflow.steps))
    if seen.fresh is not None:
        found["baseline_holds"] = baseline_holds(seen.fresh)
    return found


def equal_everywhere(made: Comparison) -> Observation:
    """Artefacts that differ beyond their class, in any environment."""
    wrong = [f"{_named(pair)}: {pair.compared.kind}" for pair in made.differing]
    return Observation(len(wrong), _detail(wrong, f"{len(made.pairs)} comparisons"))


def same_bytes_twice(pairs: Sequence[Pair]) -> Observation:
    """Artefacts whose bytes are others in the second execution of the first environment."""
    own = [pair for pair in pairs if pair.environment == AGAIN]
    wrong = [pair.artefact for pair in own if pair.compared.status != "same bytes"]
    return Observation(len(wrong), _detail(wrong, f"{len(own)} artefacts"), conclusive=bool(own))


def environments_differ(made: Comparison) -> Observation:
    changed = [one for one in made.executions if one.environment.fact]
    return Observation(len(made.without_effect), _detail(made.without_effect, f"{len(changed)} changes"))


def causes_named(made: Comparison) -> Observation:
    """Against what was planted: missed, misnamed, or accused without a reason."""
    files = [cause for cause in made.causes if not cause.artefact.startswith("cell ")]
    wrong = [cause.artefact for cause in files if cause.artefact not in PLANTED]
    for artefact, planted in PLANTED.items():
        if not any(_is(cause, artefact, planted) for cause in files):
            wrong.append(f"{artefact} ({planted.kind})")
    return Observation(len(wrong), _detail(wrong, f"{len(PLANTED)} planted"))


def _is(cause: Cause, artefact: str, planted: Planted) -> bool:
    accused = [(one.kind, one.cell, one.text) for one in cause.suspects]
    due = (planted.kind, planted.cell, planted.call)
    return (cause.artefact, cause.change, accused) == (artefact, planted.change, [due])


def oracle_agrees(checked: Sequence[Checked]) -> Observation:
    wrong = [text for one in checked for text in one.wrong]
    values, far = sum(one.values for one in checked), max(one.ulp for one in checked)
    return Observation(len(wrong), _detail(wrong, f"{values:,} values; the farthest {far:g} steps away"))


def executes_in_ci(made: Workflow) -> Observation:
    """Steps that failed or were not reached, and expected artefacts that are missing or differ."""
    wrong = [f"step {step.name}: {step.said[-200:]}" for step in made.steps if step.status]
    wrong += [_named(pair) for pair in made.pairs if pair.compared.status == "differs"]
    right = f"{len(made.steps)} steps and {len(made.pairs)} artefacts"
    return Observation(len(wrong), _detail(wrong, right), conclusive=bool(made.steps and made.pairs))


def baseline_holds(fresh: Fresh) -> Observation:
    rows = project.held(fresh.baseline, fresh.made)
    wrong = [f"{row.name}: {row.baseline} against {row.fresh}" for row in rows[~rows["equal"]].itertuples()]
    name = fresh.made["experiment"]
    return Observation(len(wrong), _detail(wrong, f"{len(rows)} criteria and controls of {name}"))


def model_predicts(made: Comparison, seconds: float) -> Observation:
    predicted = model.cost(made, AT_ONCE).seconds()
    detail = f"{predicted:.1f} s predicted, {seconds:.1f} s measured for {len(made.executions)} executions"
    return Observation(abs(predicted / seconds - 1) if seconds else float("inf"), detail)


def _named(pair: Pair) -> str:
    return f"{pair.artefact} in “{pair.environment}”"


def _detail(wrong: Sequence[str], right: str) -> str:
    return f"{'; '.join(wrong[:SHOWN])} (of {right})" if wrong else f"of {right}"
