"""Calls to a source that is away, heartbeats, and when a lost task is noticed, for a reader's own Airflow."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.airflow_failures.oracle import most_calls
from lab.experiments.airflow_failures.params import (
    DEFAULT_HEARTBEAT_S,
    DEFAULT_SCAN_S,
    DEFAULT_TIMEOUT_S,
    FAILURES,
    HEARTBEAT_S,
    RETRIES_UNGUARDED,
    SCAN_S,
    SLOTS,
)
from lab.experiments.airflow_failures.present.findings import Findings, bound
from lab.experiments.airflow_failures.workload import STORMING


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """Calls without guards, most with a breaker: those that open it, those beside them, one trial each time.

    Heartbeats/s; s after which a task that died with its machine is noticed, from and to.
    """
    noticed = bound(inputs["timeout"], inputs["heartbeat"], inputs["scan"])
    return {
        "calls": inputs["runs"] * (1 + inputs["retries"]) ** inputs["layers"],
        "breaker": most_calls(constants["failures"], inputs["slots"], inputs["outage"], inputs["open"]),
        "heartbeats": inputs["runs"] / inputs["heartbeat"],
        "soonest": noticed.low,
        "latest": noticed.high,
    }


def calculator(found: Findings) -> Calculator:
    params, tried = found.params, found.layered["layers"]
    layers, retries = float(tried.iloc[-1]), float(RETRIES_UNGUARDED)
    timeout = float(params.heartbeat_timeout_s)
    return Calculator(
        [
            Input("runs", "Runs at once", "", STORMING, 1, 1e6, whole=True),
            Input("layers", "Layers that retry", "", layers, 1, 8, (float(tried.min()), layers), whole=True),
            Input("retries", "Retries of each layer", "", retries, 0, 20, (retries, retries), whole=True),
            Input("outage", "Outage of the source", "s", params.storm_s, 0, 1e6),
            Input("open", "Breaker stays open for", "s", params.open_s, 0.1, 1e5),
            Input("slots", "Slots of the pool", "", SLOTS, 1, 10_000, whole=True),
            # As the run shortened them. Airflow's own are named beside, and lie beyond what it checked.
            *(
                Input(name, f"{label} (default {default:g})", "s", own, low, high, (own, own))
                for name, label, default, own, low, high in (
                    ("timeout", "Heartbeat time-out", DEFAULT_TIMEOUT_S, timeout, 1, 1e5),
                    ("heartbeat", "Heartbeat every", DEFAULT_HEARTBEAT_S, HEARTBEAT_S, 0.1, 1e4),
                    ("scan", "Scan for lost tasks every", DEFAULT_SCAN_S, SCAN_S, 0.1, 1e4),
                )
            ),
        ],
        [
            Output("calls", "Calls without guards", "", "arithmetic", unguarded(found)),
            Output(
                "breaker", "Calls with a breaker, at most", "", "arithmetic", "calls with a breaker, at most"
            ),
            Output("heartbeats", "Heartbeats", "/s", "arithmetic"),
            Output("soonest", "A lost task is noticed, at the soonest, after", "s", "arithmetic"),
            Output("latest", "A lost task is noticed, at the latest, after", "s", "arithmetic"),
        ],
        {"failures": FAILURES},
        compute,
        script_beside(__file__),
    )


def unguarded(found: Findings) -> str:
    """The projection's column of calls without guards."""
    return f"calls without guards, {int(found.layered.iloc[-1]['layers'])} layers"
