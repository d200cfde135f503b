"""An observation for each criterion."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence import fit
from lab.evidence.criteria import Observation
from lab.evidence.statistics import none_seen_bound
from lab.experiments.infra_drift.criteria import TOLERANCE
from lab.experiments.infra_drift.judge.detections import false_reports, looks, on_time
from lab.experiments.infra_drift.measure.seen import Commands, Live, Lock, Quiet, Seen, Size
from lab.experiments.infra_drift.params import Params

TWO_SIDED = 1.96


def observe(params: Params, seen: Seen, table: pd.DataFrame) -> dict[str, Observation]:
    """By criterion. table: of the detections."""
    kept = schedule_kept(params, seen.live)
    return {
        **of_live(params, seen.live, table),
        "silent_without_change": silent(seen.quiet, seen.live),
        "one_apply_at_a_time": one_apply(seen.lock),
        "schedule_kept": kept,
        "mean_predicted": mean_predicted(params, table, kept.value == 1),
        "run_time_predicted": run_time_predicted(seen.sizes),
    }


def of_live(params: Params, live: Live, table: pd.DataFrame) -> dict[str, Observation]:
    """What the detector's run alone shows."""
    kept = schedule_kept(params, live).value == 1
    return {
        "detected_in_time": detected_in_time(table, kept),
        "answered": answered(table, live),
        "remediation_succeeds": remediation(table, live),
        "nothing_destroyed": nothing_destroyed(live.lost),
        "approval_carried_out": Observation(
            int(not live.carried_out), live.approved or "no ticket of a replacement to approve"
        ),
    }


def detected_in_time(table: pd.DataFrame, kept: bool) -> Observation:
    """Late ones count only against a detector that looked when it was due; what was never told counts always."""
    never, late = table["detected_s"].isna(), table["detected_s"] > table["bound_s"]
    names = ", ".join(table["address"][never | late])
    detail = f"of {len(table)}" + (f": {names}" if names else "")
    return Observation(
        int((never | late).sum()), detail, conclusive=kept or bool(never.any()) or not late.any()
    )


def answered(table: pd.DataFrame, live: Live) -> Observation:
    restored = (table["outcome"] == "restored") & (table["declared"] == True)  # noqa: E712  it may be None
    ticket = (table["outcome"] == "ticket") & table["address"].isin(list(live.files))
    open_ = table[~(restored | ticket)]
    counts = f"{int(restored.sum())} restored, {int(ticket.sum())} with a ticket"
    return Observation(len(open_), ", ".join([counts, *open_["address"]]))


def remediation(table: pd.DataFrame, live: Live) -> Observation:
    """Of the changes that a restore was tried for."""
    tried = {
        address
        for event in live.events
        if event.kind in ("restored", "refused")
        for address in event.body["addresses"]
        if address != live.approved
    }
    rows = table[table["address"].isin(sorted(tried))]
    if rows.empty:
        return Observation(math.nan, "nothing was to be restored", conclusive=False)
    good = rows["declared"] == True  # noqa: E712
    return Observation(float(good.mean()), f"{int(good.sum())} of {len(rows)}")


def nothing_destroyed(lost: Sequence[str]) -> Observation:
    return Observation(len(lost), ", ".join(lost))


def silent(quiet: Quiet, live: Live) -> Observation:
    """False reports, in a quiet world and while hands are at work."""
    wrong = [drift.address for look in quiet.looks for drift in look.drifts] + false_reports(live)
    count = len(quiet.looks) + len(looks(live.events))
    bound = f"at most {none_seen_bound(count):.0%} of looks" if not wrong else ", ".join(sorted(set(wrong)))
    return Observation(len(wrong), f"{count} looks, {quiet.idle} changes that change nothing; {bound}")


def worded(quiet: Quiet) -> Observation:
    """What a detector without one form for what means the same reports of changes that change nothing."""
    return Observation(len(quiet.worded), ", ".join(quiet.worded))


def one_apply(lock: Lock) -> Observation:
    """Applies at work beside the first; without a first one there was nothing to be locked out of.

    A second one that ended for another reason than the lock, and before it came to work, shows nothing either.
    """
    beside = max(0, lock.at_work - 1)
    refused = "state lock" in lock.said
    said = "at work" if beside else "refused by the state's lock" if refused else "ended otherwise"
    detail = f"second apply {said} after {lock.seconds:.1f} s"
    return Observation(beside, detail, conclusive=lock.at_work > 0 and (refused or beside > 0))


def schedule_kept(params: Params, live: Live) -> Observation:
    good, due = on_time(params, live.events)
    return Observation(good / due if due else 0.0, f"{good} of {due} looks")


def predicted_mean(params: Params, table: pd.DataFrame) -> float:
    """T/2 + R - r: a change waits half an interval for the next read, and from there to the end of the look."""
    return params.every_s / 2 + float(table["mean_lag_s"].mean())


def mean_error(params: Params, table: pd.DataFrame) -> float:
    """Standard error of the mean detection time, s: of stratified phases, and of run times.

    A stratum's own spread is T²/12n²; of the one in which the read lies a part waits T longer: at most T²/4 more.
    """
    count = len(table)
    phases = params.every_s**2 * (1 / 12 / count**3 + 1 / 4 / count**2)
    return math.sqrt(phases + float(np.nan_to_num(table["lag_s"].var())) / count)


def mean_predicted(params: Params, table: pd.DataFrame, kept: bool) -> Observation:
    predicted, measured = predicted_mean(params, table), float(table["detected_s"].mean())
    if math.isnan(measured) or math.isnan(predicted):
        return Observation(math.nan, "nothing was detected", conclusive=False)
    reach = TWO_SIDED * mean_error(params, table)
    ends = sorted(abs(value - predicted) / predicted for value in (measured - reach, measured + reach))
    detail = f"{measured:.2f} s, predicted {predicted:.2f} s" + (
        "" if kept else "; the schedule was not kept"
    )
    error = abs(measured - predicted) / predicted
    clear = ends[1] <= TOLERANCE if error <= TOLERANCE else error - reach / predicted > TOLERANCE
    return Observation(
        error, detail, (0.0 if error < reach / predicted else ends[0], ends[1]), kept and clear
    )


def law(sizes: Sequence[Size]) -> fit.Line:
    """Run time by objects, through the median of every size: what is drawn out to larger ones."""
    return fit.line([one.objects for one in sizes], [float(np.median(one.seconds)) for one in sizes])


def run_time_predicted(sizes: Sequence[Size]) -> Observation:
    largest = sizes[-1]
    measured, predicted = float(np.median(largest.seconds)), law(sizes[:-1]).at(largest.objects)
    detail = f"{measured:.2f} s at {largest.objects} objects, predicted {predicted:.2f} s"
    return Observation(abs(predicted - measured) / measured, detail)


def unseen(params: Params, commands: Commands) -> Observation:
    """What a detector finds without refresh, of the same kinds of changes."""
    told = {drift.address for drift in commands.blind}
    missed = [change.address for change in commands.changes if change.address not in told]
    return Observation(len(missed), f"of {len(commands.changes)}: {', '.join(missed)}")
