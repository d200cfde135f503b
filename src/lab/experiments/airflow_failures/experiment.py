"""One Airflow, and on it every fault with guards and without, side by side."""

from __future__ import annotations

from pathlib import Path

from lab.evidence.result import Result
from lab.experiments.airflow_failures.judge.result import results
from lab.experiments.airflow_failures.kit import DAGS
from lab.experiments.airflow_failures.measure.runs import measure
from lab.experiments.airflow_failures.measure.stand import stand
from lab.experiments.airflow_failures.params import Params
from lab.progress import steps


def run(params: Params, dags: Path = DAGS) -> Result:
    """The treatment. Your own guards: a copy of the kit's folder `dags`, changed, whose DAG `orders` is then what is judged."""
    return run_with_controls(params, dags)[0]


def run_with_controls(params: Params, dags: Path = DAGS) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls, judged on the same runs."""
    with steps(params.rounds + 1) as work:
        work.next("Airflow and databases")
        with stand(params, dags) as up:
            seen = measure(params, up, work.next)
    return results(params, seen)
