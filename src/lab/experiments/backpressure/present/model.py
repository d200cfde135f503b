"""What an overload of any size leaves to be refused, and what refusing costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.evidence.calculator import Calculator
from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.backpressure.present.calculator import calculator
from lab.experiments.backpressure.present.findings import Findings, findings
from lab.experiments.backpressure.workload import BOTH, SERVER

_COST = "processor time of ingestion per attempt, refused or not"


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Attempts that reach a server at any overload, checked in this run's burst; the price of an attempt drawn out."""
    found = findings(treatment, controls)
    own = _calculator(found)
    return Model(
        statement=(
            "Offered ρ times its capacity, a sink leaves 1 - 1/ρ of the load unserved, whoever refuses; clients that retry send "
            "up to m attempts for each event, throttled ones about k for each accepted event once they have learnt."
        ),
        formula=(
            r"r = 1-\frac{1}{\rho},\qquad \lambda_{\text{retrying}} \le m\rho\mu,\qquad "
            r"\lambda_{\text{throttled}} \approx k\mu,\qquad \text{metastable if } m\rho_0 > 1"
        ),
        constants=[
            treatment.metric("capacity"),
            Metric("rho", found.rho, "", "ρ, load of the burst over capacity"),
            Metric("rho_0", found.params.base, "", "ρ₀, base load over capacity", grade="arithmetic"),
            Metric(
                "m", float(found.params.attempts), "attempts", "m, of a client at most", grade="arithmetic"
            ),
            Metric("k", found.params.k, "", "k, of the throttle", grade="arithmetic"),
            Metric("cost", _cost(found), "ms", f"{_COST}, {_most_refused(found)['arm']}"),
            Metric("cost_throttled", _throttled(found), "ms", f"{_COST}, {BOTH.name}"),
        ],
        check=Prediction(
            "attempts/s that reach the server in the burst, server and clients protected",
            own.answers()["throttled"],
            float(found.both["attempts_rate"]),
            "attempts/s",
            "attempts_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades={
            "ρ of the burst": "arithmetic",
            "not served": "arithmetic",
            "attempts/s, retrying, at most": "arithmetic",
            "attempts/s, throttled": "arithmetic",
            "processors, retrying, at most": "extrapolated",
            "processors, throttled": "extrapolated",
        },
        checked_to=1,
        changes_at=f"{1e3 / _cost(found):,.0f} attempts/s or more: one such process only refuses",
        advice=_advice(found),
        calculator=own,
    )


def _most_refused(found: Findings) -> Any:
    """The arm in which most attempts are refused, which is what is drawn out."""
    return found.arm(SERVER.name if SERVER.name in found.names else BOTH.name)


def _cost(found: Findings) -> float:
    """ms of an attempt, accepted ones among them: of a refusal alone it is the upper end."""
    return float(_most_refused(found)["cpu_ms"])


def _throttled(found: Findings) -> float:
    """ms of an attempt of throttled clients: more of theirs are accepted, which costs more."""
    return float(found.both["cpu_ms"])


def _calculator(found: Findings) -> Calculator:
    return calculator(found, _cost(found), _throttled(found))


def _attempts_rate(found: Findings) -> float:
    return float(_most_refused(found)["attempts_rate"])


def _row(found: Findings, factor: int) -> dict[str, object]:
    rho = found.rho * factor
    seen = _calculator(found).answers(burst=rho)
    return {
        "factor": factor,
        "ρ of the burst": round(rho, 2),
        "not served": f"{seen['refused']:.2f}%",
        "attempts/s, retrying, at most": round(seen["retrying"]),
        "attempts/s, throttled": round(seen["throttled"]),
        "processors, retrying, at most": round(seen["processors"], 2),
        "processors, throttled": round(seen["spared"], 2),
    }


def _advice(found: Findings) -> list[Advice]:
    params, cost, throttled = found.params, _cost(found), _throttled(found)
    return [
        Advice(
            f"Plan base load times attempts below one: here {params.base:g} times {params.attempts} is "
            f"{params.base * params.attempts:.2f}, so an overload, however it began, is kept up by retries alone.",
            "arithmetic",
            "a retry budget of a tenth makes it 1.1 times the base load, whatever the number of attempts",
        ),
        Advice(
            f"Refuse before a request costs anything: an attempt took {cost:.1f} ms of this Python process on average with the "
            f"{_most_refused(found)['arm']}, {throttled:.1f} ms with {BOTH.name}, as more were accepted; a refusal takes less. "
            f"Measure yours, and before a processor is full of them refuse in a proxy, or have clients throttle themselves.",
            "extrapolated",
            f"from {_attempts_rate(found):.0f} attempts/s ({_most_refused(found)['arm']}), of which the server took a part",
        ),
        Advice(
            f"Give clients a memory no longer than you can wait: throttled ones need up to their window to trust a sink again, "
            f"{params.memory_s:g} s here, two minutes by the book's default.",
            "extrapolated",
            "seen with this run's window only",
        ),
        Advice(
            "With several ingestion processes each has its own quota and limit: divide the quota; each limit finds its part.",
            "arithmetic",
            "the state is the process's own; one process was run",
        ),
    ]
