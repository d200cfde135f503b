"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import none_seen_bound, wilson
from lab.experiments.schema_evolution.judge import counts
from lab.experiments.schema_evolution.measure.files import OURS
from lab.experiments.schema_evolution.measure.seen import Seen


def observe(seen: Seen) -> dict[str, Observation]:
    """By criterion."""
    found: dict[str, Observation] = {}
    if seen.reading is not None:
        found["versions_handled"] = versions_handled(seen.reading)
    if seen.reading is not None or seen.fuzzed is not None:
        found["no_silent_corruption"] = no_silent_corruption(seen.reading, seen.fuzzed)
    if seen.fuzzed is not None:
        found |= _fuzz(seen.fuzzed)
    if seen.files is not None:
        found["files_read_right"] = files_read_right(seen.files)
    if seen.changes is not None:
        found["changes_caught"] = changes_caught(seen.changes)
    if seen.migration is not None:
        changed = int(seen.migration["changed"].sum())
        rest = seen.migration[["same", "refused"]].sum()
        found["migration_exact"] = Observation(
            changed, f"{rest['same']:,} came back as they were, {rest['refused']:,} were refused"
        )
    if seen.gate is not None:
        row = seen.gate.iloc[0]
        found["gate_refuses"] = Observation(
            bool(row["refused"]), f"{row['mode']}, after {1e3 * row['seconds']:.0f} ms"
        )
    if seen.drills is not None:
        found["rolled_back"] = rolled_back(seen.drills)
    if seen.timing is not None:
        predicted, measured = counts.prediction(seen.timing)
        text = f"{1e3 * predicted:.3g} ms predicted, {1e3 * measured:.3g} ms measured"
        found["model_predicts"] = Observation(abs(predicted / measured - 1), text)
    return found


def versions_handled(reading: pd.DataFrame) -> Observation:
    """Versions that the consumer of the latest one reads without a flaw."""
    latest = reading[reading["reader"] == reading["reader"].max()]
    flaws = latest[["refused", "silent", "missing", "doubled"]].sum(axis=1)
    whole = latest[(flaws == 0) & (latest["orders"] > 0)]
    text = f"{int(whole['orders'].sum()):,} orders of {len(whole)} versions, of {int(latest['orders'].sum()):,} of {len(latest)}"
    return Observation(len(whole), text)


def no_silent_corruption(reading: pd.DataFrame | None, fuzzed: pd.DataFrame | None) -> Observation:
    """Orders with a wrong value, and random pairs of which a message had one."""
    wrong, parts = 0, []
    if reading is not None:
        wrong += int(reading["silent"].sum())
        parts.append(f"{int(reading['silent'].sum()):,} of {_read(reading)}")
    if fuzzed is not None:
        silent = int((fuzzed[list(counts.READERS)] == "silent").any(axis=1).sum())
        wrong += silent
        bound = f" (rate at most {none_seen_bound(len(fuzzed)):.2g} at 95 %)" if not silent else ""
        parts.append(f"{silent} of {len(fuzzed):,} random pairs{bound}")
    return Observation(wrong, "; ".join(parts))


def _read(reading: pd.DataFrame) -> str:
    """How many orders there were, and that each consumer reads all of them."""
    consumers = reading["reader"].nunique()
    orders, total = reading.groupby("reader")["orders"].sum().max(), reading["orders"].sum()
    return f"{total:,} orders read" + (
        f" ({orders:,}, by each of {consumers} consumers)" if consumers > 1 else ""
    )


def files_read_right(files: pd.DataFrame) -> Observation:
    """Wrong cells of our reader; all of them if it refused."""
    row = files[files["way"] == OURS].iloc[0]
    return Observation(
        int(row["cells"] if row["refused"] else row["wrong"]),
        f"of {row['cells']:,} cells {row['refused']}".strip(),
    )


def changes_caught(changes: pd.DataFrame) -> Observation:
    """Changes in a mode that break and are not refused."""
    lost = counts.uncaught(changes)
    broken = int((changes["truth"] == "refused").sum())
    names = ", ".join(f"{row.change} ({row.mode})" for row in lost.itertuples())
    return Observation(
        len(lost),
        f"of {broken} that break {broken - len(lost)} are refused{': not ' + names if names else ''}",
    )


def rolled_back(drills: pd.DataFrame) -> Observation:
    """Orders that a drill lost, doubled or changed."""
    total = drills[["lost", "doubled", "wrong"]].sum()
    text = ", ".join(f"{int(total[name])} {name}" for name in total.index)
    return Observation(
        int(total.sum()),
        f"{text}, of {int(drills['orders'].sum()):,} orders in {len(drills)} drills, "
        f"{int(drills['bad_orders'].sum()):,} of them bad",
    )


def _fuzz(fuzzed: pd.DataFrame) -> dict[str, Observation]:
    lost, (false, called) = counts.missed(fuzzed), counts.alarms(fuzzed)
    passed = int((fuzzed["verdict"] == "compatible").sum())
    broken = float((fuzzed["truth"] == "refused").mean())
    odd = counts.contradicting(fuzzed)
    first = (
        f": {lost.iloc[0]['edits']}"
        if len(lost)
        else f" (rate at most {none_seen_bound(max(passed, 1)):.2g} at 95 %)"
    )
    return {
        "no_missed_break": Observation(len(lost), f"of {passed} pairs without a finding{first}"),
        "false_alarms": Observation(
            false / called if called else 0.0,
            f"{false} of {called}",
            wilson(false, called) if called else None,
        ),
        "truth_holds": Observation(len(odd), f"of {len(fuzzed)} pairs"),
        "fuzz_reaches_both": Observation(
            min(broken, 1 - broken), f"{100 * broken:.0f} % of {len(fuzzed)} pairs break"
        ),
    }
