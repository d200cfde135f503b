"""Great Expectations and the oracle on the same batches, verdict by verdict; and Data Docs of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lab.experiments.data_quality.measure.rates import due
from lab.experiments.data_quality.mechanism.docs import data_docs
from lab.experiments.data_quality.mechanism.gate import gate, validate
from lab.experiments.data_quality.mechanism.suite import Suite
from lab.experiments.data_quality.params import Params
from lab.experiments.data_quality.workload.cases import Case, good, spoiled
from lab.experiments.data_quality.workload.faults import KINDS
from lab.experiments.data_quality.workload.flights import Day


def verdicts(params: Params, days: Sequence[Day], suite: Suite, rng: np.random.Generator) -> pd.DataFrame:
    """A row for each batch: expectations that only one of the two finds violated."""
    return pd.DataFrame(_verdict(suite, case) for case in _cases(params, days, rng))


def docs(days: Sequence[Day], suite: Suite, spoilt: Case) -> dict[str, str]:
    """Data Docs of a day as it came and of the same day with faults, by file name."""
    fine = days[spoilt.place]
    return {
        "data-docs-failing.html": data_docs(
            validate(suite, spoilt.batch), f"Data Docs: {fine.name} with {spoilt.kind}"
        ),
        "data-docs-good.html": data_docs(validate(suite, fine.batch), f"Data Docs: {fine.name} as it came"),
    }


def _cases(params: Params, days: Sequence[Day], rng: np.random.Generator) -> Iterator[Case]:
    """A good day first, then each kind in turn, each time with another size, until there are enough."""
    later = range(params.train, len(days))
    yield from good(days, [int(rng.choice(later))])
    kinds, sizes = list(KINDS), params.sizes
    for number in range(params.judged):
        kind, size = kinds[number % len(kinds)], sizes[(number + number // len(kinds)) % len(sizes)]
        yield spoiled(days, int(rng.choice(later)), (kind,), size, rng)


def _verdict(suite: Suite, case: Case) -> dict[str, object]:
    found = {item.expectation.name for item in gate(suite, case.batch).violated}
    wanted = set(due(suite.expectations, case.batch))
    return {
        "kind": case.kind,
        "size": case.size,
        "expectations": len(suite.expectations),
        "violated": len(wanted),
        "differing": len(found ^ wanted),
        "which": ", ".join(sorted(found ^ wanted)),
    }
