"""Figures and tables of the record."""

from __future__ import annotations

import pandas as pd

from lab.evidence.frames import records
from lab.evidence.result import Metric
from lab.experiments.encrypted_pipeline.judge.observations import during, predicted
from lab.experiments.encrypted_pipeline.measure.attacks import REPLACED
from lab.experiments.encrypted_pipeline.measure.rates import LIMIT, PLAIN, SECURE
from lab.experiments.encrypted_pipeline.measure.rotation import REWRAP
from lab.experiments.encrypted_pipeline.measure.seen import Seen
from lab.experiments.encrypted_pipeline.params import Params

HOPS = {
    "Parquet write": "write",
    "Parquet read": "read",
    "PostgreSQL COPY": "copy",
    "Kafka write and read": "topic",
    "seal fields": "seal",
    "open fields": "open",
    LIMIT: "limit",
}


def metrics(params: Params, seen: Seen) -> list[Metric]:
    """All that was measured."""
    found: list[Metric] = []
    if seen.found is not None:
        found += _places(seen)
    if seen.tampered is not None:
        counts = seen.tampered[seen.tampered["kind"] != REPLACED]["outcome"].value_counts()
        found += [
            Metric(f"tampered_{name}", float(counts.get(name, 0)), "attempts", f"altered files: {name}")
            for name in ("refused", "identical", "different", "crashed")
        ]
    if seen.rotation is not None:
        found += _rotation(seen)
    if seen.rotations is not None:
        found += _rotations(seen.rotations)
    if seen.revocation is not None:
        found += [
            Metric(
                f"revoked_{place}",
                row.seconds,
                "s",
                f"until {row.reader} refuses a revoked key",
                better="lower",
            )
            for place, row in zip(("single", "double", "ours"), records(seen.revocation), strict=True)
        ]
    if seen.rates is not None:
        found += _rates(seen.rates)
    found += [
        Metric(f"kms_{name}", float(count), "requests", f"audit log: {name}")
        for name, count in seen.audit.items()
    ]
    return found


def _places(seen: Seen) -> list[Metric]:
    assert seen.found is not None
    counts = seen.found.groupby("needle")["place"].nunique()
    files, size = seen.searched
    return [
        *(
            Metric(
                f"places_{_short(arm)}",
                float(counts.get(arm, 0)),
                "places",
                f"where the text of {arm} is read",
            )
            for arm in seen.differing or counts.index
        ),
        Metric("searched_files", float(files), "files"),
        Metric("searched_mb", size / 1e6, "MB"),
        Metric("keys_searched", float(seen.secrets), "keys"),
    ]


def _rotation(seen: Seen) -> list[Metric]:
    assert seen.rotation is not None
    own = seen.rotation
    span = own.steps["end_s"] - own.steps["start_s"]
    rewrap = span[own.steps["step"].str.startswith(REWRAP)].sum()
    inside, outside = during(own), own.reads.drop(during(own).index)
    return [
        Metric(
            "rotation_s", float(span.sum()), "s", "from the new version to the revoked old one, with the wait"
        ),
        Metric("rewrap_s", float(rewrap), "s", "of it re-wrapping, readers running", better="lower"),
        Metric("reads_during", float(len(inside)), "reads"),
        Metric("reads_failed", float(own.reads["failed"].sum()), "reads", better="lower"),
        Metric("read_ms_during", _median(inside["ms"]), "ms", "median of reads during the rotation"),
        Metric("read_ms_outside", _median(outside["ms"]), "ms", "median of reads before and after it"),
    ]


def _median(values: pd.Series) -> float:
    return float(values.median()) if len(values) else float("nan")


def _rotations(table: pd.DataFrame) -> list[Metric]:
    _, _, fixed, each = predicted(table)
    small, large = _by_size(table)
    return [
        Metric("rewrap_fixed", 1e3 * fixed, "ms", "a, fixed cost of a rotation"),
        Metric("rewrap_file", 1e3 * each, "ms/file", "b, cost of one file", better="lower"),
        Metric(
            "rewrap_small", float(small.median()), "s", "the same number of files, small", raw=tuple(small)
        ),
        Metric(
            "rewrap_large", float(large.median()), "s", "the same number of files, larger", raw=tuple(large)
        ),
    ]


def _by_size(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Seconds of the smallest number of files, of few rows and of many."""
    own = table[table["files"] == table["files"].min()]
    least = own["rows"].min()
    return own[own["rows"] == least]["seconds"], own[own["rows"] > least]["seconds"]


def _rates(table: pd.DataFrame) -> list[Metric]:
    """MB/s of each hop and arm, and what is left of the plain one's, round by round."""
    found = []
    for (hop, arm), own in table.groupby(["hop", "arm"], sort=False):
        values = tuple(own["bytes"] / 1e6 / own["seconds"])
        name = f"{HOPS[str(hop)]}_{arm}"
        found.append(
            Metric(
                name, float(pd.Series(values).median()), "MB/s", f"{hop}, {arm}", raw=values, better="higher"
            )
        )
    for hop in dict.fromkeys(table["hop"]):
        ratio = slowdown(table, hop)
        if len(ratio):
            text = f"{hop}: time encrypted / plain, within each round"
            name = f"{HOPS[hop]}_ratio"
            found.append(Metric(name, float(ratio.median()), "", text, raw=tuple(ratio), better="lower"))
    return found


def slowdown(table: pd.DataFrame, hop: str) -> pd.Series:
    """Time encrypted / plain of each round; empty for a hop that has no plain arm."""
    own = table[table["hop"] == hop].pivot_table(index="round", columns="arm", values="seconds")
    return own[SECURE] / own[PLAIN] if PLAIN in own else pd.Series(dtype=float)


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name; those that were measured."""
    every = {
        "found": seen.found,
        "wrong_keys": seen.wrong_keys,
        "tampered": _counted(seen.tampered),
        "rotations": seen.rotations,
        "revocation": seen.revocation,
        "impostors": seen.impostors,
        "rates": seen.rates,
        "reads": None if seen.rotation is None else seen.rotation.reads,
        "steps": None if seen.rotation is None else seen.rotation.steps,
    }
    return {name: table for name, table in every.items() if table is not None}


def _counted(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """kind, outcome, attempts, and why the first one was refused."""
    if table is None:
        return None
    grouped = table.groupby(["kind", "outcome"], sort=False)["why"]
    return grouped.agg(attempts="size", why="first").reset_index()


def _short(arm: str) -> str:
    return arm.lower().replace(" ", "_")
