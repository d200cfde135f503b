"""What a query costs, from processor seconds, latency and bytes, at dated prices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lab.experiments.warehouse_bench.judge.median_interval import spread

PATH = Path(__file__).parents[1] / "kit" / "prices.toml"
TB = 1e12
BILLS = {
    "cpu": "cpu_s",
    "machine": "seconds",
    "scanned": "read_bytes",
}  # ways of billing, and what each bills


@dataclass(frozen=True)
class Source:
    """Where a price was read, and when it was valid."""

    what: str
    url: str
    as_of: str


@dataclass(frozen=True)
class Prices:
    """usd_per_core_s, usd_per_machine_s: of the machine; usd_per_byte: scanned, at least `least_bytes` a query."""

    machine: str
    vcpus: int
    usd_per_machine_s: float
    usd_per_byte: float
    least_bytes: float
    sources: tuple[Source, Source]

    @property
    def usd_per_core_s(self) -> float:
        return self.usd_per_machine_s / self.vcpus


def prices(path: Path = PATH) -> Prices:
    """The price file as numbers. KeyError if it lacks an entry."""
    found = tomllib.loads(path.read_text())
    machine, scan = found["machine"], found["scan"]
    return Prices(
        machine["name"],
        machine["vcpus"],
        machine["usd_per_hour"] / 3600,
        scan["usd_per_tb"] / TB,
        scan["least_bytes"],
        (_source(machine), _source(scan)),
    )


def _source(entry: Mapping[str, Any]) -> Source:
    return Source(entry["name"], entry["source"], str(entry["as_of"]))


def table(medians: pd.DataFrame, at: Prices) -> pd.DataFrame:
    """US dollars for a thousand of the mean query, three ways to be billed, by engine, layout and format.

    medians: engine, layout, format, query, seconds, cpu_s, read_bytes. usd_cpu: a machine that is always busy;
    usd_machine: a machine that does one query at a time; usd_scanned: a service that bills by bytes scanned.
    """
    costs = medians.assign(
        usd_cpu=medians["cpu_s"] * at.usd_per_core_s * 1000,
        usd_machine=medians["seconds"] * at.usd_per_machine_s * 1000,
        usd_scanned=medians["read_bytes"].clip(lower=at.least_bytes) * at.usd_per_byte * 1000,
    )
    columns = ["seconds", "cpu_s", "read_bytes", "usd_cpu", "usd_machine", "usd_scanned"]
    return costs.groupby(["engine", "layout", "format"], sort=False)[columns].mean().reset_index()


def by_round(timings: pd.DataFrame, least_bytes: float = 0) -> pd.DataFrame:
    """What is billed for the mean query, from each round alone: engine, layout, format, round by the columns of BILLS.

    timings: of one scale factor. least_bytes: charged for a query that reads less.
    """
    cell, columns = ["engine", "layout", "format"], list(BILLS.values())
    timed = timings[timings["round"] > 0]
    medians = timed.groupby([*cell, "query", "round"])[columns].median().reset_index()
    medians["read_bytes"] = medians["read_bytes"].clip(lower=least_bytes)
    return medians.groupby([*cell, "round"])[columns].mean()


def ratios(timings: pd.DataFrame, at: Prices) -> pd.DataFrame:
    """Cost as a multiple of what the cheapest engine costs over the same Parquet files, with its range over the rounds.

    timings: of one scale factor. Columns engine, layout, format, and for each of BILLS NAME, NAME_low, NAME_high. The
    price is a factor of both, so it cancels out; only what is billed remains.
    """
    cell, rounds = ["engine", "layout", "format"], by_round(timings, at.least_bytes)
    found = pd.DataFrame(index=rounds.groupby(level=cell).size().index)
    for name, column in BILLS.items():
        wide = rounds[column].unstack("round").reindex(found.index)
        plain = [key for key in wide.index if tuple(key[1:]) == ("same", "parquet")]
        usual = wide.median(axis=1).to_dict()
        relative = wide / wide.loc[min(plain, key=usual.__getitem__)]
        seen = [spread(row.dropna().tolist()) for _, row in relative.iterrows()]
        found[name] = [one.median for one in seen]
        found[f"{name}_low"], found[f"{name}_high"] = [one.low for one in seen], [one.high for one in seen]
    return found.reset_index()
