"""The documented sample: a few purchases and the rows that each query must give for them, as committed.

`python -m lab.experiments.sql_windows.workload.sample` writes it anew: purchases come from the generator, rows from the
pandas oracle at the queries' default parameters. Which rows were checked by hand stands in
data/sql_windows/PROVENANCE.md.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lab import paths
from lab.experiments.sql_windows import oracle
from lab.experiments.sql_windows.mechanism.queries import queries
from lab.experiments.sql_windows.workload.purchases import COLUMNS, transactions

SLUG = "sql_windows"
ROWS, ROWS_PER_CUSTOMER, SEED = 120, 15, 7


def purchases() -> pd.DataFrame:
    """The sample's purchases, columns as in the table."""
    return pd.read_csv(paths.data(SLUG) / "sample.csv")[list(COLUMNS)]


def documented(name: str) -> pd.DataFrame:
    """The rows that query `name` must give for the sample at its default parameters."""
    return pd.read_csv(paths.data(SLUG) / "expected" / f"{name}.csv")


def write(folder: Path) -> None:
    """Write sample.csv and expected/*.csv to `folder`."""
    made = transactions(ROWS, ROWS_PER_CUSTOMER, SEED)
    (folder / "expected").mkdir(parents=True, exist_ok=True)
    shown = made.assign(at=pd.to_datetime(made["epoch_s"], unit="s")).sort_values("transaction_id")
    shown[["at", *COLUMNS]].to_csv(folder / "sample.csv", index=False)
    for name, query in queries().items():
        rows = oracle.answer(name, made, query.params)
        rows.to_csv(folder / "expected" / f"{name}.csv", index=False)


if __name__ == "__main__":
    write(paths.data(SLUG))
