"""Planning time for a reader's own tenants with a partition each."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.tenant_isolation.judge import Power

MOST_MS = 10.0  # of planning, at most (our threshold)
_PLANNING = "planning, a partition each, ms"


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """ms of planning, and tenants at which it comes to the limit."""
    law = Power(constants["factor"], constants["exponent"])
    return {"planning": law.at(inputs["tenants"]), "most": law.reaches(inputs["limit"])}


def calculator(law: Power, tried: tuple[int, ...]) -> Calculator:
    fewest, most = float(tried[0]), float(tried[-1])
    return Calculator(
        [
            Input("tenants", "Tenants", "", fewest, 1, 1e6, (fewest, most), whole=True),
            Input("limit", "Planning may take", "ms", MOST_MS, 0.1, 1e4),
        ],
        [
            Output("planning", "Planning", "ms", "measured", _PLANNING, ("tenants",)),
            Output(
                "most",
                "It takes that from",
                "tenants",
                "measured",
                rests_on=("most",),
                otherwise="no number",
                checked=(fewest, most),
            ),
        ],
        {"factor": law.factor, "exponent": law.exponent},
        compute,
        script_beside(__file__),
    )
