"""What changes with the size of the catalog: the time of a search, its disk, its words."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.data_catalog.judge import model as law
from lab.experiments.data_catalog.present.findings import Findings, findings

SLOW_MS = 200.0  # of a search alone in its process: no tuning of the load helps any more


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Time of a search against the number of datasets, checked on the largest catalog."""
    found = findings(treatment, controls)
    copies, datasets = found.params.copies, found.datasets
    predicted, measured = law.predicted(treatment.tables["times"], treatment.tables["words"])
    return Model(
        statement=(
            "A search takes a fixed time and one for every dataset that it matches, which is the same share of a larger catalog; "
            "the words grow by Heaps' law, more slowly."
        ),
        formula=r"t(n) = a + b\,s\,n,\qquad V(n) = k\,(w\,n)^{\beta}",
        constants=[
            treatment.metric(name)
            for name in (
                "fixed_ms",
                "ms_per_match",
                "match_share",
                "bytes_per_dataset",
                "tokens_per_dataset",
                "heaps_k",
                "heaps_beta",
            )
        ],
        check=Prediction(
            f"{copies} copies of the catalog ({copies * datasets:,} datasets), mean time of a search",
            predicted,
            measured,
            "ms",
            "model_predicts",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "datasets": "arithmetic",
            "search, ms": "measured",
            "disk, MB": "extrapolated",
            "words": "extrapolated",
            f"processes for {found.params.rate:g} searches/s": "extrapolated",
        },
        checked_to=copies,
        changes_at=f"{_size(found, SLOW_MS)}: a search takes {SLOW_MS:g} ms",
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    datasets, growth = found.datasets * factor, found.growth
    return {
        "factor": factor,
        "datasets": datasets,
        "search, ms": round(growth.ms(datasets), 1),
        "disk, MB": round(growth.bytes_each * datasets / 1e6),
        "words": round(growth.words(datasets)),
        f"processes for {found.params.rate:g} searches/s": growth.processes(
            datasets, found.params.rate, found.overhead_ms
        ),
    }


def _advice(found: Findings) -> list[Advice]:
    growth, rate = found.growth, found.params.rate
    most = 1e3 * law.BUSY / rate - found.overhead_ms
    copies = found.params.copies
    basis = f"line through searches in {found.datasets:,} and twice as many datasets, checked at {copies} times as many"
    times = growth.reaches(SLOW_MS) / found.datasets / copies
    drawn = (
        f"drawn to {times:.0f} times that"
        if math.isfinite(times)
        else "this run does not tell how far beyond"
    )
    return [
        Advice(
            f"Add a second process from {_reached(found, most)}, where {rate:g} searches/s keep one busy for half "
            f"its time (our threshold; HTTP and JSON take {found.overhead_ms:.1f} ms of each): readers share the file, or "
            "PostgreSQL.",
            "extrapolated",
            basis,
        ),
        Advice(
            f"From {_reached(found, SLOW_MS)} one search alone takes {SLOW_MS:g} ms: cap what a word may match, "
            "count facets on a sample, or shard by source.",
            "extrapolated",
            f"{basis}, {drawn}",
        ),
        Advice(
            "OpenSearch or Elasticsearch becomes worth its cluster when shards, analysers for several languages or more than "
            "one ranking are needed; its fuzziness AUTO corrects as here, with two edits in words of six letters and more.",
            "arithmetic",
            "OpenSearch 2 and Elasticsearch 8 documentation, fuzziness; not run here",
        ),
    ]


def _reached(found: Findings, ms: float) -> str:
    """Datasets from which on a search takes so long, with the interval that other searches and rounds might have given."""
    if ms <= found.growth.time.fixed:
        return "the first dataset on"
    if not math.isfinite(found.growth.reaches(ms)):
        return "a size on that this run does not tell"
    low, high = law.reaches_between(found.treatment.tables["times"], found.treatment.tables["words"], ms)
    return f"{_size(found, ms)} on (95 %: {_ends(low, high)})"


def _size(found: Findings, ms: float) -> str:
    """Datasets at which a search takes so long; of a line that does not rise there are none."""
    datasets = found.growth.reaches(ms)
    return (
        f"about {_about(datasets)} datasets"
        if math.isfinite(datasets)
        else "a size that this run does not tell"
    )


def _ends(low: float, high: float) -> str:
    """An interval in words where other searches and rounds would have given a line that does not rise."""
    if not math.isfinite(low):
        return "not bounded by this run"
    least = _about(max(0.0, low))
    return (
        f"{least} to {_about(high)}"
        if math.isfinite(high)
        else f"{least} or more, not bounded above by this run"
    )


def _about(value: float) -> str:
    """A number to two digits."""
    return f"{float(f'{value:.2g}'):,.0f}"
