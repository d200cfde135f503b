"""Great Expectations and the oracle on the same batches, verdict by verdict; and Data Docs of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lab.experiments.data_quality.measure.rates import due
from lab.experiments.data_quality.measure.seen import Delivery
from lab.experiments.data_quality.mechanism.docs import data_docs
from lab.experiments.data_quality.mechanism.gate import gate, validate
from lab.experiments.data_quality.mechanism.suite import Suite
from lab.experiments.data_quality.params import Params
from lab.experiments.data_quality.workload.batches import GOOD, Case, Day, spoiled
from lab.experiments.data_quality.workload.faults import KINDS


def verdicts(
    params: Params,
    days: Sequence[Day],
    suite: Suite,
    deliveries: Sequence[Delivery],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """A row for each batch: expectations that only one of the two finds violated. Files of the pipeline come first."""
    rows = [
        _verdict(
            suite,
            each.kind,
            0.0 if each.kind == GOOD else params.sizes[-1],
            {item.name for item in each.named},
            each.due,
        )
        for each in deliveries
    ]
    for case in _cases(params, days, rng):
        found = {item.expectation.name for item in gate(suite, case.batch).violated}
        rows.append(_verdict(suite, case.kind, case.size, found, due(suite.expectations, case.batch)))
    return pd.DataFrame(rows)


def docs(days: Sequence[Day], suite: Suite, spoilt: Case) -> dict[str, str]:
    """Data Docs of a day as it came and of the same day with faults, and that day itself, by file name."""
    fine = days[spoilt.place]
    return {
        "failing-day.csv": spoilt.batch.to_csv(index=False),
        "data-docs-failing.html": data_docs(
            validate(suite, spoilt.batch), f"Data Docs: {fine.name} with {spoilt.kind}"
        ),
        "data-docs-good.html": data_docs(validate(suite, fine.batch), f"Data Docs: {fine.name} as it came"),
    }


def _cases(params: Params, days: Sequence[Day], rng: np.random.Generator) -> Iterator[Case]:
    """Each kind in turn, each time with another size, until there are enough."""
    later = range(params.train, len(days))
    kinds, sizes = list(KINDS), params.sizes
    for number in range(params.judged):
        kind, size = kinds[number % len(kinds)], sizes[(number + number // len(kinds)) % len(sizes)]
        yield spoiled(days, int(rng.choice(later)), (kind,), size, rng)


def _verdict(
    suite: Suite, kind: str, size: float, found: set[str], wanted: Sequence[str]
) -> dict[str, object]:
    differing = found ^ set(wanted)
    return {
        "kind": kind,
        "size": size,
        "expectations": len(suite.expectations),
        "violated": len(wanted),
        "differing": len(differing),
        "which": ", ".join(sorted(differing)),
    }
