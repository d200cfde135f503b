"""Figures and tables of the record."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lab.evidence.frames import records
from lab.evidence.result import Metric
from lab.experiments.encrypted_pipeline.judge.observations import during, law
from lab.experiments.encrypted_pipeline.measure.attacks import REPLACED
from lab.experiments.encrypted_pipeline.measure.rates import (
    COPY,
    LIMIT,
    OPEN,
    PLAIN,
    READ,
    SEAL,
    SECURE,
    WRITE,
)
from lab.experiments.encrypted_pipeline.measure.rotation import REWRAP, Rotation
from lab.experiments.encrypted_pipeline.measure.seen import Seen

HOPS = {WRITE: "write", READ: "read", COPY: "copy", SEAL: "seal", OPEN: "open", LIMIT: "limit"}


def metrics(seen: Seen) -> list[Metric]:
    """All that was measured."""
    found: list[Metric] = []
    if seen.found is not None:
        found += _places(seen, seen.found)
    if seen.tampered is not None:
        counts = seen.tampered[seen.tampered["kind"] != REPLACED]["outcome"].value_counts()
        outcomes = ("refused", "identical", "different", "crashed")
        found += [
            Metric(f"tampered_{each}", float(counts.get(each, 0)), "attempts", f"altered files: {each}")
            for each in outcomes
        ]
    if seen.rotation is not None:
        found += _rotation(seen.rotation)
    if seen.rotations is not None:
        found += _rotations(seen.rotations)
    if seen.revocation is not None:
        found += [
            Metric(
                f"revoked_{name}",
                row.seconds,
                "s",
                f"{row.reader}: {'until a revoked key was refused' if row.refused else 'for which a revoked key still read'}",
                better="lower",
            )
            for name, row in zip(("kept", "ours"), records(seen.revocation), strict=True)
        ]
    if seen.rates is not None:
        found += _rates(seen.rates)
    audit = seen.audit.items()
    return found + [
        Metric(f"kms_{name}", float(count), "requests", f"audit log: {name}") for name, count in audit
    ]


def _places(seen: Seen, found: pd.DataFrame) -> Iterator[Metric]:
    counts = found.groupby("needle")["place"].nunique()
    for arm in seen.differing or counts.index:
        name, text = f"places_{arm.lower().replace(' ', '_')}", f"where the text of {arm} is read"
        yield Metric(name, float(counts.get(arm, 0)), "places", text)
    files, size = seen.searched
    yield Metric("searched_files", float(files), "files")
    yield Metric("searched_mb", size / 1e6, "MB")
    yield Metric("keys_searched", float(seen.secrets), "keys")


def _rotation(own: Rotation) -> Iterator[Metric]:
    span = own.steps["end_s"] - own.steps["start_s"]
    rewrap = float(span[own.steps["step"].str.startswith(REWRAP)].sum())
    inside = during(own)
    outside = own.reads.drop(inside.index)
    yield Metric(
        "rotation_s", float(span.sum()), "s", "from the new version to the revoked old one, with the wait"
    )
    yield Metric("rewrap_s", rewrap, "s", "of it re-wrapping, readers running", better="lower")
    yield Metric(
        "rewrap_file_read",
        1e3 * rewrap / own.files,
        "ms/file",
        "re-wrapping under readers, by the relays: one rotation",
        better="lower",
    )
    yield Metric("reads_during", float(len(inside)), "reads")
    yield Metric("reads_failed", float(own.reads["failed"].sum()), "reads", better="lower")
    yield Metric(
        "downtime_s", downtime(own.reads), "s", "longest time in which no read succeeded", better="lower"
    )
    for name, reads in (("during", inside), ("outside", outside)):
        middle = float(reads["ms"].median()) if len(reads) else float("nan")
        yield Metric(f"read_ms_{name}", middle, "ms", f"median read, {name} the rotation")


def downtime(reads: pd.DataFrame) -> float:
    """The longest time without the end of a good read, from the first read's begin to the last one's end."""
    ends = reads["start_s"] + reads["ms"] / 1e3
    marks = sorted([*ends[~reads["failed"].astype(bool)], reads["start_s"].min(), ends.max()])
    return float(pd.Series(marks).diff().max())


def _rotations(table: pd.DataFrame) -> Iterator[Metric]:
    drawn = law(table)
    by = "nobody reading, by the line through all sizes"
    fixed = f"a, fixed cost of re-wrapping, {by}, at least 0"
    yield Metric("rewrap_fixed", 1e3 * drawn.fixed, "ms", fixed, grade="extrapolated")
    yield Metric("rewrap_file", 1e3 * drawn.each, "ms/file", f"b, cost of one file, {by}", better="lower")
    yield Metric("rewrap_keys", float(table["keys"].max()), "keys/file", "wrapped keys of one file")
    own = table[table["files"] == table["files"].min()]
    sizes = {"small": own["rows"].min(), "large": own["rows"].max()}
    for name, rows in sizes.items():
        seconds = own[own["rows"] == rows]["seconds"]
        text = f"the same number of files, {rows:,} rows each"
        yield Metric(f"rewrap_{name}", float(seconds.median()), "s", text, raw=tuple(seconds))


def _rates(table: pd.DataFrame) -> Iterator[Metric]:
    """MB/s of each hop and arm, and what it costs against the plain one, round by round."""
    for (hop, arm), own in table.groupby(["hop", "arm"], sort=False):
        rate = own["bytes"] / 1e6 / own["seconds"]
        name, text = f"{HOPS[str(hop)]}_{arm}", f"{hop}, {arm}"
        yield Metric(name, float(rate.median()), "MB/s", text, raw=tuple(rate), better="higher")
    for hop in dict.fromkeys(table["hop"]):
        if len(ratio := slowdown(table, hop)):
            text = f"{hop}: time encrypted / plain, within each round"
            yield Metric(
                f"{HOPS[hop]}_ratio", float(ratio.median()), "", text, raw=tuple(ratio), better="lower"
            )


def slowdown(table: pd.DataFrame, hop: str) -> pd.Series:
    """Time encrypted / plain of each round; empty for a hop that has no plain arm."""
    own = table[table["hop"] == hop].pivot_table(index="round", columns="arm", values="seconds")
    return own[SECURE] / own[PLAIN] if PLAIN in own else pd.Series(dtype=float)


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name; those that were measured."""
    names = ("found", "wrong_keys", "rotations", "revocation", "impostors", "rates")
    every = {name: getattr(seen, name) for name in names}
    if seen.tampered is not None:
        grouped = seen.tampered.groupby(["kind", "outcome"], sort=False)["why"]
        every["tampered"] = grouped.agg(attempts="size", why="first").reset_index()
    if seen.rotation is not None:
        every |= {"reads": seen.rotation.reads, "steps": seen.rotation.steps}
    return {name: table for name, table in every.items() if table is not None}
