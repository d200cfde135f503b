"""How many partitions, how hot a key, how long to catch up: the model and its check inside the run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Grade, Metric, Model, Prediction, Result
from lab.experiments.kafka_lag.params import MEAN_LOAD
from lab.experiments.kafka_lag.present.calculator import calculator
from lab.experiments.kafka_lag.present.findings import Findings, even, findings, listed
from lab.experiments.kafka_lag.workload.variants import KEYS, LARGER

MOST = 1_000  # partitions looked at
GRADES: dict[str, Grade] = {
    "messages/s": "arithmetic",
    "partitions by the mean": "arithmetic",
    "fullest, times its fair share": "simulated",
    "partitions without a key": "simulated",
    "fewest that hold": "simulated",
    "largest share of one key": "arithmetic",
}


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Partitions by the fullest one's load; growth of lag; catching up."""
    found = findings(treatment, controls)
    mu = found.params.worker_rate
    checked = found.larger.iloc[-1]
    return Model(
        statement=(
            "A partition keeps up while its own share s of the rate λ stays below its worker's rate μ; beyond, its lag "
            "grows by sλ − μ, and after an outage of T it catches up in Tρ/(1 − ρ), where ρ = sλ/μ."
        ),
        formula=(
            r"\begin{gathered} \rho = \frac{s_{\max}\lambda}{\mu} \le \rho_{\text{target}} \\"
            r"\frac{dL}{dt} = \max(0,\; s\lambda - \mu) \\ T_{\text{catch up}} = T\,\frac{\rho}{1-\rho} \end{gathered}"
        ),
        constants=[
            Metric("mu", mu, "messages/s", "μ, one simulated worker (`service_rate`)", grade="simulated"),
            Metric(
                "mu_real",
                float(checked.worker_rate),
                "messages/s",
                "μ of the slow workers, as set: they really wait for that time",
                grade="arithmetic",
            ),
            Metric("share", float(found.hot.hot_share), "", "s, fullest partition's share in the control"),
        ],
        check=Prediction(
            f"even keys on {checked.partitions} partitions at {LARGER} times the load: growth of the fullest one's lag",
            float(checked.predicted * checked.worker_rate),
            float(checked.behind),
            "messages/s",
            "larger_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades=GRADES,
        checked_to=LARGER,
        changes_at=f"one key of {mu:,.0f} messages/s: salt it",
        advice=_advice(found),
        calculator=calculator(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    """For 1,000 keys that are equally frequent."""
    rate, workers = found.params.rate * factor, found.params.workers * factor
    seen = calculator(found).answers(rate=rate)
    mean = round(seen["mean"])
    spread = even(mean)
    values = (
        rate,
        mean,
        round(spread.times_fair, 1),
        spread.empty,
        _holding(workers, mean, found.params.target_load),
        f"{seen['most']:.2f}%",
    )
    return {"factor": factor, **dict(zip(GRADES, values, strict=True))}


def _holding(workers: float, mean: int, load: float) -> str:
    """Fewest partitions whose fullest stays within `load`, of a thousand even keys, as far as was looked."""
    if workers / KEYS > load:
        return "none: too few keys"
    found = next((n for n in range(mean, MOST + 1) if even(n).share * workers <= load), None)
    return f"over {MOST:,}" if found is None else f"{found:,}"


def _advice(found: Findings) -> list[Advice]:
    params, key = found.params, found.largest_key
    row = found.recommended
    kept = f"{row.partitions} partitions keep up, " if row is not None and found.kept else ""
    return [
        Advice(
            f"Give `placement()` your own key counts before you choose a number: here {kept}{listed(found.behind) or 'none'} "
            f"fall behind. A later change of the number moves keys to other partitions, away from their order.",
            "measured",
        ),
        Advice(
            f"Salt the hottest key from about {float(f'{params.worker_rate / key:.2g}'):,.0f} messages/s on: there it alone "
            f"fills a worker, and no number of partitions helps.",
            "arithmetic",
            f"a key with {key:.0%} of the messages against a worker of {params.worker_rate:,.0f} messages/s",
        ),
        Advice(
            f"Salt no more than you must: `keys_to_salt()` named {found.salted} of {KEYS:,} keys. Of its messages, "
            f"{found.salted_share:.0%} of all, {found.overtaken / found.salted_share:.0%} were overtaken by a later one. "
            f"They keep their key: add up per partition, then per key; where order counts, let the producer send a "
            f"number, and sort by it. In a compacted topic such a key keeps a message in each of its partitions.",
            "simulated",
            "a worker's time per message is added up, not spent; the rest is real",
        ),
        Advice(
            f"At {MEAN_LOAD:.0%} load catching up takes {_times(MEAN_LOAD)} times the outage, at {params.target_load:.0%} "
            f"{_times(params.target_load)} times: plan the load by the outage to be survived.",
            "extrapolated",
            f"seen up to {found.outage['load'].max():.0%} load, by the formula beyond",
        ),
    ]


def _times(load: float) -> str:
    return f"{load / (1 - load):.1f}"
