"""How much a history of a reader's own length counts, and what is left of a wrong default."""

from __future__ import annotations

import math

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.cold_start.judge.law import PREDICTED, Law
from lab.experiments.cold_start.present.findings import Findings

UNTOLD = "not told"


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """% weight of the history; stars left of a wrong default; stars by which the level is typically off.

    The last is infinite, which is not told, past the interactions at which the law was checked.
    """
    law, count = Law(inputs["k"], constants["start"], constants["full"]), inputs["interactions"]
    return {
        "weight": 100 * law.weight(count),
        "left": inputs["wrong"] * (1 - law.weight(count)),
        "error": math.inf if count > constants["told_to"] else math.sqrt(max(0.0, law.at(count))),
    }


def calculator(found: Findings) -> Calculator:
    law, left = found.law, "left of a default wrong by 1 star"
    return Calculator(
        [
            Input("interactions", "Interactions of the user", "", 1, 0, 1e6, (0, PREDICTED), whole=True),
            Input("k", "k: interactions that the default counts for", "", law.k, 0.01, 1e4, (law.k, law.k)),
            Input("wrong", "The default is wrong by", "stars", 1, 0, 5),
        ],
        [
            Output("weight", "Weight of the history", "%", "arithmetic", "weight of the history"),
            Output("left", "Left of the wrong default", "stars", "arithmetic", left),
            # The law's, which a measured row of the projection need not equal to the last digit.
            Output("error", "Level’s typical error, by the law", "stars", "simulated", otherwise=UNTOLD),
        ],
        {"start": float(law.start), "full": float(law.full), "told_to": PREDICTED},
        compute,
        script_beside(__file__),
    )
