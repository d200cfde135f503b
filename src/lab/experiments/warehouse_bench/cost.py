"""What a query costs, from processor seconds, latency and bytes, at dated prices."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

PATH = Path(__file__).with_name("kit") / "prices.toml"
TB = 1e12


@dataclass(frozen=True)
class Prices:
    """usd_per_core_s, usd_per_machine_s: of the machine; usd_per_byte: scanned, at least `least_bytes` a query."""

    machine: str
    vcpus: int
    usd_per_machine_s: float
    usd_per_byte: float
    least_bytes: float
    dated: str

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
        f"machine {machine['as_of']}, scan {scan['as_of']}",
    )


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
