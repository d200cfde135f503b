"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Decision, Metric, Result, Summary
from lab.experiments.kafka_lag.criteria import GROWTH_LIMIT
from lab.experiments.kafka_lag.present.findings import findings
from lab.experiments.kafka_lag.present.model import partitions_for


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, shape of the finding, decisions; every figure from the run."""
    found = findings(treatment, controls)
    hot = found.hot
    calm, falling = found.growth_by_strategy()
    kept_up = "keep up" if calm <= GROWTH_LIMIT * found.worker_rate else "do not all keep up"
    answer = (
        f"At {found.rate:,} messages/s the arms {', '.join(found.params.strategies)} {kept_up}: no partition's "
        f"lag grows by more than {calm:,.0f} messages/s, and 99 % of the messages are processed within "
        f"{found.treatment_p99:,.0f} ms. With a hot key and no salt, one partition receives "
        f"{hot.hot_share:.0%} of the messages and its lag grows by {falling:,.0f} messages/s. "
        f"Recommended: key by what needs order, and salt the few keys that are too hot."
    )
    return Summary(
        answer=answer,
        headline=Metric(
            "p99", found.treatment_p99, "ms", f"99th percentile at {found.rate:,} messages/s", better="lower"
        ),
        decisions=[
            Decision(
                "How many partitions does a topic need?",
                f"{partitions_for(found.rate, found.worker_rate)} for {found.rate:,} messages/s if a worker does "
                f"{found.worker_rate:,.0f}/s and is planned at 70 % load; then check that no key exceeds a worker.",
            ),
            Decision(
                "Which partition strategy?",
                f"Keyed, with hot keys salted: 99 % within {_p99(found.at_top, 'salted hot key')} ms against "
                f"{hot.p99_ms:,.0f} ms without salt. Random placement ({_p99(found.at_top, 'random-sticky')} ms) only where "
                f"order within a key does not matter.",
            ),
        ],
    )


def _p99(rows: pd.DataFrame, strategy: str) -> str:
    found = rows.loc[rows["strategy"] == strategy, "p99_ms"]
    return f"{found.iloc[0]:,.0f}" if len(found) else "(not run)"
