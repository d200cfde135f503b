"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lab.evidence.result import Metric
from lab.evidence.statistics import wilson
from lab.experiments.schema_evolution.judge import counts
from lab.experiments.schema_evolution.measure.seen import Seen

STAGES = ("detected", "rolled_back", "healthy", "repaired", "latest_s")


def metrics(seen: Seen) -> list[Metric]:
    """In the order of the measurements."""
    return [
        *(_fuzzed(seen.fuzzed) if seen.fuzzed is not None else ()),
        *(_changes(seen.changes) if seen.changes is not None else ()),
        *(_walks(seen.walks) if seen.walks is not None else ()),
        *(_timing(seen.timing) if seen.timing is not None else ()),
        *(_files(seen.files) if seen.files is not None else ()),
        *(_reading(seen.reading) if seen.reading is not None else ()),
        *(_drills(seen.drills) if seen.drills is not None else ()),
    ]


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {
        "fuzzed": seen.fuzzed,
        "confusion": counts.confusion(seen.fuzzed) if seen.fuzzed is not None else None,
        "versions": seen.versions,
        "changes": seen.changes,
        "by_mode": counts.by_mode(seen.changes) if seen.changes is not None else None,
        "walks": counts.by_distance(seen.walks) if seen.walks is not None else None,
        "timing": seen.timing,
        "files": seen.files,
        "migration": seen.migration,
        "reading": seen.reading,
        "drills": seen.drills,
        "gate": seen.gate,
    }
    return {name: table for name, table in found.items() if table is not None}


def slug(text: str) -> str:
    """A name of a metric from words."""
    return "".join(letter if letter.isalnum() else "_" for letter in text.lower()).strip("_")


def _share(name: str, hits: int, total: int, text: str, better: str = "") -> Metric:
    interval = wilson(hits, total) if total else (0.0, 1.0)
    return Metric(
        name, hits / total if total else 0.0, "", text, interval=interval, method="wilson 95 %", better=better
    )


def _fuzzed(fuzzed: pd.DataFrame) -> Iterator[Metric]:
    for name in counts.DECODERS:
        hits = int((fuzzed[name] == "silent").sum())
        yield Metric(
            f"silent_{slug(name)}",
            hits,
            "pairs",
            f"pairs of which {name} decodes a message to a wrong value",
            better="lower",
        )
        fine = fuzzed[fuzzed["truth"] == "right"]
        yield Metric(
            f"refuses_readable_{slug(name)}",
            int((fine[name] == "refused").sum()),
            "pairs",
            f"pairs that can be read and that {name} refuses",
        )
    aliased = fuzzed[(fuzzed["truth"] == "right") & fuzzed["edits"].str.contains("rename a field, alias")]
    yield Metric(
        "aliased_pairs", len(aliased), "pairs", "readable pairs with a renamed field that has an alias"
    )
    yield Metric(
        "aliased_wrong_avro",
        int((aliased["avro"] != "right").sum()),
        "pairs",
        "of these, not read right by avro",
    )
    yield _share(
        "broken_share",
        int((fuzzed["truth"] == "refused").sum()),
        len(fuzzed),
        "random pairs of which a message is refused",
    )
    false, called = counts.alarms(fuzzed)
    yield _share("false_alarm_share", false, called, "breaking verdicts on pairs that can be read", "lower")
    passed = fuzzed[fuzzed["registry"] == "compatible"]
    yield Metric(
        "registry_passes_loss",
        int((passed["truth"] == "lossy").sum()),
        "pairs",
        "pairs that the registry passes and that lose something",
    )
    yield Metric(
        "registry_passes_break",
        int((passed["truth"] == "refused").sum()),
        "pairs",
        "pairs that the registry passes and of which a message is refused",
    )
    refused = counts.lossy_refused(fuzzed)
    yield Metric(
        "lossy_refused",
        len(refused),
        "pairs",
        "pairs that our check calls lossy, no more, and of which a message is refused",
        better="lower",
    )
    yield Metric(
        "lossy_pairs",
        int((fuzzed["truth"] == "lossy").sum()),
        "pairs",
        "pairs that can be read with a loss only",
    )


def _changes(changes: pd.DataFrame) -> Iterator[Metric]:
    for _, row in counts.by_mode(changes).iterrows():
        mode, name = row["mode"], slug(row["mode"])
        yield Metric(f"breaks_{name}", row["break"], "changes", f"changes that break under {mode}")
        yield Metric(
            f"caught_{name}",
            row["ours"],
            "changes",
            f"of these, refused by our check under {mode}",
            better="higher",
        )
        yield Metric(
            f"registry_caught_{name}",
            row["registry"],
            "changes",
            f"of these, refused by the registry under {mode}",
        )


def _walks(walks: pd.DataFrame) -> Iterator[Metric]:
    near = walks[walks["distance"] == 1]
    yield Metric(
        "broken_at_1",
        float(near["broken"].sum() / near["pairs"].sum()),
        "",
        "neighbours that break by our check: none by construction, each step keeps BACKWARD by it",
        grade="arithmetic",
    )
    for distance in sorted({2, int(walks["distance"].max())}):
        text = f"pairs {distance} versions apart that break by our check, each step BACKWARD"
        yield _by_history(f"broken_at_{distance}", walks[walks["distance"] == distance], text)
    yield _by_history(
        "broken_in_histories", walks, "pairs of versions in those histories that break by our check"
    )


def _by_history(name: str, walks: pd.DataFrame, text: str) -> Metric:
    share, interval, method = counts.broken(walks)
    return Metric(name, share, "", text, interval=interval, method=method)


def _timing(timing: pd.DataFrame) -> Iterator[Metric]:
    fixed, slope = counts.per_pair(timing)
    yield Metric(
        "check_per_pair", 1e3 * slope, "ms", "c, a check for each version, both directions", better="lower"
    )
    text = "a, intercept of the fitted line: beyond the histories that were timed, so it may lie below 0"
    yield Metric("check_fixed", 1e3 * fixed, "ms", text)


def _files(files: pd.DataFrame) -> Iterator[Metric]:
    for _, row in files.iterrows():
        share = 100 * row["wrong"] / row["cells"]
        yield Metric(f"wrong_cells_{slug(row['way'])}", share, "%", f"cells silently wrong, {row['way']}")


def _reading(reading: pd.DataFrame) -> Iterator[Metric]:
    for reader, part in reading.groupby("reader"):
        whole = int((part[["refused", "silent", "missing", "doubled"]].sum(axis=1) == 0).sum())
        yield Metric(
            f"versions_read_by_{reader}",
            whole,
            "versions",
            f"versions that a consumer of version {reader} reads without a flaw",
        )


def _drills(drills: pd.DataFrame) -> Iterator[Metric]:
    for policy, part in drills.groupby("policy", sort=False):
        for stage in STAGES:
            name = f"{stage.removesuffix('_s')}_{slug(str(policy))}"
            yield Metric(
                name,
                float(part[stage].median()),
                "s",
                f"{stage}, {policy}",
                raw=[float(value) for value in part[stage]],
                better="lower",
            )
