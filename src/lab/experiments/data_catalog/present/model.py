"""What changes with the size of the catalog: the time of a search, its disk, its words."""

from __future__ import annotations

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
            "disk, MB": "measured",
            "words": "extrapolated",
            f"processes for {found.params.rate:g} searches/s": "extrapolated",
        },
        checked_to=copies,
        changes_at=f"{too_slow(found):,.0f} datasets: a search takes {SLOW_MS:g} ms",
    )


def too_slow(found: Findings) -> float:
    """Datasets at which a search alone takes SLOW_MS."""
    return found.growth.reaches(SLOW_MS)


def _row(found: Findings, factor: int) -> dict[str, object]:
    datasets, growth = found.datasets * factor, found.growth
    return {
        "factor": factor,
        "datasets": datasets,
        "search, ms": round(growth.ms(datasets), 1),
        "disk, MB": round(growth.bytes_each * datasets / 1e6),
        "words": round(growth.words(datasets)),
        f"processes for {found.params.rate:g} searches/s": growth.processes(datasets, found.params.rate),
    }


def _advice(found: Findings) -> list[Advice]:
    growth, rate = found.growth, found.params.rate
    limit = growth.reaches(1e3 * law.BUSY / rate)
    interval = f"line through searches in {found.datasets:,} datasets, checked at {found.params.copies} times as many"
    return [
        Advice(
            f"Add a second process from {limit:,.0f} datasets on, where {rate:g} searches/s keep one busy for half its time "
            "(our threshold): readers share the file, or PostgreSQL.",
            "extrapolated",
            interval,
        ),
        Advice(
            f"From {too_slow(found):,.0f} datasets on one search alone takes {SLOW_MS:g} ms: cap what a word may match, count "
            "facets on a sample, or shard by source.",
            "extrapolated",
            interval,
        ),
        Advice(
            "OpenSearch or Elasticsearch becomes worth its cluster when shards, analysers for several languages or more than "
            "one ranking are needed; its fuzziness AUTO corrects as here, with two edits in words of six letters and more.",
            "arithmetic",
            "OpenSearch 2 and Elasticsearch 8 documentation, fuzziness; not run here",
        ),
    ]
