"""The observation behind each criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import line
from lab.evidence.frames import records
from lab.experiments.late_features.judge.outcome import Outcome, differing
from lab.experiments.late_features.measure.queries import oldest_kept, whole_from
from lab.experiments.late_features.measure.seen import KEY, Seen
from lab.experiments.late_features.params import Params
from lab.experiments.late_features.workload.stream import NOBODY


def features_equal_batch(swept: Sequence[Outcome]) -> Observation:
    wrong = [differing(item.values, item.admitted) for item in swept]
    return Observation(
        sum(wrong), f"of {sum(len(item.admitted) for item in swept):,} at {len(swept)} watermarks"
    )


def converged_in_time(swept: Sequence[Outcome]) -> Observation:
    """Changes of a feature after its window was closed to late events."""
    changes = [
        row.start_s + item.params.window_s <= item.filters[row.batch]
        for item in swept
        for row in records(item.emitted)
    ]
    return Observation(sum(changes), f"of {len(changes):,} changes")


def late_accounted(swept: Sequence[Outcome]) -> Observation:
    wrong, parts = 0, []
    for item in swept:
        absorbed = len(item.late & set(item.counted))
        dropped = len(item.flights) - int(item.values["events"].sum())
        doubled = sum(times - 1 for times in item.counted.values())
        wrong += abs(len(item.late) - absorbed - dropped) + doubled
        parts.append(f"{item.run.arm.name}: {absorbed} + {dropped}")
    return Observation(wrong, f"of {len(swept[0].late)} late: {'; '.join(parts)}")


def drops_predicted(outcomes: Sequence[Outcome]) -> Observation:
    events = marks = batches = 0
    for item in outcomes:
        flights = frozenset(item.flights["number"])
        events += len(item.missing ^ (item.replayed.dropped & flights))
        pairs = zip(item.run.batches["watermark_s"], item.replayed.watermarks, strict=True)
        marks += sum(abs(recorded - replayed) > 5e-4 for recorded, replayed in pairs)
        batches += len(item.run.batches)
    text = f"{events} events, {marks} watermarks; {len(outcomes)} queries, {batches:,} batches"
    return Observation(events + marks, text)


def guard_keeps(item: Outcome) -> Observation:
    lost = item.missing - item.undisturbed.dropped
    return Observation(len(lost), f"of {len(item.flights):,} flights")


def refused_rightly(item: Outcome) -> Observation:
    refused = item.seen.refused
    return Observation(
        len(refused ^ item.poison), f"{len(refused)} of {len(item.seen.log):,} records refused"
    )


def emitted_once(append: Outcome, update: Outcome) -> Observation:
    doubled = len(append.emitted) - len(append.values)
    wrong = differing(append.values, update.values)
    return Observation(doubled + wrong, f"of {len(append.emitted):,} that came out")


def restated_equal(item: Outcome) -> Observation:
    """The served features with what was restated in place of theirs, against all flights."""
    since = whole_from(item.params, oldest_kept(item.params, item.seen.log))
    again = item.seen.restated
    again = again[again["carrier"] != NOBODY]
    merged = pd.concat([item.values, again]).drop_duplicates(KEY, keep="last")
    kept, truth = (table[table["start_s"] >= since] for table in (merged, item.whole))
    early = int((again["start_s"] < since).sum())  # from a log that has not all of their events
    return Observation(differing(kept, truth) + early, f"{len(again)} of {len(truth)} features restated")


def target_absorbed(item: Outcome) -> Observation:
    return Observation(item.share, f"{len(item.missing)} of {len(item.flights):,} flights dropped")


def share_predicted(swept: Sequence[Outcome], said: Mapping[int, float]) -> Observation:
    off = {
        item.run.arm.watermark_minutes: item.share - said[item.run.arm.watermark_minutes] for item in swept
    }
    worst = max(off, key=lambda minutes: abs(off[minutes]))
    text = f"at {worst} min: said {said[worst]:.1%}, came {said[worst] + off[worst]:.1%}"
    return Observation(abs(off[worst]), text)


def state_predicted(swept: Sequence[Outcome]) -> Observation:
    predicted, measured = longest_state(swept)
    return Observation(
        abs(predicted - measured) / measured, f"predicted {predicted:.1f} rows of {measured:.1f}"
    )


def longest_state(swept: Sequence[Outcome]) -> tuple[float, float]:
    """Mean rows of state at the longest watermark: predicted by the line through the others, and measured."""
    minutes = [item.run.arm.watermark_minutes for item in swept]
    rows = [float(item.run.batches["rows"].mean()) for item in swept]
    return line(minutes[:-1], rows[:-1]).at(minutes[-1]), rows[-1]


def late_events_came(item: Outcome) -> Observation:
    return Observation(len(item.late), f"of {len(item.flights):,} flights")


def log_as_sent(params: Params, seen: Seen) -> Observation:
    names = ["number", "event_s", "arrival_s", "carrier", "origin", "delay"]
    wanted = seen.sent[names].reset_index(drop=True)
    held = seen.log.reindex(range(len(wanted)))
    wrong = (held[names] != wanted).any(axis=1) | (held["offset"] != wanted["number"])
    extra = max(0, len(seen.log) - len(wanted))
    return Observation(int(wrong.sum()) + extra, f"of {len(wanted):,}")
