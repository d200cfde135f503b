"""What the bytes written and the frequencies tell: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.parquet_compaction.accounts import Account
from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.rhythm import held_rung, rhythm, without_held

if TYPE_CHECKING:
    from lab.experiments.parquet_compaction.experiment import Seen


def stored(seen: Seen) -> dict[str, Observation]:
    """Whether every dataset was compacted, and whether three accounts of the bytes rewritten agree."""
    datasets = [*seen.datasets, *seen.tpch]
    idle = [item.name for item in datasets if not item.merged]
    files = ", ".join(
        f"{item.name} {len(item.version('before').files)} → {len(item.version('after').files)}"
        for item in datasets
    )
    return {
        "all_compacted": Observation(len(idle), f"of {len(datasets)} datasets; files: {files}"),
        "bytes_agree": bytes_agree(
            {item.name: item.rewritten for item in datasets}
            | {f"every {rung.every}": rung.account for rung in seen.rungs}
        ),
    }


def bytes_agree(accounts: Mapping[str, Account]) -> Observation:
    """The largest deviation between link, store and compactor."""
    worst = max(accounts, key=lambda name: accounts[name].deviation)
    found = accounts[worst]
    return Observation(
        found.deviation,
        f"{worst}: {found.link:,} bytes over the link, {found.store:,} more in the store's listing, {found.own:,} by the "
        f"compactor's own account; the largest of {len(accounts)} deviations",
    )


def write_overhead(frequency: pd.DataFrame) -> Observation:
    """Write amplification where query time and compaction together take least.

    interval: of the frequencies that might as well have come out best, by their totals' intervals.
    """
    best = frequency.loc[frequency["total_s"].idxmin()]
    near = frequency[frequency["total_s_low"] <= best["total_s_high"]]
    low, high = near["amplification"].min(), near["amplification"].max()
    others = ", ".join(str(every) for every in near["every"] if every != best["every"])
    return Observation(
        float(best["amplification"]),
        f"every {best['every']:.0f} micro-batches, the frequency with the least total"
        + (f"; not to be told from it: every {others}" if others else "")
        + f"; over the ladder {frequency['amplification'].min():.2f} to {frequency['amplification'].max():.2f}",
        (float(low), float(high)),
        conclusive=(low <= OVERHEAD_LIMIT) == (high <= OVERHEAD_LIMIT),
    )


def frequency_predicted(frequency: pd.DataFrame) -> Observation:
    """The law's word for the frequency that it was not fitted on; beside it, the error of the other rungs' mean."""
    fitted, held = without_held(frequency), held_rung(frequency["every"].tolist())
    row, law = frequency.set_index("every").loc[held], rhythm(fitted)
    said = {"query_s": float(law.query_s(held)), "compaction_s": float(law.compaction_s(held))}
    errors = {name: abs(value / row[name] - 1) for name, value in said.items()}
    naive = {name: abs(fitted[name].mean() / row[name] - 1) for name in said}
    told = "; ".join(
        f"{text} {said[name] * 1e3:.0f} ms predicted, {row[name] * 1e3:.0f} ms measured ({errors[name]:.0%} off; the other "
        f"frequencies' mean {naive[name]:.0%})"
        for name, text in (("query_s", "query"), ("compaction_s", "compaction per micro-batch"))
    )
    return Observation(max(errors.values()), f"every {held} micro-batches: {told}")
