"""Lookups that differ for a reader's own rate of updates, entities and delay."""

from __future__ import annotations

import math

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.feature_store.judge import law
from lab.experiments.feature_store.present.findings import Findings
from lab.experiments.feature_store.workload.popularity import zipf_shares


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """λ, updates/s; λ D; % of lookups that differ; MB of memory; s of a refill."""
    entities, delay_s = round(inputs["entities"]), inputs["delay"] / 1e3
    shares = zipf_shares(entities, inputs["zipf"])
    rates = inputs["updates"] * shares
    met = float((shares * rates).sum())
    return {
        "rate": met,
        "waiting": met * delay_s,
        "differing": 100 * law.mismatch(rates, shares, delay_s),
        "memory": constants.get("bytes_each", math.inf) * entities / 1e6,
        "refill": constants.get("refill_us_each", math.inf) * entities / 1e6,
    }


def calculator(found: Findings) -> Calculator:
    params, delay = found.params, found.delay_s
    own = (params.fresh, params.fresh)  # the run varied D
    entities, met = float(params.entities), found.value("lambda")
    waiting = (met * delay, met * float(found.arms["delay_s"].iloc[-1]))
    of_memory = ("entities",)
    return Calculator(
        [
            Input("updates", "Updates that change what is true", "/s", params.fresh, 0, 1e7, own),
            Input("entities", "Entities", "", entities, 1, 200_000, (entities, entities), whole=True),
            Input("zipf", "Zipf exponent of their popularity", "", params.zipf, 0, 2, (params.zipf, params.zipf)),
            Input("delay", "Mean delay D of an update", "ms", 1e3 * delay, 0, 1e6),
        ],
        [
            Output("rate", "λ, of an entity, mean over lookups", "/s", "arithmetic", _RATE),
            Output("waiting", "λ D, updates on their way", "", "arithmetic", checked=waiting),
            Output("differing", "Lookups that differ", "%", "extrapolated", DIFFERING),
            Output("memory", "Memory", "MB", "extrapolated", "memory, MB", of_memory, otherwise="not measured"),
            Output("refill", "A refill takes", "s", "extrapolated", "refill, s", of_memory, otherwise="not measured"),
        ],
        # A run on somebody's Redis, which it may not kill, did not measure them.
        {one.name: one.value for one in found.treatment.metrics if one.name in ("bytes_each", "refill_us_each")},
        compute,
        script_beside(__file__),
    )  # fmt: skip


DIFFERING = "lookups that differ at this delay, by the law, %"
_RATE = "updates/s of an entity, mean over lookups"
