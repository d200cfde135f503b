"""What changes with the number of runs: calls to a source that is away, heartbeats, and when a lost task is noticed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.airflow_failures.params import (
    DEFAULT_HEARTBEAT_S,
    FAILURES,
    KIT_RETRIES,
    KIT_RETRY_MOST_S,
    KIT_RETRY_S,
    RETRIES_UNGUARDED,
    SLOTS,
    outlasted_s,
)
from lab.experiments.airflow_failures.present.calculator import calculator, unguarded
from lab.experiments.airflow_failures.present.findings import DEFAULTS, KILLED, Findings, findings
from lab.experiments.airflow_failures.workload import STORMING

OUTLASTED_S = outlasted_s(KIT_RETRY_S, KIT_RETRY_MOST_S)
CONFIG = "defaults of Airflow 3.3.2, config_templates/config.yml"


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Calls multiply by layers, checked at the most layers of this run."""
    found = findings(treatment, controls)
    top = found.layered.iloc[-1]
    return Model(
        statement=(
            "Retries multiply by layer and add up over runs, a circuit breaker's calls do not grow with the runs, and a task "
            "that dies with its supervisor is noticed a time-out after its last heartbeat, at the next scan."
        ),
        formula=(
            r"\begin{gathered} A = (1+r)^{L} \\ "
            r"C_{\mathrm{breaker}} \le k + s - 1 + \lceil T_{\mathrm{out}}/T_{\mathrm{open}}\rceil \\ "
            r"T_{\mathrm{timeout}} - h \le D \le T_{\mathrm{timeout}} + s_{\mathrm{scan}} \end{gathered}"
        ),
        constants=[
            Metric(
                "retries", float(RETRIES_UNGUARDED), "", "r, retries of each layer here", grade="arithmetic"
            ),
            Metric(
                "failures",
                float(FAILURES),
                "",
                "k, failures in a row that open the breaker",
                grade="arithmetic",
            ),
            Metric("slots", float(SLOTS), "", "s, slots of the pool", grade="arithmetic"),
            treatment.metric("amplification_guarded"),
            treatment.metric("mean_time_to_detection"),
        ],
        check=Prediction(
            f"{int(top['layers'])} layers, {int(top['requests'])} request",
            float(top["predicted"] * top["requests"]),
            float(top["calls"]),
            "calls",
            "amplification_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades=dict.fromkeys(
            ("runs", unguarded(found), "calls with a breaker, at most", "heartbeats/s, default"),
            "arithmetic",
        ),
        checked_to=1,
        changes_at=f"2 layers that retry; outages of {OUTLASTED_S / 60:g} min, the kit's retries",
        calculator=calculator(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    seen = calculator(found).answers(runs=STORMING * factor, heartbeat=DEFAULT_HEARTBEAT_S)
    return {
        "factor": factor,
        "runs": STORMING * factor,
        unguarded(found): round(seen["calls"]),
        "calls with a breaker, at most": round(seen["breaker"]),
        "heartbeats/s, default": round(seen["heartbeats"], 1),
    }


def _advice(found: Findings) -> list[Advice]:
    return [
        Advice(
            f"Choose retries by the longest outage that a run is to sit out. The kit's {KIT_RETRIES} outlast "
            f"{OUTLASTED_S / 60:g} minutes; a longer one ends in a run that failed safe. A try that an open circuit breaker "
            "refuses is spent like any other.",
            "arithmetic",
            f"{KIT_RETRY_S:g} s, doubled up to {KIT_RETRY_MOST_S:g} s, without jitter: the kit's defaults",
        ),
        Advice(
            "Watch from outside too. A killed task's callback needs a scheduler and a DAG processor that live, and for the last "
            f"try there is none; here the {found.told_by(KILLED)} told first, after {found.killed_s:.1f} s.",
            "arithmetic",
            "Airflow 3.3.2, sdk/execution_time/supervisor.py: the last try was not killed here",
        ),
        Advice(
            f"With the defaults a task that died with its machine is noticed after {DEFAULTS.low:g} to {DEFAULTS.high:g} s. A "
            "shorter time-out costs no traffic, but it must outlast the API server's worst pause, or healthy tasks are shot.",
            "arithmetic",
            f"300 s time-out, 5 s heartbeat, 10 s scan: {CONFIG}",
        ),
        Advice(
            "Keep the target database away from Airflow's own: a supervisor ends its task after three heartbeats that fail, so "
            "that an outage of the metadata is an outage of every pipeline.",
            "arithmetic",
            f"workers.max_failed_heartbeats 3: {CONFIG}",
        ),
    ]
