"""Planning time for a reader's own tenants with a partition each."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.evidence.result import Grade
from lab.experiments.tenant_isolation.judge import Quadratic

MOST_MS = 10.0  # of planning, at most (our threshold)
_PLANNING = "planning, a partition each, ms"


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """ms of planning, and tenants at which it comes to the limit."""
    law = Quadratic(constants["fixed"], constants["each"])
    return {"planning": law.at(inputs["tenants"]), "most": law.reaches(inputs["limit"])}


def calculator(law: Quadratic, tried: tuple[int, ...], grade: Grade) -> Calculator:
    """grade: of the law within what was tried."""
    fewest, most = float(tried[0]), float(tried[-1])
    return Calculator(
        [
            Input("tenants", "Tenants", "", fewest, 1, 1e6, (fewest, most), whole=True),
            Input("limit", "Planning may take", "ms", MOST_MS, 0.1, 1e4),
        ],
        [
            Output("planning", "Planning", "ms", grade, _PLANNING, ("tenants",)),
            Output(
                "most",
                "It takes that from",
                "tenants",
                grade,
                rests_on=("most",),
                otherwise="no number",
                checked=(fewest, most),
            ),
        ],
        {"fixed": law.fixed, "each": law.each},
        compute,
        script_beside(__file__),
    )
