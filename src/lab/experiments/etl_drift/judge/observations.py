"""An observation for each criterion whose measurement was made, and the law of locks.

The law: a change of type locks a table for a fixed time, and for one more with each row that is written again.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import Line, line
from lab.experiments.etl_drift.measure.locks import EXPAND, IN_PLACE
from lab.experiments.etl_drift.measure.seen import KitRun, Seen, Story
from lab.experiments.etl_drift.workload.flights import OTHERWISE

SHOWN = 3  # examples of what is wrong
HALF = 0.5  # as long: the limit of expand_waits_less
REWRITES = "change a type"
MAPPING_LAYER = ("mapping", "evidence", "values", "schema")  # files whose coverage counts


def observe(seen: Seen) -> dict[str, Observation]:
    """By criterion."""
    found: dict[str, Observation] = {}
    if seen.census is not None and seen.pair is not None:
        found["accepted_is_right"] = accepted_is_right(pd.concat([seen.census, seen.pair]))
        found["mapped_automatically"] = mapped_automatically(seen.census)
        found["meaning_is_asked"] = meaning_is_asked(seen.pair)
    if seen.story is not None:
        found |= of_story(seen.story)
    if seen.kills is not None:
        found["killed_load_is_whole"] = killed_load_is_whole(seen.kills)
    if seen.tests is not None:
        found |= of_tests(seen.tests)
    if seen.waits is not None:
        found["expand_waits_less"] = expand_waits_less(seen.waits)
    if seen.locks is not None:
        predicted, measured = largest(seen.locks)
        detail = f"{1e3 * predicted:.0f} ms predicted, {1e3 * measured:.0f} ms measured"
        found["lock_predicted"] = Observation(abs(predicted / measured - 1), detail)
    return found


def accepted_is_right(table: pd.DataFrame) -> Observation:
    """Columns that were decided without asking, and wrongly."""
    wrong = table[table["outcome"] == "wrong"]
    told = (f"{row.kind}, {row.case}: {row.target} ({row.reason})" for row in wrong.itertuples())
    decided = int((table["outcome"] != "asked").sum())
    return Observation(len(wrong), _with_examples(told, f"of {decided:,} decided in {_cases(table)} cases"))


def mapped_automatically(table: pd.DataFrame) -> Observation:
    """Share of the columns of the target that were decided without asking."""
    asked = int((table["outcome"] == "asked").sum())
    detail = (
        f"{len(table) - asked:,} of {len(table):,} columns in {_cases(table)} cases; a census, not a sample"
    )
    return Observation(1 - asked / len(table), detail)


def meaning_is_asked(pair: pd.DataFrame) -> Observation:
    """Columns of the real pair that should have been asked and were not, or the other way round."""
    due = pair["target"].isin(OTHERWISE)
    wrong = pair[(pair["outcome"] != "asked") & due | (pair["outcome"] != "right") & ~due]
    asked = pair[due & (pair["outcome"] == "asked")]
    told = (f"{row.target}: {row.outcome}" for row in wrong.itertuples())
    reasons = "; ".join(f"{row.target}: {row.reason}" for row in asked.itertuples())
    return Observation(len(wrong), _with_examples(told, reasons or "nothing was asked"))


def of_story(story: Story) -> dict[str, Observation]:
    """What the deliveries, their repetition and the log gave."""
    steps, (made, replayed) = story.steps, story.columns
    loaded = steps[(steps["status"] == "loaded") & (steps["change"] != "first")]
    differing = sorted(name for name in {*made, *replayed} if made.get(name) != replayed.get(name))
    sums = f"checksums {story.lost.expected[:12]} expected, {story.lost.found[:12]} found"
    again = f"checksums {story.rerun.expected[:12]} before, {story.rerun.found[:12]} after {len(steps)} batches again"
    refused = steps[steps["status"] != "loaded"]
    why = f"; not loaded: {', '.join(refused['change'])}" if len(refused) else ""
    return {
        "no_data_lost": Observation(story.lost.rows, f"{sums}, {len(steps)} batches{why}"),
        "drifts_loaded": Observation(loaded["change"].nunique(), ", ".join(loaded["change"])),
        "rerun_changes_nothing": Observation(story.rerun.rows, again),
        "other_source_kept": Observation(story.other_missing, "the first batch, sent by a second feed"),
        "history_rebuilds": Observation(
            len(differing), ", ".join(differing) or f"{len(made)} columns from {len(story.log)} lines"
        ),
    }


def killed_load_is_whole(kills: pd.DataFrame) -> Observation:
    """Kills after which the table was neither as before nor as it should be, or that another load did not mend."""
    whole = kills["killed"] & kills["then"].isin(["before", "after"]) & (kills["again"] == "after")
    told = (f"{row.stage}: {row.then}, again {row.again}" for row in kills[~whole].itertuples())
    after = int((kills["then"] == "after").sum())
    return Observation(
        int((~whole).sum()),
        _with_examples(told, f"of {len(kills)} stages; {after} of the kills came after the commit"),
    )


def of_tests(tests: KitRun) -> dict[str, Observation]:
    """The kit's tests and what they cover of the mapping layer."""
    covered, lines = covered_lines(tests)
    return {
        "tests_pass": Observation(tests.not_passed, f"{tests.passed} passed"),
        "coverage": Observation(covered / lines, f"{covered} of {lines} lines of {', '.join(MAPPING_LAYER)}"),
    }


def covered_lines(tests: KitRun) -> tuple[int, int]:
    """(lines of the mapping layer that ran, all of them)."""
    parts = [tests.covered[name] for name in MAPPING_LAYER]
    return sum(covered for covered, _ in parts), sum(lines for _, lines in parts)


def expand_waits_less(waits: pd.DataFrame) -> Observation:
    """Ratio of a reader's longest waits, by round; inconclusive if the rounds do not agree on which side of the limit it is."""
    ways = {str(way): part.set_index("round")["wait"] for way, part in waits.groupby("way")}
    ratios = ways[EXPAND] / ways[IN_PLACE]
    agree = bool((ratios <= HALF).all() or (ratios > HALF).all())
    each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    detail = f"{1e3 * ways[EXPAND].median():.0f} ms against {1e3 * ways[IN_PLACE].median():.0f} ms; by round {each}"
    return Observation(float(ratios.median()), detail, conclusive=agree)


def medians(locks: pd.DataFrame) -> pd.DataFrame:
    """Seconds of each change by rows, the median over the rounds."""
    return locks.groupby(["change", "rows"], sort=True)["seconds"].median().reset_index()


def law(locks: pd.DataFrame) -> Line:
    """Through all tables: what is drawn out to larger ones."""
    own = medians(locks[locks["change"] == REWRITES])
    return line(own["rows"], own["seconds"]).rising()


def fitted(locks: pd.DataFrame) -> Line:
    """Through all tables but the largest, which it predicts."""
    own = medians(locks[locks["change"] == REWRITES])
    smaller = own[own["rows"] < own["rows"].max()]
    return line(smaller["rows"], smaller["seconds"]).rising()


def largest(locks: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) seconds of the largest table."""
    own = medians(locks[locks["change"] == REWRITES])
    last = own.loc[own["rows"].idxmax()]
    return fitted(locks).at(float(last["rows"])), float(last["seconds"])


def _cases(table: pd.DataFrame) -> int:
    return len(table[["kind", "case"]].drop_duplicates())


def _with_examples(told: Iterable[str], detail: str) -> str:
    shown = list(told)
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return f"{'; '.join(shown[:SHOWN])}{more} ({detail})" if shown else detail
