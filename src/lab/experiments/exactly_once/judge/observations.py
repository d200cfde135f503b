"""The observation behind each criterion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lab.evidence import fit
from lab.evidence.criteria import Observation
from lab.evidence.fit import Line
from lab.experiments.exactly_once.criteria import OVERHEAD_LIMIT
from lab.experiments.exactly_once.judge import tables
from lab.experiments.exactly_once.measure.seen import Rows, Seen, Timed
from lab.experiments.exactly_once.mechanism import AT_LEAST_ONCE, AT_MOST_ONCE, EXACTLY_ONCE

# What librdkafka calls it when another producer has the transactional.id, or another consumer the place in the group.
FENCED = {
    "_FENCED",
    "INVALID_PRODUCER_EPOCH",
    "PRODUCER_FENCED",
    "FENCED_INSTANCE_ID",
    "INVALID_PRODUCER_ID_MAPPING",
}
COMMIT_REFUSED = FENCED - {"FENCED_INSTANCE_ID"}
NEVER = FENCED | {"_FATAL"}  # after these nothing of the batch can commit; after a time-out it may


def exact(deliveries: pd.DataFrame, arm: str) -> Observation:
    """By how much an arm's deliveries differ from what was sent, after the worst round."""
    own = deliveries[deliveries["arm"] == arm]
    wrong = own["lost"] + own["duplicated"] + own["unexpected"]
    last = own.iloc[-1]
    return Observation(
        int(wrong.max()),
        f"{arm}: {last['lost']:,} lost, {last['duplicated']:,} repeated, {last['unexpected']:,} unknown "
        f"after {len(own) - 1} rounds",
    )


def order_kept(deliveries: pd.DataFrame, arm: str) -> Observation:
    own = deliveries[deliveries["arm"] == arm]
    return Observation(int(own["reordered"].max()), f"after {len(own) - 1} rounds")


def faults_real(seen: Seen) -> Observation:
    vain = [one for one in seen.faults if not one.real]
    detail = "; ".join(f"round {one.round}, {one.arm}: {one.proof}" for one in vain)
    planned = {ran.round.number for ran in seen.rounds if ran.round.fault}
    none = planned - {one.round for one in seen.faults}
    return Observation(
        len(vain) + len(none), detail or f"{len(seen.faults)} done to the arms in {len(planned)} rounds"
    )


def zombie_fenced(seen: Seen, arm: str) -> Observation | None:
    """Zombies of a transactional arm that were not refused at a commit; None where there was none."""
    zombies = {one.member for one in tables.by_arm(seen.faults, arm) if one.fault == "zombie" and one.real}
    if not zombies:
        return None
    own = [one for one in seen.told if one.arm == arm and one.member in zombies]
    refused = {
        one.member: one for one in own if one.what in ("refused", "insisted") and one.detail in COMMIT_REFUSED
    }
    late = {one.member for one in own if one.what == "committed" and one.detail}
    free = zombies - set(refused) | late
    told = ", ".join(sorted({one.detail for one in refused.values()})) or "nothing"
    return Observation(len(free), f"{len(zombies)} tried to commit and were told {told}")


def unfinished(seen: Seen, arm: str) -> set[tuple[int, int]]:
    """Transactions (member, batch) that can't have committed: refused, or their process died while it still wrote."""
    own = [one for one in seen.told if one.arm == arm]
    done = {(one.member, one.batch) for one in own if one.what == "committed"}
    hurt = {
        one.member
        for one in tables.by_arm(seen.faults, arm)
        if one.real and one.fault in ("processor", "loop", "zombie")
    }
    begun = {
        (member, 1 + max((batch for other, batch in done if other == member), default=-1)) for member in hurt
    }
    return begun | {(one.member, one.batch) for one in own if one.what == "refused" and one.detail in NEVER}


def aborted_invisible(seen: Seen, arm: str) -> Observation:
    """Inconclusive unless a reader that reads uncommitted was shown some: else "invisible" would say nothing."""
    aborted = unfinished(seen, arm)
    shown, hidden = _of(seen.delivered[arm], aborted), _of(seen.uncommitted, aborted)
    return Observation(
        shown,
        f"{hidden:,} records of {len(aborted)} transactions were shown to a reader that reads uncommitted",
        conclusive=hidden > 0,
    )


def _of(rows: Rows, transactions: set[tuple[int, int]]) -> int:
    pairs = zip(rows["member"].tolist(), rows["batch"].tolist(), strict=True)
    return sum(pair in transactions for pair in pairs)


def halves_kept(deliveries: pd.DataFrame) -> Observation:
    last: Any = deliveries.groupby("arm").last()
    lost, repeated = last.loc[AT_LEAST_ONCE.name, "lost"], last.loc[AT_MOST_ONCE.name, "duplicated"]
    return Observation(
        int(lost + repeated), f"at least once lost {lost:,}, at most once repeated {repeated:,}"
    )


def load_reached(seen: Seen) -> Observation:
    worst = min(seen.rounds, key=lambda ran: ran.sent.reached if not ran.sent.refused else 0.0)
    refused = sum(ran.sent.refused for ran in seen.rounds)
    return Observation(
        0.0 if refused else worst.sent.reached,
        f"round {worst.round.number}: 99 % handed over within {worst.sent.late_p99_ms:.0f} ms of their time, "
        f"{refused} refused",
    )


def fitted(cost: pd.DataFrame, arm: str = EXACTLY_ONCE.name) -> Line:
    """Time of a batch, ms, against its messages: through all sizes but the largest, which is predicted."""
    own = cost[cost["arm"] == arm].sort_values("size").iloc[:-1]
    return fit.line(own["size"], own["low"])


def overhead_predicted(timed: Sequence[Timed]) -> Observation:
    """Inconclusive where other turns of the same run, drawn anew from those that were, might tell otherwise.

    And where the line is within the limit and a constant too: then the sizes are too alike to tell of a line.
    """
    own = [one for one in timed if one.arm == EXACTLY_ONCE.name]
    turns = [[one for one in own if one.turn == turn] for turn in sorted({one.turn for one in own})]
    (expected, took), error = _largest(own), _error(own)
    # Whole turns: what the machine did in one met all of its sizes.
    again = fit.resampled([turns], lambda drawn: _error([one for turn in drawn for one in turn]))
    interval, constant = fit.percentile_interval(again), _constant(own)
    passes, fails = interval[1] <= OVERHEAD_LIMIT < constant, interval[0] > OVERHEAD_LIMIT
    return Observation(
        error,
        f"{max(one.size for one in own):,} messages: predicted {expected:.1f} ms, took {took:.1f} ms; "
        f"95 % of resamples {interval[0]:.0%} to {interval[1]:.0%} off; a constant, the smaller sizes' mean, {constant:.0%}",
        interval=interval,
        conclusive=passes if error <= OVERHEAD_LIMIT else fails,
    )


def _constant(timed: Sequence[Timed]) -> float:
    """How far off it would be to say that the largest size takes what the smaller ones take in the mean."""
    low = tables.cost(timed).sort_values("size")["low"]
    return abs(float(low.iloc[:-1].mean()) / float(low.iloc[-1]) - 1)


def _largest(timed: Sequence[Timed]) -> tuple[float, float]:
    """Time of a transaction of the largest size, ms: by the smaller ones, and as it was."""
    cost = tables.cost(timed)
    return fitted(cost).at(float(cost["size"].max())), float(cost.sort_values("size")["low"].iloc[-1])


def _error(timed: Sequence[Timed]) -> float:
    expected, took = _largest(timed)
    return abs(expected / took - 1)
