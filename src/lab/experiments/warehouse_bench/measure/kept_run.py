"""The whole benchmark, all 22 queries at scale factor 1, as one run of the notebook left it in `data/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lab import paths
from lab.evidence import record
from lab.evidence.record import Record

SLUG = "warehouse_bench"


@dataclass(frozen=True)
class Kept:
    """The record, and data of two of its figures.

    queries: engine, query, seconds, cpu_s (medians of the rounds, plain Parquet). means: engine, format, seconds, low, high
    (geometric mean over the queries, with the range of the rounds). Both over the same Parquet files.
    """

    record: Record
    queries: pd.DataFrame
    means: pd.DataFrame

    @property
    def about(self) -> dict[str, Any]:
        """When, where and how it was run, and how it was judged."""
        params, machine = self.record["params"], self.record["provenance"]["machine"]
        (answers,) = [item for item in self.record["criteria"] if item["name"] == "answers_published"]
        return {
            "finished": self.record["finished"][:10],
            "machine": f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB",
            "rounds": params["repeats"],
            "minutes": self.record["duration_s"] / 60,
            "verdict": self.record["verdict"],
            "answers": answers["detail"],
            "differing": answers["observed"],
        }


def kept(folder: Path | None = None) -> Kept:
    """The run that is kept with the project. EvidenceError if it is not there or broken."""
    place = folder or paths.data(SLUG) / "full"
    means = pd.read_csv(place / "formats.csv")
    return Kept(
        record.read(place / f"{SLUG}.json"),
        pd.read_csv(place / "queries.csv", dtype={"query": str}),
        means[means["layout"] == "same"].drop(columns=["layout", "comparison"]),
    )
