"""False alarms of gates on a reader's own tables."""

from __future__ import annotations

import math

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.data_quality.judge.rates import SHUFFLED
from lab.experiments.data_quality.present.findings import Findings

_ANY = "chance of one or more"


def compute(inputs: Inputs, _: Constants) -> Answers:
    """False alarms a day, and % chance of one or more, of gates that know nothing of one another."""
    chance, batches = inputs["share"] / 100, inputs["tables"] * inputs["batches"]
    return {"alarms": chance * batches, "any": -100 * math.expm1(batches * math.log1p(-chance))}


def calculator(found: Findings) -> Calculator:
    """Own share: that of the run's margin. What the check covers is that of bounds at the extremes."""
    chosen, tables = found.alarm(SHUFFLED), float(found.treatment.tables["halves"].iloc[0]["tables"])
    share, checked = 100 * chosen.value, 100 * found.alarm(SHUFFLED, margin=0.0).value
    alarms = f"false alarms a day, margin {found.params.margin:g}"
    return Calculator(
        [
            Input("tables", "Tables", "", 1, 1, 1e6, (1, tables), whole=True),
            Input("batches", "Batches of each", "a day", 1, 1, 10_000, whole=True),
            Input("share", "Good batches that a gate rejects", "%", share, 0, 99, (checked, checked)),
        ],
        [
            Output("alarms", "False alarms", "a day", "simulated", alarms),
            Output("any", "One or more in a day", "%", "simulated", _ANY),
        ],
        {},
        compute,
        script_beside(__file__),
    )
