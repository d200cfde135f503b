"""The whole benchmark, all 22 queries at scale factor 1, as one run of the notebook left it in `data/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lab import paths
from lab.evidence import record
from lab.evidence.record import Record
from lab.evidence.result import Result
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.present.model import compared_bytes, fitted_lines, scale_factor_of

SLUG = "warehouse_bench"


@dataclass(frozen=True)
class Full:
    """Its record, and the data of two of its figures.

    queries: engine, query, seconds (median over the rounds, plain Parquet, same bytes). means: engine, layout,
    format, seconds, low, high (geometric mean over the queries; with so few rounds, low and high are their range).
    """

    record: Record
    queries: pd.DataFrame
    means: pd.DataFrame

    @property
    def scale_factor(self) -> float:
        return float(self.record["params"]["scale_factor"])

    @property
    def rounds(self) -> int:
        """Its timed rounds."""
        return int(self.record["params"]["repeats"])

    def criterion(self, name: str) -> Record:
        """One criterion as it was judged."""
        (found,) = [item for item in self.record["criteria"] if item["name"] == name]
        return found


def recorded(folder: Path | None = None) -> Full:
    """The run that is kept with the project. EvidenceError if it is not there or broken."""
    place = folder or paths.data(SLUG) / "full"
    return Full(
        record.read(place / f"{SLUG}.json"),
        pd.read_csv(place / "queries.csv", dtype={"query": str}),
        pd.read_csv(place / "formats.csv"),
    )


def extrapolated(treatment: Result, full: Full) -> pd.DataFrame:
    """This run's lines drawn out to the full run's size, for the queries that both have.

    Columns engine, predicted, measured (seconds of the mean query), error (relative).
    """
    chosen = full.queries[
        full.queries["query"].isin([str(number) for number in treatment.of(Params).numbers])
    ]
    measured = chosen.groupby("engine")["seconds"].mean()
    size = compared_bytes(treatment) * full.scale_factor / scale_factor_of(treatment)
    rows = [
        (name, line.at(size), measured[name])
        for name, line in fitted_lines(treatment).items()
        if name in measured
    ]
    found = pd.DataFrame(rows, columns=["engine", "predicted", "measured"])
    return found.assign(error=found["predicted"] / found["measured"] - 1)
