"""False alarms over a reader's own features and looks."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.model_drift.judge.rates import formula
from lab.experiments.model_drift.params import ALPHA
from lab.experiments.model_drift.present.findings import Findings
from lab.experiments.model_drift.workload.people import FEATURES


def compute(inputs: Inputs, _: Constants) -> Answers:
    """Tests; % chance of any false alarm in a look, and in all; % level of one test that keeps them together at alpha."""
    tests, alpha = inputs["features"] * inputs["looks"], inputs["alpha"] / 100
    return {
        "tests": tests,
        "look": 100 * formula(inputs["features"], alpha),
        "any": 100 * formula(tests, alpha),
        "each": inputs["alpha"] / tests,
    }


def calculator(found: Findings) -> Calculator:
    features, looks, alpha = float(len(FEATURES)), float(found.params.looks), 100 * ALPHA
    return Calculator(
        [
            Input("features", "Features", "", features, 1, 1e5, (features, features), whole=True),
            Input("looks", "Looks", "", looks, 1, 1e5, (1, looks), whole=True),
            Input("alpha", "Level α of one test", "%", alpha, 1e-3, 50, (alpha, alpha)),
        ],
        [
            Output("tests", "Tests", "", "arithmetic", "tests"),
            Output("look", "Any false alarm in a look", "%", "arithmetic"),
            Output("any", "Any false alarm in all looks", "%", "arithmetic"),
            Output("each", "Corrected: level of each test", "%", "arithmetic"),
        ],
        {},
        compute,
        script_beside(__file__),
    )
