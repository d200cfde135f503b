"""The error of a private sum for a reader's own number of people and budget, and the budget that a target asks for."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.private_aggregates.judge.model import SumModel
from lab.experiments.private_aggregates.measure.advice import COPIES
from lab.experiments.private_aggregates.present.findings import Findings, percent


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """% error of 95 % of the releases, % of clipping in it, whole budget for the target: infinite if clipping exceeds it."""
    model = SumModel(constants["noise"], constants["per_person"], constants["bias"])
    share, people = constants["share"], inputs["people"]
    return {
        "error": 100 * model.p95(people, inputs["budget"] * share),
        "bias": 100 * model.bias,
        "needed": model.epsilon(people, inputs["target"] / 100) / share,
    }


def calculator(found: Findings) -> Calculator:
    people, share, tried = found.people, found.sum_share, found.params.epsilons
    needed = f"whole budget for {percent(found.params.target)} error"
    return Calculator(
        [
            Input("people", "People", "", people, 1, 1e10, (people, COPIES * people)),
            Input("budget", "Whole budget ε", "", found.params.epsilon, 1e-4, 100, (tried[0] / share, tried[-1] / share)),
            Input("target", "Error to stay within", "%", 100 * found.params.target, 0.01, 100),
        ],
        [
            Output("error", "Error of the sum, 95 % of releases", "%", "measured", "error of the sum, 95 % of releases"),
            Output("bias", "Clipping in it", "%", "measured", "clipping bias in it"),
            Output("needed", "Budget ε for that error", "", "measured", needed, otherwise="none is enough: clipping exceeds it"),
        ],
        {"noise": found.model.noise, "per_person": found.model.per_person, "bias": found.model.bias, "share": share},
        compute,
        script_beside(__file__),
    )  # fmt: skip
