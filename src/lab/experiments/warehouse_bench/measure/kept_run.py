"""The whole benchmark, all 22 queries at scale factor 1, as one run of the notebook left it in `data/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lab import paths
from lab.evidence import record
from lab.evidence.record import Record
from lab.evidence.result import Metric

SLUG = "warehouse_bench"


@dataclass(frozen=True)
class Kept:
    """The record, and the data of its figure `queries`: engine, query, seconds, cpu_s (medians, plain Parquet)."""

    record: Record
    queries: pd.DataFrame

    def metrics(self, prefix: str) -> list[Metric]:
        """Its figures whose name begins with `prefix`."""
        own = [one for one in self.record["metrics"] if one["name"].startswith(prefix)]
        return [_metric(one) for one in own]

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
            "verdict": ": ".join([self.record["verdict"], *self._open()]),
            "answers": answers["detail"],
            "differing": answers["observed"],
        }

    def _open(self) -> list[str]:
        """Names of the criteria that did not hold or that the run could not tell, if there are any."""
        names = [item["name"] for item in self.record["criteria"] if item["outcome"] != "pass"]
        return [", ".join(names)] if names else []


def _metric(told: dict[str, Any]) -> Metric:
    known = {name: told[name] for name in ("name", "value", "unit", "text", "method", "better")}
    return Metric(**known, interval=tuple(told["interval"]) if told.get("interval") else None)


def kept(folder: Path | None = None) -> Kept:
    """The run that is kept with the project. EvidenceError if it is not there or broken."""
    place = folder or paths.data(SLUG) / "full"
    return Kept(record.read(place / f"{SLUG}.json"), pd.read_csv(place / "queries.csv", dtype={"query": str}))
